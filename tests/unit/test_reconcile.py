"""Every minute: what is enrolled, what is kept, what is healed, what is let go."""

from dataclasses import replace
from datetime import timedelta

import pytest

from headstart.app.errors import NotEnrolled, Unavailable
from headstart.domain.model import Mode, Native, OutcomeKind, SignalKind, State
from tests.support.builders import NOW, policy
from tests.support.fakes import FakeComponent
from tests.support.world import NAME, World

PRESSURE, WAKE = SignalKind.PRESSURE, SignalKind.WAKE


@pytest.fixture
def world() -> World:
    return World(copies=2)


@pytest.fixture
def fresh() -> World:
    """A component that is tagged and has native scaling, but was never seen before."""
    world = World(copies=2)
    world.store.states.clear()
    world.alarms.thresholds.clear()
    world.component.tags = {"headstart:mode": "act"}
    world.enrolments.natives[NAME] = Native(min_copies=1, max_copies=8, target=7.0)
    return world


def add(world: World, name: str, **tags: str) -> FakeComponent:
    wanted = {"mode": "act", "target": "7", "max": "5"} | tags
    component = FakeComponent(name, tags={f"headstart:{key}": value for key, value in wanted.items()})
    world.components.by_name[name] = component
    return component


def test_a_tag_enrols_and_imports_what_the_owner_set_up_natively(fresh: World) -> None:
    done = fresh.reconcile()
    assert (done.enrolled, done.imported, done.alarms_written, done.problems, done.failed) == (1, 1, 2, {}, {})
    assert fresh.state == State(
        component=NAME,
        created=fresh.component.created,
        version=1,
        enrolled=True,
        policy=policy(min_copies=1, max_copies=8, reserve=2, service_seconds=10.0, floor_allowed=True),
        described_at=NOW,
        tags={"headstart:mode": "act"},
        native=Native(min_copies=1, max_copies=8, target=7.0),
        imported_at=NOW,
        target_read_at=NOW,
    )
    assert fresh.alarms.thresholds == {(NAME, PRESSURE): 7.0, (NAME, WAKE): 1.0}


def test_a_second_round_changes_nothing(fresh: World) -> None:
    fresh.reconcile()
    before = fresh.state
    fresh.pass_(60)
    done = fresh.reconcile()
    assert (done.alarms_written, done.chains_started) == (0, 0)
    assert fresh.state == before


def test_an_untagged_component_is_left_alone(fresh: World) -> None:
    fresh.component.tags = {"team": "research"}
    assert fresh.reconcile().enrolled == 0
    assert fresh.store.states == {}
    assert fresh.alarms.written == []


def test_alarms_are_written_again_only_when_the_target_changes(fresh: World) -> None:
    fresh.reconcile()
    fresh.enrolments.natives[NAME] = Native(min_copies=1, max_copies=9, target=7.0)
    fresh.pass_(600)
    assert fresh.reconcile().alarms_written == 0
    fresh.enrolments.natives[NAME] = Native(min_copies=1, max_copies=9, target=5.0)
    fresh.pass_(600)
    assert fresh.reconcile().alarms_written == 1
    assert fresh.alarms.written[-1] == (NAME, PRESSURE, 5.0)


def test_an_alarm_that_somebody_deleted_is_put_back(fresh: World) -> None:
    fresh.reconcile()
    del fresh.alarms.thresholds[NAME, WAKE]
    fresh.pass_(600)
    assert fresh.reconcile().alarms_written == 1
    assert (NAME, WAKE) in fresh.alarms.thresholds


def test_what_was_learned_survives_a_changed_policy(world: World) -> None:
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    world.component.tags["headstart:max"] = "12"
    before = world.state
    world.reconcile()
    learned = replace(before, policy=policy(max_copies=12), tags=world.component.tags, version=world.state.version)
    assert world.state == learned


@pytest.mark.parametrize("highest", [Mode.OBSERVE, Mode.ACT])
def test_a_changed_mode_takes_effect(world: World, highest: Mode) -> None:
    world.component.tags["headstart:mode"] = "observe"
    world.reconcile()
    assert world.state.policy is not None
    assert world.state.policy.mode is Mode.OBSERVE
    world.component.tags["headstart:mode"] = "act"
    world.highest_mode = highest
    world.reconcile()
    assert world.state.policy.mode is highest


