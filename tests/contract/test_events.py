"""The fake bus that the unit tests trust takes notices as the simulated one does."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from headstart.adapters.events import EventBridgeEvents
from headstart.app.errors import Unavailable
from headstart.app.ports import NOTICES_A_CALL, Events, Notice
from simulator.services.errors import ServiceError
from tests.support.aws import Plant, client
from tests.support.fakes import FakeEvents


def notice(component: str = "my-llama", *, cleared: bool = False) -> Notice:
    problem = "headstart:max is 'lots'; it must be a number from 1 to 10000"
    return Notice(component=component, problem=problem, field="headstart:max", cleared=cleared)


Bus = tuple[Events, Callable[[], list[str]]]
"""The bus, and the components that events on it were about."""


@pytest.fixture(params=["fake", "simulated"])
def bus(request: pytest.FixtureRequest) -> Bus:
    if request.param == "fake":
        fake = FakeEvents()
        return fake, lambda: [told.component for told in fake.told]
    plant: Plant = request.getfixturevalue("plant")
    seen: list[dict[str, Any]] = []
    plant.account.event_sinks.append(seen.append)
    return EventBridgeEvents(client("events"), "headstart"), lambda: [e["detail"]["component"] for e in seen]


def test_as_many_as_a_call_takes_are_told_in_order(bus: Bus) -> None:
    events, told = bus
    notices = [notice(f"c{number}") for number in range(NOTICES_A_CALL)]
    assert events.tell(notices) == notices
    assert told() == [one.component for one in notices]


@pytest.mark.parametrize(("cleared", "kind"), [(False, "Headstart Problem"), (True, "Headstart Problem Cleared")])
def test_an_event_says_what_is_wrong_with_whom(plant: Plant, cleared: bool, kind: str) -> None:
    seen: list[dict[str, Any]] = []
    plant.account.event_sinks.append(seen.append)
    EventBridgeEvents(client("events"), "my-stack").tell([notice(cleared=cleared)])
    (event,) = seen
    assert (event["source"], event["detail-type"]) == ("headstart", kind)
    assert event["detail"] == {
        "stack": "my-stack",
        "component": "my-llama",
        "problem": "headstart:max is 'lots'; it must be a number from 1 to 10000",
        "field": "headstart:max",
    }


def test_only_what_the_bus_took_counts_as_told(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.adapters.events.PROBLEM", "")
    good = notice(cleared=True)
    assert EventBridgeEvents(client("events"), "headstart").tell([notice("first"), good]) == [good]


def test_a_bus_that_cannot_be_reached_took_nothing(plant: Plant) -> None:
    plant.refusals["events:PutEvents"] = ServiceError("ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable, match="PutEvents"):
        EventBridgeEvents(client("events"), "headstart").tell([notice()])


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param({"Source": "aws.sagemaker"}, "NotAuthorizedForSourceException", id="AWS's own source"),
        pytest.param({"Detail": "[]"}, "MalformedDetail", id="detail is a list"),
        pytest.param({"Detail": "{"}, "MalformedDetail", id="detail is no JSON"),
        pytest.param({"DetailType": ""}, "InvalidArgument", id="no type"),
        pytest.param({"EventBusName": "other"}, "ResourceNotFoundException", id="another bus"),
    ],
)
def test_the_simulated_bus_refuses_entries_one_by_one(plant: Plant, spoil: dict[str, str], code: str) -> None:
    entry = {"Source": "headstart", "DetailType": "Headstart Problem", "Detail": json.dumps({"component": "a"})}
    answer = client("events").put_events(Entries=[entry, entry | spoil])
    assert answer["FailedEntryCount"] == 1
    assert "EventId" in answer["Entries"][0]
    assert answer["Entries"][1]["ErrorCode"] == code
