"""From options to facts, in the order in which one thing makes the next possible."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator.doctor.facts import Asked, Facts, FunctionFacts, Identity, ProbeFacts, Seen, StackFacts, Unseen
from simulator.doctor.gather import account, components, metrics, observed, probe, stack
from simulator.doctor.gather.session import Clients, look, look_for
from simulator.doctor.needs import Place, needs
from simulator.engine import WALL_CLOCK

SAMPLE = Path(__file__).resolve().parents[3] / "events" / "alarm_pressure.json"
MOST_COMPONENTS = 25
"""Each takes a dozen calls."""
RULES = {"AlarmFunctionStateChange": "AlarmFunction", "ReconcileFunctionTick": "ReconcileFunction"}
QUEUES = ("FollowQueue", "DeadLetterQueue")

type Clock = Callable[[], datetime]
type Step = Callable[[str], object]
"""Told what is being looked at."""


def wall_clock() -> datetime:
    return datetime.fromtimestamp(WALL_CLOCK(), UTC)


def gather(clients: Clients, asked: Asked, watch: float, step: Step, clock: Clock = wall_clock) -> Facts:
    """Everything that can be seen. What cannot be is noted as such; nothing is raised but an interrupt."""
    facts = Facts(asked=asked, now=clock())
    if not isinstance(asked.region, str):
        return facts
    step("credentials")
    facts.identity = look(lambda: account.identity(clients))
    if not isinstance(facts.identity, Identity):
        return facts
    step(f"stack {asked.stack}")
    facts.stack = look_for(lambda: stack.stack(clients, asked.stack))
    if not isinstance(facts.stack, StackFacts):
        similar = look(lambda: stack.lookalikes(clients))
        facts.lookalikes = similar if isinstance(similar, tuple) else ()
        return facts
    _enrolments(clients, facts, step)
    _stack_parts(clients, facts, facts.stack, step)
    _account(clients, facts, facts.stack, facts.identity, step)
    _components(clients, facts, facts.identity, watch, step, clock)
    return facts


def _enrolments(clients: Clients, facts: Facts, step: Step) -> None:
    step("enrolled components and their alarms")
    facts.enrolled = look(lambda: components.enrolled(clients))
    facts.alarms = look(lambda: components.our_alarms(clients, facts.asked.stack))


def _stack_parts(clients: Clients, facts: Facts, found: StackFacts, step: Step) -> None:
    for logical, resource in found.resources.items():
        if resource.kind == "AWS::Lambda::Function":
            step(logical)
            facts.functions[logical] = _function(clients, resource.id, facts.now)
    step("rules, queues, table")
    sample: Mapping[str, Any] = json.loads(SAMPLE.read_text(encoding="utf-8"))
    names = [f"headstart/{facts.asked.stack}/{name}/{kind}" for name in _some(facts) for kind in ("pressure", "wake")]
    for logical in RULES:
        facts.rules[logical] = _of(facts, logical, lambda name: stack.rule(clients, name, names, sample))
    facts.mapping = _of(facts, "FollowFunction", lambda name: stack.mapping(clients, name))
    for logical in QUEUES:
        facts.queues[logical] = _of(facts, logical, lambda url: stack.queue(clients, url))
    facts.table = _of(facts, "Table", lambda name: stack.table(clients, name))


def _function(clients: Clients, name: str, now: datetime) -> Seen[FunctionFacts | None]:
    return look_for(lambda: stack.function(clients, name, now))


def _of[T](facts: Facts, logical: str, read: Callable[[str], T | None]) -> Seen[T | None]:
    """What is read of a resource of the stack; None where the stack or the account has none."""
    resource = facts.resource(logical)
    if resource is None:
        return None
    found: Seen[T | None] = look_for(lambda: read(resource.id))
    return found


def _some(facts: Facts) -> list[str]:
    """The components to look at closely; a name of no component stands in for none."""
    if facts.asked.component:
        return [facts.asked.component]
    enrolled = {} if isinstance(facts.enrolled, Unseen) else facts.enrolled
    return sorted(enrolled)[:MOST_COMPONENTS] or ["component"]


def _account(clients: Clients, facts: Facts, found: StackFacts, who: Identity, step: Step) -> None:
    step("permissions of the roles, quotas")
    partition, region = who.arn.split(":")[1], facts.region
    place = Place(facts.asked.stack, partition, region, who.account, found.resources, found.parameters)
    arns = {name: arn for name in found.resources if (arn := place.arn(name))}
    facts.verdicts = look(lambda: account.verdicts(clients, arns, list(needs(place))))
    facts.service_role = look(lambda: account.service_role_exists(clients))
    facts.quotas = look(lambda: account.quotas(clients))


def _components(clients: Clients, facts: Facts, who: Identity, watch: float, step: Step, clock: Clock) -> None:
    tags_of = {} if isinstance(facts.enrolled, Unseen) else dict(facts.enrolled)
    wanted = facts.asked.component
    if wanted and wanted not in tags_of:
        own = look(lambda: components.tags_of(clients, wanted))
        tags_of[wanted] = dict(own) if own and not isinstance(own, Unseen) else {}
    names = [wanted] if wanted else sorted(tags_of)[:MOST_COMPONENTS]
    table = facts.known_stack.outputs.get("TableName") if facts.known_stack else None
    for name in names:
        step(f"component {name}")
        seen = metrics.metrics(clients, name, clock())
        facts.components[name] = components.component(clients, facts.asked.stack, name, tags_of[name], table, seen)
        facts.observed[name] = observed.observed(clients, who, facts.region, facts.asked.stack, table, name, clock())
    _watch(clients, facts, watch, step, clock)
    if facts.asked.probe and wanted:
        step(f"test alarm of {wanted}, at most {probe.LONGEST_S:.0f} s")
        done = look(lambda: probe.probe(clients, facts, facts.components[wanted], clock))
        facts.probe = ProbeFacts(component=wanted, refusal=done.why) if isinstance(done, Unseen) else done


def _watch(clients: Clients, facts: Facts, watch: float, step: Step, clock: Clock) -> None:
    """Only where points came lately: where none came, none will be seen coming."""
    active = [
        name
        for name, one in facts.components.items()
        if isinstance(series := one.metrics.concurrency, tuple)
        and series
        and one.metrics.at - series[-1].at < metrics.FRESH
    ]
    if not active or not watch:
        return
    step(f"how late points of {', '.join(active)} come, {watch:.0f} s")
    arrivals = look(lambda: metrics.watch(clients, active, watch, clock))
    if not isinstance(arrivals, Unseen):
        for name, found in arrivals.items():
            one = facts.components[name]
            facts.components[name] = replace(one, metrics=replace(one.metrics, arrivals=tuple(found)))