def test_suspended_scaling_out_is_the_owners_no_until_it_is_resumed(world: World) -> None:
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    assert world.writes == [3]
    world.component.copies_come()
    world.follow()
    native = Native(min_copies=0, max_copies=20, target=7.0)
    world.enrolments.natives[NAME] = replace(native, out_suspended=True)
    world.metrics.concurrency = (30, 30, 30)
    world.pass_(60)
    world.reconcile()
    world.follow()
    assert world.records[-1].outcome.kind is OutcomeKind.OBSERVED
    assert "suspended" in world.records[-1].observes_because
    assert world.state.policy is not None
    assert "suspended" in world.state.policy.observes_because
    world.enrolments.natives[NAME] = native
    world.pass_(600)
    world.reconcile()
    world.follow()
    world.follow_when_due()
    assert len(world.writes) == 2


def test_a_problem_in_the_tags_is_reported_and_not_acted_on(world: World) -> None:
    world.component.tags["headstart:max"] = "lots"
    world.alarms.rings = {(NAME, PRESSURE)}
    done = world.reconcile()
    assert "headstart:max is 'lots'" in done.problems[NAME]
    assert (world.state.enrolled, world.state.policy) == (True, None)
    assert world.state.problem == done.problems[NAME]
    assert (world.alarms.written, world.follow_ups.booked) == ([], [])
    world.component.tags["headstart:max"] = "20"
    assert world.reconcile().problems == {}
    assert world.state == replace(world.state, problem=None, policy=policy())


def test_a_problem_interrupts_a_chain_and_its_end_restarts_it(world: World) -> None:
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    world.component.tags["headstart:max"] = "lots"
    world.reconcile()
    assert "not acted on" in world.follow_when_due().ignored
    world.component.tags["headstart:max"] = "20"
    world.pass_(60)
    assert world.reconcile().chains_started == 1
    assert world.follow().record is not None


@pytest.mark.parametrize(
    ("ringing", "opened_by", "wake"),
    [
        pytest.param({(NAME, PRESSURE)}, PRESSURE, False, id="pressure"),
        pytest.param({(NAME, WAKE)}, WAKE, True, id="wake"),
        pytest.param({(NAME, PRESSURE), (NAME, WAKE)}, WAKE, True, id="both"),
    ],
)
def test_an_alarm_that_rings_without_an_episode_opens_one(
    world: World, ringing: set[tuple[str, SignalKind]], opened_by: SignalKind, wake: bool
) -> None:
    world.reconcile()
    world.metrics.concurrency = (9, 9, 9)
    world.alarms.rings = ringing
    assert world.reconcile().chains_started == 1
    assert (world.episode.opened_by, world.episode.wake) == (opened_by, wake)
    assert world.delay == timedelta(0)
    world.follow()
    assert world.writes == [3]


def test_an_alarm_that_rings_during_an_episode_changes_nothing(world: World) -> None:
    world.reconcile()
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    world.alarms.rings = {(NAME, PRESSURE)}
    assert world.reconcile().chains_started == 0
    assert len(world.follow_ups.booked) == 1


def test_an_overdue_chain_is_restarted_and_its_late_message_has_no_say(world: World) -> None:
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    late = world.message
    world.pass_(69)
    assert world.reconcile().chains_started == 0
    world.pass_(1)
    assert world.reconcile().chains_started == 1
    assert world.follow(late).ignored == "not the current hop of its chain"
    assert world.follow(world.message).record is not None


def test_restarting_twice_at_the_same_moment_leaves_one_chain(world: World) -> None:
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    world.pass_(90)
    assert world.reconcile().chains_started == 1
    assert world.reconcile().chains_started == 0
    world.follow()
    assert [record.signal for record in world.records] == [PRESSURE, SignalKind.FOLLOW]


@pytest.mark.parametrize("everything", [True, False], ids=["empty", "partial"])
def test_a_short_listing_is_no_departure(world: World, everything: bool) -> None:
    add(world, "my-mistral")
    world.reconcile()
    before = dict(world.store.states)
    world.enrolments.hidden_from_listing = {NAME, "my-mistral"} if everything else {NAME}
    done = world.reconcile()
    assert (done.departed, done.failed) == ((), {})
    assert world.store.states == before
    assert len(world.alarms.thresholds) == 4


