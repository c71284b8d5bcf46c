"""Native scaling that is our work: scalable target, target tracking, and at minimum zero a late wake step."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from headstart.adapters.aws import Wait, code_and_message, unavailable_on_error, unpaced
from headstart.adapters.resources import NAMESPACE, concurrency, metric_dimensions, scalable
from headstart.app.errors import HeadstartError, Refused
from headstart.domain.model import CreatedNative

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient

OUT_COOLDOWN, IN_COOLDOWN, WAKE_COOLDOWN = 60, 300, 60
"""Seconds."""
WAKE_PERIOD, WAKE_PERIODS = 30, 4
"""Two minutes of refused requests: by then Headstart should have asked for the right number, and holds the lock."""
OWN: Final = "headstart"
"""What the names of everything of ours begin with."""
REFUSALS: Final = ("ValidationException", "LimitExceededException", "AccessDeniedException", "AccessDenied")


class _Gone(HeadstartError):
    """What is to be changed or taken away is not there."""


@contextmanager
def _refusals(operation: str) -> Iterator[None]:
    with unavailable_on_error(operation):
        try:
            yield
        except ClientError as error:
            code, message = code_and_message(error)
            if code in REFUSALS:
                raise Refused(f"{operation}: {code}: {message}") from error
            if code == "ObjectNotFoundException":
                raise _Gone(f"{operation}: {message}") from error
            raise


class AwsNatives:
    """Implements ``ports.Natives`` with Application Auto Scaling and CloudWatch."""

    def __init__(
        self, scaling: "ApplicationAutoScalingClient", cloudwatch: "CloudWatchClient", stack: str, wait: Wait = unpaced
    ) -> None:
        self._scaling = scaling
        self._cloudwatch = cloudwatch
        self._stack = stack
        self._wait = wait

    def set_up(self, component: str, made: CreatedNative) -> None:
        self._wait("ChangeScaling")
        with _refusals("RegisterScalableTarget"):
            self._scaling.register_scalable_target(
                MinCapacity=made.min_copies, MaxCapacity=made.max_copies, **scalable(component)
            )
        for _ in range(2):
            self._wait("PutMetricAlarm")  # Auto Scaling puts two alarms for it, on this account's quota
        self._put_policy(component, made.tracking_policy, TargetTrackingScaling=_tracking(component, made.target))
        if made.wakes:
            arn = self._put_policy(component, made.wake_policy, StepScaling=WAKE_STEP)
            self._wait("PutMetricAlarm")
            with _refusals("PutMetricAlarm"):
                self._cloudwatch.put_metric_alarm(
                    **_wake_alarm(component, made.wake_alarm, arn),
                    Tags=[{"Key": "headstart:stack", "Value": self._stack}],
                )

    def remove(self, component: str, made: CreatedNative) -> None:
        if self._used_by_others(component):
            with suppress(_Gone):
                self._delete_policy(component, made.tracking_policy)
            self.remove_wake(component, made)
            return
        self._wait("ChangeScaling")
        with suppress(_Gone), _refusals("DeregisterScalableTarget"):
            self._scaling.deregister_scalable_target(**scalable(component))
        self._remove_wake_alarm(made)

    def remove_wake(self, component: str, made: CreatedNative) -> None:
        with suppress(_Gone):
            self._delete_policy(component, made.wake_policy)
        self._remove_wake_alarm(made)

    def _put_policy(self, component: str, name: str, **rule: Any) -> str:  # noqa: ANN401
        ((kind, configuration),) = rule.items()
        self._wait("ChangeScaling")
        with _refusals("PutScalingPolicy"):
            put: Any = {"PolicyName": name, "PolicyType": kind, f"{kind}PolicyConfiguration": configuration}
            return self._scaling.put_scaling_policy(**put, **scalable(component))["PolicyARN"]

    def _delete_policy(self, component: str, name: str) -> None:
        self._wait("ChangeScaling")
        with _refusals("DeleteScalingPolicy"):
            self._scaling.delete_scaling_policy(PolicyName=name, **scalable(component))

    def _remove_wake_alarm(self, made: CreatedNative) -> None:
        self._wait("DescribeAlarms")
        with unavailable_on_error("DescribeAlarms"):
            there = self._cloudwatch.describe_alarms(AlarmNames=[made.wake_alarm])["MetricAlarms"]
        if there:
            with unavailable_on_error("DeleteAlarms"):
                self._cloudwatch.delete_alarms(AlarmNames=[made.wake_alarm])

    def _used_by_others(self, component: str) -> bool:
        """Deregistering a target takes every policy and scheduled action along, the owner's own too."""
        self._wait("DescribeScaling")
        with unavailable_on_error("DescribeScalingPolicies"):
            pages = self._scaling.get_paginator("describe_scaling_policies").paginate(**scalable(component))
            names = [policy["PolicyName"] for page in pages for policy in page["ScalingPolicies"]]
        self._wait("DescribeScaling")
        with unavailable_on_error("DescribeScheduledActions"):
            actions = self._scaling.get_paginator("describe_scheduled_actions").paginate(**scalable(component))
            names += [action["ScheduledActionName"] for page in actions for action in page["ScheduledActions"]]
        return any(not name.startswith(OWN) for name in names)


def _tracking(component: str, target: float) -> dict[str, Any]:
    return {
        "PredefinedMetricSpecification": {"PredefinedMetricType": concurrency(component)[0]},
        "TargetValue": target,
        "ScaleOutCooldown": OUT_COOLDOWN,
        "ScaleInCooldown": IN_COOLDOWN,
    }


WAKE_STEP: Final = {
    "AdjustmentType": "ChangeInCapacity",
    "MetricAggregationType": "Maximum",
    "Cooldown": WAKE_COOLDOWN,
    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
}


def _wake_alarm(component: str, name: str, policy_arn: str) -> Any:  # noqa: ANN401
    return {
        "AlarmName": name,
        "AlarmDescription": "Requests have found no copy for two minutes: native scaling wakes one if nobody else has.",
        "Namespace": NAMESPACE,
        "MetricName": "NoCapacityInvocationFailures",
        "Dimensions": metric_dimensions(component),
        "Statistic": "Sum",
        "Period": WAKE_PERIOD,
        "EvaluationPeriods": WAKE_PERIODS,
        "DatapointsToAlarm": WAKE_PERIODS,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [policy_arn],
    }
