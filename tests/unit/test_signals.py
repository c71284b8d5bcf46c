"""Deliveries: late, twice, out of order, at the same time, or met by an AWS that does not answer."""

from datetime import timedelta

import pytest

from headstart.app.errors import NotEnrolled, Unavailable
from headstart.app.ports import FollowUp
from headstart.app.signals import RETRIES
from headstart.domain.model import OutcomeKind, SignalKind
from tests.support.builders import NOW, points
from tests.support.fakes import HOST
from tests.support.world import NAME, World


@pytest.fixture
def world() -> World:
    """Two copies, nine requests in each: three copies are needed."""
    world = World(copies=2)
    world.metrics.concurrency = (9, 9, 9)
    return world


def test_an_alarm_writes_once_books_one_look_and_records_one_decision(world: World) -> None:
    looked = world.alarm()
    assert world.writes == [3]
    assert world.outcomes == [OutcomeKind.APPLIED]
    assert looked.record == world.records[0]
    assert world.follow_ups.booked == [
        (FollowUp(NAME, world.episode.token, 1, NOW + timedelta(seconds=10), HOST), timedelta(seconds=10))
    ]


def test_the_same_alarm_three_times_and_out_of_order_acts_once(world: World) -> None:
    world.alarm(event_id="earlier", value="OK")
    world.alarm(event_id="event-1")
    world.alarm(event_id="unsure", value="INSUFFICIENT_DATA")
    world.alarm(event_id="event-1")
    world.alarm(event_id="later", value="OK")
    last = world.alarm(event_id="event-1")
    assert last.ignored == "duplicate delivery"
    assert world.writes == [3]
    assert len(world.records) == len(world.follow_ups.booked) == 1


def test_an_alarm_that_comes_again_after_many_looks_is_still_known(world: World) -> None:
    world.alarm()
    for _ in range(40):
        world.follow_when_due()
    assert world.alarm().ignored == "duplicate delivery"


