"""The whole loop over any load: looks every few seconds, copies that take their time, native scaling beside it.

The plant is as simple as it can be: requests inside are the load, and each copy reports its share.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headstart.app.ports import FollowUp, Series
from headstart.domain.model import Point, SignalKind, Status
from tests.support.fakes import FakeComponent
from tests.support.world import World

TARGET = 7.0
SLOTS = 10.0


PUBLISHED = timedelta(seconds=30)
"""How long a point takes to be seen."""
REDELIVERED = timedelta(minutes=2)
"""EventBridge gives an event to the function for this long."""


@dataclass
class Published:
    """Implements Metrics: what the copies of each time reported, seen half a minute later."""

    concurrency: list[Point] = field(default_factory=list)
    refused: list[Point] = field(default_factory=list)

    def recent(self, name: str, now: datetime) -> Series:
        concurrency, refused = (
            tuple(p for p in points[-40:] if now - timedelta(minutes=5) <= p.at <= now - PUBLISHED)
            for points in (self.concurrency, self.refused)
        )
        return Series(concurrency=concurrency, refused=refused, latency=())


@dataclass
class Loop:
    """A component with the follow-up looks as booked. A load is requests inside; None: no point is published."""

    world: World
    start_up: timedelta = timedelta(seconds=60)
    metrics: Published = field(default_factory=Published)
    delivered: list[FollowUp] = field(default_factory=list)
    alarms: list[tuple[datetime, str]] = field(default_factory=list)
    update_ends: datetime | None = None
    low_points: int | None = None
    """For how many points native scaling in has seen little load; None: there is none."""

    def __post_init__(self) -> None:
        self.world.metrics = self.metrics  # type: ignore[assignment]

    def step(self, load: float | None) -> None:
        """Ten seconds: copies come or go, a point is published, an alarm may ring, due follow-ups are delivered."""
        world, component = self.world, self.world.component
        world.pass_(10)
        self.update(component)
        if self.low_points is not None:
            self.scale_in(load or 0.0)
        if load is not None:
            point = Point(world.clock.at, load / (component.current or 1))
            (self.metrics.concurrency if component.current else self.metrics.refused).append(point)
            self.ring(load)
        for message in [m for m, _ in world.follow_ups.booked[-3:] if m not in self.delivered[-9:]]:
            if message.due <= world.clock.at:
                self.delivered.append(message)
                world.follow(message)

    def update(self, component: FakeComponent) -> None:
        now = self.world.clock.at
        if component.status is Status.UPDATING and self.update_ends is None:
            self.update_ends = now + (self.start_up if component.desired > component.current else timedelta(0))
        if self.update_ends is not None and now >= self.update_ends:
            component.copies_come()
            self.update_ends = None

    def scale_in(self, load: float) -> None:
        """Native's low alarm, its minimum, and the scheduled action that restores it."""
        component, scaling = self.world.component, self.world.scaling
        if scaling.booked is not None and self.world.clock.at >= scaling.booked[1]:
            scaling.run_release()
        self.low_points = (self.low_points or 0) + 1 if load < 0.9 * TARGET * component.current else 0
        if self.low_points >= 90 and component.status is Status.IN_SERVICE:
            component.current = component.desired = max(scaling.minimum, min(component.current, ceil(load / TARGET)))

    def ring(self, load: float) -> None:
        copies = self.world.component.current
        if load > TARGET * copies:
            self.alarms.append((self.world.clock.at, f"event-{len(self.alarms)}"))
            kind = SignalKind.PRESSURE if copies else SignalKind.WAKE
            evidence = () if copies else tuple(self.metrics.refused[-1:])
            self.world.alarm(kind, self.alarms[-1][1], evidence=evidence)


def loop(copies: int, **settings: Any) -> Loop:
    return Loop(World(copies=copies, settings=settings))


