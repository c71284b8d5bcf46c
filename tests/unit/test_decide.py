from dataclasses import replace
from datetime import timedelta

import pytest

from headstart.domain.decide import SETTLE, decide
from headstart.domain.model import (
    Action,
    Mode,
    Observation,
    Order,
    OutcomeKind,
    Policy,
    SignalKind,
    Status,
)
from tests.support.builders import NOW, points, policy, seen, signal, state


@pytest.mark.parametrize(
    ("observation", "settings", "action", "desired", "binding"),
    [
        pytest.param(seen(2, concurrency=points(5, 5, 5)), policy(), Action.HOLD, 2, "load", id="enough copies"),
        pytest.param(seen(2, concurrency=points(9, 9, 9)), policy(), Action.WRITE, 3, "load", id="above the target"),
        pytest.param(seen(2, concurrency=points(11, 14, 17)), policy(), Action.WRITE, 3, "load", id="load, not queue"),
        pytest.param(seen(2, concurrency=points(11, 31, 51)), policy(), Action.WRITE, 4, "load", id="it grows"),
        pytest.param(
            seen(2, concurrency=points(100, 100, 100)),
            policy(),
            Action.WRITE,
            4,
            "backlog",
            id="a standing queue binds",
        ),
        pytest.param(
            seen(2, concurrency=points(17, 17, 17)), policy(max_copies=2), Action.HOLD, 2, "load", id="owner's maximum"
        ),
        pytest.param(seen(2), policy(), Action.HOLD, 2, "minimum", id="no data is not no load"),
        pytest.param(
            seen(5, concurrency=points(0, 0, 0)), policy(), Action.HOLD, 5, "load", id="not ours to give back"
        ),
        pytest.param(seen(0, refused=points(1)), policy(), Action.WRITE, 1, "wake", id="one refusal wakes one copy"),
        pytest.param(seen(0, refused=points(140, 400)), policy(), Action.WRITE, 7, "wake", id="a wake sized by demand"),
        pytest.param(seen(0), policy(min_copies=1), Action.WRITE, 1, "minimum", id="below the owner's minimum"),
        pytest.param(
            seen(2, status=Status.UPDATING, desired_copies=4, concurrency=points(30, 30, 30)),
            policy(),
            Action.HOLD,
            4,
            "load",
            id="copies on their way count",
        ),
        pytest.param(
            seen(2, status=Status.UPDATING, desired_copies=3, concurrency=points(100, 100, 100)),
            policy(),
            Action.WAIT,
            4,
            "backlog",
            id="more is needed but the update lock holds",
        ),
        pytest.param(
            seen(2, concurrency=points(9, 9, 9)), policy(mode=Mode.OBSERVE), Action.OBSERVE, 3, "load", id="observes"
        ),
        pytest.param(
            seen(2, status=Status.FAILED, concurrency=points(9, 9, 9)), policy(), Action.HOLD, 3, "load", id="failed"
        ),
    ],
)
def test_decisions(observation: Observation, settings: Policy, action: Action, desired: int, binding: str) -> None:
    decision = decide(settings, state(), observation, signal(), NOW)
    assert (decision.action, decision.desired, decision.binding) == (action, desired, binding)


GROWING = seen(2, concurrency=points(11, 31, 51))
"""20 slots busy and 40 requests more every ten seconds, 27 of which may be luck: a load of 20 + 5 x 1.3."""
UNSETTLED = state(short_since=None)


def test_more_copies_are_looked_at_once_more_before_the_write_that_locks() -> None:
    first = decide(policy(), UNSETTLED, GROWING, signal(), NOW)
    assert (first.action, first.desired, first.look_again) == (Action.SETTLE, 4, timedelta(seconds=10))
    assert first.reason == (
        "Needs 4 copies (2 in service), but waits for one more look: an offered load of 26.5 over a target of 7 a copy."
    )
    grown = seen(2, concurrency=points(31, 51, 81), at=NOW + SETTLE)
    then = decide(policy(), first.next_state, grown, signal(SignalKind.FOLLOW), grown.at)
    assert (then.action, then.desired) == (Action.WRITE, 6)


def test_a_need_that_comes_and_goes_is_looked_at_anew() -> None:
    first = decide(policy(), UNSETTLED, GROWING, signal(), NOW)
    calm = seen(2, concurrency=points(7, 7, 7), at=NOW + SETTLE)
    between = decide(policy(), first.next_state, calm, signal(SignalKind.FOLLOW), calm.at)
    assert (between.action, between.next_state.short_since) == (Action.HOLD, None)
    later = decide(policy(), between.next_state, replace(GROWING, at=NOW + 2 * SETTLE), signal(), NOW + 2 * SETTLE)
    assert later.action is Action.SETTLE


