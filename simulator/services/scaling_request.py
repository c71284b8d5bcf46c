"""Application Auto Scaling's parameters, checked, as the plant's rules."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.plant.metrics import NAMESPACE as AWS_SAGEMAKER
from simulator.plant.metrics import STATISTICS, MetricKey, component_metric, metric_key
from simulator.plant.scaling_model import (
    DIMENSION,
    NAMESPACE,
    VARIANT_DIMENSION,
    Step,
    StepScaling,
    Suspended,
    TargetTracking,
    name_of,
)
from simulator.services.errors import NotModelled, ServiceError

HIGH_RESOLUTION = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
VARIANT_HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
DEFAULT_COOLDOWN_S = 300
"""aws-facts 4, for target tracking and for step scaling."""

type Params = Mapping[str, Any]


def component_name(params: Params) -> str:
    """The component or variant a ResourceId names. Raises ServiceError for any other kind of resource."""
    if params.get("ServiceNamespace") != NAMESPACE:
        raise NotModelled(f"ServiceNamespace {params.get('ServiceNamespace')}")
    dimension = params.get("ScalableDimension", DIMENSION)
    if dimension not in (DIMENSION, VARIANT_DIMENSION):
        raise NotModelled(f"ScalableDimension {dimension}")
    resource = str(params["ResourceId"])
    name = name_of(resource)
    if name is None or ("." in name) != (dimension == VARIANT_DIMENSION):
        raise invalid(f"Unsupported resource ID {resource} for scalable dimension {dimension}")
    return name


def suspended(params: Params) -> Suspended | None:
    said = params.get("SuspendedState")
    if said is None:
        return None
    return Suspended(
        scale_in=said.get("DynamicScalingInSuspended", False),
        scale_out=said.get("DynamicScalingOutSuspended", False),
        scheduled=said.get("ScheduledScalingSuspended", False),
    )


def scaling_rule(params: Params) -> TargetTracking | StepScaling:
    kind = params.get("PolicyType", "StepScaling")
    if kind == "TargetTrackingScaling" and "TargetTrackingScalingPolicyConfiguration" in params:
        return _tracking(component_name(params), params["TargetTrackingScalingPolicyConfiguration"])
    if kind == "StepScaling" and "StepScalingPolicyConfiguration" in params:
        return _steps(params["StepScalingPolicyConfiguration"])
    if kind == "PredictiveScaling":
        raise invalid("Predictive scaling is not supported for this service namespace")
    raise invalid(f"The configuration of the {kind} policy is missing")


def _tracking(component: str, said: Params) -> TargetTracking:
    metric, statistic, period, out_periods, in_periods = _tracked(component, said)
    if said["TargetValue"] <= 0:
        raise invalid("TargetValue must be greater than 0")
    return TargetTracking(
        target=said["TargetValue"],
        metric=metric,
        statistic=statistic,
        period=period,
        out_periods=out_periods,
        in_periods=in_periods,
        out_cooldown=said.get("ScaleOutCooldown", DEFAULT_COOLDOWN_S),
        in_cooldown=said.get("ScaleInCooldown", DEFAULT_COOLDOWN_S),
        disable_scale_in=said.get("DisableScaleIn", False),
        requested=dict(said),
    )


def _tracked(component: str, said: Params) -> tuple[MetricKey, str, int, int, int]:
    """Metric, statistic, period and the two alarms' counts: 3 x 10 s and 90 x 10 s (aws-facts 0.4), else
    3 x 60 s and 15 x 60 s (aws-facts 4; from memory there)."""
    predefined, custom = said.get("PredefinedMetricSpecification"), said.get("CustomizedMetricSpecification")
    if predefined is not None and custom is None:
        endpoint, dot, variant = component.partition(".")
        if predefined["PredefinedMetricType"] != (VARIANT_HIGH_RESOLUTION if dot else HIGH_RESOLUTION):
            raise NotModelled(f"PredefinedMetricType {predefined['PredefinedMetricType']}")
        metric = component_metric("ConcurrentRequestsPerCopy", component)
        if dot:
            under = {"EndpointName": endpoint, "VariantName": variant}
            metric = metric_key(AWS_SAGEMAKER, "ConcurrentRequestsPerModel", under)
        return metric, "Maximum", 10, 3, 90
    if custom is None or predefined is not None:
        raise invalid("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification is required")
    if custom.get("Metrics"):
        raise NotModelled("Metric math in a CustomizedMetricSpecification")
    statistic = custom.get("Statistic")
    if statistic not in STATISTICS or "MetricName" not in custom or "Namespace" not in custom:
        raise invalid("CustomizedMetricSpecification needs MetricName, Namespace and Statistic")
    dimensions = tuple(sorted((one["Name"], one["Value"]) for one in custom.get("Dimensions") or ()))
    return MetricKey(custom["Namespace"], custom["MetricName"], dimensions), statistic, 60, 3, 15


def _steps(said: Params) -> StepScaling:
    steps = tuple(
        Step(one.get("MetricIntervalLowerBound"), one.get("MetricIntervalUpperBound"), one["ScalingAdjustment"])
        for one in said.get("StepAdjustments") or ()
    )
    if not steps or "AdjustmentType" not in said:
        raise invalid("You must specify AdjustmentType and StepAdjustments for a step scaling policy")
    if any(step.lower is None and step.upper is None for step in steps):
        raise invalid("The upper and lower bound can't be null in the same step adjustment")
    return StepScaling(
        adjustment_type=said["AdjustmentType"],
        steps=steps,
        cooldown=said.get("Cooldown", DEFAULT_COOLDOWN_S),
        min_magnitude=said.get("MinAdjustmentMagnitude", 0),
        requested=dict(said),
    )


def scheduled_time(params: Params) -> tuple[str, str, float]:
    """The expression, its time zone, and when it falls due (seconds since the epoch). Only at() is modelled."""
    schedule, zone = params.get("Schedule"), params.get("Timezone", "UTC")
    if not schedule:
        raise invalid("Schedule is required")
    if schedule.startswith(("cron(", "rate(")):
        raise NotModelled(f"A recurring schedule ({schedule}): only at(...)")
    match = re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)", schedule)
    try:
        if match is None:
            raise ValueError(schedule)
        due = datetime.fromisoformat(match[1]).replace(tzinfo=ZoneInfo(zone)).timestamp()
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise invalid(f"Invalid schedule expression {schedule} in time zone {zone}") from error
    return schedule, zone, due


def invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