LOADS = st.lists(
    st.tuples(st.none() | st.sampled_from([0.0, 1.0, 5.0, 20.0, 60.0, 120.0]), st.integers(1, 30)),
    min_size=1,
    max_size=8,
)
"""Loads, and how many steps of ten seconds each stands."""
LONG_AFTER = 400
"""An hour, as long as savings may keep a component active, and some minutes to give back in."""
RESERVES = st.integers(0, 3)
NEED = ("load", "backlog", "wake")


def played(run: Loop, loads: Sequence[tuple[float | None, int]]) -> Loop:
    for load, steps in loads:
        for _ in range(steps):
            run.step(load)
    return run


@given(st.integers(0, 5), LOADS, RESERVES)
def test_no_ratchet_without_load_it_comes_down_to_the_count_without_ours(
    copies: int, loads: list[tuple[float | None, int]], reserve: int
) -> None:
    run = played(loop(copies, reserve=reserve), [*loads, (0.0, LONG_AFTER)])
    assert run.world.component.desired == copies
    assert (run.world.state.added, run.world.state.episode) == (0, None)


@given(st.integers(1, 5), LOADS, st.sampled_from([5.0, 20.0, 60.0, 120.0]), RESERVES)
def test_at_a_steady_load_it_comes_to_need_and_reserve_and_stays_there(
    copies: int, loads: list[tuple[float | None, int]], load: float, reserve: int
) -> None:
    """Savings over native scaling come in until native, too, has scaled in; then the reserve they pay for melts."""
    run = played(loop(copies, reserve=reserve), [*loads, (load, 150)])
    writes = list(run.world.writes)
    played(run, [(load, 60)])
    later = run.world.writes[len(writes) :]
    assert later == sorted(later, reverse=True)
    assert reserve or not later
    need = ceil(load / TARGET)
    asked_for = run.world.component.desired
    assert asked_for >= need
    if run.world.state.episode is not None:
        most = max(need, ceil(need * TARGET / SLOTS + 2 * reserve))
        assert max(copies, need) <= asked_for <= max(copies, min(most, 20))


@given(st.integers(1, 5), LOADS, RESERVES, st.integers(0, 2))
def test_it_never_goes_below_what_others_asked_for_nor_out_of_bounds(
    copies: int, loads: list[tuple[float | None, int]], reserve: int, least: int
) -> None:
    run = loop(copies, reserve=reserve, min_copies=least, max_copies=12)
    for load, steps in loads:
        for _ in range(steps):
            run.step(load)
            looked = bool(run.world.records)
            assert max(copies, least if looked else 0) <= run.world.component.desired <= 12
    assert run.world.component.desired - run.world.state.added == copies


@given(st.integers(1, 5), LOADS, RESERVES)
def test_no_data_never_lowers(copies: int, loads: list[tuple[float | None, int]], reserve: int) -> None:
    run = played(loop(copies, reserve=reserve), loads)
    played(run, [(None, 10)])  # the last points are seen later, and speak for 90 s
    before = run.world.component.desired
    played(run, [(None, 200)])
    assert run.world.component.desired == before


@given(st.integers(0, 5), LOADS, RESERVES)
def test_what_is_given_back_was_not_needed_for_two_minutes(
    copies: int, loads: list[tuple[float | None, int]], reserve: int
) -> None:
    run = played(loop(copies, reserve=reserve), loads)
    needs = [(r.at, max((t.copies for t in r.terms if t.name in NEED), default=0)) for r in run.world.records]
    for record in run.world.records:
        if record.desired < record.desired_copies_before:
            lately = [need for at, need in needs if timedelta(0) <= record.at - at < timedelta(minutes=2)]
            assert len(lately) >= 2
            assert record.desired >= max(lately)


