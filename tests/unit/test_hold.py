"""What is held, what is active, what was watched, and what of the standing copies is ours."""

from datetime import datetime, timedelta

import pytest

from headstart.domain import hold
from headstart.domain.demand import measure
from headstart.domain.model import CopiesSeen, NeedAt, Observation, Order, OutcomeKind, Resolution, State
from tests.support.builders import NOW, points, policy, seen, state


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def needs(*of: tuple[float, int]) -> tuple[NeedAt, ...]:
    """Pairs of seconds ago and copies."""
    return tuple(NeedAt(ago(seconds), copies) for seconds, copies in of)


@pytest.mark.parametrize(
    ("before", "need", "after", "held"),
    [
        pytest.param((), 3, needs((0, 3)), 3, id="the first"),
        pytest.param((), None, (), 0, id="nothing seen, nothing held"),
        pytest.param(needs((60, 5)), 3, needs((60, 5), (0, 3)), 5, id="a larger one is held"),
        pytest.param(needs((60, 5), (30, 4)), 4, needs((60, 5), (0, 4)), 5, id="one as large is renewed"),
        pytest.param(needs((60, 2), (30, 1)), 7, needs((0, 7)), 7, id="the largest makes the others irrelevant"),
        pytest.param(needs((119, 5)), 0, needs((119, 5), (0, 0)), 5, id="just under two minutes"),
        pytest.param(needs((120, 5)), 0, needs((0, 0)), 0, id="two minutes"),
        pytest.param(needs((120, 5), (60, 3)), None, needs((60, 3)), 3, id="it is forgotten unseen too"),
    ],
)
def test_a_need_is_held_for_two_minutes(
    before: tuple[NeedAt, ...], need: int | None, after: tuple[NeedAt, ...], held: int
) -> None:
    assert hold.remember(before, need, NOW) == after
    assert hold.held(after) == held


def test_what_is_held_is_not_fed_back() -> None:
    """Five needed once, three ever since: five for two minutes from the one time, not from the last look."""
    remembered: tuple[NeedAt, ...] = ()
    found = []
    for second, need in [(0, 5), *[(second, 3) for second in range(10, 150, 10)]]:
        remembered = hold.remember(remembered, need, NOW + timedelta(seconds=second))
        found.append(hold.held(remembered))
    assert found == [5] * 12 + [3] * 3


@pytest.mark.parametrize(
    ("observation", "load_at"),
    [
        pytest.param(seen(2, concurrency=points(0, 0, 1)), NOW, id="load"),
        pytest.param(seen(2, concurrency=points(0, 0, 0)), ago(60), id="seen, and none"),
        pytest.param(seen(2), ago(60), id="not seen"),
        pytest.param(seen(0, refused=points(1)), NOW, id="refused requests are load"),
    ],
)
def test_when_load_was_last_seen(observation: Observation, load_at: datetime) -> None:
    assert hold.load_seen_at(ago(60), measure(policy(), state(), observation), NOW) == load_at


@pytest.mark.parametrize(
    ("load_at", "saved", "active"),
    [
        pytest.param(None, 9.0, False, id="never"),
        pytest.param(NOW, -9.0, True, id="now"),
        pytest.param(ago(899), 0.0, True, id="just under 15 minutes ago"),
        pytest.param(ago(900), 0.0, False, id="15 minutes ago"),
        pytest.param(ago(3599), 0.1, True, id="within the hour, and savings pay for it"),
        pytest.param(ago(3600), 9.0, False, id="an hour ago"),
    ],
)
def test_a_component_is_active_for_fifteen_minutes_after_load_or_an_hour_on_savings(
    load_at: datetime | None, saved: float, active: bool
) -> None:
    assert hold.is_active(load_at, saved, NOW) == active


def looks(*spans: tuple[float, float]) -> tuple[CopiesSeen, ...]:
    """Spans of looks that saw the same count, each from so many seconds ago until so many seconds ago."""
    return tuple(CopiesSeen(ago(begin), copies, ago(end)) for copies, (begin, end) in enumerate(spans))


