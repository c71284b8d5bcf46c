"""Many components: within quotas and time, in turn, and none at another's cost."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from headstart.app.errors import OutOfTime
from headstart.domain.model import Episode, Mode, Native, SignalKind
from tests.support.builders import NOW, policy
from tests.support.fakes import FakeComponent
from tests.support.world import NAME, World

PRESSURE = SignalKind.PRESSURE


def fleet(components: int, *, enrolled: bool = False) -> World:
    """Tagged components with native scaling; ``my-llama`` is none of them. AWS's quotas hold."""
    world = World()
    del world.components.by_name[NAME], world.store.states[NAME]
    world.alarms.thresholds.clear()
    for number in range(components):
        name = f"c{number:04}"
        world.components.by_name[name] = FakeComponent(name)
        world.enrolments.natives[name] = Native(min_copies=0, max_copies=8, target=7.0)
    if enrolled:
        world.reconcile()
        world.enrolments.bounds_read.clear()
        world.enrolments.targets_read.clear()
        world.components.described.clear()
    world.keep_to_quotas()
    return world


def minutes(world: World, number: int) -> None:
    for _ in range(number):
        begun = world.clock.now()
        world.reconcile()
        world.clock.at = begun + timedelta(minutes=1)


def test_a_run_that_is_out_of_time_goes_on_in_the_next() -> None:
    world = fleet(100)
    done = world.reconcile(seconds=20)
    assert 0 < done.imported < 100
    assert done.deferred == 100 - done.imported
    assert len(world.store.states) == done.imported
    assert len(world.alarms.thresholds) >= 2 * done.imported, (
        "an alarm may be there before its component's turn is over"
    )
    minutes(world, 3)
    assert (len(world.store.states), len(world.alarms.written)) == (100, 200)


def test_more_newcomers_than_a_run_could_even_read_come_in_one_after_the_other() -> None:
    world = fleet(5000)
    first = world.reconcile()
    assert first.imported > 40
    assert first.deferred == 5000 - first.imported
    world.clock.at = NOW + timedelta(minutes=1)
    world.reconcile()
    assert len(world.store.states) > 80


def test_a_run_that_cannot_even_list_changes_nothing() -> None:
    world = fleet(1)
    world.enrolments.wait_to_list = world.pace.wait
    with pytest.raises(OutOfTime):
        world.reconcile(seconds=0)
    assert world.store.states == {}


def test_a_component_that_fails_every_time_does_not_keep_the_others_from_their_turn() -> None:
    world = fleet(60)
    broken = {f"c{number:04}" for number in range(0, 60, 2)}
    world.components.unreachable = set(broken)
    minutes(world, 3)
    assert set(world.store.states) == set(world.components.by_name) - broken


def test_an_error_nobody_thought_of_concerns_one_component() -> None:
    world = fleet(3)
    world.enrolments.natives["c0001"] = Native(min_copies=0, max_copies=8, target="many")  # type: ignore[arg-type]
    done = world.reconcile()
    assert set(done.failed) == {"c0001"}
    assert "TypeError" in done.failed["c0001"]
    assert set(world.store.states) == {"c0000", "c0002"}


def test_a_state_that_cannot_be_read_is_named_and_left_as_it_is() -> None:
    world = fleet(2, enrolled=True)
    del world.store.states["c0000"]
    world.store.garbled = {"c0000"}
    done = world.reconcile()
    assert set(done.failed) == {"c0000"}
    assert "c0000" not in world.store.states
    assert world.components.described == []


def test_a_minute_reads_a_tenth_of_a_settled_fleet() -> None:
    world = fleet(200, enrolled=True)
    minutes(world, 30)
    before = len(world.enrolments.targets_read)
    per_minute = []
    for _ in range(20):
        minutes(world, 1)
        per_minute.append(len(world.enrolments.targets_read) - before)
        before = len(world.enrolments.targets_read)
    assert sum(per_minute) == pytest.approx(400, rel=0.1)
    assert max(per_minute) <= 25
    assert world.components.described == [], "a component is described once, when it is new"
    assert max(len(call) for call in world.enrolments.bounds_read) <= 50


def test_nothing_but_the_time_of_its_turn_is_written_where_nothing_changed() -> None:
    world = fleet(1, enrolled=True)
    minutes(world, 11)  # its first turn, in which its history is read for the day
    before = world.store.states["c0000"]
    minutes(world, 9)
    assert world.store.states["c0000"] == before
    minutes(world, 2)
    after = world.store.states["c0000"]
    version = before.version + 1
    assert after == replace(before, imported_at=after.imported_at, target_read_at=after.target_read_at, version=version)


def test_bounds_have_their_turn_though_there_is_no_time_for_policies() -> None:
    world = fleet(300, enrolled=True)
    for name, native in world.enrolments.natives.items():
        world.enrolments.natives[name] = replace(native, max_copies=5)
    world.pass_(600)
    world.reconcile(seconds=14)
    narrower = policy(max_copies=5, reserve=2, service_seconds=10.0, floor_allowed=True)
    changed = [s for s in world.store.states.values() if s.policy == narrower]
    assert len(changed) == 38, "an eighth of 300"
    assert len(world.enrolments.targets_read) < 38


def test_targets_are_read_in_turn_where_there_is_never_time_for_all() -> None:
    world = fleet(200, enrolled=True)
    for _ in range(150):
        begun = world.clock.now()
        world.reconcile(seconds=13)
        world.clock.at = begun + timedelta(minutes=1)
    times_read = Counter(world.enrolments.targets_read)
    assert set(times_read) == set(world.components.by_name)
    assert min(times_read.values()) == 7, "every twenty minutes instead of ten"


def test_a_tagged_target_costs_no_call_for_one_that_is_not_used() -> None:
    world = fleet(1)
    world.components.by_name["c0000"].tags["headstart:target"] = "5"
    world.reconcile()
    assert world.enrolments.targets_read == []
    assert world.alarms.thresholds["c0000", PRESSURE] == 5.0


@pytest.mark.parametrize(("mode", "read"), [(Mode.ACT, True), (Mode.OBSERVE, False)])
def test_while_we_act_the_owners_bounds_count_within_a_minute(mode: Mode, read: bool) -> None:
    world = World()
    world.component.tags["headstart:mode"] = mode.value
    world.reconcile()
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    world.enrolments.natives[NAME] = Native(min_copies=0, max_copies=4, target=7.0)
    world.pass_(60)
    world.reconcile()
    assert world.state.policy is not None
    assert world.state.policy.max_copies == (4 if read else 20)


def test_a_short_listing_costs_those_that_are_listed_no_more_than_half_the_time() -> None:
    world = fleet(200, enrolled=True)
    world.enrolments.hidden_from_listing = {f"c{number:04}" for number in range(150)}
    world.pass_(600)
    done = world.reconcile(seconds=20)
    assert done.departed == ()
    assert 0 < len(world.components.described) < 150
    assert done.imported == 7, "an eighth of 50"


def test_many_lost_chains_are_restarted_as_far_as_time_goes() -> None:
    world = fleet(30, enrolled=True)
    lost = Episode(token="t", hop=1, opened_at=NOW, opened_by=PRESSURE, next_look_at=NOW)
    for name, known in list(world.store.states.items()):
        world.store.states[name] = replace(known, episode=lost)
    world.follow_ups.after_booking = lambda: world.pass_(1)
    world.pass_(120)
    first = world.reconcile(seconds=20)
    assert (first.chains_started, first.deferred) == (20, 10)
    assert world.reconcile(seconds=20).chains_started == 10
