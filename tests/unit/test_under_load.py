"""What changes while there is load is acted on within one reconcile: nobody waits for an alarm, or for a chain."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from headstart.domain.model import Mode, Native, OutcomeKind, SignalKind
from tests.support.builders import NOW
from tests.support.world import NAME, World

PRESSURE = SignalKind.PRESSURE
UNTIL = "2026-11-22T13:30Z"


@pytest.fixture
def world() -> World:
    """Two copies that need a third; the alarm rings."""
    world = World(copies=2)
    world.metrics.concurrency = (9, 9, 9)
    world.alarms.rings = {(NAME, PRESSURE)}
    return world


def tag(world: World, **tags: str) -> None:
    world.component.tags |= {f"headstart:{name.replace('_', '-')}": value for name, value in tags.items()}


def to(world: World, minutes: float) -> None:
    """Reconcile every minute, and follow the chain when its looks are due, until so long after the beginning."""
    end = NOW + timedelta(minutes=minutes)
    while world.clock.now() < end:
        begun = world.clock.now()
        world.reconcile()
        while world.follow_ups.booked and (due := world.message.due) < begun + timedelta(minutes=1):
            world.clock.at = max(due, begun)
            booked = len(world.follow_ups.booked)
            world.follow()
            if len(world.follow_ups.booked) == booked:
                break
        world.clock.at = begun + timedelta(minutes=1)


def paused(world: World) -> None:
    tag(world, paused_until=UNTIL)


def tagged_observe(world: World) -> None:
    tag(world, mode="observe")


def suspended(world: World) -> None:
    world.enrolments.natives[NAME] = Native(min_copies=0, max_copies=20, out_suspended=True)
    tag(world, max="19")  # has the settings read


def stopped(world: World) -> None:
    world.highest_mode = Mode.OBSERVE


def by_itself(world: World) -> None:
    """The pause ends."""


def tagged_act(world: World) -> None:
    tag(world, mode="act")


def resumed(world: World) -> None:
    world.enrolments.natives[NAME] = Native(min_copies=0, max_copies=20)
    tag(world, max="20")


def started(world: World) -> None:
    world.highest_mode = Mode.ACT


WAYS = [
    pytest.param(paused, by_itself, id="pause"),
    pytest.param(tagged_observe, tagged_act, id="tag"),
    pytest.param(suspended, resumed, id="suspension"),
    pytest.param(stopped, started, id="global stop"),
]


@pytest.mark.parametrize(("hold", "let_go"), WAYS)
@pytest.mark.parametrize("event", ["heard", "lost"])
def test_nothing_is_written_while_it_may_not_be_and_at_once_when_it_may(
    world: World, hold: Callable[[World], None], let_go: Callable[[World], None], event: str
) -> None:
    hold(world)
    world.reconcile()
    if event == "heard":
        world.alarm()
    to(world, 30)
    assert world.writes == []
    assert {record.mode for record in world.records} <= {Mode.OBSERVE}
    assert OutcomeKind.OBSERVED in world.outcomes
    let_go(world)
    assert world.reconcile().chains_started == 1
    assert world.delay == timedelta(0)
    world.follow()
    assert world.writes == [3]


def test_a_pause_says_so_in_state_and_decisions(world: World) -> None:
    paused(world)
    world.reconcile()
    world.alarm()
    (record,) = world.records
    assert record.observes_because == "it is paused until 2026-11-22T13:30Z"
    assert "because it is paused until 2026-11-22T13:30Z" in record.reason
    assert world.state.policy is not None
    assert world.state.policy.observes_because == record.observes_because
    assert world.state.problem is None


def test_a_pause_in_the_middle_of_an_episode_stops_the_writing_within_a_minute(world: World) -> None:
    world.alarm()
    assert world.writes == [3]
    world.component.copies_come()
    world.metrics.concurrency = (30, 30, 30)
    paused(world)
    to(world, 10)
    assert world.writes == [3]


def test_what_was_added_before_a_pause_is_given_back_after_it(world: World) -> None:
    world.alarm()
    world.component.copies_come()
    world.alarms.rings.clear()
    world.metrics.concurrency = (1, 1, 1)
    paused(world)
    to(world, 30)
    assert world.writes == [3]
    to(world, 50)
    assert world.writes == [3, 2]


def test_the_end_of_a_pause_without_load_is_no_reason_to_look(world: World) -> None:
    world.alarms.rings.clear()
    paused(world)
    to(world, 40)
    assert world.state.policy is not None
    assert world.state.policy.mode is Mode.ACT
    assert world.follow_ups.booked == []


def test_an_alarm_that_rang_before_anything_was_enrolled_is_acted_on_by_the_run_that_enrols(world: World) -> None:
    """Its alarms are there: the component had left and comes back, or the table is a new one."""
    world.store.states.clear()
    done = world.reconcile()
    assert (done.imported, done.chains_started) == (1, 1)
    world.follow()
    world.follow_when_due()
    assert world.writes == [3]
