"""Stories of one component: the update lock, copies and instances, routing, queues, time-outs, billing."""

from dataclasses import replace

import pytest

from simulator.plant.errors import (
    UNPLACEABLE,
    NoCapacity,
    NotFound,
    ResourceLimitExceeded,
    UpdateInProgress,
    ValidationFailed,
)
from simulator.plant.spec import QuotaSpec, ShortageSpec
from tests.simulator.stage import STANDARD, Stage

# The update lock


def test_a_second_write_while_copies_are_starting_is_refused() -> None:
    stage = Stage(1)
    stage.component.set_desired(3)
    with pytest.raises(UpdateInProgress) as refused:
        stage.component.set_desired(6)
    assert refused.value.code == "ValidationException"
    assert "while it is in state UPDATE_RC_IN_PROGRESS" in refused.value.message
    described = stage.component.describe()
    assert (described.status, described.current_copies, described.desired_copies) == ("Updating", 1, 3)
    assert stage.component.blocked_writes == 1


def test_outwards_the_lock_opens_with_the_last_copy() -> None:
    stage = Stage(0)
    stage.component.set_desired(5)
    stage.run(1000)
    in_service = stage.times("copy_in_service")
    assert len(in_service) == 5
    assert stage.times("status") == [0.0, in_service[-1]]
    stage.component.set_desired(6)


def test_inwards_the_lock_lasts_thirty_seconds_even_if_requests_still_run() -> None:
    stage = Stage(2)
    stage.send(300.0, count=2)
    stage.component.set_desired(1)
    stage.run(29.9)
    with pytest.raises(UpdateInProgress):
        stage.component.set_desired(2)
    stage.run(0.1)
    assert stage.component.describe().status == "InService"
    assert stage.component.draining == 1
    stage.component.set_desired(2)


def test_asking_for_what_is_desired_already_changes_nothing() -> None:
    stage = Stage(2)
    before = stage.component.describe()
    stage.run(5)
    stage.component.set_desired(2)
    assert stage.component.describe() == before
    assert stage.component.accepted_writes == 1


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValidationFailed):
        Stage(1).component.set_desired(-1)


def test_creating_locks_as_updating_does() -> None:
    stage = Stage(2, warm=False)
    assert stage.component.describe().status == "Creating"
    with pytest.raises(UpdateInProgress, match="CREATE_IN_PROGRESS"):
        stage.component.set_desired(3)
    stage.run(1000)
    assert stage.component.describe().status == "InService"


# Requests


def test_at_zero_copies_a_request_is_refused_and_counted() -> None:
    stage = Stage(0)
    with pytest.raises(NoCapacity) as refused:
        stage.send(1.0)
    assert (refused.value.code, refused.value.status) == ("ValidationError", 400)
    assert refused.value.message.startswith("Inference Component has no capacity to process this request.")
    stage.component.set_desired(1)
    with pytest.raises(NoCapacity):
        stage.send(1.0)
    assert stage.component.refused_attempts == 2


def test_a_request_goes_to_the_least_busy_copy_and_of_equals_to_the_oldest() -> None:
    stage = Stage(3, slots=2)
    stage.send(10.0)
    stage.send(1.0)
    stage.send(10.0)
    stage.run(2.0)
    stage.send(5.0)  # the second copy is idle again
    stage.send(6.0)  # all hold one: the oldest
    stage.finish()
    assert [outcome.copy_id for outcome in stage.outcomes] == [1, 1, 0, 0, 2]


def test_random_routing_is_an_option_and_reproducible() -> None:
    spec = replace(STANDARD, queue=replace(STANDARD.queue, routing="random"))
    chosen = []
    for seed in (1, 1, 2):
        stage = Stage(4, spec=spec, seed=seed)
        stage.send(1.0, count=20)
        stage.finish()
        chosen.append([outcome.copy_id for outcome in stage.outcomes])
    assert chosen[0] == chosen[1]
    assert chosen[0] != chosen[2]
    assert set(chosen[0]) == {0, 1, 2, 3}


def test_more_requests_than_slots_wait_inside_the_copy_in_order() -> None:
    stage = Stage(1, slots=2)
    stage.send(10.0, count=5)
    assert (stage.component.in_flight, stage.component.queued) == (5, 3)
    stage.finish()
    assert [o.started_at for o in stage.outcomes] == [stage.begin + t for t in (0, 0, 10, 10, 20)]


