"""Native scaling's law and lag on the standard plant."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from simulator.plant.alarm_rules import State
from simulator.plant.metrics import component_metric
from simulator.plant.scaling_law import adjustment, stepped, tracked
from simulator.plant.scaling_model import Step, StepScaling
from simulator.plant.spec import PlantSpec
from simulator.services.errors import ServiceError
from simulator.services.registry import Services
from tests.simulator.stage import STANDARD, T0, Stage

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "inference-component/chat",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}
BEGIN = T0 - 20  # a whole minute
EXACT = replace(
    STANDARD, start=replace(STANDARD.start, sigma=0.0), instances=replace(STANDARD.instances, launch_sigma=0.0)
)
"""The standard plant without chance: 100 s to start in a free place, 250 s with a new instance."""


class Native(Stage):
    """A component whose concurrency is told to the metric store directly, so that the stories are exact."""

    def __init__(self, copies: int = 2, *, minimum: int = 0, maximum: int = 10, spec: PlantSpec = EXACT) -> None:
        super().__init__(copies, begin=BEGIN, spec=spec)
        # The component's own gauge would add zeros to the points told here.
        self.account.metrics.sources.clear()
        self.services = Services(self.account)
        self.call("RegisterScalableTarget", MinCapacity=minimum, MaxCapacity=maximum)

    def call(self, operation: str, /, **params: Any) -> dict[str, Any]:
        return self.services.call("application-autoscaling", operation, {**TARGET, **params})

    def track(self, **options: Any) -> dict[str, Any]:
        kind = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
        policy = {
            "TargetValue": 5.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": kind},
            "ScaleOutCooldown": 60,
            "ScaleInCooldown": 300,
            **options,
        }
        return self.call(
            "PutScalingPolicy",
            PolicyName="tracking",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=policy,
        )

    def load(self, value: float, seconds: int, since: float | None = None) -> None:
        """Points of `value` from `since` (now) on, each visible when its time has come."""
        begin = self.engine.now if since is None else self.begin + since
        for at in range(0, seconds, 10):
            self.account.metrics.put(component_metric("ConcurrentRequestsPerCopy", "chat"), begin + at, value)

    def writes(self) -> list[tuple[float, int]]:
        target = self.account.autoscaling.targets["chat"]
        done = [one for one in target.activities if one.description.startswith("Setting")]
        return [(one.start - self.begin, int(one.description.split()[-1].rstrip("."))) for one in done]

    def reasons(self) -> list[str]:
        found = self.call("DescribeScalingActivities", IncludeNotScaledActivities=True)["ScalingActivities"]
        return [one["NotScaledReasons"][0]["Code"] for one in reversed(found) if "NotScaledReasons" in one]


def test_the_high_resolution_capacity_call_comes_90_to_150_s_after_the_breach() -> None:
    """aws-facts 0.4 and 8: 3 x 10 s, and one to two minutes of publishing and reaction."""
    native = Native()
    native.track()
    native.load(1, 60)
    native.load(8, 300, since=60)
    native.run(400)
    at, copies = native.writes()[0]
    assert 90 <= at - 60 <= 150
    assert at - 60 == 30 + 20 + 60
    assert copies == 4  # ceil(8 x 2 / 5)


def test_the_alarms_are_those_aws_makes() -> None:
    native = Native()
    alarms = {alarm["AlarmName"].rsplit("-", 5)[0]: alarm for alarm in native.track()["Alarms"]}
    assert set(alarms) == {f"TargetTracking-inference-component/chat-Alarm{which}" for which in ("High", "Low")}
    high, low = (native.account.alarms.get(alarm["AlarmName"]) for alarm in sorted_by_name(alarms))
    assert high is not None
    assert low is not None
    assert (high.config.period, high.config.rule.needed, high.config.rule.periods) == (10, 3, 3)
    assert (low.config.period, low.config.rule.needed, low.config.rule.periods) == (10, 90, 90)
    assert (high.config.rule.threshold, low.config.rule.threshold) == (5.0, 4.5)


def sorted_by_name(alarms: Mapping[str, dict[str, str]]) -> list[dict[str, str]]:
    return [alarms[name] for name in sorted(alarms)]


def test_the_one_minute_policy_is_evaluated_each_minute() -> None:
    native = Native()
    metric = {
        "MetricName": "ConcurrentRequestsPerCopy",
        "Namespace": "AWS/SageMaker",
        "Statistic": "Maximum",
        "Dimensions": [{"Name": "InferenceComponentName", "Value": "chat"}],
    }
    policy = {"TargetValue": 5.0, "CustomizedMetricSpecification": metric}
    native.call(
        "PutScalingPolicy",
        PolicyName="minutes",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=policy,
    )
    native.load(8, 600)
    native.run(400)
    # Three whole minutes, the third seen at 200, evaluated at 240, acted upon at 300.
    assert native.writes()[0] == (300.0, 4)


def test_an_action_while_updating_is_dropped_and_told_once() -> None:
    native = Native()
    native.track()
    native.load(8, 600)
    native.run(100)
    native.component.set_desired(3, "somebody")
    native.run(90)
    assert native.writes() == []
    assert native.reasons() == ["TargetServicePutResourceAsUnscalable"]


def test_only_a_larger_scale_out_goes_ahead_in_the_cooldown() -> None:
    native = Native(copies=2, maximum=40)
    native.track(ScaleOutCooldown=3600)
    native.load(8, 900)
    native.run(500)
    # 8 x 2 / 5, then, larger and therefore at once, 8 x 4 / 5.
    assert [copies for _, copies in native.writes()] == [4, 7]
    again = Native(copies=2)
    again.track(ScaleOutCooldown=3600)
    again.load(8, 900)
    again.run(365)  # in service again at 360, the next action is due at 410
    again.component.set_desired(2, "somebody")
    again.run(400)
    # Back at two copies the law asks for four again, which is not larger than what the cooldown protects.
    assert [copies for _, copies in again.writes()] == [4]


def test_at_the_maximum_the_reason_is_told() -> None:
    native = Native(copies=4, maximum=4)
    native.track()
    native.load(8, 300)
    native.run(300)
    assert native.writes() == []
    assert native.reasons() == ["AlreadyAtMaxCapacity"]


def test_scale_in_comes_after_fifteen_minutes_and_goes_straight_to_its_value() -> None:
    native = Native(copies=8)
    native.track()
    native.load(0.5, 1200)
    native.run(1200)
    # The 90th point ends at 900 and is seen at 920; the action runs 60 s later.
    assert native.writes() == [(980.0, 1)]


def test_scale_in_waits_for_its_cooldown() -> None:
    native = Native(copies=8)
    native.track()
    native.load(2.0, 3000)
    native.run(1300)
    # ceil(2 x 8 / 5) = 4 at 980, ceil(2 x 4 / 5) = 2 three hundred seconds later.
    assert native.writes() == [(980.0, 4), (1280.0, 2)]


@pytest.mark.parametrize("how", ["disabled", "suspended"])
def test_scale_in_can_be_switched_off(how: str) -> None:
    native = Native(copies=8)
    native.track(DisableScaleIn=how == "disabled")
    if how == "suspended":
        native.call("RegisterScalableTarget", SuspendedState={"DynamicScalingInSuspended": True})
    native.load(0.5, 1200)
    native.run(1200)
    assert native.writes() == []


def test_suspended_scale_out_is_respected_until_it_is_lifted() -> None:
    native = Native()
    native.track()
    native.call("RegisterScalableTarget", SuspendedState={"DynamicScalingOutSuspended": True})
    native.load(8, 600)
    native.run(200)
    assert native.writes() == []
    native.call("RegisterScalableTarget", SuspendedState={"DynamicScalingOutSuspended": False})
    native.run(60)
    assert [copies for _, copies in native.writes()] == [4]


def test_target_tracking_cannot_leave_zero() -> None:
    native = Native(copies=0)
    native.track()
    native.load(50, 600)
    native.run(600)
    assert native.writes() == []


def test_a_missing_point_breaks_the_run_of_the_low_alarm() -> None:
    native = Native(copies=8)
    native.track()
    native.load(0.5, 500)
    native.load(0.5, 1000, since=510)
    native.run(1300)
    assert native.writes() == []


def _wake_set_up(native: Native) -> None:
    """The AWS notebook's wake: one failure in 30 s, +1, cooldown 60 s (aws-facts 1.2)."""
    policy = {
        "AdjustmentType": "ChangeInCapacity",
        "MetricAggregationType": "Maximum",
        "Cooldown": 60,
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    }
    made = native.call(
        "PutScalingPolicy", PolicyName="wake", PolicyType="StepScaling", StepScalingPolicyConfiguration=policy
    )
    alarm = {
        "AlarmName": "wake",
        "AlarmActions": [made["PolicyARN"]],
        "MetricName": "NoCapacityInvocationFailures",
        "Namespace": "AWS/SageMaker",
        "Statistic": "Maximum",
        "Dimensions": [{"Name": "InferenceComponentName", "Value": "chat"}],
        "Period": 30,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "missing",
    }
    native.services.call("cloudwatch", "PutMetricAlarm", alarm)