@given(st.integers(0, 5), LOADS, RESERVES, st.randoms(use_true_random=False))
def test_duplicate_late_and_reordered_signals_change_nothing(
    copies: int, loads: list[tuple[float | None, int]], reserve: int, random: Any
) -> None:
    """Every message again, and every alarm again, in any order: the copy count is the one without them."""
    once, often = (loop(copies, reserve=reserve) for _ in range(2))
    for load, steps in loads:
        for _ in range(steps):
            once.step(load)
            often.step(load)
            now = often.world.clock.at
            again: list[FollowUp | str] = [*often.delivered[-4:]]
            again += [event for at, event in often.alarms[-4:] if now - at <= REDELIVERED]
            random.shuffle(again)
            for one in again:
                looked = often.world.alarm(event_id=one) if isinstance(one, str) else often.world.follow(one)
                assert looked.record is None
            assert often.world.writes == once.world.writes
    assert often.world.records == once.world.records


@given(st.integers(1, 5), LOADS, RESERVES, st.integers(0, 40))
def test_a_chain_that_is_lost_and_restarted_never_lowers_below_need(
    copies: int, loads: list[tuple[float | None, int]], reserve: int, gap: int
) -> None:
    run = played(loop(copies, reserve=reserve), loads)
    run.delivered += [m for m, _ in run.world.follow_ups.booked]  # lost
    played(run, [(0.0, gap)])
    seen = len(run.world.records)
    run.world.reconcile()
    played(run, [(0.0, 12)])
    restarted = run.world.records[seen:]
    assert all(
        (record.at - restarted[0].at).total_seconds() >= 120 or gap * 10 <= 90
        for record in restarted
        if record.desired < record.desired_copies_before
    )


@given(LOADS, RESERVES)
def test_every_loop_is_the_same_a_second_time(loads: list[tuple[float | None, int]], reserve: int) -> None:
    one, other = (played(loop(1, reserve=reserve), loads) for _ in range(2))
    assert one.world.records == other.world.records
    assert one.world.state == other.world.state


@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 30))
def test_native_scaling_in_beside_it_is_followed_not_fought(copies: int, reserve: int, taken: int) -> None:
    """Native takes copies while nothing is needed: ours count as gone, and what is left of native's stays."""
    run = played(loop(copies, reserve=reserve), [(120.0, 20)])
    component = run.world.component
    lowered = max(0, component.desired - taken)
    component.current = component.desired = lowered
    played(run, [(0.0, LONG_AFTER)])
    assert component.desired == min(copies, lowered)


def beside_native(least: int, **settings: Any) -> Loop:
    run = loop(least, **settings)
    run.world.register(minimum=least, maximum=12)
    run.low_points = 0
    return run


@given(st.integers(0, 3), LOADS, RESERVES)
def test_no_ratchet_between_floor_and_native_scaling_in(
    least: int, loads: list[tuple[float | None, int]], reserve: int
) -> None:
    """Each of the two goes by what the other holds, and still nothing is left an hour after the last load."""
    run = played(beside_native(least, reserve=reserve), [*loads, (0.0, LONG_AFTER)])
    scaling = run.world.scaling
    assert (run.world.component.desired, scaling.minimum, scaling.booked) == (least, least, None)
    assert (run.world.state.added, run.world.state.episode) == (0, None)


@given(st.integers(0, 3), LOADS, RESERVES)
def test_a_floor_is_never_higher_than_what_is_asked_for_nor_without_its_release(
    least: int, loads: list[tuple[float | None, int]], reserve: int
) -> None:
    run = beside_native(least, reserve=reserve)
    for load, steps in loads:
        for _ in range(steps):
            run.step(load)
            scaling = run.world.scaling
            assert least <= scaling.minimum <= max(least, run.world.component.desired)
            assert scaling.minimum == least or (scaling.booked is not None and scaling.booked[0] == least)


@given(st.integers(1, 3), st.integers(1, 3))
def test_native_scaling_in_leaves_the_reserve_while_the_component_is_active(least: int, reserve: int) -> None:
    """Twenty minutes of two requests: native alone would hold one copy by now."""
    run = played(beside_native(least, reserve=reserve), [(60.0, 30), (2.0, 120)])
    lately = [r for r in run.world.records if r.at > run.world.clock.at - timedelta(minutes=5)]
    assert run.low_points is not None
    assert run.low_points > 90
    assert min(r.current_copies for r in lately) >= ceil(TARGET / SLOTS + reserve)
