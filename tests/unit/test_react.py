"""One look: what is written to AWS, what is recorded, and what survives a crash at any point."""

from datetime import timedelta

import pytest

from headstart.app.errors import Conflict
from headstart.domain.model import Mode, OutcomeKind, SignalKind
from tests.support.builders import NOW
from tests.support.fakes import Crash
from tests.support.world import NAME, World


@pytest.fixture
def world() -> World:
    """Two copies, nine requests in each: three copies are needed."""
    world = World(copies=2)
    world.metrics.concurrency = (9, 9, 9)
    return world


def crash() -> None:
    raise Crash


def test_the_intention_is_recorded_before_the_write_and_completed_after_it(world: World) -> None:
    during: list[OutcomeKind] = []
    world.components.before_write = lambda: during.extend(world.outcomes)
    world.alarm()
    assert during == [OutcomeKind.INTENDED]
    assert world.outcomes == [OutcomeKind.APPLIED]
    (record,) = world.records
    assert (record.current_copies, record.desired_copies_before, record.desired) == (2, 2, 3)
    assert record.reason.startswith("Asks for 3 copies")


def test_a_crash_between_intention_and_write_is_found_out_and_made_good(world: World) -> None:
    world.components.before_write = crash
    with pytest.raises(Crash):
        world.alarm()
    assert (world.writes, world.outcomes) == ([], [OutcomeKind.INTENDED])
    world.pass_(75)
    world.reconcile()
    world.follow()
    assert world.writes == [3]
    assert world.outcomes == [OutcomeKind.INTERRUPTED, OutcomeKind.APPLIED]


@pytest.mark.parametrize("copies_are_there", [False, True], ids=["still starting", "already in service"])
def test_a_crash_between_write_and_record_is_found_out_and_not_repeated(world: World, copies_are_there: bool) -> None:
    world.store.crash_before_complete = True
    with pytest.raises(Crash):
        world.alarm()
    assert (world.writes, world.outcomes) == ([3], [OutcomeKind.INTENDED])
    if copies_are_there:
        world.component.copies_come()
    world.pass_(75)
    world.reconcile()
    world.follow()
    assert world.writes == [3]
    assert world.outcomes[0] is OutcomeKind.APPLIED


def test_a_crash_while_something_is_found_out_does_not_lose_it(world: World) -> None:
    world.store.crash_before_complete = True
    with pytest.raises(Crash):
        world.alarm()
    world.pass_(75)
    world.reconcile()
    world.store.crash_before_resolve = True
    with pytest.raises(Crash):
        world.follow()
    world.follow(world.message)
    assert world.outcomes[0] is OutcomeKind.APPLIED
    assert world.writes == [3]


def test_a_second_look_within_seconds_of_a_crash_does_not_write_again(world: World) -> None:
    world.components.before_write = crash
    with pytest.raises(Crash):
        world.alarm()
    world.pass_(5)
    world.alarm(event_id="event-2")
    assert world.writes == []
    assert world.outcomes == [OutcomeKind.INTENDED, OutcomeKind.BLOCKED]


def test_an_update_in_flight_blocks_and_is_looked_at_again_in_ten_seconds(world: World) -> None:
    native_scaling_asked_for_three(world)
    world.metrics.concurrency = (100, 100, 100)
    world.alarm()
    assert (world.writes, world.outcomes) == ([], [OutcomeKind.BLOCKED])
    assert world.delay == timedelta(seconds=10)
    world.follow_when_due()
    assert world.outcomes == [OutcomeKind.BLOCKED] * 2


def test_when_the_lock_opens_the_order_is_sized_anew(world: World) -> None:
    native_scaling_asked_for_three(world)
    world.alarm()
    world.metrics.concurrency = (100, 100, 100)
    world.follow_when_due()
    assert world.writes == []
    world.component.copies_come()
    world.follow_when_due()
    assert world.writes == [4]


def test_a_lock_that_closes_between_look_and_write_is_an_outcome_not_an_error(world: World) -> None:
    world.components.before_write = lambda: native_scaling_asked_for_three(world)
    world.alarm()
    assert (world.writes, world.outcomes) == ([], [OutcomeKind.BLOCKED])
    assert world.state.order is None
    assert world.delay == timedelta(seconds=10)


