"""The demo says which link of the chain broke."""

from dataclasses import replace
from typing import Any

import pytest

from simulator.demo.story import Api, FunctionLog, Story
from simulator.demo.verdict import broken, links
from tests.simulator import demo_story as stage
from tests.simulator.demo_story import (
    COMPONENT,
    FOLLOW_ROLE,
    WAKE,
    change,
    decision,
    event,
    journey,
    native_story,
    story,
)


def test_a_whole_chain_has_no_broken_link() -> None:
    assert broken(story()) is None
    assert [link.name for link in links(story())][:3] == [
        "request refused at zero copies", "its alarm in ALARM", "EventBridge ran the alarm function"
    ]  # fmt: skip
    assert broken(native_story()) is None


WROTE = change(30.5, "write", 0, 0, 0, caller=stage.ALARM_ROLE, asked=4)
CAME = change(55.0, "copy_in_service", 4, 0, 4, copy=0)
WOKE = event(30.0, WAKE, "ALARM")


@pytest.mark.parametrize(
    ("changes", "link", "said"),
    [
        ({"journeys": (journey(0, 0.0, 3.0),)}, "request refused at zero copies", "no request was refused"),
        ({"journal": (event(30.0, WAKE, "OK"),)}, "its alarm in ALARM", "never went to ALARM (it was seen in OK)"),
        ({"functions": {"alarm": FunctionLog(0)}}, "EventBridge ran the alarm function", "never invoked"),
        (
            {"functions": {"alarm": FunctionLog(1, ("KeyError: 'x'",))}, "decisions": ()},
            "the function answered this event",
            "KeyError: 'x'",
        ),
        (
            {"functions": {"alarm": FunctionLog(1)}, "decisions": (), "dead_letters": ("Runtime.ImportError: no",)},
            "the function answered this event",
            "Runtime.ImportError: no",
        ),
        ({"journal": (WOKE,)}, "SageMaker accepted its write", "no write came"),
        (
            {"journal": (WOKE, change(31, "write", 0, 0, 0, caller="application-autoscaling", asked=1))},
            "SageMaker accepted its write",
            "native asked for 1: accepted",
        ),
        (
            {"decisions": (decision(30.2, "wake", "event-1", 7, "applied", "other"),)},
            "decision and outcome recorded",
            "no recorded decision asks",
        ),
        (
            {"decisions": (decision(30.2, "wake", "event-1", 4, "refused", "quota"),)},
            "decision and outcome recorded",
            "says refused",
        ),
        ({"journal": (WOKE, WROTE)}, "copy in service", "no copy came into service"),
        ({"journeys": (journey(0, 0.0, None, refused_at=0.5),)}, "request served", "no request was served"),
        (
            {"decisions": (decision(30.2, "wake", "event-1", 4, "applied", "yes"),)},
            "follow-ups went on (SQS)",
            "no follow-up was decided",
        ),
        ({"api": Api(error="the history API answered 502")}, "history API answered, signed", "502"),
        ({"api": Api(pages=1, unsigned_status=200)}, "history API answered, signed", "200 to an unsigned request"),
    ],
)
def test_the_first_broken_link_is_named(changes: dict[str, Any], link: str, said: str) -> None:
    found = broken(story(**changes))
    assert found is not None
    assert found.name == link
    assert said in found.broken


def test_a_schedule_that_never_ran_is_noticed() -> None:
    """One run of reconcile is the demo's own."""
    found = broken(story(functions={"alarm": FunctionLog(1), "follow": FunctionLog(1), "reconcile": FunctionLog(1)}))
    assert found is not None
    assert found.name == "schedule ran reconcile"


def test_a_first_write_by_the_follow_up_will_do() -> None:
    """Native scaling may win the update lock; then the chain's next look writes."""
    later = change(45.0, "write", 1, 0, 1, caller=FOLLOW_ROLE, asked=5)
    journal = (WOKE, change(30.4, "write", 0, 0, 0, caller="application-autoscaling", asked=1), later, CAME)
    decisions = (
        decision(30.2, "wake", "event-1", 5, "blocked", "an update is in flight"),
        decision(44.8, "follow", "token/1", 5, "applied", "Asks for 5 copies"),
    )
    assert broken(story(journal=journal, decisions=decisions)) is None


def test_native_scaling_has_a_chain_of_its_own() -> None:
    without: Story = replace(native_story(), journal=(event(30.0, f"{COMPONENT}-no-capacity", "ALARM"),))
    found = broken(without)
    assert found is not None
    assert found.name == "Auto Scaling asked for copies"