@pytest.mark.parametrize(
    ("observation", "settings", "desired"),
    [
        pytest.param(GROWING, policy(max_copies=4), 4, id="the maximum at once: the next look could not ask for more"),
        pytest.param(seen(0, refused=points(14, 400)), policy(), 6, id="a wake: nobody is served meanwhile"),
        pytest.param(seen(0), policy(min_copies=1), 1, id="the owner's minimum from zero"),
    ],
)
def test_what_does_not_wait(observation: Observation, settings: Policy, desired: int) -> None:
    decision = decide(settings, UNSETTLED, observation, signal(), NOW)
    assert (decision.action, decision.desired) == (Action.WRITE, desired)


def test_the_lock_is_as_good_as_a_look_to_settle() -> None:
    locked = replace(GROWING, status=Status.UPDATING)
    first = decide(policy(), UNSETTLED, locked, signal(), NOW)
    open_again = replace(GROWING, at=NOW + SETTLE)
    then = decide(policy(), first.next_state, open_again, signal(SignalKind.FOLLOW), open_again.at)
    assert (first.action, then.action) == (Action.WAIT, Action.WRITE)


def test_the_wake_of_a_crowd_is_explained_in_numbers_a_person_can_check() -> None:
    decision = decide(policy(), state(), seen(0, refused=points(140, 400)), signal(SignalKind.WAKE), NOW)
    assert decision.reason == (
        "Asks for 7 copies (0 in service): 540 requests were refused within 20 s, about 127 clients or 6.33/s, "
        "at 5.0 s each 31.6 at once, and 380 will be waiting."
    )


def test_a_decision_that_meets_the_maximum_says_so() -> None:
    decision = decide(policy(max_copies=3), state(), seen(2, concurrency=points(90, 90, 90)), signal(), NOW)
    assert decision.limits == ("maximum",)
    assert decision.desired == 3
    assert "the owner's maximum is 3" in decision.reason


def test_refused_requests_speak_until_a_copy_is_in_service() -> None:
    just_woken = seen(1, refused=points(140, 400))
    assert decide(policy(), state(), just_woken, signal(SignalKind.FOLLOW), NOW).action is Action.HOLD
    with_points = replace(just_woken, concurrency=points(5))
    assert decide(policy(), state(), with_points, signal(SignalKind.FOLLOW), NOW).binding == "load"


def test_points_of_copies_that_have_gone_do_not_suppress_a_wake() -> None:
    just_scaled_in = seen(0, refused=points(3), concurrency=points(0, 0, None))
    decision = decide(policy(), state(), just_scaled_in, signal(SignalKind.WAKE), NOW)
    assert (decision.action, decision.binding) == (Action.WRITE, "wake")


def intention(age_seconds: float) -> Order:
    return Order("my-llama.20261122T125900000Z.00000000", 2, 4, NOW - timedelta(seconds=age_seconds), None, 2)


def test_an_intention_that_never_became_a_write_is_found_and_made_good() -> None:
    left_behind = state(order=intention(40))
    decision = decide(policy(), left_behind, seen(2, concurrency=points(13, 13, 13)), signal(SignalKind.FOLLOW), NOW)
    assert decision.resolution is not None
    assert decision.resolution.outcome is OutcomeKind.INTERRUPTED
    assert (decision.action, decision.desired) == (Action.WRITE, 3)


def test_an_intention_that_did_reach_aws_is_recognised_by_the_count() -> None:
    left_behind = state(order=intention(40))
    updating = seen(2, status=Status.UPDATING, desired_copies=4, concurrency=points(13, 13, 13))
    decision = decide(policy(), left_behind, updating, signal(SignalKind.FOLLOW), NOW)
    assert decision.resolution is not None
    assert decision.resolution.outcome is OutcomeKind.APPLIED
    assert decision.next_state.order is not None
    assert decision.next_state.order.accepted_at is not None


def test_a_write_another_look_is_just_making_is_not_made_twice() -> None:
    busy = state(order=intention(3))
    decision = decide(policy(), busy, seen(2, concurrency=points(13, 13, 13)), signal(), NOW)
    assert decision.action is Action.WAIT


def test_the_start_up_time_is_learned_when_the_copies_are_in_service() -> None:
    order = replace(intention(120), accepted_at=NOW - timedelta(seconds=100))
    decision = decide(policy(), state(order=order), seen(4), signal(SignalKind.FOLLOW), NOW)
    assert decision.next_state.order is None
    (learned,) = decision.next_state.start_ups
    assert (learned.copies, learned.seconds) == (2, 100.0)
    assert decision.resolution is not None
    assert decision.resolution.in_service_at == NOW


def test_the_reason_says_why_only_observing_is_allowed() -> None:
    told = policy(mode=Mode.OBSERVE, observes_because="dynamic scaling out is suspended on its scalable target")
    busy = seen(2, concurrency=points(9, 9, 9))
    assert decide(told, state(), busy, signal(), NOW).reason.startswith(
        "Would ask for 3 copies (2 in service), but only observes, because dynamic scaling out is suspended on its "
        "scalable target: an offered load"
    )
    tagged = decide(policy(mode=Mode.OBSERVE), state(), busy, signal(), NOW)
    assert "but only observes: an offered load" in tagged.reason
