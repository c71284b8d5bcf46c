"""One wake from zero on the deployed stack, from the refused request to the copies in service, as the API tells it."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.local_cloud.helpers import eventually
from tests.local_cloud.scene import COPIES, REFUSALS, UNTAGGED, WAKE, WATCHED, Scene

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]


@pytest.fixture(scope="module")
def event(scene: Scene) -> dict[str, Any]:
    """The event of the wake alarm's going to ALARM; its decision is on record, with its outcome."""
    (found,) = eventually("the alarm", lambda: scene.alarm_events(WAKE))
    eventually("its decision", lambda: [one for one in scene.decisions(WAKE) if is_completed(one, found["id"])])
    return found


def is_completed(decision: dict[str, Any], event_id: str) -> bool:
    return bool(decision["signal_id"] == event_id and decision["outcome"]["kind"] != "intended")


@pytest.fixture(scope="module")
def wake(scene: Scene, event: dict[str, Any]) -> dict[str, Any]:
    """The decision that answered the event, read by its id."""
    listed = next(one for one in scene.decisions(WAKE) if one["signal_id"] == event["id"])
    answer = scene.api(f"/decisions/{listed['id']}")
    assert answer.status == 200
    found: dict[str, Any] = answer.body
    return found


def test_the_first_alarm_is_answered_by_one_write_sized_by_demand(scene: Scene, wake: dict[str, Any]) -> None:
    first, *later = scene.writes(WAKE)
    assert first == (scene.role("AlarmRole"), COPIES)
    # Two minutes after the last need the chain gives back what is ours.
    assert all(caller == scene.role("FollowRole") and asked is not None and asked < COPIES for caller, asked in later)
    assert (wake["signal"], wake["mode"], wake["action"]) == ("wake", "act", "write")
    assert (wake["current_copies"], wake["desired"], wake["limits"]) == (0, COPIES, [])
    listed = scene.decisions(WAKE)[0]
    assert listed == wake | {"in_service_at": listed["in_service_at"]}


def test_the_decision_says_why_and_what_became_of_it(wake: dict[str, Any]) -> None:
    terms = {term["name"]: term for term in wake["terms"]}
    assert wake["binding"] == "wake"
    assert terms["wake"]["copies"] == COPIES
    assert terms["wake"]["numbers"]["refused_requests"] == REFUSALS
    assert wake["reason"].startswith(f"Asks for {COPIES} copies (0 in service): {REFUSALS} requests were refused")
    assert wake["outcome"]["kind"] == "applied"


def test_native_scaling_holds_what_was_added_until_it_is_given_back(scene: Scene, wake: dict[str, Any]) -> None:
    """The record tells the floor once Application Auto Scaling has taken it; its release stood before."""
    assert (wake["floor"], wake["floor_note"]) == (COPIES, "")
    scaling = scene.cloud.client("application-autoscaling")
    resource = f"inference-component/{WAKE}"

    def stands() -> tuple[int, list[int]]:
        (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource])[
            "ScalableTargets"
        ]
        booked = scaling.describe_scheduled_actions(ServiceNamespace="sagemaker", ResourceId=resource)
        return target["MinCapacity"], [a["ScalableTargetAction"]["MinCapacity"] for a in booked["ScheduledActions"]]

    eventually("the owner's minimum, and no release left to run", lambda: stands() == (0, []))
    assert not [one["floor_note"] for one in scene.decisions(WAKE) if one["floor_note"]]


def test_the_components_are_listed_with_what_their_owners_allow(scene: Scene, wake: dict[str, Any]) -> None:
    listed = {one["name"]: one for one in scene.api("/components").body["components"]}
    assert UNTAGGED not in listed
    assert (listed[WAKE]["policy"]["mode"], listed[WATCHED]["policy"]["mode"]) == ("act", "observe")
    assert (listed[WAKE]["policy"]["target"], listed[WAKE]["policy"]["max_copies"]) == (3.0, 8)
    assert listed[WAKE]["episode"]["opened_by"] == "wake"


def test_the_copies_come_into_service_and_the_record_tells_when(scene: Scene, wake: dict[str, Any]) -> None:
    def resolved() -> Any:
        return scene.api(f"/decisions/{wake['id']}").body["in_service_at"]

    at = datetime.fromisoformat(eventually("the record of copies in service", resolved)).timestamp()
    first = min(entry["at"] for entry in scene.journal("", WAKE) if entry["in_service"] == COPIES)
    assert first <= at  # the next hop of the chain finds out
    assert scene.component(WAKE)["start_ups"][0]["copies"] == COPIES
    kind = scene.api(f"/decisions/{wake['id']}").body["start_kind"]
    assert kind is not None, "the role may not see the instances"  # which kind: theirs launch within one look
    assert scene.component(WAKE)["start_ups"][0]["kind"] == kind


def test_decisions_are_paged_newest_first(scene: Scene, wake: dict[str, Any]) -> None:
    newest = scene.decisions(WAKE)[-1]["at"]  # none that comes in the meantime
    pages, cursor = list[dict[str, Any]](), dict[str, str]()
    while True:
        answer = scene.api(f"/components/{WAKE}/decisions", limit="2", to=newest, **cursor).body
        pages += answer["decisions"]
        if answer["cursor"] is None:
            break
        assert len(answer["decisions"]) == 2
        cursor = {"cursor": answer["cursor"]}
    assert len(pages) >= 3
    assert all(newer["at"] > older["at"] for newer, older in pairwise(pages))
    assert pages[-1]["id"] == wake["id"]


def test_what_is_untagged_or_observed_is_never_written_to(scene: Scene, wake: dict[str, Any]) -> None:
    eventually("the decision on the observed one", lambda: scene.decisions(WATCHED))
    state = scene.cloud.plant.state()
    for name in (UNTAGGED, WATCHED):
        assert state["components"][name]["refused_attempts"] == REFUSALS
        assert state["components"][name]["desired_copies"] == 0
        assert scene.writes(name) == []
    observed = scene.decisions(WATCHED)
    assert {decision["outcome"]["kind"] for decision in observed} <= {"observed", "held"}
    assert (observed[0]["outcome"]["kind"], observed[0]["desired"]) == ("observed", COPIES)
    assert not [name for name in state["alarms"] if f"/{UNTAGGED}/" in name]