def test_a_queued_request_times_out_sixty_seconds_after_its_attempt_and_leaves() -> None:
    stage = Stage(1)
    stage.send(100.0)
    stage.run(5)
    stage.send(1.0, count=2)
    stage.finish()
    late = [o for o in stage.outcomes if o.status == "timed_out"]
    assert [o.finished_at - stage.begin for o in late] == [65.0, 65.0]
    assert stage.engine.now - stage.begin == 100.0
    assert stage.component.in_flight == 0


def test_service_itself_never_times_out() -> None:
    stage = Stage(1)
    stage.send(500.0)
    stage.finish()
    assert stage.outcomes[0].status == "served"


def test_a_client_may_lose_patience_before_the_time_out() -> None:
    stage = Stage(1)
    stage.send(100.0)
    stage.send(1.0, patience_s=7.0)
    stage.run(7.0)
    assert stage.outcomes[0].status == "timed_out"
    assert stage.component.queued == 0


def test_abandoned_requests_can_be_served_all_the_same() -> None:
    spec = replace(STANDARD, queue=replace(STANDARD.queue, abandoned_served=True))
    stage = Stage(1, spec=spec)
    stage.send(70.0)
    stage.send(10.0)
    stage.run(61.0)
    assert [o.status for o in stage.outcomes] == ["timed_out"]
    assert stage.component.in_flight == 2
    stage.finish()
    assert stage.engine.now - stage.begin == 80.0
    assert [o.status for o in stage.outcomes] == ["timed_out", "served"]


# Copies that leave


def test_queued_requests_of_a_removed_copy_move_and_running_ones_finish() -> None:
    stage = Stage(2)
    stage.send(50.0)
    stage.send(40.0)
    stage.send(1.0, count=2)  # one waits in each copy
    stage.component.set_desired(1)
    assert (stage.component.in_service, stage.component.draining, stage.component.queued) == (1, 1, 2)
    stage.finish()
    assert [(o.copy_id, o.finished_at - stage.begin) for o in stage.outcomes] == [
        (1, 40.0),
        (0, 50.0),
        (0, 51.0),
        (0, 52.0),
    ]


def test_copies_with_the_fewest_requests_go_first() -> None:
    stage = Stage(3, slots=4)
    stage.send(20.0, count=7)  # 3, 2, 2
    stage.component.set_desired(1)
    stage.run(0.0)
    stage.send(1.0)
    stage.finish()
    assert stage.outcomes[0].copy_id == 0


def test_at_zero_the_queue_is_refused_like_a_new_request() -> None:
    stage = Stage(1)
    stage.send(30.0, count=3)
    stage.component.set_desired(0)
    assert stage.outcomes == []
    stage.run(0.0)
    assert [o.status for o in stage.outcomes] == ["no_capacity", "no_capacity"]
    assert stage.component.refused_attempts == 2
    stage.finish()
    assert stage.outcomes[-1].status == "served"


# Instances, and what is billed


def test_two_copies_share_an_instance_and_wait_for_it() -> None:
    stage = Stage(0)
    stage.component.set_desired(3)
    assert len(stage.fleet.instances) == 2
    stage.run(1000)
    assert [instance.used for instance in stage.fleet.instances] == [2, 1]
    assert min(stage.times("copy_in_service")) > 100


def test_a_free_place_is_taken_before_an_instance_is_launched() -> None:
    stage = Stage(3)
    stage.component.set_desired(4)
    assert len(stage.fleet.instances) == 2


def test_start_up_times_have_the_medians_of_the_plant() -> None:
    free, new = [], []
    for seed in range(300):
        stage = Stage(1, seed=seed)
        stage.component.set_desired(2)
        stage.run(2000)
        free.append(stage.times("copy_in_service")[0])
        stage = Stage(0, seed=seed)
        stage.component.set_desired(1)
        stage.run(2000)
        new.append(stage.times("copy_in_service")[0])
    assert sorted(free)[150] == pytest.approx(100, rel=0.05)
    assert sorted(new)[150] == pytest.approx(255, rel=0.05)  # the sum of two lognormals, above 250