def test_a_step_policy_wakes_one_copy() -> None:
    native = Native(copies=0)
    _wake_set_up(native)
    native.account.metrics.put(component_metric("NoCapacityInvocationFailures", "chat"), BEGIN + 5, 1)
    native.run(600)
    # Seen at 30, acted upon a minute later; the alarm is calm long before the copy is there.
    assert native.writes() == [(90.0, 1)]


def test_a_step_repeats_while_its_alarm_lasts_but_not_while_updating() -> None:
    native = Native(copies=0)
    _wake_set_up(native)
    for at in range(0, 600, 10):
        native.account.metrics.put(component_metric("NoCapacityInvocationFailures", "chat"), BEGIN + at, 1)
    native.run(480)
    # In service at 340; the actions at 150, 210, 270 and 330 were dropped.
    assert native.writes() == [(90.0, 1), (390.0, 2)]
    assert set(native.reasons()) == {"TargetServicePutResourceAsUnscalable"}


def test_raising_the_minimum_acts_at_once_but_not_while_updating() -> None:
    native = Native(copies=1)
    native.call("RegisterScalableTarget", MinCapacity=3)
    assert native.component.desired_copies == 3
    assert native.component.status == "Updating"
    native.call("RegisterScalableTarget", MinCapacity=5)
    assert native.component.desired_copies == 3
    assert native.account.autoscaling.targets["chat"].minimum == 5
    found = native.call("DescribeScalingActivities")["ScalingActivities"]
    assert [(one["Cause"], one["StatusCode"]) for one in found] == [("minimum capacity was set to 3", "InProgress")]
    native.run(600)
    assert native.call("DescribeScalingActivities")["ScalingActivities"][0]["StatusCode"] == "Successful"


