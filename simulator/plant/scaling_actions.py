"""What a policy does once its alarm is in ALARM: after a delay, then again and again while the state lasts.

Source: the standard plant's Native law; aws-facts 1.1 (one to two minutes for publishing and reaction) and 4.
"""

from functools import partial
from typing import TYPE_CHECKING

from simulator.plant.alarm_model import Alarm
from simulator.plant.alarm_rules import State
from simulator.plant.scaling_law import adjustment, in_allowed, out_allowed, out_base, stepped, tracked
from simulator.plant.scaling_model import NotScaled, Policy, ScalableTarget, ScaleOut, StepScaling, TargetTracking

if TYPE_CHECKING:
    from simulator.plant.account import Account
    from simulator.plant.autoscaling import AutoScaling
    from simulator.plant.component import Component


class PolicyActions:
    def __init__(self, account: "Account", scaling: "AutoScaling") -> None:
        self._account = account
        self._engine = account.engine
        self._scaling = scaling

    def begin(self, policy: Policy, alarm: Alarm) -> None:
        """CloudWatch has called the action: it runs `action_delay_s` later, even if the alarm is calm again by then."""
        run = partial(self._run, policy, alarm, alarm.transitions)
        self._engine.after(self._account.spec.native.action_delay_s, run)

    def _run(self, policy: Policy, alarm: Alarm, transition: int) -> None:
        target = self._scaling.targets.get(policy.component)
        if target is None or target.policies.get(policy.name) is not policy:
            return
        if self._account.alarms.get(alarm.name) is not alarm:
            return
        self._act(target, policy, alarm)
        if alarm.state is State.ALARM and alarm.transitions == transition:
            run = partial(self._run, policy, alarm, transition)
            self._engine.after(self._account.spec.native.action_every_s, run)

    def _act(self, target: ScalableTarget, policy: Policy, alarm: Alarm) -> None:
        component = self._account.components.get(policy.component)
        if component is None:
            return
        cause = f"monitor alarm {alarm.name} in state {State.ALARM} triggered policy {policy.name}"
        if component.status != "InService":
            self._scaling.log.not_scaled(target, policy.name, cause, NotScaled.UNSCALABLE)
            return
        if isinstance(policy.rule, StepScaling):
            self._step(target, policy.rule, component, alarm, cause, policy.name)
            return
        value = self._account.alarms.newest(alarm.config)
        current = component.in_service
        # Target tracking cannot leave zero, and missing data is no reason to scale (aws-facts 0.8, 1.1).
        if value is None or current == 0:
            return
        wanted = target.clamp(tracked(value, current, policy.rule.target))
        if alarm.name == policy.alarm_high:
            self._out(target, component, (current, wanted), policy.rule.out_cooldown, cause, policy.name)
        elif self._may_shrink(target, policy.rule):
            cooldowns = (policy.rule.out_cooldown, policy.rule.in_cooldown)
            self._in(target, component, wanted, cooldowns, cause, policy.name)

    def _step(
        self,
        target: ScalableTarget,
        rule: StepScaling,
        component: "Component",
        alarm: Alarm,
        cause: str,
        name: str,
    ) -> None:
        value = self._account.alarms.newest(alarm.config)
        if value is None:
            value = alarm.newest_value
        change = None if value is None else adjustment(rule, value - alarm.config.rule.threshold)
        if change is None:
            return
        now, current = self._engine.now, component.in_service
        wanted = stepped(rule, current, change)
        if wanted < current:
            cooldowns = (rule.cooldown, rule.cooldown)
            if not target.suspended.scale_in:
                self._in(target, component, target.clamp(wanted), cooldowns, cause, name)
            return
        base = out_base(target.last_out, now, rule.cooldown, current)
        wanted = target.clamp(stepped(rule, base, change))
        self._out(target, component, (base, wanted), rule.cooldown, cause, name)

    def _out(
        self,
        target: ScalableTarget,
        component: "Component",
        step: tuple[int, int],
        cooldown: float,
        cause: str,
        name: str,
    ) -> None:
        base, wanted = step
        if target.suspended.scale_out:
            return
        if wanted <= component.in_service:
            full = component.in_service >= target.maximum
            reason = NotScaled.AT_MAX if full else NotScaled.AT_DESIRED
            self._scaling.log.not_scaled(target, name, cause, reason)
            return
        now = self._engine.now
        if not out_allowed(target.last_out, now, cooldown, wanted):
            return
        if self._scaling.write(target, component, wanted, cause):
            target.last_out = ScaleOut(now, base, wanted)

    def _in(
        self,
        target: ScalableTarget,
        component: "Component",
        wanted: int,
        cooldowns: tuple[float, float],
        cause: str,
        name: str,
    ) -> None:
        if wanted >= component.in_service:
            least = component.in_service <= target.minimum
            reason = NotScaled.AT_MIN if least else NotScaled.AT_DESIRED
            self._scaling.log.not_scaled(target, name, cause, reason)
            return
        if not in_allowed(target, self._engine.now, *cooldowns):
            return
        if self._scaling.write(target, component, wanted, cause):
            target.last_in, target.last_out = self._engine.now, None

    def _may_shrink(self, target: ScalableTarget, rule: TargetTracking) -> bool:
        """Only if every target tracking policy that may scale in wants to (aws-facts 4)."""
        if rule.disable_scale_in or target.suspended.scale_in:
            return False
        return all(self._calm(policy) for policy in target.policies.values())

    def _calm(self, policy: Policy) -> bool:
        if not isinstance(policy.rule, TargetTracking) or policy.rule.disable_scale_in:
            return True
        alarm = None if policy.alarm_low is None else self._account.alarms.get(policy.alarm_low)
        return alarm is not None and alarm.state is State.ALARM
