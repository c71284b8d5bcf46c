"""Leaving in mid-episode with a floor up: native settings are as the owner had them, and nothing of ours is left."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator.services.errors import ServiceError
from tests.component.conftest import NAME, Stack
from tests.component.test_native import everything
from tests.support.aws import client
from tests.support.lambda_context import event

OWN, MOST = 1, 20
OF: Any = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"inference-component/{NAME}",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}


def native_scaling() -> None:
    """As its owner set it up, with a plan of the owner's own."""
    scaling = client("application-autoscaling")
    scaling.register_scalable_target(MinCapacity=OWN, MaxCapacity=MOST, **OF)
    tracking = {"PredefinedMetricType": "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"}
    scaling.put_scaling_policy(
        PolicyName="owners-tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"PredefinedMetricSpecification": tracking, "TargetValue": 7.0},
        **OF,
    )
    scaling.put_scheduled_action(
        ScheduledActionName="owners-morning",
        Schedule="at(2026-12-01T07:00:00)",
        ScalableTargetAction={"MinCapacity": 3},
        **OF,
    )


def minimum() -> int:
    scaling = client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[OF["ResourceId"]])[
        "ScalableTargets"
    ]
    found: int = target["MinCapacity"]
    return found


def bookings() -> list[str]:
    actions = client("application-autoscaling").describe_scheduled_actions(ServiceNamespace="sagemaker")
    return sorted(action["ScheduledActionName"] for action in actions["ScheduledActions"])


def settings() -> dict[str, Any]:
    """Everything but what changes by itself: the states of alarms."""
    found = everything()
    for alarm in found["MetricAlarms"]:
        for told in [key for key in alarm if key.startswith("State")]:
            del alarm[told]
    return found


@pytest.fixture
def before(stack: Stack) -> dict[str, Any]:
    """What was there before my-llama was enrolled; now it is in an episode, and its floor is up."""
    stack.plant.create(NAME, 2, mode="act")
    native_scaling()
    found = settings()
    stack.reconcile({})
    raise_floor(stack)
    return found


def raise_floor(stack: Stack) -> None:
    stack.plant.send(NAME, 60)
    stack.plant.pass_(55)
    stack.alarm(event("alarm_pressure"))
    stack.plant.pass_(10)
    stack.deliver()
    assert stack.copies_asked_for() > 2
    assert minimum() > OWN
    assert bookings() == ["headstart-headstart-release", "owners-morning"]
    assert stack.state().episode is not None


def untagged(stack: Stack) -> None:
    stack.plant.retag(NAME, team="research")


def deleted(stack: Stack) -> None:
    """SageMaker refuses it while copies are on their way."""
    while stack.plant.account.component(NAME).describe().status != "InService":
        stack.plant.pass_(20)
        stack.deliver()
    assert minimum() > OWN
    stack.plant.delete(NAME)
    while NAME in stack.plant.account.components:
        stack.plant.pass_(1)


def reconcile(stack: Stack) -> dict[str, Any]:
    stack.plant.pass_(60)
    return stack.reconcile({})


@pytest.mark.parametrize("leaves", [untagged, deleted])
def test_a_component_that_leaves_leaves_no_trace(
    stack: Stack, before: dict[str, Any], leaves: Callable[[Stack], None]
) -> None:
    leaves(stack)
    done = reconcile(stack)
    assert (done["departed"], done["failed"]) == ((NAME,), {})
    assert settings() == before
    assert reconcile(stack)["departed"] == ()
    assert settings() == before


@pytest.mark.parametrize(
    "broken",
    [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:DeleteScheduledAction",
        "cloudwatch:DeleteAlarms",
    ],
)
def test_what_cannot_be_taken_away_now_is_taken_away_a_minute_later(
    stack: Stack, before: dict[str, Any], broken: str
) -> None:
    stack.plant.retag(NAME)
    stack.plant.refusals[broken] = ServiceError("ThrottlingException", "Rate exceeded")
    done = reconcile(stack)
    assert (done["departed"], list(done["failed"])) == ((), [NAME])
    asked_for = stack.copies_asked_for()
    stack.deliver()
    assert stack.copies_asked_for() == asked_for
    stack.plant.refusals.clear()
    assert settings() != before
    assert reconcile(stack)["departed"] == (NAME,)
    assert settings() == before


