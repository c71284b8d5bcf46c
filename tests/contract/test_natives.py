"""The fake that the unit tests trust sets up native scaling as the adapter does over simulated Auto Scaling."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from headstart.adapters.enrolments import AwsEnrolments
from headstart.adapters.natives import AwsNatives
from headstart.app.errors import Refused, Unavailable
from headstart.app.ports import Enrolments, Natives
from headstart.domain.model import Native
from headstart.domain.native import NativePlan, begun
from simulator.services.errors import ServiceError
from tests.support.aws import Plant, client
from tests.support.fakes import FakeComponent, FakeComponents, FakeEnrolments, FakeNatives

NAME = "my-llama"
MADE = begun("headstart", NAME, NativePlan(min_copies=0, max_copies=8, target=5.0))
RESOURCE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"inference-component/{NAME}",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}


@dataclass
class Stage:
    natives: Natives
    enrolments: Enrolments
    policies: Callable[[], set[str]]
    alarms: Callable[[], set[str]]

    def bounds(self) -> Native | None:
        return self.enrolments.bounds([NAME]).get(NAME)


def adapter(wait: Callable[[str], None] = lambda _: None) -> AwsNatives:
    return AwsNatives(client("application-autoscaling"), client("cloudwatch"), "headstart", wait)


def simulated(plant: Plant) -> Stage:
    plant.create(NAME, 1, mode="act")

    def policies() -> set[str]:
        return {p["PolicyName"] for p in scaling_policies()}

    def alarms() -> set[str]:
        return {a.name for a in plant.account.alarms.all() if a.name.startswith("headstart")}

    enrolments = AwsEnrolments(
        client("resourcegroupstaggingapi"), client("application-autoscaling"), client("sagemaker")
    )
    return Stage(adapter(), enrolments, policies, alarms)


def fake() -> Stage:
    enrolments = FakeEnrolments(FakeComponents({NAME: FakeComponent(NAME)}))
    natives = FakeNatives(enrolments)
    return Stage(
        natives, enrolments, lambda: natives.policies.get(NAME, set()), lambda: natives.alarms.get(NAME, set())
    )


@pytest.fixture(params=["fake", "simulated"])
def stage(request: pytest.FixtureRequest) -> Stage:
    return fake() if request.param == "fake" else simulated(request.getfixturevalue("plant"))


def scaling_policies() -> list[dict[str, Any]]:
    answer = client("application-autoscaling").describe_scaling_policies(ServiceNamespace="sagemaker")
    return list(answer["ScalingPolicies"])


def test_what_was_asked_for_is_there_and_a_second_time_changes_nothing(stage: Stage) -> None:
    for _ in range(2):
        stage.natives.set_up(NAME, MADE)
        assert stage.bounds() == Native(min_copies=0, max_copies=8)
        assert stage.enrolments.target(NAME) == 5.0
        assert stage.policies() == {"headstart-headstart-tracking", "headstart-headstart-wake"}
        assert stage.alarms() == {f"headstart-native/headstart/{NAME}/wake"}


def test_who_never_goes_to_zero_needs_no_wake(stage: Stage) -> None:
    stage.natives.set_up(NAME, replace(MADE, min_copies=1))
    assert stage.policies() == {"headstart-headstart-tracking"}
    assert stage.alarms() == set()


def test_other_values_replace_the_first(stage: Stage) -> None:
    stage.natives.set_up(NAME, MADE)
    stage.natives.set_up(NAME, replace(MADE, min_copies=2, max_copies=9, target=6.0))
    stage.natives.remove_wake(NAME, MADE)
    assert stage.bounds() == Native(min_copies=2, max_copies=9)
    assert stage.enrolments.target(NAME) == 6.0
    assert (stage.policies(), stage.alarms()) == ({"headstart-headstart-tracking"}, set())


def test_removing_leaves_nothing_and_a_second_time_is_no_error(stage: Stage) -> None:
    stage.natives.set_up(NAME, MADE)
    for _ in range(2):
        stage.natives.remove(NAME, MADE)
        assert (stage.bounds(), stage.policies(), stage.alarms()) == (None, set(), set())


# ---- the adapter alone


@pytest.mark.parametrize("theirs", ["policy", "scheduled action"])
def test_a_target_that_its_owner_uses_too_stays(plant: Plant, theirs: str) -> None:
    stage, scaling = simulated(plant), client("application-autoscaling")
    stage.natives.set_up(NAME, MADE)
    if theirs == "policy":
        steps = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]
        rule = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps}
        scaling.put_scaling_policy(
            PolicyName="mine", PolicyType="StepScaling", StepScalingPolicyConfiguration=rule, **RESOURCE
        )
    else:
        scaling.put_scheduled_action(
            ScheduledActionName="mine",
            Schedule="at(2099-01-01T00:00:00)",
            ScalableTargetAction={"MinCapacity": 1},
            **RESOURCE,
        )
    stage.natives.remove(NAME, MADE)
    assert stage.bounds() == Native(min_copies=0, max_copies=8)
    assert stage.policies() == ({"mine"} if theirs == "policy" else set())
    assert stage.alarms() == set()


def test_it_is_what_aws_announced_with_a_late_wake(plant: Plant) -> None:
    simulated(plant).natives.set_up(NAME, MADE)
    rules = {policy["PolicyName"]: policy for policy in scaling_policies()}
    assert rules["headstart-headstart-tracking"]["TargetTrackingScalingPolicyConfiguration"] == {
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
        },
        "TargetValue": 5.0,
        "ScaleOutCooldown": 60,
        "ScaleInCooldown": 300,
    }
    wake = rules["headstart-headstart-wake"]
    assert wake["StepScalingPolicyConfiguration"]["StepAdjustments"][0]["ScalingAdjustment"] == 1
    (alarm,) = client("cloudwatch").describe_alarms(AlarmNamePrefix="headstart-native/")["MetricAlarms"]
    assert alarm["AlarmActions"] == [wake["PolicyARN"]]
    assert (alarm["MetricName"], alarm["Period"]) == ("NoCapacityInvocationFailures", 30)
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (4, 4)


def test_a_component_that_nobody_else_wakes_is_woken_after_two_minutes_of_failures(plant: Plant) -> None:
    stage = simulated(plant)
    with plant.realtime.locked():
        plant.account.component(NAME).set_desired(0)
    plant.pass_(60)
    stage.natives.set_up(NAME, MADE)
    failing_s = 0
    while (asked := plant.account.component(NAME).describe().desired_copies) == 0:
        plant.measure(NAME, "NoCapacityInvocationFailures", 1.0, seconds_ago=0)
        plant.pass_(10)
        failing_s += 10
    assert asked == 1
    assert 120 <= failing_s <= 240, "two minutes, and what native scaling needs to react"


@pytest.mark.parametrize(
    ("operation", "code", "kind"),
    [
        ("RegisterScalableTarget", "AccessDeniedException", Refused),
        ("RegisterScalableTarget", "LimitExceededException", Refused),
        ("PutScalingPolicy", "ValidationException", Refused),
        ("RegisterScalableTarget", "ThrottlingException", Unavailable),
        ("PutScalingPolicy", "ConcurrentUpdateException", Unavailable),
    ],
)
def test_what_aws_refuses_is_told_from_what_it_cannot_do_now(
    plant: Plant, operation: str, code: str, kind: type[Exception]
) -> None:
    stage = simulated(plant)
    plant.refusals[f"application-autoscaling:{operation}"] = ServiceError(code, "because")
    with pytest.raises(kind, match=f"{operation}: {code}: because"):
        stage.natives.set_up(NAME, MADE)


def test_a_component_that_is_gone_cannot_be_set_up(plant: Plant) -> None:
    with pytest.raises(Refused, match="RegisterScalableTarget"):
        adapter().set_up(NAME, MADE)


def test_changes_wait_for_their_turn_and_for_the_alarms_auto_scaling_makes(plant: Plant) -> None:
    waited: list[str] = []
    simulated(plant)
    adapter(waited.append).set_up(NAME, MADE)
    assert waited == ["ChangeScaling", *["PutMetricAlarm"] * 2, *["ChangeScaling"] * 2, "PutMetricAlarm"]
