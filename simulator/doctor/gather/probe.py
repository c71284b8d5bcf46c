"""A test alarm through the whole path: the one thing here that changes anything, and only where Headstart observes."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from headstart.app.records import DecisionRecord
from headstart.domain.model import Mode, SignalKind, State
from simulator.doctor.facts import ComponentFacts, Facts, ProbeFacts
from simulator.doctor.gather.components import store
from simulator.doctor.gather.session import Clients

LONGEST_S = 90.0
"""A cold start, five attempts of the function's own 5 s apart, and some."""
POLL_S = 2.0
REASON = "headstart doctor: a test alarm"


def refusal(facts: Facts, component: ComponentFacts) -> str:
    """Why the alarm must not be set off; empty where it may."""
    stack = facts.known_stack
    if stack is None or "TableName" not in stack.outputs:
        return "the stack is not there"
    if not isinstance(component.state, State) or component.state.policy is None:
        return "Headstart has no policy for it yet, so the alarm would lead to no decision"
    if component.state.policy.mode is not Mode.OBSERVE:
        return "Headstart's table says act: a test alarm could change its copies"
    own = component.own_tags
    tag = own.get("headstart:mode") if isinstance(own, dict) else None
    if tag != Mode.OBSERVE and stack.parameters.get("MaximumMode") != Mode.OBSERVE:
        return f"its tag headstart:mode is {tag}: a test alarm could change its copies"
    return ""


def probe(
    clients: Clients,
    facts: Facts,
    component: ComponentFacts,
    clock: Callable[[], datetime],
    wait: Callable[[float], object] = time.sleep,
) -> ProbeFacts:
    """Sets the component's pressure alarm to ALARM, by its own hand, and waits for the decision it leads to."""
    why = refusal(facts, component)
    if why or facts.known_stack is None:
        return ProbeFacts(component=component.name, refusal=why)
    kind, cloudwatch = SignalKind.PRESSURE, clients("cloudwatch")
    alarm = f"headstart/{facts.asked.stack}/{component.name}/{kind}"
    standing = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    if not standing:
        return ProbeFacts(component=component.name, refusal=f"its alarm {alarm} is not there")
    if standing[0]["StateValue"] == "ALARM":
        return ProbeFacts(
            component=component.name, refusal=f"{alarm} is in ALARM already, and acts on transitions only"
        )
    set_at = clock()
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason=REASON)
    table = facts.known_stack.outputs["TableName"]
    while (now := clock()) - set_at <= timedelta(seconds=LONGEST_S):
        decision = _decision(clients, table, component.name, kind, set_at, now)
        if decision is not None:
            waited = (decision.at - set_at).total_seconds()
            return ProbeFacts(component=component.name, kind=kind, set_at=set_at, waited=waited, decision=decision)
        wait(POLL_S)
    return ProbeFacts(component=component.name, kind=kind, set_at=set_at, waited=LONGEST_S)


def _decision(
    clients: Clients, table: str, name: str, kind: SignalKind, since: datetime, now: datetime
) -> DecisionRecord | None:
    # Clocks differ by a little; an alarm of the component's own within that second would be taken for ours.
    page = store(clients, table).decisions(name, since - timedelta(seconds=1), now + timedelta(minutes=1), 20, None)
    made = [one for one in page.records if one.signal is kind]
    return made[-1] if made else None
