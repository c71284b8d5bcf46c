"""What a policy does once its alarm is in ALARM: after a delay, then again and again while the state lasts.

Source: the standard plant's Native law; aws-facts 1.1 (one to two minutes for publishing and reaction) and 4.
"""

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from simulator.plant.alarm_rules import State
from simulator.plant.scaling_law import adjustment, in_allowed, out_allowed, out_base, stepped, tracked
from simulator.plant.scaling_model import NotScaled, Policy, ScalableTarget, ScaleOut, StepScaling, TargetTracking

if TYPE_CHECKING:
    from simulator.plant.account import Account
    from simulator.plant.alarm_model import Alarm
    from simulator.plant.autoscaling import AutoScaling
    from simulator.plant.component import Component


class Trigger(NamedTuple):
    """One run of a policy's action."""

    target: ScalableTarget
    component: "Component"
    policy: Policy
    alarm: "Alarm"

    @property
    def cause(self) -> str:
        return f"monitor alarm {self.alarm.name} in state ALARM triggered policy {self.policy.name}"


class PolicyActions:
    def __init__(self, account: "Account", scaling: "AutoScaling") -> None:
        self._account = account
        self._engine = account.engine
        self._scaling = scaling

    def begin(self, policy: Policy, alarm: "Alarm") -> None:
        """CloudWatch has called the action: it runs after the delay, even if the alarm is calm again by then."""
        run = partial(self._run, policy, alarm, alarm.transitions)
        self._engine.after(self._account.spec.native.action_delay_s, run)

    def _run(self, policy: Policy, alarm: "Alarm", transition: int) -> None:
        target = self._scaling.targets.get(policy.component)
        if target is None or target.policies.get(policy.name) is not policy:
            return
        if self._account.alarms.get(alarm.name) is not alarm:
            return
        component = self._account.scaled(policy.component)
        if component is not None:
            self._act(Trigger(target, component, policy, alarm))
        if alarm.state is State.ALARM and alarm.transitions == transition:
            run = partial(self._run, policy, alarm, transition)
            self._engine.after(self._account.spec.native.action_every_s, run)

    def _act(self, trigger: Trigger) -> None:
        rule = trigger.policy.rule
        if trigger.component.status != "InService":
            self._not_scaled(trigger, NotScaled.UNSCALABLE)
        elif isinstance(rule, StepScaling):
            self._step(trigger, rule)
        else:
            self._track(trigger, rule)

    def _track(self, trigger: Trigger, rule: TargetTracking) -> None:
        value = self._account.alarms.newest(trigger.alarm.config)
        current = trigger.component.in_service
        # Target tracking cannot leave zero, and missing data is no reason to scale (aws-facts 0.8, 1.1).
        if value is None or current == 0:
            return
        wanted = trigger.target.clamp(tracked(value, current, rule.target))
        if trigger.alarm.name == trigger.policy.alarm_high:
            self._out(trigger, current, wanted, rule.out_cooldown)
        elif self._all_calm(trigger.target, rule):
            self._in(trigger, wanted, rule.out_cooldown, rule.in_cooldown)

    def _step(self, trigger: Trigger, rule: StepScaling) -> None:
        alarm, current = trigger.alarm, trigger.component.in_service
        value = self._account.alarms.newest(alarm.config)
        if value is None:
            value = alarm.newest_value
        change = None if value is None else adjustment(rule, value - alarm.config.rule.threshold)
        if change is None:
            return
        wanted = stepped(rule, current, change)
        if wanted < current:
            self._in(trigger, trigger.target.clamp(wanted), rule.cooldown, rule.cooldown)
            return
        base = out_base(trigger.target.last_out, self._engine.now, rule.cooldown, current)
        self._out(trigger, base, trigger.target.clamp(stepped(rule, base, change)), rule.cooldown)

    def _out(self, trigger: Trigger, base: int, wanted: int, cooldown: float) -> None:
        target, current, now = trigger.target, trigger.component.in_service, self._engine.now
        if target.suspended.scale_out:
            return
        if wanted <= current:
            self._not_scaled(trigger, NotScaled.AT_MAX if current >= target.maximum else NotScaled.AT_DESIRED)
            return
        if not out_allowed(target.last_out, now, cooldown, wanted):
            return
        if self._scaling.write(target, trigger.component, wanted, trigger.cause):
            target.last_out = ScaleOut(now, base, wanted)

    def _in(self, trigger: Trigger, wanted: int, out_cooldown: float, in_cooldown: float) -> None:
        target, current, now = trigger.target, trigger.component.in_service, self._engine.now
        if target.suspended.scale_in:
            return
        if wanted >= current:
            self._not_scaled(trigger, NotScaled.AT_MIN if current <= target.minimum else NotScaled.AT_DESIRED)
            return
        if not in_allowed(target, now, out_cooldown, in_cooldown):
            return
        if self._scaling.write(target, trigger.component, wanted, trigger.cause):
            target.last_in, target.last_out = now, None

    def _not_scaled(self, trigger: Trigger, reason: NotScaled) -> None:
        self._scaling.log.not_scaled(trigger.target, trigger.policy.name, trigger.cause, reason)

    def _all_calm(self, target: ScalableTarget, rule: TargetTracking) -> bool:
        """Only if every target tracking policy that may scale in wants to (aws-facts 4)."""
        return not rule.disable_scale_in and all(self._calm(policy) for policy in target.policies.values())

    def _calm(self, policy: Policy) -> bool:
        if not isinstance(policy.rule, TargetTracking) or policy.rule.disable_scale_in:
            return True
        alarm = None if policy.alarm_low is None else self._account.alarms.get(policy.alarm_low)
        return alarm is not None and alarm.state is State.ALARM
