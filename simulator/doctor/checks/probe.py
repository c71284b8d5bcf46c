"""The test alarm, where one was asked for."""

from collections.abc import Iterator

from simulator.doctor.facts import Facts
from simulator.doctor.findings import Finding, fail, ok, sentence, warn

PROBE = "test alarm"
SLOW_S = 30.0


def probe(facts: Facts) -> Iterator[Finding]:
    found = facts.probe
    if found is None:
        return
    if found.refusal:
        do = "Tag it observe, wait until reconcile has seen it, and ask again."
        yield warn(
            PROBE,
            sentence(f"Not set off: {found.refusal}"),
            "The path from alarm to decision was not tried.",
            do,
            found.component,
        )
    elif found.decision is None:
        do = "See the lines on the rule for alarms, function errors and dead letters."
        seen = f"The {found.kind} alarm was set to ALARM; no decision in {found.waited:.0f} s."
        yield fail(PROBE, seen, "Alarms of this component lead to nothing.", do, found.component)
    else:
        decision = found.decision
        seen = sentence(f"Decision {found.waited:.2f} s after the alarm, {decision.outcome.kind}: {decision.reason}")
        if found.waited > SLOW_S:
            means = "The path works, and is slow: an attempt failed and was repeated."
            yield warn(PROBE, seen, means, "See the line on function errors.", found.component)
        else:
            means = "Alarm, rule, function and table work together; its looks go on until it is calm."
            yield ok(PROBE, seen, means, found.component)