@pytest.mark.parametrize(
    ("history", "watched"),
    [
        pytest.param((), False, id="never looked"),
        pytest.param(looks((0, 0)), False, id="the first look"),
        pytest.param(looks((119, 0)), False, id="not for long enough"),
        pytest.param(looks((120, 0)), True, id="for as long as a need is held"),
        pytest.param(looks((300, 90), (60, 0)), True, id="the count changed in between"),
        pytest.param(looks((300, 150), (59, 0)), False, id="nobody looked for 91 seconds"),
        pytest.param(looks((300, 150), (60, 0)), True, id="nobody looked for 90 seconds"),
        pytest.param(looks((300, 100)), False, id="the last look is long over"),
    ],
)
def test_a_need_may_have_been_missed_unless_looks_follow_closely(
    history: tuple[CopiesSeen, ...], watched: bool
) -> None:
    assert hold.is_watched(history, NOW) == watched


ID = "my-llama.20261122T125900000Z.00000000"
APPLIED, INTERRUPTED = (Resolution(ID, outcome=kind) for kind in (OutcomeKind.APPLIED, OutcomeKind.INTERRUPTED))


def known(added: int, desired: int | None, order: Order | None = None, last_look: float = 10) -> State:
    """The ledger and the count as of the last look."""
    return state(added=added, known_desired=desired, order=order, copies_history=looks((last_look, last_look)))


def intention(before: int, to: int) -> Order:
    return Order(ID, before, to, ago(40), None, before)


@pytest.mark.parametrize(
    ("remembered", "desired", "found", "ours"),
    [
        pytest.param(known(2, 5), 5, None, 2, id="nobody touched it"),
        pytest.param(known(2, 5), 7, None, 2, id="somebody raised it: what is theirs is not ours"),
        pytest.param(known(2, 5), 4, None, 1, id="somebody lowered it: ours went first"),
        pytest.param(known(2, 5), 3, None, 0, id="all of ours went"),
        pytest.param(known(2, 5), 1, None, 0, id="and more"),
        pytest.param(known(5, 5), 2, None, 2, id="never more than stand"),
        pytest.param(known(2, None), 5, None, 2, id="stored before the count was noted"),
        pytest.param(known(2, 5, last_look=900), 5, None, 2, id="fifteen minutes without a look"),
        pytest.param(known(2, 5, last_look=901), 5, None, 0, id="longer: nobody can vouch for it"),
        pytest.param(state(added=2, known_desired=5), 5, None, 0, id="never looked"),
        # a raise from 3 to 5 whose answer was lost
        pytest.param(known(1, 3, intention(3, 5)), 5, APPLIED, 3, id="it arrived"),
        pytest.param(known(1, 3, intention(3, 5)), 6, APPLIED, 1, id="somebody raised it, or us: not claimed"),
        pytest.param(known(1, 3, intention(3, 5)), 3, INTERRUPTED, 1, id="it never arrived"),
        pytest.param(known(1, 3, intention(3, 5)), 2, INTERRUPTED, 0, id="it never arrived, and one was taken"),
        pytest.param(known(1, 3, intention(3, 5)), 3, None, 1, id="it may be on its way"),
        # a give-back from 5 to 3 whose answer was lost
        pytest.param(known(2, 5, intention(5, 3)), 3, APPLIED, 0, id="it arrived back"),
        pytest.param(known(3, 5, intention(5, 3)), 2, APPLIED, 0, id="it arrived back, and one more was taken"),
        pytest.param(known(3, 5, intention(5, 3)), 5, INTERRUPTED, 3, id="it never arrived back"),
        pytest.param(known(3, 5, intention(5, 3)), 6, INTERRUPTED, 1, id="raised since, or never arrived: booked"),
    ],
)
def test_what_is_still_ours(remembered: State, desired: int, found: Resolution | None, ours: int) -> None:
    assert hold.still_ours(remembered, seen(2, desired_copies=desired), found) == ours


@pytest.mark.parametrize(
    ("order", "added", "stands"),
    [
        pytest.param(Order(ID, 2, 5, ago(2), NOW, 3), 3, True, id="a raise from 3 to 5"),
        pytest.param(Order(ID, 5, 4, ago(2), NOW, 5), 0, False, id="a give-back has nothing to wait for"),
        pytest.param(Order(ID, 2, 5, ago(2), NOW), 1, True, id="stored before the count was noted: not claimed"),
    ],
)
def test_the_ledger_after_a_write_that_was_accepted(order: Order, added: int, stands: bool) -> None:
    after = hold.accepted(known(1, order.before), order)
    assert (after.added, after.known_desired) == (added, order.to_copies)
    assert after.order == (order if stands else None)
