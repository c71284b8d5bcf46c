"""Native scaling as an owner sets it up: target tracking at high resolution, and the wake step of AWS's notebook."""

from simulator.cloud import LocalCloud

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:inference-component:DesiredCopyCount"
METRIC = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
CALLER = "application-autoscaling"
"""Who the plant says wrote a copy count, when it was native scaling."""


def wake_alarm(component: str) -> str:
    return f"{component}-no-capacity"


def register(cloud: LocalCloud, component: str, target: float, most: int) -> None:
    """Minimum 0, maximum `most` copies, cooldowns 60 s out and 300 s in (aws-facts 1.1, 1.2 and 4)."""
    scaling = cloud.client("application-autoscaling")
    resource = {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": f"inference-component/{component}",
        "ScalableDimension": DIMENSION,
    }
    scaling.register_scalable_target(**resource, MinCapacity=0, MaxCapacity=most)
    scaling.put_scaling_policy(
        **resource,
        PolicyName=f"{component}-tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": METRIC},
            "TargetValue": target,
            "ScaleOutCooldown": 60,
            "ScaleInCooldown": 300,
        },
    )
    policy = scaling.put_scaling_policy(
        **resource,
        PolicyName=f"{component}-wake",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": "Maximum",
            "Cooldown": 60,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
        },
    )
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=wake_alarm(component),
        AlarmDescription="A request found no copy: native scaling adds one.",
        Namespace="AWS/SageMaker",
        MetricName="NoCapacityInvocationFailures",
        Dimensions=[{"Name": "InferenceComponentName", "Value": component}],
        Statistic="Maximum",
        Period=30,
        EvaluationPeriods=1,
        DatapointsToAlarm=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="missing",
        AlarmActions=[policy["PolicyARN"]],
    )


def activities(cloud: LocalCloud, component: str) -> list[dict[str, object]]:
    """What native scaling did, and did not do, with its causes; newest first."""
    answer = cloud.client("application-autoscaling").describe_scaling_activities(
        ServiceNamespace=NAMESPACE,
        ResourceId=f"inference-component/{component}",
        ScalableDimension=DIMENSION,
        IncludeNotScaledActivities=True,
    )
    found: list[dict[str, object]] = answer["ScalingActivities"]
    return found