@pytest.mark.parametrize("value", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_calms_down_neither_lowers_nor_ends_anything(world: World, value: str) -> None:
    world.alarm()
    before = world.state
    assert world.alarm(event_id="event-2", value=value).ignored == f"alarm is {value}"
    assert world.state == before
    assert world.component.desired == 3


def test_the_same_follow_up_twice_goes_on_once(world: World) -> None:
    world.alarm()
    message = world.message
    world.pass_(10)
    assert world.follow(message).record is not None
    assert world.follow(message).ignored == "not the current hop of its chain"
    assert [m.hop for m, _ in world.follow_ups.booked] == [1, 2]
    assert world.writes == [3]


def test_the_same_follow_up_at_the_same_moment_goes_on_once(world: World) -> None:
    world.alarm()
    message = world.message
    world.pass_(10)
    world.store.after_load = lambda: world.follow(message)
    assert world.follow(message).ignored == "not the current hop of its chain"
    assert [m.hop for m, _ in world.follow_ups.booked] == [1, 2]


def test_the_same_alarm_at_the_same_moment_acts_once(world: World) -> None:
    world.store.after_load = world.alarm
    assert world.alarm().ignored == "duplicate delivery"
    assert world.writes == [3]
    assert len(world.records) == len(world.follow_ups.booked) == 1


@pytest.mark.parametrize("moment", ["before the intention", "before the write", "after the write"])
def test_two_alarms_at_once_make_one_write_and_one_chain(world: World, moment: str) -> None:
    def wake() -> object:
        return world.alarm(SignalKind.WAKE, "event-2")

    match moment:
        case "before the intention":
            world.store.after_load = wake
        case "before the write":
            world.components.before_write = wake
        case "after the write":
            world.components.after_write = wake
    world.alarm(SignalKind.PRESSURE, "event-1")
    assert world.writes == [3]
    assert sum(outcome is OutcomeKind.APPLIED for outcome in world.outcomes) == 1
    assert len(world.records) == 2
    live = {(m.token, m.hop) for m, _ in world.follow_ups.booked}
    assert live == {(world.episode.token, world.episode.hop)}
    assert len(world.follow_ups.booked) == 1


def test_an_alarm_in_an_open_episode_joins_its_chain(world: World) -> None:
    world.alarm()
    world.pass_(4)
    world.alarm(SignalKind.WAKE, "event-2")
    assert len(world.follow_ups.booked) == 1
    assert world.follow_when_due().record is not None


def test_an_alarm_that_cannot_wait_for_a_far_look_takes_the_chain_over(world: World) -> None:
    world.change_policy(max_copies=2)
    world.alarm()
    assert world.delay == timedelta(seconds=60)
    slow = world.message
    world.pass_(5)
    world.change_policy(max_copies=20)
    world.alarm(event_id="event-2")
    assert world.delay == timedelta(seconds=10)
    assert world.follow(slow).ignored == "not the current hop of its chain"
    assert world.follow_when_due().record is not None


def test_an_old_chain_ends_with_its_episode(world: World) -> None:
    orphan = FollowUp(NAME, "another-token", 7, NOW)
    assert world.follow(orphan).ignored == "its episode is over"
    world.alarm()
    assert world.follow(orphan).ignored == "not the current hop of its chain"
    assert len(world.records) == 1


def test_a_passing_error_books_another_attempt_in_five_seconds(world: World) -> None:
    world.metrics.down = True
    assert "another attempt" in world.alarm().ignored
    assert world.follow_ups.retries == [({"id": "event-1"}, 1, timedelta(seconds=5))]
    assert world.records == []
    world.metrics.down = False
    world.pass_(5)
    assert world.alarm(attempt=1).record is not None
    assert world.writes == [3]


def test_the_last_attempt_raises_so_that_the_event_is_kept(world: World) -> None:
    world.store.down = True
    for attempt in range(RETRIES):
        world.alarm(attempt=attempt)
    assert [attempt for _, attempt, _ in world.follow_ups.retries] == [1, 2, 3, 4, 5]
    with pytest.raises(Unavailable):
        world.alarm(attempt=RETRIES)


def test_when_even_the_queue_is_down_the_event_is_not_swallowed(world: World) -> None:
    world.store.down = world.follow_ups.down = True
    with pytest.raises(Unavailable):
        world.alarm()


def test_a_chain_whose_first_message_was_lost_with_the_queue_is_restarted(world: World) -> None:
    world.follow_ups.down = True
    with pytest.raises(Unavailable):
        world.alarm()
    world.follow_ups.down = False
    assert world.alarm().ignored == "duplicate delivery"
    assert world.follow_ups.booked == []
    world.pass_(80)
    world.component.copies_come()
    assert world.reconcile().chains_started == 1
    assert world.follow().record is not None
    assert world.writes == [3]


def test_another_attempt_at_an_alarm_books_the_look_that_the_first_could_not(world: World) -> None:
    world.follow_ups.down = True
    with pytest.raises(Unavailable):
        world.alarm()
    world.follow_ups.down = False
    world.pass_(5)
    assert world.alarm(attempt=1).record is not None
    assert world.alarm(attempt=1).ignored == "duplicate delivery"
    assert world.writes == [3]
    assert len(world.follow_ups.booked) == 1
    assert world.follow_when_due().record is not None


def test_a_follow_up_that_meets_an_error_is_left_to_the_queue(world: World) -> None:
    world.alarm()
    world.metrics.down = True
    with pytest.raises(Unavailable):
        world.follow()
    world.metrics.down = False
    assert world.follow().record is not None


@pytest.mark.parametrize("change", ["unknown", "left", "deleted", "recreated", "misconfigured"])
def test_what_is_not_enrolled_is_never_touched(world: World, change: str) -> None:
    match change:
        case "unknown":
            del world.store.states[NAME]
        case "left":
            del world.component.tags["headstart:mode"]
            world.reconcile()
        case "deleted":
            del world.components.by_name[NAME]
        case "recreated":
            world.component.created = NOW
        case "misconfigured":
            world.component.tags["headstart:target"] = "many"
            world.reconcile()
    with pytest.raises(NotEnrolled, match=NAME):
        world.alarm()
    assert world.writes == []
    assert world.records == []
    assert world.follow_ups.booked == []


def test_a_chain_ends_quietly_when_its_component_has_left(world: World) -> None:
    world.alarm()
    message = world.message
    del world.components.by_name[NAME]
    assert "does not exist" in world.follow(message).ignored
    assert len(world.follow_ups.booked) == 1


def test_the_evidence_of_a_wake_counts_before_its_metric_can_be_read() -> None:
    world = World(copies=0)
    world.alarm(SignalKind.WAKE, evidence=points(140, 400))
    assert world.writes == [7]


def test_evidence_that_took_minutes_to_arrive_says_nothing_of_now() -> None:
    world = World(copies=0)
    world.alarm(SignalKind.WAKE, evidence=points(140, 400, last_seconds_ago=200))
    assert world.writes == []
    assert world.episode.wake
