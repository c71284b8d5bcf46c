"""What the owner allows beyond a maximum: copies added by one write, and copy-hours added a day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.domain.decide import decide
from headstart.domain.limits import SHORTEST_STAY, account, left, used_up, within
from headstart.domain.model import Action, CopiesSeen, OutcomeKind, SignalKind, Spent, State
from tests.support.builders import NOW, points, policy, seen, signal, state
from tests.support.world import World
from tests.unit.test_closed_loop import LOADS, beside_native, loop, played

TODAY = NOW.date()
LATE = datetime(2026, 11, 22, 23, 50, tzinfo=UTC)


def spent(hours: float, at: datetime = NOW) -> Spent:
    return Spent(at.date(), hours, at)


# ---- the step cap


def test_one_write_adds_no_more_than_the_owner_allows_and_says_so() -> None:
    crowd = seen(0, refused=points(140, 400))
    free = decide(policy(), state(), crowd, signal(SignalKind.WAKE), NOW)
    capped = decide(policy(max_step=3), state(), crowd, signal(SignalKind.WAKE), NOW)
    assert (free.desired, free.limits) == (7, ())
    assert (capped.desired, capped.limits) == (3, ("max-step",))
    assert capped.reason == free.reason.replace("7 copies", "3 copies").rstrip(".") + "; one write adds 3 at most."


def test_the_next_write_adds_the_next_step() -> None:
    world = World(copies=2, settings={"max_step": 2})
    world.metrics.concurrency = (1000, 1000, 1000)
    world.alarm()
    for _ in range(2):
        world.component.copies_come()
        world.metrics.concurrency = (2000 / world.component.current,) * 3
        world.follow_when_due()
    assert world.writes == [4, 6, 8]


def test_who_wants_more_than_a_step_does_not_wait_to_see_how_much_more() -> None:
    rise = seen(2, concurrency=points(11, 31, 51))
    unsettled = state(short_since=None)
    assert decide(policy(), unsettled, rise, signal(), NOW).action is Action.SETTLE
    assert decide(policy(max_step=2), unsettled, rise, signal(), NOW).action is Action.WRITE


@given(LOADS, st.integers(0, 3), st.integers(1, 4), st.integers(1, 4))
def test_no_write_adds_more_than_the_step(
    loads: list[tuple[float | None, int]], reserve: int, copies: int, step: int
) -> None:
    run = played(loop(copies, reserve=reserve, max_step=step), loads)
    for record in run.world.records:
        if record.outcome.kind is OutcomeKind.APPLIED:
            assert record.desired - record.desired_copies_before <= step


# ---- the account


def test_copy_hours_are_copies_of_ours_times_hours() -> None:
    later = NOW + timedelta(minutes=10)
    assert account(spent(1.0), 3, 3, later) == Spent(TODAY, 1.5, later)


def test_the_first_look_opens_the_account() -> None:
    assert account(None, 3, 3, NOW) == Spent(TODAY, 0.0, NOW)


def test_at_midnight_utc_the_day_begins_anew() -> None:
    before, after = LATE, LATE + timedelta(minutes=14)
    assert account(spent(9.0, before), 3, 3, after) == Spent(date(2026, 11, 23), 3 * 4 / 60, after)


def test_midnight_anywhere_else_changes_nothing() -> None:
    """On 2026-10-25 clocks in Berlin go back at 01:00 UTC, and its day has begun at 22:00 UTC."""
    known = Spent(date(2026, 10, 24), 0.0, datetime(2026, 10, 24, 12, tzinfo=UTC))
    for minutes in range(10, 24 * 60, 10):
        known = account(known, 2, 2, datetime(2026, 10, 24, 12, tzinfo=UTC) + timedelta(minutes=minutes))
        if known.at.hour in (22, 23):
            assert known.day == date(2026, 10, 24)
    assert known.day == date(2026, 10, 25)
    assert known.hours == pytest.approx(2 * (11 + 50 / 60))


def test_a_duplicate_or_late_look_adds_nothing() -> None:
    known = account(spent(1.0), 3, 3, NOW + timedelta(minutes=10))
    assert account(known, 3, 3, known.at) == known
    assert account(known, 3, 3, NOW) == known
    assert account(known, 3, 3, LATE - timedelta(days=1)) == known


def test_copies_that_were_lost_between_two_looks_do_not_count() -> None:
    assert account(spent(0.0), 5, 2, NOW + timedelta(minutes=6)).hours == pytest.approx(0.2)
    assert account(spent(0.0), 5, 0, NOW + timedelta(hours=3)).hours == 0.0


@given(
    st.lists(st.tuples(st.integers(-600, 3000), st.integers(0, 9), st.integers(0, 9)), max_size=40),
    st.integers(0, 86_399),
)
def test_the_account_only_moves_forward_and_never_counts_more_than_stood(
    looks: list[tuple[int, int, int]], second: int
) -> None:
    at = datetime(2026, 3, 29, tzinfo=UTC) + timedelta(seconds=second)
    known, most = account(None, 0, 0, at), 0.0
    for seconds, before, after in looks:
        at += timedelta(seconds=seconds)
        moved = account(known, before, after, at)
        assert moved.at >= known.at
        if moved.day == known.day:
            assert moved.hours >= known.hours
        else:
            assert moved.day > known.day
            assert moved.hours <= before * (moved.at - datetime.combine(moved.day, datetime.min.time(), UTC)).seconds
        most += max(0, seconds) * before / 3600
        known = moved
    assert known.hours <= most + 1e-9


# ---- the budget

BUSY = seen(4, concurrency=points(300, 300, 300))


def with_budget(hours: float, **known: object) -> State:
    return state(spent=spent(hours), copies_history=(CopiesSeen(NOW - timedelta(minutes=5), 4, NOW),), **known)


def test_within_the_budget_nothing_is_different() -> None:
    free = decide(policy(), with_budget(1.0), BUSY, signal(), NOW)
    held = decide(policy(daily_copy_hours=10.0), with_budget(1.0), BUSY, signal(), NOW)
    assert (held.desired, held.limits, held.reason) == (free.desired, free.limits, free.reason)


def test_no_more_is_added_than_the_rest_of_the_budget_pays_for_a_short_stay() -> None:
    wanted = decide(policy(), with_budget(9.75), BUSY, signal(), NOW).desired
    assert wanted > 6
    capped = decide(policy(daily_copy_hours=10.0), with_budget(9.75), BUSY, signal(), NOW)
    assert (capped.desired, capped.limits) == (6, ("daily-copy-hours",))
    assert capped.reason.endswith("; 9.75 of the 10 copy-hours of this UTC day are spent.")


def test_used_up_nothing_is_added_and_the_decision_says_so() -> None:
    used = decide(policy(daily_copy_hours=10.0), with_budget(10.2), BUSY, signal(SignalKind.FOLLOW), NOW)
    assert (used.action, used.desired, used.limits) == (Action.HOLD, 4, ("daily-copy-hours",))
    assert used.reason.endswith("; 10.20 of the 10 copy-hours of this UTC day are spent, native scaling goes on alone.")
    assert used.look_again == timedelta(seconds=60)


def test_used_up_reserve_and_floor_go_and_what_the_load_needs_stays() -> None:
    calm = seen(4, concurrency=points(5, 5, 5))  # 20 requests inside: three copies
    allowed = policy(daily_copy_hours=10.0, reserve=2, floor_allowed=True)
    known = with_budget(9.9, added=3, known_desired=4, load_at=NOW)
    kept = decide(allowed, known, calm, signal(SignalKind.FOLLOW), NOW)
    assert (kept.desired, kept.floor) == (4, 4)
    known = with_budget(10.0, added=3, known_desired=4, load_at=NOW)
    let_go = decide(allowed, known, calm, signal(SignalKind.FOLLOW), NOW)
    assert (let_go.action, let_go.desired, let_go.floor) == (Action.WRITE, 3, None)


def test_used_up_even_the_last_copy_kept_for_the_next_request_goes() -> None:
    idle = seen(1, concurrency=points(0, 0, 0))
    allowed = policy(daily_copy_hours=10.0)
    history = (CopiesSeen(NOW - timedelta(minutes=5), 1, NOW),)
    for hours, copies in ((9.0, 1), (10.0, 0)):
        known = state(spent=spent(hours), added=1, known_desired=1, load_at=NOW, copies_history=history)
        assert decide(allowed, known, idle, signal(SignalKind.FOLLOW), NOW).desired == copies


def test_the_next_day_it_goes_on() -> None:
    world = World(copies=2, settings={"daily_copy_hours": 0.4, "reserve": 1})
    world.clock.at = LATE - timedelta(minutes=45)
    world.metrics.concurrency = (14, 14, 14)
    world.pass_(10)
    world.alarm()
    while world.clock.at < LATE:
        world.component.copies_come()
        world.metrics.concurrency = (28 / world.component.current,) * 3
        world.follow_when_due()
    assert used_up(world.state.policy or policy(), world.state.spent)
    yesterday = len(world.writes)
    raises = [r for r in world.records if r.desired > r.desired_copies_before]
    assert raises
    while world.clock.at < LATE + timedelta(minutes=15):
        world.component.copies_come()
        world.metrics.concurrency = (42 / world.component.current,) * 3
        world.follow_when_due()
    first = next(r for r in world.records if r.at > LATE and r.outcome.kind is OutcomeKind.APPLIED)
    assert len(world.writes) > yesterday
    assert first.at.date() == date(2026, 11, 23)
    assert world.state.spent is not None
    assert world.state.spent.day == first.at.date()


@given(st.floats(0, 12), st.integers(0, 30), st.integers(0, 20), st.integers(0, 40), st.floats(0.1, 10))
def test_growth_is_never_beyond_what_the_budget_pays_for(
    hours: float, ours: int, standing: int, wanted: int, budget: float
) -> None:
    allowed = policy(daily_copy_hours=budget, max_copies=40)
    known = state(spent=spent(hours), added=ours)
    copies, met = within(allowed, known, standing, wanted, NOW)
    assert copies >= standing
    if copies > standing:
        over = left(allowed, known.spent)
        assert over is not None
        assert (ours + copies - standing) * SHORTEST_STAY <= over + 1e-6
    assert (copies < max(standing, wanted) or used_up(allowed, known.spent)) == bool(met)


@given(st.integers(0, 2), LOADS, st.integers(0, 3), st.floats(0.1, 1.5), st.booleans())
def test_in_the_loop_the_account_is_a_bystanders_and_once_used_up_native_goes_on_alone(
    least: int, loads: list[tuple[float | None, int]], reserve: int, budget: float, native: bool
) -> None:
    run = (beside_native if native else loop)(least, reserve=reserve, daily_copy_hours=budget)
    bystander, before, at = 0.0, 0, run.world.clock.at
    for load, steps in loads:
        for _ in range(steps):
            run.step(load)
            now, known = run.world.clock.at, run.world.state.spent
            bystander += before * (now - at) / timedelta(hours=1)
            before, at = run.world.state.added, now
            if known is None or known.at != now:
                continue
            # What native took, it took some time before this look.
            assert known.hours <= bystander + 1e-9
            assert native or known.hours == pytest.approx(bystander)
            if known.hours >= budget:
                assert run.world.scaling.minimum == (least if native else 0)
                assert run.world.records[-1].desired <= run.world.records[-1].desired_copies_before


@given(LOADS, st.integers(0, 2))
def test_without_load_it_still_comes_down_to_what_is_not_ours(
    loads: list[tuple[float | None, int]], reserve: int
) -> None:
    run = played(loop(2, reserve=reserve, daily_copy_hours=0.3, max_step=2), [*loads, (0.0, 400)])
    assert (run.world.component.desired, run.world.state.added, run.world.state.episode) == (2, 0, None)
