"""What one run came to, as plain values that another process can be sent."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator.plant.sizing import Derived
from simulator.plant.spec import PlantSpec
from simulator.replay.choose import Maker, remark
from simulator.replay.journal import Decision
from simulator.replay.peers.foresight import Foreseeing, Foresight
from simulator.replay.run import DRAIN_S, Run, run
from simulator.replay.timeline import Moment
from simulator.replay.waits import Episode, Waits
from simulator.replay.workers import Report
from simulator.replay.world import Policy, World
from simulator.traces.trace import Trace

REPORTS = 50
"""How many times a run tells how far it has come."""


@dataclass(frozen=True)
class Scene:
    """What every policy is compared on."""

    trace: Trace
    spec: PlantSpec
    derived: Derived

    @property
    def duration_s(self) -> float:
        return self.trace.last_s + DRAIN_S

    @cached_property
    def foresight(self) -> Foresight:
        """Ask before processes are forked that would each go through the trace."""
        return Foresight(self.trace.demands(self.spec.service, self.derived.factor))


@dataclass(frozen=True, slots=True)
class Outcome:
    """`metrics`: the figures of summary.json. `decisions` and `moments` are empty unless they were asked for."""

    policy: str
    remark: str
    seed: int
    metrics: dict[str, Any]
    episodes: tuple[Episode, ...]
    failures: tuple[tuple[str, str], ...]
    decisions: tuple[Decision, ...]
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """A policy whose run tells how far it has come, as a share of it."""

    policy: Policy
    duration_s: float
    report: Report

    @property
    def name(self) -> str:
        return self.policy.name

    @property
    def min_copies(self) -> int | None:
        return self.policy.min_copies

    def install(self, world: World) -> None:
        self.policy.install(world)
        begin, step = world.engine.now, self.duration_s / REPORTS

        def tell() -> None:
            share = (world.engine.now - begin) / self.duration_s
            self.report(share)
            if share < 1:
                world.engine.after(step, tell)

        world.engine.after(step, tell)


def replay(scene: Scene, make: Maker, seed: int, report: Report, *, in_detail: bool = False) -> Outcome:
    """One policy and one seed on the scene."""
    policy = make()
    if isinstance(policy, Foreseeing):
        policy.foresee(scene.foresight)
    watched = Watched(policy, scene.duration_s, report)
    found = run(scene.trace, scene.spec, scene.derived, watched, seed, in_detail=in_detail)
    return Outcome(
        policy=policy.name,
        remark=remark(policy),
        seed=seed,
        metrics=_metrics(found.waits, found),
        episodes=found.waits.episodes,
        failures=found.failures,
        decisions=found.decisions,
        moments=tuple(found.timeline.moments()) if found.timeline is not None else (),
    )


def _metrics(waits: Waits, found: Run) -> dict[str, Any]:
    return {
        "requests": waits.requests,
        "served": waits.served,
        "gave_up": waits.gave_up,
        "mean_wait_s": round(waits.mean_wait_s, 6),
        "p50_wait_s": round(waits.p50_wait_s, 6),
        "p95_wait_s": round(waits.p95_wait_s, 6),
        "p99_wait_s": round(waits.p99_wait_s, 6),
        "slow_1s_share": round(waits.slow_1s_share, 6),
        "slow_10s_share": round(waits.slow_10s_share, 6),
        "slow_intervals_share": round(waits.slow_intervals_share, 6),
        "refused_attempts": waits.refused_attempts,
        "copy_hours": round(found.copy_hours, 6),
        "instance_hours": round(found.instance_hours, 6),
        "writes": found.writes,
        "writes_blocked": found.writes_blocked,
        "aws_calls": found.aws_calls,
        "invocations": found.invocations,
    }
