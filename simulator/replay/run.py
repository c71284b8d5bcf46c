"""One trace, one policy, one seed, in virtual time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isclose

from simulator.plant.sizing import Derived
from simulator.plant.spec import PlantSpec
from simulator.replay.journal import Decision
from simulator.replay.stack import quiet
from simulator.replay.timeline import Timeline
from simulator.replay.traffic import Traffic
from simulator.replay.waits import Waits
from simulator.replay.world import START, Policy, World
from simulator.traces.trace import Trace

DRAIN_S = 1800.0
"""Arrivals stop, the plant drains: nobody is dropped at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What happened. ``failures``: what Headstart's functions raised. ``decisions``, ``timeline``: in detail only."""

    policy: str
    seed: int
    waits: Waits
    copy_hours: float
    instance_hours: float
    writes: int
    writes_blocked: int
    aws_calls: dict[str, int]
    invocations: int
    failures: tuple[tuple[str, str], ...]
    decisions: tuple[Decision, ...]
    timeline: Timeline | None


def run(trace: Trace, spec: PlantSpec, derived: Derived, policy: Policy, seed: int, *, in_detail: bool = False) -> Run:
    """Replay the whole trace, then half an hour without arrivals. The same arguments give the same result."""
    start = derived.start_copies if policy.min_copies is None else derived.start_with(policy.min_copies)
    with quiet(), _rare_garbage_collection():
        world = World.make(spec, derived, seed, start, in_detail=in_detail)
        policy.install(world)
        demands = trace.demands(spec.service, derived.factor)
        traffic = Traffic(world.engine, world.component, demands, spec, seed, by_gaps=bool(derived.gaps))
        timeline = Timeline(world.engine, world.component, traffic, trace.last_s + DRAIN_S) if in_detail else None
        world.engine.run_until(START + trace.last_s + DRAIN_S)
        found = _account(world, policy.name, traffic, timeline)
        _check_littles_law(world)
        return found


def _account(world: World, policy: str, traffic: Traffic, timeline: Timeline | None) -> Run:
    component, stack = world.component, world.stack
    # Billing ends with the drain; the clients that are still being served then are waited for afterwards.
    copy_hours = component.copy_seconds() / 3600
    instance_hours = world.account.endpoints[component.endpoint_name].fleet.instance_seconds() / 3600
    calls = stack.calls if stack is not None else world.services.calls
    return Run(
        policy=policy,
        seed=world.seed,
        copy_hours=copy_hours,
        instance_hours=instance_hours,
        writes=component.accepted_writes,
        writes_blocked=component.blocked_writes,
        aws_calls={operation: count for (_, operation), count in sorted(calls.items())},
        invocations=stack.invocations.total() if stack is not None else 0,
        failures=tuple(stack.failures) if stack is not None else (),
        decisions=stack.journal.decisions() if stack is not None else (),
        timeline=timeline,
        waits=traffic.finish(),
    )


def _check_littles_law(world: World) -> None:
    """Requests inside on average = rate of arrival x mean time inside (Little 1961); times the whole time: the area
    under the level is the sum of the stays. Raises ArithmeticError: a plant that loses requests has no true figures.
    """
    engine, component = world.engine, world.component
    # With `abandoned_served`, containers still work for clients that are long settled.
    while component.in_flight and engine.run_next():
        pass
    area, stays = component.request_seconds(), component.inside_seconds()
    if not isclose(area, stays, rel_tol=1e-9, abs_tol=1e-6):
        raise ArithmeticError(f"Little's law does not hold: {area} request-seconds inside, stays of {stays} s")


CYCLES = 20_000
"""Objects that are left over before the collector looks for cycles: paginators leave some, requests do not."""


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    # Millions of small objects that reference counting frees; the collector only walks them, and all that was imported.
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(CYCLES, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
