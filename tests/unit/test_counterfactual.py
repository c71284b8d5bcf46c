"""What native scaling alone would have done on the load that was seen, and what is saved over it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from headstart.domain.counterfactual import (
    DEBT_HOURS,
    HIGH_SECONDS,
    LOW_SECONDS,
    MOST_SAVED,
    REACTION_SECONDS,
    SHARE,
    UNSEEN,
    follow,
    reserve,
)
from headstart.domain.demand import measure
from headstart.domain.model import Counterfactual, Mode, Observation, Policy, StartUp, State
from headstart.domain.startup import horizon
from tests.support.builders import NOW, points, policy, seen, state

TARGET = 7.0
START_SECONDS = horizon(())


def native(copies: int, **more: float) -> Counterfactual:
    return replace(Counterfactual(at=NOW, copies=copies, ready=copies), **more)  # type: ignore[arg-type]


def load(requests: float, copies: int) -> Observation:
    """So many requests inside copies of ours, which are enough for them."""
    return seen(copies, concurrency=points(*[requests / copies] * 3))


def passed(
    known: Counterfactual,
    observation: Observation,
    seconds: float,
    settings: Policy | None = None,
    memory: State | None = None,
) -> list[Counterfactual]:
    """The same is seen every ten seconds for so long."""
    settings, memory = settings or policy(), memory or state()
    demand = measure(settings, memory, observation)
    found = [known]
    for _ in range(int(seconds / 10)):
        now = found[-1].at + timedelta(seconds=10)
        found.append(follow(found[-1], settings, memory, replace(observation, at=now), demand))
    return found[1:]


def changes(steps: Iterable[Counterfactual]) -> list[tuple[float, int, int]]:
    """(seconds, asked for, in service) whenever one of the two is another."""
    told: list[tuple[float, int, int]] = []
    for step in steps:
        if not told or (step.copies, step.ready) != told[-1][1:]:
            told.append(((step.at - NOW).total_seconds(), step.copies, step.ready))
    return told


# ---- what it asks for


def test_three_points_above_the_target_and_its_lag_then_a_start_up() -> None:
    asks = HIGH_SECONDS + REACTION_SECONDS
    steps = passed(native(2, inside=19.0), load(19.0, 4), 600)
    assert changes(steps) == [(10, 2, 2), (asks, 3, 2), (asks + START_SECONDS, 3, 3)]


def test_a_point_at_the_target_starts_the_three_anew() -> None:
    steps = passed(native(2, inside=19.0), load(19.0, 4), HIGH_SECONDS + REACTION_SECONDS - 10)
    (calm,) = passed(replace(steps[-1], inside=14.0), load(14.0, 4), 10)
    assert calm.high_s == 0.0
    again = passed(replace(calm, inside=19.0), load(19.0, 4), HIGH_SECONDS)
    assert {step.copies for step in [*steps, calm, *again]} == {2}


def test_the_start_up_is_the_median_of_those_learned() -> None:
    learned = state(start_ups=tuple(StartUp(NOW, 1, seconds) for seconds in (90.0, 120.0, 700.0)))
    steps = passed(native(2, inside=19.0), load(19.0, 4), 300, memory=learned)
    asks = HIGH_SECONDS + REACTION_SECONDS
    assert changes(steps)[-1] == (asks + 120, 3, 3)


def test_fifteen_minutes_below_nine_tenths_and_its_lag_then_at_once() -> None:
    steps = passed(native(4, inside=13.0), load(13.0, 4), 1200)
    assert changes(steps) == [(10, 4, 4), (LOW_SECONDS + REACTION_SECONDS, 2, 2)]


@pytest.mark.parametrize(("least", "left"), [(0, 0), (1, 1)])
def test_without_load_the_owners_minimum_is_left(least: int, left: int) -> None:
    steps = passed(native(4), load(0.0, 4), 1200, policy(min_copies=least))
    assert steps[-1].copies == left


def test_between_nine_tenths_and_the_target_nothing_happens() -> None:
    steps = passed(native(4, inside=26.0), load(26.0, 4), 3600)
    assert changes(steps) == [(10, 4, 4)]


def test_its_own_queue_is_followed_and_bought_for() -> None:
    """40 requests at once meet 20 slots of its own; we have enough copies, so that the load can be seen."""
    steps = passed(native(2, inside=20.0), load(40.0, 6), HIGH_SECONDS + REACTION_SECONDS)
    # 40 / 5 s come and 20 / 5 s go: 40 more in ten seconds, for 110 s.
    assert steps[-1].inside == pytest.approx(20 + 11 * 40)
    assert steps[-1].copies == 20, "ceil(460 / 7) is beyond the owner's maximum"


def test_its_own_queue_drains_when_its_copies_are_there() -> None:
    steps = passed(native(4, inside=100.0), load(10.0, 4), 60)
    # 40 slots finish 8 a second, 2 come: 60 fewer in ten seconds, then what is offered.
    assert [step.inside for step in steps[:2]] == [40.0, 10.0]


def test_what_the_metric_showed_without_a_queue_is_what_it_would_have_seen() -> None:
    noisy = seen(2, concurrency=points(4, 4, 9))
    first = passed(native(2, inside=11.3), noisy, 10)[-1]
    assert first.high_s == 10.0, "18 requests are above 14, though the smoothed load is 11.3"


def test_nothing_changes_while_its_update_is_in_flight() -> None:
    steps = passed(native(1, inside=20.0), load(60.0, 9), HIGH_SECONDS + REACTION_SECONDS + START_SECONDS - 10)
    assert len({step.copies for step in steps}) == 2, "one write, and then the lock"


def test_from_zero_it_adds_one_copy_whatever_the_crowd() -> None:
    crowd = seen(0, refused=points(140, 400))
    steps = passed(native(0), crowd, REACTION_SECONDS + START_SECONDS)
    assert changes(steps) == [(10, 0, 0), (REACTION_SECONDS, 1, 0), (REACTION_SECONDS + START_SECONDS, 1, 1)]


def test_at_zero_without_a_refusal_it_sleeps_on() -> None:
    assert {step.copies for step in passed(native(0), seen(0), 3600)} == {0}


# ---- what cannot be seen


def test_missing_data_moves_only_the_account() -> None:
    before = native(4, inside=13.0, low_s=300.0)
    (after,) = passed(before, seen(3), 10)
    assert after == replace(before, at=after.at, saved=after.saved)
    assert after.saved == pytest.approx((SHARE * 4 - 3) * 10 / 3600)


def test_after_nobody_looked_it_begins_anew_with_what_stands_without_ours() -> None:
    before = native(9, inside=70.0, high_s=20.0, saved=2.5)
    later = seen(6, at=NOW + UNSEEN + timedelta(seconds=1))
    ours = state(added=2)
    assert follow(before, policy(), ours, later, measure(policy(), ours, later)) == Counterfactual(
        at=later.at, copies=4, ready=4, saved=2.5
    )


def test_the_first_look_begins_with_the_owners_minimum_at_least() -> None:
    ours = state(added=3)
    begun = follow(None, policy(min_copies=2), ours, seen(3), measure(policy(), ours, seen(3)))
    assert (begun.copies, begun.ready, begun.saved) == (2, 2, 0.0)


def test_looks_closer_than_ten_seconds_wait_for_the_step() -> None:
    soon = replace(load(13.0, 4), at=NOW + timedelta(seconds=9))
    before = native(4)
    assert follow(before, policy(), state(), soon, measure(policy(), state(), soon)) == before


# ---- what is saved, and what it pays for


def test_saved_is_nine_tenths_of_its_copies_less_ours() -> None:
    steps = passed(native(4, inside=26.0), load(26.0, 3), 3600)
    assert steps[-1].saved == pytest.approx(SHARE * 4 - 3)


def test_who_only_observes_neither_saves_nor_owes() -> None:
    watches = policy(mode=Mode.OBSERVE, reserve=2)
    assert passed(native(4, inside=26.0), load(26.0, 4), 20 * 3600, watches)[-1].saved == 0.0
    assert passed(native(4, inside=26.0, saved=1.5), load(26.0, 1), 3600, watches)[-1].saved == 1.5


def test_savings_lapse_beyond_a_days_copy_and_debts_beyond_four_hours_reserve() -> None:
    rich = passed(native(20, inside=139.0, saved=MOST_SAVED - 0.01), load(139.0, 20), 10)[-1]
    assert rich.saved < MOST_SAVED, "ours cost as much"
    richer = passed(native(20, inside=139.0, saved=MOST_SAVED - 0.01), seen(0), 10)[-1]
    assert richer.saved == MOST_SAVED
    owing = passed(native(0, saved=-DEBT_HOURS * 2 + 0.01), load(1.0, 20), 10, policy(reserve=2))[-1]
    assert owing.saved == -DEBT_HOURS * 2


@pytest.mark.parametrize(
    ("owners", "saved", "copies"),
    [
        pytest.param(2, 0.0, 2.0, id="neither saved nor owed"),
        pytest.param(2, 1.0, 3.0, id="a copy-hour is a copy for an hour"),
        pytest.param(2, 0.25, 2.25, id="a part of a copy"),
        pytest.param(2, 5.0, 4.0, id="at most as much again"),
        pytest.param(2, -4.0, 1.0, id="half of the debt that is possible"),
        pytest.param(2, -8.0, 0.0, id="deep in debt"),
        pytest.param(1, -8.0, 0.0, id="deeper than its own limit"),
        pytest.param(0, 9.0, 0.0, id="who wants none gets none"),
    ],
)
def test_what_the_savings_pay_for(owners: int, saved: float, copies: float) -> None:
    assert reserve(policy(reserve=owners), native(3, saved=saved)) == pytest.approx(copies)


def test_before_anything_was_followed_the_reserve_is_the_owners() -> None:
    assert reserve(policy(reserve=2), None) == 2.0