def native_scaling_asked_for_three(world: World) -> None:
    world.components.set_copies(NAME, 3, NOW)
    world.components.writes.clear()


def test_a_refused_write_is_recorded_with_its_reason_and_tried_at_a_slower_pace(world: World) -> None:
    world.component.quota = 2
    world.alarm()
    (record,) = world.records
    assert (record.outcome.kind, record.outcome.detail) == (OutcomeKind.REFUSED, "ResourceLimitExceeded")
    assert world.delay == timedelta(seconds=60)
    world.component.quota = 5
    world.follow_when_due()
    assert world.writes == [3]


def test_a_lost_answer_to_a_write_that_arrived_is_found_out_by_the_next_look(world: World) -> None:
    world.components.next_answer_is_lost = True
    world.alarm()
    assert world.outcomes == [OutcomeKind.UNCERTAIN]
    world.follow_when_due()
    assert world.outcomes[0] is OutcomeKind.APPLIED
    assert world.writes == [3]


def test_the_time_of_the_copies_is_noted_and_their_start_up_learned(world: World) -> None:
    world.alarm()
    world.pass_(130)
    world.component.copies_come()
    world.follow()
    assert world.records[0].in_service_at == NOW + timedelta(seconds=130)
    assert [s.seconds for s in world.state.start_ups] == [130.0]


def test_observing_records_what_would_be_done_and_never_writes() -> None:
    world = World(copies=2, settings={"mode": Mode.OBSERVE})
    world.metrics.concurrency = (30, 30, 30)
    world.alarm()
    for _ in range(5):
        world.follow_when_due()
    assert world.writes == []
    assert set(world.outcomes) == {OutcomeKind.OBSERVED}
    assert all(record.desired > 2 for record in world.records)


def test_a_component_retagged_to_observe_is_written_no_more(world: World) -> None:
    world.alarm()
    world.component.copies_come()
    world.component.tags["headstart:mode"] = "observe"
    world.reconcile()
    world.metrics.concurrency = (100, 100, 100)
    world.follow_when_due()
    assert world.writes == [3]
    assert world.outcomes[-1] is OutcomeKind.OBSERVED


def test_the_global_stop_holds_back_components_tagged_act(world: World) -> None:
    world.highest_mode = Mode.OBSERVE
    world.reconcile()
    world.alarm()
    assert world.writes == []
    assert world.outcomes == [OutcomeKind.OBSERVED]


def test_a_policy_renewed_during_a_write_is_kept(world: World) -> None:
    world.components.before_write = lambda: world.change_policy(max_copies=12)
    world.alarm()
    assert world.state.policy is not None
    assert world.state.policy.max_copies == 12
    assert world.state.order is not None
    assert world.state.order.accepted_at == NOW
    assert world.outcomes == [OutcomeKind.APPLIED]


def test_three_conflicts_in_a_row_are_an_error_not_a_loop(world: World) -> None:
    def somebody_writes() -> None:
        world.store.save(world.state)
        world.store.after_load = somebody_writes

    world.store.after_load = somebody_writes
    world.alarm()
    assert len(world.follow_ups.retries) == 1
    assert (world.writes, world.records) == ([], [])
    world.store.after_load = somebody_writes
    with pytest.raises(Conflict):
        world.alarm(attempt=5)


def test_a_wake_from_zero_asks_once_for_a_number_sized_by_demand() -> None:
    world = World(copies=0)
    world.metrics.refused = (140, 400)
    world.alarm(SignalKind.WAKE)
    assert world.writes == [7]
    world.metrics.refused = (140, 400, 420)
    for _ in range(6):
        world.follow_when_due()
    assert world.writes == [7]


def test_no_points_hold_and_say_so(world: World) -> None:
    world.metrics.concurrency = ()
    world.alarm()
    assert world.writes == []
    assert world.outcomes == [OutcomeKind.HELD]
    assert "no data is not no load" in world.records[0].reason