def test_a_listing_that_fails_changes_nothing(world: World) -> None:
    world.reconcile()
    before = world.state
    world.enrolments.down = True
    with pytest.raises(Unavailable):
        world.reconcile()
    assert world.state == before
    assert len(world.alarms.thresholds) == 2


@pytest.mark.parametrize("how", ["untagged", "deleted"])
def test_a_component_has_left_when_a_direct_look_says_so(world: World, how: str) -> None:
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    world.reconcile()
    if how == "deleted":
        del world.components.by_name[NAME]
    else:
        del world.component.tags["headstart:mode"]
    assert world.reconcile().departed == (NAME,)
    assert (world.state.enrolled, world.state.policy, world.state.episode) == (False, None, None)
    assert world.alarms.thresholds == {}
    assert world.reconcile().departed == ()
    assert "not enrolled" in world.follow().ignored or "does not exist" in world.follow().ignored


def test_a_component_that_cannot_be_looked_at_has_not_left(world: World) -> None:
    world.reconcile()
    world.enrolments.hidden_from_listing = {NAME}
    world.components.unreachable = {NAME}
    done = world.reconcile()
    assert done.departed == ()
    assert "DescribeInferenceComponent" in done.failed[NAME]
    assert world.state.enrolled


def test_a_component_that_comes_back_keeps_what_was_learned(world: World) -> None:
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    world.pass_(100)
    world.component.copies_come()
    world.follow()
    del world.component.tags["headstart:mode"]
    world.reconcile()
    world.component.tags["headstart:mode"] = "act"
    world.reconcile()
    assert world.state.policy == policy()
    assert [s.seconds for s in world.state.start_ups] == [100.0]


def test_one_bad_component_does_not_hold_up_the_others(world: World) -> None:
    add(world, "a-bad-one")
    add(world, "zephyr")
    world.components.unreachable = {"a-bad-one"}
    done = world.reconcile()
    assert done.enrolled == 3
    assert set(done.failed) == {"a-bad-one"}
    assert set(world.store.states) == {NAME, "zephyr"}


def test_what_a_look_wrote_in_the_meantime_is_kept(world: World) -> None:
    world.component.tags["headstart:max"] = "12"
    world.metrics.concurrency = (9, 9, 9)
    world.store.after_load_many = world.alarm
    done = world.reconcile()
    assert done.failed == {}
    assert world.state.policy == policy(max_copies=12)
    assert world.episode.opened_by is PRESSURE
    assert world.writes == [3]


def test_a_state_that_others_keep_writing_is_left_for_the_next_round(world: World) -> None:
    world.component.tags["headstart:max"] = "12"

    def busy() -> None:
        world.store.save(world.state)
        world.store.after_load_many = busy

    busy()
    assert NAME in world.reconcile().failed
    assert world.state.policy == policy()


def test_a_component_recreated_under_its_name_is_another_one(world: World) -> None:
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    world.pass_(301)
    world.component.created = NOW + timedelta(minutes=5)
    world.reconcile()
    assert world.state.created == NOW + timedelta(minutes=5)
    assert (world.state.episode, world.state.order, world.state.start_ups) == (None, None, ())
    world.alarm(event_id="event-2")
    assert world.records[-1].created == NOW + timedelta(minutes=5)


def test_a_signal_of_a_recreated_component_has_it_enrolled_anew_within_a_minute(world: World) -> None:
    world.reconcile()
    world.metrics.concurrency = (9, 9, 9)
    world.component.created = NOW + timedelta(minutes=1)
    with pytest.raises(NotEnrolled, match="recreated"):
        world.alarm()
    world.pass_(60)
    world.reconcile()
    assert world.state.created == world.component.created
    assert world.alarm().record is not None
    world.follow_when_due()
    assert world.writes == [3]


def test_a_component_that_left_and_was_created_again_is_enrolled_at_once(world: World) -> None:
    del world.components.by_name[NAME]
    world.reconcile()
    world.pass_(120)
    world.component.created = world.clock.now()
    world.components.by_name[NAME] = world.component
    world.reconcile()
    assert world.state.created == world.component.created
    world.metrics.concurrency = (9, 9, 9)
    assert world.alarm().record is not None


def test_without_anything_tagged_nothing_is_done() -> None:
    world = World()
    world.store.states.clear()
    world.components.by_name.clear()
    done = world.reconcile()
    assert (done.enrolled, done.alarms_written, done.chains_started, done.departed) == (0, 0, 0, ())
