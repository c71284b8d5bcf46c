"""How many copies Application Auto Scaling asks for. Pure; sources are named at each rule."""

import math

from simulator.plant.scaling_model import ScalableTarget, ScaleOut, StepScaling


def tracked(value: float, copies: int, target: float) -> int:
    """Target tracking: proportional to the metric, rounded up (aws-facts 4; the plant's Native law)."""
    # The metric was divided by the copies; a rounding error of that division must not buy a copy.
    return math.ceil(value * copies / target - 1e-9)


def adjustment(policy: StepScaling, breach: float) -> int | None:
    """The step whose interval holds `breach` (metric minus threshold). None if no step does.

    Source: DOC autoscaling/application/userguide/step-scaling-policy-overview: above the threshold the lower bound
    is inclusive and the upper exclusive, below it the other way round.
    """
    for step in policy.steps:
        lower = -math.inf if step.lower is None else step.lower
        upper = math.inf if step.upper is None else step.upper
        if (lower <= breach < upper) if breach >= 0 else (lower < breach <= upper):
            return step.adjustment
    return None


def stepped(policy: StepScaling, base: int, change: int) -> int:
    """The capacity a step asks for. Source: the same page, "Scaling adjustment types"."""
    if policy.adjustment_type == "ExactCapacity":
        return change
    if policy.adjustment_type == "PercentChangeInCapacity":
        exact = base * change / 100
        rounded = math.copysign(max(1, math.floor(abs(exact))), exact) if exact else 0
        magnitude = max(abs(rounded), policy.min_magnitude) if change else 0
        return base + int(math.copysign(magnitude, change))
    return base + change


def out_base(last: ScaleOut | None, now: float, cooldown: float, current: int) -> int:
    """What a step is added to: during the cooldown, what was added last counts as part of it."""
    return last.base if last is not None and now - last.at < cooldown else current


def out_allowed(last: ScaleOut | None, now: float, cooldown: float, desired: int) -> bool:
    """During the scale-out cooldown only a larger scale-out goes ahead."""
    return last is None or now - last.at >= cooldown or desired > last.desired


def in_allowed(target: ScalableTarget, now: float, out_cooldown: float, in_cooldown: float) -> bool:
    """A scale-in waits for both cooldowns."""
    if target.last_out is not None and now - target.last_out.at < out_cooldown:
        return False
    return target.last_in is None or now - target.last_in >= in_cooldown
