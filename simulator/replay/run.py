"""One trace, one policy, one seed, in virtual time."""

import gc
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from simulator.plant.clients import Clients, Settled
from simulator.plant.sizing import Derived
from simulator.plant.spec import PlantSpec
from simulator.replay.stack import quiet
from simulator.replay.world import START, Policy, World
from simulator.traces.trace import Trace

DRAIN_S = 1800.0
"""Arrivals stop, the plant drains: nobody is dropped at the end."""
GAVE_UP = float("nan")
"""Stands for a client that gave up, until the statistics count it."""


@dataclass(slots=True)
class CopiesAt:
    """Copies asked for and in service from ``at`` on (seconds from the trace's start)."""

    at: float
    desired: int
    in_service: int


@dataclass(slots=True, kw_only=True)
class Run:
    """What happened. ``arrivals`` and ``waits`` are in order of settling, in seconds; a client that gave up is NaN."""

    policy: str
    seed: int
    derived: Derived
    arrivals: array[float] = field(default_factory=lambda: array("d"))
    waits: array[float] = field(default_factory=lambda: array("d"))
    refused_attempts: int = 0
    copy_hours: float = 0.0
    instance_hours: float = 0.0
    writes: int = 0
    writes_blocked: int = 0
    aws_calls: dict[str, int] = field(default_factory=dict)
    invocations: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    copies: list[CopiesAt] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)


def run(trace: Trace, spec: PlantSpec, derived: Derived, policy: Policy, seed: int) -> Run:
    """Replay the whole trace, then half an hour without arrivals. The same arguments give the same result."""
    start = derived.start_copies if policy.min_copies is None else derived.start_with(policy.min_copies)
    world = World.make(spec, derived, seed, start)
    done = Run(policy=policy.name, seed=seed, derived=derived)
    _watch_copies(world, done, start)
    with quiet(), _without_garbage_collection():
        policy.install(world)
        _feed(world, trace, spec, derived, done)
        world.engine.run_until(START + trace.last_s + DRAIN_S)
    _account(world, done)
    return done


def _feed(world: World, trace: Trace, spec: PlantSpec, derived: Derived, done: Run) -> None:
    """Book one arrival at a time: memory holds what is in flight, not the trace."""
    clients = Clients(world.engine, world.component, spec.clients, world.seed)
    demands = enumerate(trace.demands(spec.service, derived.factor))
    arrivals, waits = done.arrivals, done.waits

    def settled(client: Settled) -> None:
        arrivals.append(client.first_attempt - START)
        waits.append(GAVE_UP if client.started_at is None else client.started_at - client.first_attempt)
        done.refused_attempts += client.refused

    def arrive(number: int, service_s: float) -> None:
        book_next()
        clients.send(number, service_s, settled)

    def book_next() -> None:
        following = next(demands, None)
        if following is not None:
            number, (arrival_s, service_s) = following
            world.engine.at(START + arrival_s, partial(arrive, number, service_s))

    book_next()


def _watch_copies(world: World, done: Run, start: int) -> None:
    done.copies.append(CopiesAt(0.0, start, start))

    def changed(now: float, kind: str, detail: dict[str, object]) -> None:
        if kind == "write_blocked":
            return
        state = CopiesAt(now - START, int(str(detail["desired"])), int(str(detail["in_service"])))
        last = done.copies[-1]
        if (last.desired, last.in_service) != (state.desired, state.in_service):
            done.copies.append(state)

    world.component.on_change(changed)


def _account(world: World, done: Run) -> None:
    component = world.component
    done.copy_hours = component.copy_seconds() / 3600
    done.instance_hours = world.account.endpoints[component.endpoint_name].fleet.instance_seconds() / 3600
    done.writes = component.accepted_writes
    done.writes_blocked = component.blocked_writes
    calls = world.stack.calls if world.stack is not None else world.services.calls
    done.aws_calls = {operation: count for (_, operation), count in sorted(calls.items())}
    if world.stack is not None:
        done.invocations = world.stack.invocations.total()
        done.failures = list(world.stack.failures)
        done.decisions = world.stack.decisions()


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    # Millions of small objects that reference counting frees; the collector only walks them.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
