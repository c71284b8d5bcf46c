"""Native scaling underneath: the safety net, and what of it gets in Headstart's way."""

from collections.abc import Iterator

from headstart.adapters.resources import concurrency
from headstart.domain.model import Policy, State
from simulator.doctor.checks.components import policy
from simulator.doctor.facts import ComponentFacts, Facts, ScalingFacts, Unseen
from simulator.doctor.findings import Finding, fail, ok, unchecked, warn

NATIVE, FLOOR = "native scaling", "raised minimum"
SUSPENDED, WAKE = "suspended scaling", "native wake step"
LATE_ENOUGH_S = 120
READ = "Allow application-autoscaling:DescribeScalableTargets and DescribeScalingPolicies."


def native(_: Facts, one: ComponentFacts) -> Iterator[Finding]:
    name, found = one.name, one.scaling
    if isinstance(found, Unseen):
        yield unchecked(NATIVE, found.why, READ, name)
    elif found is None:
        means = "If Headstart cannot act, nobody scales it, and nobody takes surplus away that is not Headstart's."
        do = "Register a scalable target and a target tracking policy on its concurrency per copy."
        yield warn(NATIVE, "It has no scalable target.", means, do, name)
    elif not found.tracking:
        means = "If Headstart cannot act, nobody adds copies by load."
        do = f"Put a target tracking policy on {concurrency(name)[0]}."
        yield warn(NATIVE, f"{_bounds(found)}, without target tracking.", means, do, name)
    else:
        seen = f"{_bounds(found)}, target tracking {', '.join(found.tracking)}."
        yield ok(NATIVE, seen, "It is the safety net underneath, and owns ordinary scale-in.", name)


def _bounds(found: ScalingFacts) -> str:
    return f"{found.minimum} to {found.maximum} copies"


def floor(_: Facts, one: ComponentFacts) -> Iterator[Finding]:
    """A minimum that Headstart has raised: whoever may go away, its release must be booked."""
    standing = one.state.floor if isinstance(one.state, State) else None
    if standing is None or standing.lost or standing.copies == standing.own:
        return
    seen = f"Headstart holds the minimum at {standing.copies} copies, the owner's is {standing.own}"
    if isinstance(one.release, Unseen):
        yield unchecked(FLOOR, one.release.why, "Allow application-autoscaling:DescribeScheduledActions.", one.name)
    elif one.release is None:
        means = "If Headstart goes away now, the raised minimum stays and costs copies."
        do = "Wait a minute for Headstart's next look; if the line stays, restore MinCapacity by hand."
        yield fail(FLOOR, f"{seen}; no release is booked.", means, do, one.name)
    else:
        means = "Native scaling keeps what was added, and gets its minimum back by itself."
        seen = f"{seen}; release booked for {standing.until:%H:%M} UTC."
        yield ok(FLOOR, seen, means, one.name)


def suspended(_: Facts, one: ComponentFacts) -> Iterator[Finding]:
    found = one.scaling
    if not isinstance(found, ScalingFacts):
        return  # the line before says it
    if not found.suspended:
        yield ok(SUSPENDED, "Nothing is suspended.", "Native scaling acts when it should.", one.name)
        return
    effects = {
        "in": "native scaling takes no copies away",
        "out": "native scaling adds none, so there is no safety net",
        "scheduled": "scheduled actions, which can restore a minimum, do not run",
    }
    means = "While it lasts, " + "; ".join(effects[what] for what in found.suspended) + "."
    do = "If it was not meant: aws application-autoscaling register-scalable-target with --suspended-state all false."
    yield warn(SUSPENDED, f"Scaling {', '.join(found.suspended)} is suspended.", means, do, one.name)


def wake_step(facts: Facts, one: ComponentFacts) -> Iterator[Finding]:
    """Where a component may go to zero: the owner's own +1 must come, and must come late."""
    found, wanted = one.scaling, policy(facts, one)
    if not isinstance(found, ScalingFacts):
        return
    if isinstance(found.wake_alarms, Unseen):
        yield unchecked(WAKE, found.wake_alarms.why, "Allow cloudwatch:DescribeAlarms.", one.name)
        return
    quick = [alarm for alarm in found.wake_alarms if alarm.seconds < LATE_ENOUGH_S]
    if quick:
        alarm = quick[0]
        seen = f"The alarm {alarm.name} starts {alarm.policy} after {alarm.seconds} s of refused requests."
        means = (
            "It races Headstart's wake: its step may take the update lock first, and one copy then has to start alone."
        )
        do = "Set the alarm's EvaluationPeriods and DatapointsToAlarm to 4 at a Period of 30 s."
        yield warn(WAKE, seen, means, do, one.name)
    elif found.wake_alarms:
        alarm = found.wake_alarms[0]
        seen = f"The alarm {alarm.name} starts {alarm.policy} after {alarm.seconds} s of refused requests."
        yield ok(WAKE, seen, "It leaves the first move to Headstart and is there if Headstart is not.", one.name)
    elif isinstance(wanted, Policy) and found.minimum == 0:
        do = "Add a step policy with an alarm on NoCapacityInvocationFailures, four periods of 30 s."
        means = "Target tracking cannot leave zero: if Headstart cannot act, nobody wakes the component."
        yield warn(WAKE, "There is none, and the minimum is 0 copies.", means, do, one.name)
    else:
        yield ok(WAKE, f"None; the minimum is {found.minimum} copies.", "There is no zero to wake it from.", one.name)
