"""Scalable targets, policies, scheduled actions and activities as Application Auto Scaling describes them."""

from typing import Any

from simulator.plant.scaling_model import (
    NAMESPACE,
    Activity,
    Policy,
    ScalableTarget,
    ScheduledAction,
    StepScaling,
)
from simulator.plant.timefmt import utc


def _resource(target: ScalableTarget) -> dict[str, Any]:
    return {"ServiceNamespace": NAMESPACE, "ResourceId": target.resource_id, "ScalableDimension": target.dimension}


def target_output(target: ScalableTarget) -> dict[str, Any]:
    return _resource(target) | {
        "MinCapacity": target.minimum,
        "MaxCapacity": target.maximum,
        "RoleARN": target.role_arn,
        "CreationTime": utc(target.created),
        "SuspendedState": {
            "DynamicScalingInSuspended": target.suspended.scale_in,
            "DynamicScalingOutSuspended": target.suspended.scale_out,
            "ScheduledScalingSuspended": target.suspended.scheduled,
        },
        "ScalableTargetARN": target.arn,
    }


def policy_output(target: ScalableTarget, policy: Policy, alarms: list[dict[str, str]]) -> dict[str, Any]:
    kind = "StepScaling" if isinstance(policy.rule, StepScaling) else "TargetTrackingScaling"
    return _resource(target) | {
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "PolicyType": kind,
        f"{kind}PolicyConfiguration": policy.rule.requested,
        "Alarms": alarms,
        "CreationTime": utc(policy.created),
    }


def scheduled_output(target: ScalableTarget, action: ScheduledAction) -> dict[str, Any]:
    bounds = {"MinCapacity": action.min_capacity, "MaxCapacity": action.max_capacity}
    return _resource(target) | {
        "ScheduledActionName": action.name,
        "ScheduledActionARN": action.arn,
        "Schedule": action.schedule,
        "Timezone": action.timezone,
        "ScalableTargetAction": {name: value for name, value in bounds.items() if value is not None},
        "CreationTime": utc(action.created),
    }


def activity_output(target: ScalableTarget, activity: Activity) -> dict[str, Any]:
    output = _resource(target) | {
        "ActivityId": activity.id,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": utc(activity.start),
        "StatusCode": activity.status,
    }
    if activity.end is not None:
        output["EndTime"] = utc(activity.end)
    if activity.message:
        output["StatusMessage"] = activity.message
    if activity.not_scaled is not None:
        output["NotScaledReasons"] = [activity.not_scaled]
    return output
