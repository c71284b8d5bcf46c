"""An account short of instances, through the real handlers: what is asked for, shown and told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from headstart.domain.model import OutcomeKind
from simulator.plant.spec import QuotaSpec, ShortageSpec
from tests.component.conftest import NAME, Stack
from tests.component.test_history import get
from tests.support.lambda_context import event

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


@pytest.fixture
def told(stack: Stack) -> list[dict[str, Any]]:
    """What went over the event bus and is ours."""
    events: list[dict[str, Any]] = []
    stack.plant.account.event_sinks.append(lambda e: events.append(e) if e["source"] == "headstart" else None)
    return events


def crowded(stack: Stack, **limits: Any) -> None:
    """Two copies on one instance, and a queue that nine copies would drain in a minute; service never ends."""
    stack.plant.account.spec = replace(stack.plant.account.spec, **limits)
    stack.plant.create(NAME, 2, mode="act", target="7", max="20", reserve="0", service_seconds="10")
    stack.plant.send(NAME, 440, service_seconds=7200)
    stack.plant.pass_(55)
    stack.enrol(short_since=stack.plant.clock.at - timedelta(seconds=10))


def look(stack: Stack) -> None:
    """The next one that is booked."""
    due = stack.state().episode
    assert due is not None
    stack.plant.clock.at = due.next_look_at
    stack.deliver()


def test_under_a_quota_what_fits_is_asked_for_and_a_person_can_see_it(stack: Stack, told: list[dict[str, Any]]) -> None:
    crowded(stack, quota=QuotaSpec(instances=2))
    first = stack.alarm(event("alarm_pressure"))
    assert (first["outcome"], first["desired"] > 4) == (OutcomeKind.REFUSED, True)
    stack.reconcile(event("schedule_tick"))
    while stack.copies_asked_for() == 2:
        look(stack)
    assert stack.copies_asked_for() in (3, 4)
    status, body = get(stack, f"/components/{NAME}/decisions", limit="100")
    (granted, *refused) = body["decisions"]
    assert status == 200
    assert (granted["outcome"]["kind"], granted["limits"]) == ("applied", ["refused"])
    assert "AWS refused" in granted["reason"]
    assert "ResourceLimitExceeded" in granted["reason"]
    assert [one["outcome"]["kind"] for one in refused] == ["refused"] * len(refused)
    _, body = get(stack, "/components")
    (shown,) = body["components"]
    assert shown["refusals"]["most"] == first["desired"]
    assert "current utilization of 1 Instances" in shown["refusals"]["detail"]
    (began,) = told
    assert (began["detail-type"], began["detail"]["field"]) == ("Headstart Problem", "")
    assert began["detail"]["problem"].startswith("AWS refuses more copies since 2026-11-22T12:09:56Z: ResourceLimit")


def test_when_the_quota_is_raised_what_is_wanted_comes_and_the_end_is_told(
    stack: Stack, told: list[dict[str, Any]]
) -> None:
    crowded(stack, quota=QuotaSpec(instances=1))
    stack.alarm(event("alarm_pressure"))
    for _ in range(6):
        look(stack)
    stack.reconcile(event("schedule_tick"))
    assert stack.copies_asked_for() == 2
    stack.plant.account.component(NAME)._spec = replace(stack.plant.account.spec, quota=None)
    for _ in range(12):
        look(stack)
    # Who waited in the queue has gone; three copies are what those that are served need.
    assert (stack.copies_asked_for(), stack.state().refusals) == (3, None)
    stack.reconcile(event("schedule_tick"))
    assert [e["detail-type"] for e in told] == ["Headstart Problem", "Headstart Problem Cleared"]
    assert told[0]["detail"]["problem"] == told[1]["detail"]["problem"]


def test_copies_that_are_accepted_and_never_come_are_seen_when_the_lock_opens(stack: Stack) -> None:
    crowded(stack, shortage=ShortageSpec(instances=2, timeout_s=120))
    assert stack.alarm(event("alarm_pressure"))["outcome"] is OutcomeKind.APPLIED
    asked = stack.copies_asked_for()
    assert asked > 4
    while stack.state().refusals is None:
        look(stack)
    known = stack.state().refusals
    assert known is not None
    assert (known.copies, known.standing, known.late) == (asked, 4, True)
    assert "not enough hardware resources" in known.detail
    assert stack.copies_asked_for() == 4
    last = stack.app.history.decisions(NAME, None, None, 1, None).records[0]
    assert "refused" in last.limits


def test_a_budget_that_is_used_up_is_shown_with_what_was_spent(stack: Stack) -> None:
    stack.plant.create(NAME, 2, mode="act", target="7", max="20", daily_copy_hours="0.3", max_step="2")
    stack.plant.send(NAME, 40, service_seconds=7200)
    stack.plant.pass_(55)
    stack.enrol(short_since=stack.plant.clock.at - timedelta(seconds=10))
    first = stack.alarm(event("alarm_pressure"))
    assert (first["outcome"], stack.copies_asked_for()) == (OutcomeKind.APPLIED, 4)
    begun = stack.plant.clock.at
    while stack.plant.clock.at < begun + timedelta(minutes=15):
        look(stack)
    _, body = get(stack, "/components")
    hours = body["components"][0]["copy_hours"]
    assert hours["day"] == "2026-11-22"
    assert hours["spent"] >= 0.3
    assert hours["left"] == 0.0
    last = stack.app.history.decisions(NAME, None, None, 1, None).records[0]
    assert "daily-copy-hours" in last.limits
    assert "native scaling goes on alone" in last.reason
    assert stack.copies_asked_for() == 3, "the reserve goes, and what the load needs stays"
