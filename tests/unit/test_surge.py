"""Rises that come back: what counts as one, and how much of it stands ready."""

from datetime import timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.domain.decide import decide
from headstart.domain.model import Action, Counterfactual, NeedAt, SignalKind, Spent, Surge, Surges
from headstart.domain.surge import follow, surge
from tests.support.builders import NOW, points, policy, seen, signal, state

CALM = (2,) * 40
"""Looks of ten seconds: longer than the five minutes that a rise is told by."""


def watched(*needs: int | None, known: Surges | None = None, every: float = 10.0) -> Surges | None:
    for look, need in enumerate(needs):
        known = follow(known, need, NOW + timedelta(seconds=every * look))
    return known


def rises(*needs: int | None, every: float = 10.0) -> list[tuple[int, int]]:
    known = watched(*needs, every=every)
    return [(one.copies, one.rise) for one in known.past] if known else []


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        pytest.param((*CALM, 9, 9), [(9, 7)], id="two looks in a row"),
        pytest.param((*CALM, 9, 2), [], id="one look may be noise"),
        pytest.param((*CALM, 14, 8), [(8, 6)], id="the smaller of two: the first point of a rise exaggerates"),
        pytest.param((*CALM, 5, 5, 9, 9, 4, 4), [(9, 7)], id="one rise, and its largest"),
        pytest.param((*CALM, 9, 9, *CALM, 6, 6), [(9, 7), (6, 4)], id="two rises"),
        pytest.param((*(0,) * 40, 9, 9, 9), [], id="a wake from idle is no rise"),
        pytest.param((2, 2, 2, 9, 9), [], id="not watched for five minutes before"),
        pytest.param((*CALM, *(None,) * 10, 9, 9), [], id="a gap: what was before is not known"),
        pytest.param((*CALM, None, 9, None, 9), [(9, 7)], id="a look that could not see now and then is no gap"),
        pytest.param(tuple(2 + look // 60 for look in range(180)), [(3, 1), (4, 1)], id="a slow climb is small rises"),
        pytest.param((), [], id="nothing seen"),
    ],
)
def test_what_is_a_rise(needs: tuple[int | None, ...], expected: list[tuple[int, int]]) -> None:
    assert rises(*needs) == expected


def test_looks_a_minute_apart_are_watching_too() -> None:
    assert rises(2, 2, 2, 2, 2, 2, 9, 9, every=60.0) == [(9, 7)]


def test_a_rise_is_remembered_for_a_day() -> None:
    known = watched(*CALM, 9, 9)
    assert known is not None
    last = known.past[-1].at
    for after, left in ((timedelta(hours=23), 1), (timedelta(hours=25), 0)):
        later = follow(known, 2, last + after)
        assert later is not None
        assert len(later.past) == left


@given(st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=80), st.lists(st.integers(1, 120), max_size=80))
def test_what_is_remembered_stays_small_and_is_what_was_needed(needs: list[int | None], gaps: list[int]) -> None:
    known: Surges | None = None
    at = list(accumulate(gaps, initial=0))
    for need, seconds in zip(needs, at, strict=False):
        known = follow(known, need, NOW + timedelta(seconds=seconds))
    if known is None:
        return
    said = [need for need in needs if need is not None]
    assert len(known.past) <= 20
    assert [low.copies for low in known.lows] == sorted({low.copies for low in known.lows})
    assert all(0 < one.rise < one.copies <= max(said) for one in known.past)
    assert known.lows[-1].copies == known.need


PAST = (Surge(NOW - timedelta(hours=2), 9, 7), Surge(NOW - timedelta(hours=1), 9, 7))
KNOWN = Surges(at=NOW, need=2, watched_since=NOW - timedelta(hours=3), lows=(NeedAt(NOW, 2),), past=PAST)


@pytest.mark.parametrize(
    ("past", "held", "saved", "copies"),
    [
        pytest.param(PAST, 2, 5.0, 9, id="what is held and the rise on top"),
        pytest.param(PAST, 2, 2.0, 6, id="as far as it is paid for: 1.4 + 2 + 2"),
        pytest.param(PAST, 4, 24.0, 9, id="up to where the rises ended"),
        pytest.param(PAST, 9, 24.0, 9, id="within a rise nothing on top"),
        pytest.param(PAST[:1], 2, 24.0, None, id="once is chance"),
        pytest.param((*PAST, Surge(NOW, 19, 17)), 2, 24.0, 9, id="the second largest"),
        pytest.param(PAST, 0, 24.0, None, id="idle: nothing is kept for a rise"),
        pytest.param(PAST, 2, 0.0, None, id="nothing saved"),
        pytest.param(PAST, 2, -3.0, None, id="a debt"),
    ],
)
def test_how_much_stands_ready(past: tuple[Surge, ...], held: int, saved: float, copies: int | None) -> None:
    known = Surges(at=NOW, need=2, watched_since=NOW, lows=(NeedAt(NOW, 2),), past=past)
    term = surge(policy(reserve=2), known, held, saved)
    assert (term.copies if term else None) == copies


def test_an_owner_who_wants_no_reserve_has_none_for_rises_either() -> None:
    assert surge(policy(reserve=0), KNOWN, 2, 24.0) is None


@given(held=st.integers(0, 40), saved=st.floats(-8.0, 24.0), reserve=st.integers(0, 10))
def test_it_is_never_more_than_the_rises_were_and_never_less_than_is_held_up_to_there(
    held: int, saved: float, reserve: int
) -> None:
    term = surge(policy(reserve=reserve), KNOWN, held, saved)
    if term is not None:
        assert term.copies <= min(9, held + 7)
        assert surge(policy(reserve=reserve), KNOWN, held, saved + 1.0).copies >= term.copies  # type: ignore[union-attr]


def saving(copy_hours: float) -> Counterfactual:
    return Counterfactual(at=NOW, copies=2, ready=2, saved=copy_hours)


def test_a_decision_says_why_copies_stand_ready() -> None:
    known = state(surges=KNOWN, counterfactual=saving(12.0), needs=(NeedAt(NOW, 2),))
    decision = decide(policy(reserve=2), known, seen(2, concurrency=points(5, 5, 5)), signal(SignalKind.FOLLOW), NOW)
    assert (decision.action, decision.desired, decision.binding) == (Action.WRITE, 9, "surge")
    assert decision.reason.endswith(
        "rises by 7 came back within a day, and what was saved pays for being ready for one."
    )


def test_with_the_budget_used_up_nothing_stands_ready() -> None:
    known = state(surges=KNOWN, counterfactual=saving(12.0), spent=Spent(NOW.date(), 30.0, NOW))
    decision = decide(
        policy(reserve=2, daily_copy_hours=20.0),
        known,
        seen(2, concurrency=points(5, 5, 5)),
        signal(SignalKind.FOLLOW),
        NOW,
    )
    assert "surge" not in [term.name for term in decision.terms]
