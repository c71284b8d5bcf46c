"""Application Auto Scaling's operations over the plant's AutoScaling."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulator.plant.account import Account
from simulator.plant.scaling_model import NAMESPACE, Policy, ScalableTarget, name_of
from simulator.services.caller import Caller
from simulator.services.errors import ServiceError
from simulator.services.paging import page
from simulator.services.scaling_request import component_name, invalid, scaling_rule, scheduled_time, suspended
from simulator.services.scaling_view import activity_output, policy_output, scheduled_output, target_output

type Params = Mapping[str, Any]

SERVICE_ROLE = (
    "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
DEFAULT_PAGE = 50
POLICIES_PAGE = 10
"""aws-facts 4.1."""


class ApplicationAutoScaling:
    action_prefix = "application-autoscaling"

    def __init__(self, account: Account) -> None:
        self._account = account
        self._scaling = account.autoscaling
        self.operations: dict[str, Callable[[Params, Caller], dict[str, Any]]] = {
            "RegisterScalableTarget": self.register_scalable_target,
            "DeregisterScalableTarget": self.deregister_scalable_target,
            "DescribeScalableTargets": self.describe_scalable_targets,
            "PutScalingPolicy": self.put_scaling_policy,
            "DeleteScalingPolicy": self.delete_scaling_policy,
            "DescribeScalingPolicies": self.describe_scaling_policies,
            "PutScheduledAction": self.put_scheduled_action,
            "DeleteScheduledAction": self.delete_scheduled_action,
            "DescribeScheduledActions": self.describe_scheduled_actions,
            "DescribeScalingActivities": self.describe_scaling_activities,
        }

    def resources(self, operation: str, params: Params) -> list[str]:
        """Describe* takes no resource; the rest is about a scalable target, whose ID is opaque (aws-facts 9)."""
        if operation.startswith("Describe"):
            return ["*"]
        target = self._scaling.targets.get(name_of(str(params.get("ResourceId", ""))) or "")
        if target is not None:
            return [target.arn]
        return [self._account.arn("scalable-target", "new", "application-autoscaling")]

    def conditions(self, params: Params) -> dict[str, str]:
        prefix = f"{self.action_prefix}:"
        found = {f"{prefix}service-namespace": str(params.get("ServiceNamespace", ""))}
        if "ScalableDimension" in params:
            found[f"{prefix}scalable-dimension"] = str(params["ScalableDimension"])
        return found

    def register_scalable_target(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        name, least, most = component_name(params), params.get("MinCapacity"), params.get("MaxCapacity")
        known = self._scaling.targets.get(name)
        if known is None and (least is None or most is None):
            raise invalid("MinCapacity and MaxCapacity are required to register a new scalable target")
        if self._account.scaled(name) is None:
            # Wording assumed after the one for ECS services.
            raise invalid(f"Inference component doesn't exist: {params['ResourceId']}")
        low = known.minimum if least is None and known else least
        high = known.maximum if most is None and known else most
        if low is None or high is None or not 0 <= low <= high:
            raise invalid("Maximum capacity cannot be less than minimum capacity")
        role = f"arn:aws:iam::{self._account.account_id}:{SERVICE_ROLE}"
        target = self._scaling.register(name, least, most, suspended(params), role_arn=role)
        target.tags.update(params.get("Tags") or {})
        return {"ScalableTargetARN": target.arn}

    def deregister_scalable_target(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        self._scaling.deregister(self._target(params).component)
        return {}

    def describe_scalable_targets(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        wanted = set(params.get("ResourceIds") or ())
        found = [one for one in self._targets(params) if not wanted or one.resource_id in wanted]
        return _paged("ScalableTargets", [target_output(one) for one in found], params)

    def put_scaling_policy(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        target = self._target(params)
        policy = self._scaling.put_policy(target.component, params["PolicyName"], scaling_rule(params))
        return {"PolicyARN": policy.arn, "Alarms": self._alarms(policy)}

    def delete_scaling_policy(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        target, name = self._target(params), params["PolicyName"]
        if name not in target.policies:
            raise _not_found(f"No scaling policy found for service namespace: {NAMESPACE}, resource ID: "
                             f"{target.resource_id}, scalable dimension: {target.dimension}, "
                             f"policy name: {name}")  # fmt: skip
        self._scaling.delete_policy(target.component, name)
        return {}

    def describe_scaling_policies(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        wanted = params.get("PolicyNames")
        found = [
            policy_output(target, policy, self._alarms(policy))
            for target in self._targets(params)
            for policy in target.policies.values()
            if not wanted or policy.name in wanted
        ]
        return _paged("ScalingPolicies", found, params, POLICIES_PAGE)

    def put_scheduled_action(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        target, bounds = self._target(params), params.get("ScalableTargetAction") or {}
        if not bounds:
            raise invalid("ScalableTargetAction must set MinCapacity or MaxCapacity")
        least, most = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
        if least is not None and most is not None and least > most:
            raise invalid("Maximum capacity cannot be less than minimum capacity")
        when = scheduled_time(params)
        self._scaling.put_scheduled(target.component, params["ScheduledActionName"], when, least, most)
        return {}

    def delete_scheduled_action(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        target, name = self._target(params), params["ScheduledActionName"]
        if name not in target.scheduled:
            raise _not_found(f"No scheduled action found for service namespace: {NAMESPACE}, resource ID: "
                             f"{target.resource_id}, scheduled action name: {name}")  # fmt: skip
        self._scaling.delete_scheduled(target.component, name)
        return {}

    def describe_scheduled_actions(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        wanted = params.get("ScheduledActionNames")
        found = [
            scheduled_output(target, action)
            for target in self._targets(params)
            for action in target.scheduled.values()
            if not wanted or action.name in wanted
        ]
        return _paged("ScheduledActions", found, params)

    def describe_scaling_activities(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        everything = params.get("IncludeNotScaledActivities", False)
        found = []
        for target in self._targets(params):
            self._scaling.log.settle(target)
            found += [(one, target) for one in target.activities if everything or one.not_scaled is None]
        found.sort(key=lambda pair: pair[0].start, reverse=True)
        return _paged("ScalingActivities", [activity_output(target, one) for one, target in found], params)

    def _target(self, params: Params) -> ScalableTarget:
        target = self._scaling.targets.get(component_name(params))
        if target is None:
            raise _not_found(f"No scalable target registered for service namespace: {NAMESPACE}, resource ID: "
                             f"{params['ResourceId']}, scalable dimension: "
                             f"{params.get('ScalableDimension')}")  # fmt: skip
        return target

    def _targets(self, params: Params) -> list[ScalableTarget]:
        """Those of the ResourceId, or all; none of another service's namespace or dimension.

        A dimension without a resource is refused (aws-facts 4.1; the wording is assumed).
        """
        if "ScalableDimension" in params and not (params.get("ResourceId") or params.get("ResourceIds")):
            raise invalid("If you specify a scalable dimension, you must also specify a resource ID.")
        if params["ServiceNamespace"] != NAMESPACE:
            return []
        wanted, dimension = params.get("ResourceId"), params.get("ScalableDimension")
        found = [one for one in self._scaling.targets.values() if wanted in (None, one.resource_id)]
        return [one for one in found if dimension in (None, one.dimension)]

    def _alarms(self, policy: Policy) -> list[dict[str, str]]:
        """Those Auto Scaling made, and those of users that name the policy as an action."""
        found = self._account.alarms.acting_on(policy.arn)
        return [{"AlarmName": alarm.name, "AlarmARN": alarm.arn} for alarm in found]


def _paged(member: str, found: Sequence[dict[str, Any]], params: Params, most: int = DEFAULT_PAGE) -> dict[str, Any]:
    size = params.get("MaxResults", most)
    if not 1 <= size <= most:
        raise invalid(f"MaxResults must be between 1 and {most}")
    shown, following = page(found, size, params.get("NextToken"), "InvalidNextTokenException")
    output: dict[str, Any] = {member: shown}
    return output | ({"NextToken": following} if following else {})


def _not_found(message: str) -> ServiceError:
    return ServiceError("ObjectNotFoundException", message)