def test_a_scheduled_action_restores_the_minimum_once() -> None:
    native = Native(copies=2, minimum=2)
    action = {"Schedule": "at(2023-11-14T22:23:00)", "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 8}}
    native.call("PutScheduledAction", ScheduledActionName="release", **action)
    [shown] = native.call("DescribeScheduledActions")["ScheduledActions"]
    assert (shown["Schedule"], shown["ScalableTargetAction"]) == (action["Schedule"], action["ScalableTargetAction"])
    native.run(599)
    assert native.account.autoscaling.targets["chat"].minimum == 2
    native.run(1)
    [target] = native.call("DescribeScalableTargets")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 8)
    assert native.call("DescribeScheduledActions")["ScheduledActions"] == []


def test_deregistering_takes_policies_and_their_alarms_along() -> None:
    native = Native()
    native.track()
    native.call("DeregisterScalableTarget")
    assert native.account.alarms.all() == []
    assert native.call("DescribeScalingPolicies")["ScalingPolicies"] == []
    with pytest.raises(ServiceError, match="No scalable target registered for service namespace: sagemaker"):
        native.track()


@pytest.mark.parametrize("read", ["ScalableTargets", "ScalingPolicies", "ScheduledActions", "ScalingActivities"])
def test_a_dimension_without_a_resource_is_refused(read: str) -> None:
    params = {key: value for key, value in TARGET.items() if key != "ResourceId"}
    native = Native()
    with pytest.raises(ServiceError, match="must also specify a resource ID"):
        native.services.call("application-autoscaling", f"Describe{read}", params)
    del params["ScalableDimension"]
    assert f"{read}" in native.services.call("application-autoscaling", f"Describe{read}", params)


