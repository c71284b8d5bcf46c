"""Native scaling as an owner sets it up: a scalable target, target tracking, and the wake step of AWS's notebook."""

from dataclasses import dataclass
from typing import Any

from simulator.services.registry import Services

DIMENSION = "sagemaker:inference-component:DesiredCopyCount"
HIGH_RESOLUTION = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"


@dataclass(frozen=True, slots=True)
class NativeScaling:
    """One native set-up. Cooldowns in seconds.

    target: concurrent requests per copy. wake_step: copies the step policy adds at zero; 0: no step policy.
    wake_periods: how many 30 s periods with a refused request it takes (1 in the notebook).
    high_resolution: 10-second alarms (3 of 3 out, 90 of 90 in); else the one-minute ones (3 and 15).
    """

    target: float
    min_copies: int
    max_copies: int
    wake_step: int = 1
    wake_periods: int = 1
    high_resolution: bool = True
    out_cooldown_s: int = 60
    in_cooldown_s: int = 300
    wake_cooldown_s: int = 60

    def install(self, services: Services, component: str) -> None:
        """Make the same calls that AWS's announcement and its notebook make."""
        common = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"inference-component/{component}",
            "ScalableDimension": DIMENSION,
        }
        scaling = "application-autoscaling"
        bounds = {"MinCapacity": self.min_copies, "MaxCapacity": self.max_copies}
        services.call(scaling, "RegisterScalableTarget", common | bounds)
        services.call(
            scaling,
            "PutScalingPolicy",
            common
            | {
                "PolicyName": f"{component}-tracking",
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": self.target,
                    "ScaleOutCooldown": self.out_cooldown_s,
                    "ScaleInCooldown": self.in_cooldown_s,
                    **self._metric(component),
                },
            },
        )
        if self.wake_step:
            self._install_wake(services, component, common)

    def _metric(self, component: str) -> dict[str, Any]:
        if self.high_resolution:
            return {"PredefinedMetricSpecification": {"PredefinedMetricType": HIGH_RESOLUTION}}
        return {
            "CustomizedMetricSpecification": {
                "Namespace": "AWS/SageMaker",
                "MetricName": "ConcurrentRequestsPerCopy",
                "Dimensions": [{"Name": "InferenceComponentName", "Value": component}],
                "Statistic": "Maximum",
            }
        }

    def _install_wake(self, services: Services, component: str, common: dict[str, Any]) -> None:
        policy = services.call(
            "application-autoscaling",
            "PutScalingPolicy",
            common
            | {
                "PolicyName": f"{component}-wake",
                "PolicyType": "StepScaling",
                "StepScalingPolicyConfiguration": {
                    "AdjustmentType": "ChangeInCapacity",
                    "MetricAggregationType": "Maximum",
                    "Cooldown": self.wake_cooldown_s,
                    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": self.wake_step}],
                },
            },
        )
        services.call(
            "cloudwatch",
            "PutMetricAlarm",
            {
                "AlarmName": f"{component}-no-capacity",
                "AlarmActions": [policy["PolicyARN"]],
                "MetricName": "NoCapacityInvocationFailures",
                "Namespace": "AWS/SageMaker",
                "Statistic": "Maximum",
                "Dimensions": [{"Name": "InferenceComponentName", "Value": component}],
                "Period": 30,
                "EvaluationPeriods": self.wake_periods,
                "DatapointsToAlarm": self.wake_periods,
                "Threshold": 1.0,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "missing",
            },
        )