def test_an_instance_goes_ten_minutes_after_its_last_copy() -> None:
    stage = Stage(2)
    stage.component.set_desired(0)
    stage.run(599)
    assert stage.fleet.running == 1
    stage.run(1)
    assert stage.fleet.running == 0
    assert stage.fleet.instance_seconds() == 600.0


def test_an_instance_that_gets_a_copy_again_stays() -> None:
    stage = Stage(1)
    stage.component.set_desired(0)
    stage.run(590)
    stage.component.set_desired(1)
    stage.run(2000)
    assert stage.fleet.running == 1
    assert stage.times("copy_in_service")[0] < 590 + 300  # no new instance


def test_a_minimum_of_instances_stays() -> None:
    spec = replace(STANDARD, instances=replace(STANDARD.instances, minimum=2))
    stage = Stage(0, spec=spec)
    stage.component.set_desired(6)
    stage.run(2000)
    stage.component.set_desired(0)
    stage.run(2000)
    assert stage.fleet.running == 2


def test_a_copy_is_billed_from_the_accepted_write_until_it_is_drained() -> None:
    stage = Stage(0)
    stage.component.set_desired(1)
    stage.run(1000)
    assert stage.component.copy_seconds() == 1000.0
    stage.send(100.0)
    stage.component.set_desired(0)
    stage.run(500)
    assert stage.component.copy_seconds() == 1100.0


def test_components_of_one_endpoint_share_its_places() -> None:
    stage = Stage(1)
    other = stage.account.create_component("draw", "models", 0, slots=1)
    other.set_desired(1)
    assert len(stage.fleet.instances) == 1


# Refusals from below


def test_a_shortage_fails_what_does_not_fit_and_keeps_the_rest() -> None:
    spec = replace(STANDARD, shortage=ShortageSpec(instances=2, timeout_s=900.0))
    stage = Stage(0, spec=spec)
    stage.component.set_desired(6)
    stage.run(899)
    assert stage.component.describe().status == "Updating"
    stage.run(1)
    described = stage.component.describe()
    assert (described.status, described.current_copies, described.desired_copies) == ("InService", 4, 4)
    assert described.failure_reason == UNPLACEABLE
    assert stage.component.copy_seconds() == 6 * 900


def test_a_place_that_frees_up_ends_the_shortage() -> None:
    spec = replace(STANDARD, shortage=ShortageSpec(instances=1, timeout_s=900.0))
    stage = Stage(1, spec=spec)
    other = stage.account.create_component("draw", "models", 1, warm=True)
    stage.component.set_desired(2)
    stage.run(60)
    other.set_desired(0)
    stage.run(800)
    assert stage.component.describe()[3:6] == ("InService", 2, 2)


def test_a_quota_refuses_the_whole_write() -> None:
    stage = Stage(2, spec=replace(STANDARD, quota=QuotaSpec(instances=2)))
    with pytest.raises(ResourceLimitExceeded, match="request delta of 2 Instances"):
        stage.component.set_desired(5)
    assert stage.component.describe().status == "InService"
    stage.component.set_desired(4)


# The account


def test_a_deleted_component_is_gone_once_its_requests_are() -> None:
    stage = Stage(1)
    stage.account.tags[stage.component.arn] = {"headstart:mode": "act"}
    stage.send(20.0)
    stage.account.delete_component("chat")
    assert stage.account.component("chat").describe().status == "Deleting"
    stage.run(20.0)
    with pytest.raises(NotFound):
        stage.account.component("chat")
    assert stage.account.tags == {}
    assert stage.outcomes[0].status == "served"


def test_a_component_cannot_be_deleted_while_a_change_is_in_flight() -> None:
    stage = Stage(0)
    stage.component.set_desired(1)
    with pytest.raises(UpdateInProgress, match="Cannot delete"):
        stage.account.delete_component("chat")


@pytest.mark.parametrize("name", ["", "-chat", "chat/1", "x" * 64])
def test_names_sagemaker_would_not_take(name: str) -> None:
    with pytest.raises(ValidationFailed):
        Stage().account.create_component(name, "models")


def test_a_name_is_used_once() -> None:
    with pytest.raises(ValidationFailed, match="already existing"):
        Stage().account.create_component("chat", "models")


def test_arns_are_those_of_the_account() -> None:
    assert Stage().component.arn == "arn:aws:sagemaker:us-east-1:123456789012:inference-component/chat"
