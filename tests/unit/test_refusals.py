"""AWS refuses copies: what fits is asked for, at a slower pace, and it is said until it is over."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.app.ports import Notice
from headstart.domain.counterfactual import follow
from headstart.domain.decide import decide
from headstart.domain.demand import measure
from headstart.domain.model import (
    Action,
    CopiesSeen,
    Counterfactual,
    Mode,
    OutcomeKind,
    Policy,
    Refusals,
    SignalKind,
    Status,
)
from headstart.domain.refusals import (
    LONGEST_PAUSE,
    NEVER_CAME,
    WITHIN_A_ROUND,
    ask,
    asks_again,
    noted,
    obtainable,
    pause,
    problem,
)
from tests.support.builders import NOW, points, policy, seen, signal, state
from tests.support.world import NAME, World

QUOTA = "ResourceLimitExceeded"


@pytest.fixture
def world() -> World:
    """Two copies of a load that needs ten, and instances for four."""
    world = World(copies=2, settings={"target": 10.0})
    world.metrics.concurrency = inside(10, 2)
    world.component.quota = 4
    return world


def asked(world: World) -> list[int]:
    """What each decision wanted to write, refused or not."""
    return [r.desired for r in world.records if r.outcome.kind in (OutcomeKind.APPLIED, OutcomeKind.REFUSED)]


def inside(needed: int, serving: int) -> tuple[float, float, float]:
    """Requests in each copy, of which so many copies are needed: ten slots each, and 5 s x queue / 60 s more."""
    queue = max(0, needed - serving) * 10 * 60 / 5
    return (min(10.0, 10 * needed / serving) + queue / serving,) * 3


def need(world: World, copies: int, until: timedelta) -> None:
    """Looks as they are booked; every update ends well at the next look, and so many copies stay needed."""
    world.alarm()
    end = world.clock.at + until
    while world.clock.at + world.delay <= end:
        world.component.copies_come()
        world.metrics.concurrency = inside(copies, world.component.current)
        world.follow_when_due()


# ---- what fits


def test_after_a_refusal_half_of_the_step_is_asked_for_until_something_is_granted(world: World) -> None:
    need(world, 10, timedelta(seconds=20))
    assert asked(world) == [10, 6, 4]
    assert [record.at - NOW for record in world.records] == [timedelta(seconds=s) for s in (0, 10, 20)]
    assert world.writes == [4]


def test_in_the_end_everything_that_fits_is_there(world: World) -> None:
    need(world, 10, timedelta(minutes=3))
    assert world.component.desired == 4


def test_what_fits_later_is_found_by_asking_for_all_of_it_again(world: World) -> None:
    need(world, 10, timedelta(minutes=3))
    world.component.quota = 100
    end = world.clock.at + LONGEST_PAUSE
    while world.clock.at < end:
        world.metrics.concurrency = inside(10, world.component.current)
        world.follow_when_due()
        world.component.copies_come()
    assert world.component.desired == 10
    assert world.state.refusals is None


@given(st.integers(0, 30), st.integers(1, 200), st.integers(0, 200))
def test_halving_ends_at_what_fits_or_at_one_more_within_eight_refusals(standing: int, step: int, fits: int) -> None:
    wanted, limit = standing + step, standing + fits
    known, now, copies, refused = None, NOW, wanted, 0
    while copies > limit:
        known = noted(known, copies, standing, QUOTA, now)
        refused += 1
        if copies == standing + 1:
            assert fits == 0
            break
        assert pause(known) == WITHIN_A_ROUND
        now += WITHIN_A_ROUND
        copies = ask(known, standing, wanted, now)
        assert standing < copies < known.copies
    assert refused <= 8
    assert copies <= limit or fits == 0


@given(st.integers(0, 30), st.integers(1, 200), st.integers(0, 900), st.integers(0, 20), st.booleans())
def test_never_fewer_than_stand_nor_more_than_wanted_nor_sooner_than_the_pace(
    standing: int, step: int, seconds: int, rounds: int, late: bool
) -> None:
    known = refused(standing + step, standing, rounds=rounds, late=late)
    assert timedelta(seconds=10) <= pause(known) <= timedelta(minutes=8)
    now = NOW + timedelta(seconds=seconds)
    for wanted in (standing + 1, standing + step, standing + 2 * step):
        copies = ask(known, standing, wanted, now)
        assert copies == ask(known, standing, wanted, now)
        assert standing <= copies <= wanted
        assert (copies == standing) == (now < asks_again(known))


def refused(copies: int, standing: int, at: datetime = NOW, rounds: int = 0, late: bool = False) -> Refusals:
    return Refusals(
        since=at, detail=QUOTA, at=at, copies=copies, standing=standing, most=copies, rounds=rounds, late=late
    )


# ---- the pace


def test_where_nothing_fits_rounds_come_after_one_two_four_and_eight_minutes(world: World) -> None:
    world.component.quota = 2
    need(world, 10, timedelta(minutes=40))
    ended = [r.at for r in world.records if r.outcome.kind is OutcomeKind.REFUSED and r.desired == 3]
    between = [later - sooner for sooner, later in pairwise(ended)]
    rounds = timedelta(seconds=30)  # 10, 6, 4 and 3 copies
    assert [(gap - rounds) / timedelta(minutes=1) for gap in between] == [1, 2, 4, 8, 8, 8]
    assert world.writes == []


def test_meanwhile_it_is_looked_at_every_minute_so_that_the_end_of_the_need_is_seen(world: World) -> None:
    world.component.quota = 2
    need(world, 10, timedelta(minutes=10))
    assert world.delay <= timedelta(seconds=60)
    world.metrics.concurrency = (3, 3, 3)
    for _ in range(12):
        world.follow_when_due()
    assert world.state.refusals is None
    world.metrics.concurrency = inside(10, 2)
    world.alarm(event_id="event-2")
    world.pass_(10)
    world.alarm(event_id="event-3")
    again = world.state.refusals
    assert again is not None
    assert (again.rounds, pause(again)) == (0, WITHIN_A_ROUND), "as if for the first time"


def test_copies_that_come_reset_the_pace(world: World) -> None:
    need(world, 10, timedelta(minutes=20))
    kept = world.state.refusals
    assert kept is not None
    assert kept.rounds > 1
    world.component.quota = 5
    while world.component.current < 5:
        need(world, 10, world.delay)
    world.follow_when_due()
    kept = world.state.refusals
    assert kept is not None
    assert kept.rounds <= 1


def test_an_alarm_within_the_pause_asks_for_nothing(world: World) -> None:
    world.alarm()
    world.pass_(5)
    world.alarm(event_id="event-2")
    first, second = world.records
    assert (first.outcome.kind, second.outcome.kind) == (OutcomeKind.REFUSED, OutcomeKind.HELD)
    assert second.desired == 2


def test_an_owners_minimum_that_is_refused_is_asked_for_until_it_is_there() -> None:
    world = World(copies=0, settings={"min_copies": 1})
    world.component.quota = 0
    world.alarm()
    for _ in range(60):
        world.follow_when_due()
    world.component.quota = 1
    for _ in range(10):
        world.follow_when_due()
    assert world.writes == [1]


# ---- copies that never come


def shortage(world: World, copies: int, *, failure: str | None, rolled_back: bool) -> None:
    """The update in flight ends with so many copies."""
    world.component.current = copies
    if rolled_back:
        world.component.desired = copies
    world.component.failure, world.component.status = failure, Status.IN_SERVICE


@pytest.mark.parametrize("failure", ["There is not enough hardware resources", None])
@pytest.mark.parametrize("rolled_back", [True, False])
def test_an_update_that_ends_without_its_copies_is_a_refusal(
    world: World, failure: str | None, rolled_back: bool
) -> None:
    world.component.quota = 100
    world.alarm()
    (accepted,) = world.writes
    for _ in range(12):
        world.follow_when_due()
    shortage(world, 3, failure=failure, rolled_back=rolled_back)
    world.follow_when_due()
    known = world.state.refusals
    assert known is not None
    assert (known.copies, known.standing, known.late) == (accepted, 3, True)
    assert known.detail == (f"{NEVER_CAME}: {failure}" if failure else NEVER_CAME)
    assert pause(known) == timedelta(minutes=1)
    assert world.records[-1].limits == ("refused",)
    assert world.writes == [accepted], "nothing is asked for within the pause"


def test_each_further_update_that_fails_doubles_the_pause(world: World) -> None:
    world.component.quota = 100
    world.alarm()
    pauses = []
    for _ in range(60):
        if world.component.status is Status.UPDATING and world.clock.at - world.records[-1].at >= timedelta(0):
            for _ in range(8):
                world.follow_when_due()
            shortage(world, 2, failure="no instances", rolled_back=True)
            world.follow_when_due()
            known = world.state.refusals
            assert known is not None
            pauses.append(pause(known).total_seconds() / 60)
        else:
            world.follow_when_due()
    assert pauses[:4] == [1, 2, 4, 8]


def test_a_lower_count_after_a_gap_in_the_looks_is_somebodys_will_and_no_refusal(world: World) -> None:
    world.component.quota = 100
    world.alarm()
    world.pass_(600)
    shortage(world, 3, failure=None, rolled_back=True)
    world.metrics.concurrency = (1, 1, 1)
    world.follow()
    assert world.state.refusals is None


# ---- a state a person can see


def test_the_decision_says_what_was_refused_and_when_it_asks_again(world: World) -> None:
    world.component.quota = 2
    need(world, 10, timedelta(seconds=60))
    world.pass_(10)
    world.alarm(event_id="event-2")
    held = world.records[-1]
    assert (held.action, held.limits) == (Action.HOLD, ("refused",))
    known = world.state.refusals
    assert known is not None
    again = f"{asks_again(known):%H:%M:%S}Z"
    assert again == "13:01:30Z"
    assert held.reason.endswith(f"; AWS refused 3 copies ({QUOTA}), more are asked for again at {again}.")
    world.follow_when_due()
    assert world.records[-1].reason.endswith(f"; AWS refused 3 copies ({QUOTA}).")


def test_it_is_told_once_when_it_begins_and_once_when_it_ends(world: World) -> None:
    world.component.quota = 2
    need(world, 10, timedelta(minutes=5))
    known = world.state.refusals
    assert known is not None
    world.reconcile()
    need(world, 10, timedelta(minutes=5))
    world.reconcile()
    text = problem(known)
    assert text == f"AWS refuses more copies since 2026-11-22T13:00:00Z: {QUOTA}"
    assert world.events.told == [Notice(component=NAME, problem=text, field="", cleared=False)]
    world.component.quota = 100
    need(world, 10, timedelta(minutes=9))
    world.reconcile()
    world.reconcile()
    assert world.events.told[1:] == [Notice(component=NAME, problem=text, field="", cleared=True)]


@pytest.mark.parametrize("how", ["paused", "untagged"])
def test_it_is_over_for_who_may_not_act_any_more(world: World, how: str) -> None:
    world.component.quota = 2
    need(world, 10, timedelta(minutes=2))
    world.reconcile()
    if how == "paused":
        world.component.tags["headstart:mode"] = "observe"
    else:
        del world.component.tags["headstart:mode"]
    world.reconcile()
    assert [notice.cleared for notice in world.events.told] == [False, True]
    if how == "paused":
        world.follow_when_due()
    assert world.state.refusals is None


# ---- beside native scaling


def test_a_refused_want_raises_no_floor_whether_refused_at_once_or_later(world: World) -> None:
    world.register(minimum=0, maximum=20)
    world.change_policy(reserve=2)
    need(world, 10, timedelta(minutes=12))
    assert world.component.desired == world.scaling.minimum == 4
    world.component.quota = 100
    while world.component.status is not Status.UPDATING:
        world.follow_when_due()
    assert world.scaling.minimum > 4
    for _ in range(8):
        world.follow_when_due()
    shortage(world, 5, failure="no instances", rolled_back=True)
    world.follow_when_due()
    assert world.scaling.minimum == 5


def test_native_alone_is_not_taken_to_get_what_aws_refuses() -> None:
    """Else a component that is refused would seem to save what native could not have spent, and keep more reserve."""
    observation = seen(2, concurrency=points(300, 300, 300))
    known = refused(3, 2)
    native = Counterfactual(at=NOW - timedelta(seconds=140), copies=2, ready=2, inside=600, high_s=100)

    def native_copies(allowed: Policy) -> int:
        return follow(native, allowed, state(), observation, measure(policy(), state(), observation)).copies

    assert native_copies(policy()) > 2
    assert native_copies(obtainable(known, policy())) == 2


# ---- never lower


@given(st.integers(0, 20), st.integers(1, 20), st.integers(0, 600), st.floats(0, 60), st.integers(0, 20))
def test_a_refusal_never_lowers_copies(standing: int, step: int, seconds: int, inside: float, ours: int) -> None:
    """The same look with and without it: it gives back the same, and asks for no more."""
    watched = (CopiesSeen(NOW - timedelta(minutes=5), standing, NOW - timedelta(seconds=20)),)
    known = state(added=min(ours, standing), known_desired=standing, copies_history=watched)
    observation = seen(standing, concurrency=points(inside, inside, inside) if standing else ())
    at = NOW - timedelta(seconds=seconds)
    free = decide(policy(), known, observation, signal(SignalKind.FOLLOW), NOW)
    held = decide(policy(), replace(known, refusals=refused(standing + step, standing, at)), observation, signal(), NOW)
    assert min(standing, free.desired) <= held.desired <= free.desired
    if free.desired <= standing:
        assert held.desired == free.desired
        assert held.next_state.refusals is None or free.next_state.load_at is not None


def test_no_data_keeps_what_is_known_while_there_was_load_lately() -> None:
    known = state(refusals=refused(5, 2), load_at=NOW - timedelta(minutes=5))
    assert decide(policy(), known, seen(2), signal(), NOW).next_state.refusals is not None
    long_ago = replace(known, load_at=NOW - timedelta(minutes=16))
    assert decide(policy(), long_ago, seen(2), signal(), NOW).next_state.refusals is None
    assert decide(policy(mode=Mode.OBSERVE), known, seen(2), signal(), NOW).next_state.refusals is None
