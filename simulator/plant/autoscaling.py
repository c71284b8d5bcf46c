"""Application Auto Scaling for inference components: targets, policies, scheduled actions (aws-facts 4).

Assumed: cooldowns run from the accepted write; a one-time scheduled action is gone once it has run.
"""

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from simulator.plant.alarm_model import IDENTIFIERS, Alarm, AlarmConfig
from simulator.plant.alarm_rules import Missing, Rule, State
from simulator.plant.errors import PlantError
from simulator.plant.scaling_actions import PolicyActions
from simulator.plant.scaling_log import ActivityLog
from simulator.plant.scaling_model import (
    Policy,
    ScalableTarget,
    ScheduledAction,
    StepScaling,
    Suspended,
    TargetTracking,
)

if TYPE_CHECKING:
    from simulator.plant.account import Account
    from simulator.plant.component import Component

CALLER = "application-autoscaling"


class AutoScaling:
    """The scalable targets of one account, by component name."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._engine = account.engine
        self._created = 0
        self.targets: dict[str, ScalableTarget] = {}
        self.log = ActivityLog(account)
        self._actions = PolicyActions(account, self)
        account.alarms.listeners.append(self._heard)

    # Targets

    def register(
        self,
        component: str,
        minimum: int | None,
        maximum: int | None,
        suspended: Suspended | None = None,
        *,
        role_arn: str = "",
    ) -> ScalableTarget:
        """RegisterScalableTarget: what is not given keeps its value; the capacity is brought into the range at once,
        unless the component is not active. Raises KeyError for a new target without both bounds."""
        target = self.targets.get(component)
        if target is None:
            if minimum is None or maximum is None:
                raise KeyError(component)
            arn = self._arn("application-autoscaling", f"scalable-target/{self._id('target', component)}")
            target = ScalableTarget(component, arn, role_arn, self._engine.now, minimum, maximum)
            self.targets[component] = target
        target.minimum = target.minimum if minimum is None else minimum
        target.maximum = target.maximum if maximum is None else maximum
        target.suspended = suspended or target.suspended
        self.clamp(target)
        return target

    def deregister(self, component: str) -> None:
        target = self.targets[component]
        for name in list(target.policies):
            self.delete_policy(component, name)
        for name in list(target.scheduled):
            self.delete_scheduled(component, name)
        del self.targets[component]

    def clamp(self, target: ScalableTarget) -> None:
        """Cooldowns and suspension do not apply (aws-facts 4)."""
        component = self._account.scaled(target.component)
        if component is None or component.status != "InService":
            return
        wanted = target.clamp(component.desired_copies)
        if wanted == component.desired_copies:
            return
        which = "minimum" if wanted > component.desired_copies else "maximum"
        self.write(target, component, wanted, f"{which} capacity was set to {wanted}")

    def write(self, target: ScalableTarget, component: "Component", copies: int, cause: str) -> bool:
        """Asks for `copies`, and records what came of it."""
        try:
            component.set_desired(copies, CALLER)
        except PlantError as error:
            self.log.failed(target, copies, cause, error.message, error.code)
            return False
        self.log.started(target, copies, cause)
        return True

    # Policies

    def put_policy(self, component: str, name: str, rule: TargetTracking | StepScaling) -> Policy:
        """Raises KeyError without a scalable target. A policy that exists keeps its alarms, configured anew."""
        target = self.targets[component]
        policy = target.policies.get(name)
        if policy is None:
            path = f"resource/sagemaker/{target.resource_id}:policyName/{name}"
            arn = self._arn("autoscaling", f"scalingPolicy:{self._id('policy', component, name)}:{path}")
            policy = target.policies[name] = Policy(name, arn, component, rule, self._engine.now)
        policy.rule = rule
        if isinstance(rule, TargetTracking):
            self._put_alarms(policy, rule)
        return policy

    def delete_policy(self, component: str, name: str) -> None:
        """Raises KeyError if there is none. Deletes the alarms Auto Scaling made, not those of a step policy."""
        policy = self.targets[component].policies.pop(name)
        for alarm in policy.alarms:
            self._account.alarms.delete(alarm)

    def _put_alarms(self, policy: Policy, rule: TargetTracking) -> None:
        if policy.alarm_high is None:
            resource = self.targets[policy.component].resource_id
            prefix = f"TargetTracking-{resource}-Alarm"
            policy.alarm_high = f"{prefix}High-{self._id('high', policy.arn)}"
            policy.alarm_low = f"{prefix}Low-{self._id('low', policy.arn)}"
        high = Rule("GreaterThanThreshold", rule.target, rule.out_periods, rule.out_periods, Missing.MISSING)
        low = Rule("LessThanThreshold", rule.low_threshold, rule.in_periods, rule.in_periods, Missing.MISSING)
        for name, compared in ((policy.alarm_high, high), (policy.alarm_low, low)):
            if name is not None:
                self._account.alarms.put(self._alarm(name, policy, rule, compared))

    def _alarm(self, name: str, policy: Policy, rule: TargetTracking, compared: Rule) -> AlarmConfig:
        return AlarmConfig(
            name=name,
            metric=rule.metric,
            statistic=rule.statistic,
            period=rule.period,
            rule=compared,
            description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}.",
            alarm_actions=(policy.arn,),
            contiguous=self._account.spec.native.missing_breaks,
        )

    def _heard(self, alarm: Alarm, previous: State) -> None:  # noqa: ARG002
        if alarm.state is State.ALARM and alarm.config.actions_enabled:
            for arn in alarm.config.alarm_actions:
                policy = self.policy_of(arn)
                if policy is not None:
                    self._actions.begin(policy, alarm)

    def policy_of(self, arn: str) -> Policy | None:
        return next((p for t in self.targets.values() for p in t.policies.values() if p.arn == arn), None)

    # Scheduled actions

    def put_scheduled(
        self,
        component: str,
        name: str,
        schedule: tuple[str, str, float],
        minimum: int | None,
        maximum: int | None,
    ) -> ScheduledAction:
        """`schedule` is the expression, its time zone and the time it falls on. Raises KeyError without a target."""
        target = self.targets[component]
        expression, timezone, due = schedule
        path = f"resource/sagemaker/{target.resource_id}:scheduledActionName/{name}"
        arn = self._arn("autoscaling", f"scheduledAction:{self._id('scheduled', component, name)}:{path}")
        previous = target.scheduled.get(name)
        created = previous.created if previous else self._engine.now
        action = ScheduledAction(name, arn, component, expression, timezone, due, minimum, maximum, created)
        target.scheduled[name] = action
        self._engine.at(max(due, self._engine.now), partial(self._run, target, action))
        return action

    def delete_scheduled(self, component: str, name: str) -> None:
        """Raises KeyError if there is none."""
        del self.targets[component].scheduled[name]

    def _run(self, target: ScalableTarget, action: ScheduledAction) -> None:
        registered = self.targets.get(target.component) is target
        if not registered or target.scheduled.get(action.name) is not action:
            return
        del target.scheduled[action.name]
        if target.suspended.scheduled:
            return
        if action.min_capacity is not None:
            target.minimum = action.min_capacity
        if action.max_capacity is not None:
            target.maximum = action.max_capacity
        self.clamp(target)

    def _id(self, *key: Any) -> str:  # noqa: ANN401
        self._created += 1
        return str(uuid5(IDENTIFIERS, f"{self._account.seed}/{self._created}/{'/'.join(map(str, key))}"))

    def _arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self._account.region}:{self._account.account_id}:{rest}"
