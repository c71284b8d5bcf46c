"""The two alarms of each component, and the one of each variant."""

from collections.abc import Iterator, Mapping
from typing import Any

from headstart.adapters.cloudwatch import CloudWatchAlarms
from headstart.app.ports import Wanted
from headstart.domain.model import Policy, SignalKind
from simulator.doctor.checks.components import policy
from simulator.doctor.facts import ComponentFacts, Facts, Unseen
from simulator.doctor.findings import Finding, fail, ok, unchecked, warn

ALARMS, STRAY = "alarms", "alarms left over"
KINDS = (SignalKind.PRESSURE, SignalKind.WAKE)
WAIT = "Wait ten minutes: reconcile puts them right in turn; if the line stays, see the lines on reconcile."


def in_place(facts: Facts, one: ComponentFacts) -> Iterator[Finding]:
    wanted = policy(facts, one)
    if isinstance(facts.alarms, Unseen):
        yield unchecked(ALARMS, facts.alarms.why, "Allow cloudwatch:DescribeAlarms.", one.name)
    elif isinstance(wanted, Policy):
        ours = {alarm.kind: alarm for alarm in facts.alarms if alarm.component == one.name}
        kinds = KINDS[:1] if wanted.by_floor else KINDS
        missing = [kind for kind in kinds if kind not in ours]
        changed = [kind for kind in kinds if kind in ours and (_differs(facts, one, kind, wanted, ours[kind].settings))]
        if missing:
            seen = f"There is no alarm {_named(facts, one, missing)}."
            yield fail(ALARMS, seen, "Nothing makes Headstart look when its load comes.", WAIT, one.name)
        elif changed:
            seen = f"{_named(facts, one, changed)} is not set up as reconcile does it."
            yield warn(ALARMS, seen, "Somebody changed it, or its settings are about to be renewed.", WAIT, one.name)
        else:
            states = ", ".join(f"{kind} {ours[kind].settings['StateValue']}" for kind in kinds)
            both, means = "Both are", "Load and refused requests are noticed."
            if wanted.by_floor:
                both, means = "It is", "Load is noticed; a variant always has an instance."
            yield ok(ALARMS, f"{both} in place: {states}.", means, one.name)


def _differs(facts: Facts, one: ComponentFacts, kind: SignalKind, wanted: Policy, found: Mapping[str, Any]) -> bool:
    threshold = wanted.target if kind is SignalKind.PRESSURE else 1.0
    settings = CloudWatchAlarms.settings(
        f"headstart/{facts.asked.stack}/", Wanted(one.name, kind, threshold, claims=True)
    )
    # Who claims the component stands in the description, and may change from minute to minute.
    return any(found.get(key) != value for key, value in settings.items() if key != "AlarmDescription")


def _named(facts: Facts, one: ComponentFacts, kinds: list[SignalKind]) -> str:
    return " and ".join(f"headstart/{facts.asked.stack}/{one.name}/{kind}" for kind in kinds)


def stray(facts: Facts) -> Iterator[Finding]:
    """Alarms of components that are not enrolled: they cost, and each of their events ends in the dead-letter queue."""
    if isinstance(facts.alarms, Unseen) or isinstance(facts.enrolled, Unseen):
        return
    left = sorted({alarm.component for alarm in facts.alarms} - set(facts.enrolled))
    if left:
        seen = f"Alarms of {', '.join(left[:5])}, which carries no tag headstart:mode."
        do = "If they stay for minutes: aws cloudwatch delete-alarms, with the names under headstart/STACK/."
        yield warn(STRAY, seen, "Reconcile removes them once it sees that a component has left.", do)