def test_who_is_tagged_again_while_it_leaves_is_enrolled_again(stack: Stack, before: dict[str, Any]) -> None:
    stack.plant.retag(NAME)
    stack.plant.refusals["cloudwatch:DeleteAlarms"] = ServiceError("ThrottlingException", "Rate exceeded")
    reconcile(stack)
    stack.plant.refusals.clear()
    stack.plant.retag(NAME, mode="act")
    reconcile(stack)
    assert stack.state().enrolled
    stack.plant.retag(NAME)
    assert reconcile(stack)["departed"] == (NAME,)
    assert settings() == before


def test_a_floor_that_a_dead_look_left_behind_is_found_by_its_booking(stack: Stack, before: dict[str, Any]) -> None:
    stack.enrol(floor=None)
    stack.plant.retag(NAME)
    reconcile(stack)
    assert settings() == before


@pytest.mark.parametrize("tags", [{"mode": "act", "max": "plenty"}, {"mode": "act", "min": "30"}])
def test_a_component_with_a_problem_has_its_owners_minimum_back(
    stack: Stack, before: dict[str, Any], tags: dict[str, str]
) -> None:
    stack.plant.retag(NAME, **tags)
    assert list(reconcile(stack)["problems"]) == [NAME]
    assert (minimum(), bookings()) == (OWN, ["owners-morning"])


@pytest.mark.parametrize("open_episode", [True, False])
@pytest.mark.parametrize("tags", [{"mode": "observe"}, {"mode": "act", "paused-until": "2030-01-01T00:00Z"}])
def test_who_may_not_act_any_more_gives_the_minimum_back(
    stack: Stack, before: dict[str, Any], tags: dict[str, str], open_episode: bool
) -> None:
    if not open_episode:
        stack.enrol(episode=None)
    stack.plant.retag(NAME, **tags)
    assert reconcile(stack)["chains_started"] == 1
    stack.deliver()
    assert (minimum(), bookings()) == (OWN, ["owners-morning"])


@pytest.mark.parametrize("looked", [True, False], ids=["a look saw it first", "reconcile saw it first"])
def test_a_namesakes_floor_is_released_where_the_scalable_target_outlived_it(
    stack: Stack, before: dict[str, Any], looked: bool
) -> None:
    deleted(stack)
    stack.plant.create(NAME, 2, mode="act")
    if looked:
        stack.deliver()
    reconcile(stack)
    policy = stack.state().policy
    assert policy is not None
    assert (minimum(), policy.min_copies, bookings()) == (OWN, OWN, ["owners-morning"])


def test_a_namesakes_own_scalable_target_is_its_owners(stack: Stack, before: dict[str, Any]) -> None:
    raised = minimum()
    deleted(stack)
    scaling = client("application-autoscaling")
    scaling.deregister_scalable_target(**OF)
    stack.plant.create(NAME, 2, mode="act", target="7")
    scaling.register_scalable_target(MinCapacity=raised, MaxCapacity=MOST, **OF)
    reconcile(stack)
    policy = stack.state().policy
    assert policy is not None
    assert (minimum(), policy.min_copies) == (raised, raised)


def test_native_scaling_that_was_created_goes_with_a_floor_that_is_up(stack: Stack) -> None:
    stack.plant.create(NAME, 2, mode="act", native="create", max="20", target="7")
    found = settings()
    stack.reconcile({})
    stack.plant.send(NAME, 60)
    stack.plant.pass_(55)
    stack.alarm(event("alarm_pressure"))
    assert minimum() > OWN
    stack.plant.retag(NAME)
    assert reconcile(stack)["failed"] == {}
    assert settings() == found