def test_policies_come_ten_to_a_page() -> None:
    native = Native()
    step = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [step]}
    for number in range(11):
        native.call(
            "PutScalingPolicy",
            PolicyName=f"steps-{number}",
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration=steps,
        )
    first = native.call("DescribeScalingPolicies")
    assert len(first["ScalingPolicies"]) == 10
    assert len(native.call("DescribeScalingPolicies", NextToken=first["NextToken"])["ScalingPolicies"]) == 1
    with pytest.raises(ServiceError, match="between 1 and 10"):
        native.call("DescribeScalingPolicies", MaxResults=11)


@pytest.mark.parametrize("schedule", ["cron(0 0 * * ? *)", "rate(1 minute)"])
def test_recurring_schedules_are_refused_clearly(schedule: str) -> None:
    with pytest.raises(ServiceError, match="not modelled"):
        Native().call(
            "PutScheduledAction", ScheduledActionName="x", Schedule=schedule, ScalableTargetAction={"MinCapacity": 0}
        )


def test_persistent_low_alarms_as_any_alarm_when_missing_points_do_not_break() -> None:
    spec = replace(EXACT, native=replace(EXACT.native, missing_breaks=False))
    native = Native(copies=1, spec=spec)
    native.track()
    native.load(0.0, 900)
    native.run(1000)
    native.component.set_desired(0)
    native.run(300)
    low = next(alarm for alarm in native.account.alarms.all() if "AlarmLow" in alarm.name)
    assert low.state is State.ALARM


@pytest.mark.parametrize(("value", "copies", "wanted"), [(8, 2, 4), (7 / 3, 3, 2), (0, 4, 0), (5, 3, 3), (5.01, 3, 4)])
def test_the_tracking_law(value: float, copies: int, wanted: int) -> None:
    assert tracked(value, copies, 5.0) == wanted


def _steps(kind: str, *steps: Step, magnitude: int = 0) -> StepScaling:
    return StepScaling(kind, steps, 60, magnitude, {})


def test_steps_by_the_documented_example() -> None:
    """DOC step-scaling-policy-overview: threshold 50, steps 0-10: 0, 10-20: +10 %, from 20: +30 %."""
    policy = _steps("PercentChangeInCapacity", Step(0, 10, 0), Step(10, 20, 10), Step(20, None, 30))
    assert [adjustment(policy, breach) for breach in (0, 9, 10, 25)] == [0, 0, 10, 30]
    assert [stepped(policy, 10, 10), stepped(policy, 11, 30), stepped(policy, 10, 0)] == [11, 14, 10]
    assert stepped(_steps("PercentChangeInCapacity", magnitude=2), 4, 25) == 6
    assert stepped(_steps("ExactCapacity"), 3, 5) == 5
    assert stepped(_steps("ChangeInCapacity"), 0, 1) == 1
