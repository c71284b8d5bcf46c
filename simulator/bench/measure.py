"""Runs a plan on all cores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from statistics import median

from rich.console import Console

from simulator.bench.ablations import ABLATIONS, ablated, switched_off
from simulator.bench.kept import Kept
from simulator.bench.plan import OURS, STATIC, Job, Plan
from simulator.bench.traces import Sized
from simulator.plant.sizing import as_said
from simulator.plant.spec import load_plant
from simulator.replay.choose import LIMITS, maker
from simulator.replay.outcome import Outcome, Scene, replay
from simulator.replay.progress import bar
from simulator.replay.stack import preload
from simulator.replay.workers import Report, cores, results

WEIGHTS = {"headstart": 6.0, "without": 6.0, "native": 1.0}
"""How long a policy's run takes against native's, for the bar and for what is begun first."""
OTHER_WEIGHT = 2.5


@dataclass(frozen=True, slots=True)
class Measured:
    """A job's outcomes, one for each seed from 1."""

    job: Job
    outcomes: tuple[Outcome, ...]


def measure(
    plan: Plan, traces: Sequence[Sized], console: Console, workers: int | None = None, kept: Kept | None = None
) -> list[Measured]:
    """In the plan's order; what is kept is not run again. Raises WorkerFailed."""
    preload()
    bench = _Bench(Scenes(traces), console, workers or cores(), kept)
    fixed = [job for job in plan.jobs if job.policy == STATIC]
    found = bench.run([job for job in plan.jobs if job.policy != STATIC])
    named = {job: replace(job, policy=_static(job, found, bench.scenes)) for job in fixed}
    counted = bench.run(list(named.values()))
    found |= {job: replace(counted[other], job=job) for job, other in named.items()}
    return [found[job] for job in plan.jobs]


class Scenes:
    """Each trace on each plant, made when first asked for."""

    def __init__(self, traces: Sequence[Sized]) -> None:
        self._traces = {one.name: one for one in traces}
        self._scenes: dict[tuple[str, str], Scene] = {}

    def of(self, job: Job) -> Scene:
        key = job.trace, job.plant
        if key not in self._scenes:
            spec, one = load_plant(job.plant), self._traces[job.trace]
            self._scenes[key] = Scene(one.trace, spec, as_said(one.derived, spec))
        return self._scenes[key]


@dataclass(frozen=True, slots=True)
class _Bench:
    scenes: Scenes
    console: Console
    workers: int
    kept: Kept | None

    def run(self, jobs: Sequence[Job]) -> dict[Job, Measured]:
        runs = [(job, seed) for job in jobs for seed in range(1, job.seeds + 1)]
        done = {run: outcome for run in runs if (outcome := self._kept(run)) is not None}
        left = [run for run in runs if run not in done]
        weights = {job: self.scenes.of(job).duration_s * _weight(job.policy) for job in jobs}
        # The longest first, so that no core is left alone with one at the end.
        left.sort(key=lambda run: -weights[run[0]])
        for job, _ in left:
            if job.policy in LIMITS:
                _ = self.scenes.of(job).foresight
        tasks = [partial(_replay, self.scenes.of(job), job.policy, seed) for job, seed in left]
        with bar(self.console, "replaying", [weights[job] for job, _ in left]) as progress:
            for number, outcome in results(tasks, self.workers, progress):
                done[left[number]] = outcome
                if self.kept is not None:
                    self.kept.add(self._key(left[number]), outcome)
        return {job: Measured(job, tuple(done[job, seed] for seed in range(1, job.seeds + 1))) for job in jobs}

    def _kept(self, run: tuple[Job, int]) -> Outcome | None:
        return None if self.kept is None else self.kept.get(self._key(run))

    def _key(self, run: tuple[Job, int]) -> tuple[object, ...]:
        job, seed = run
        scene = self.scenes.of(job)
        return job.trace, scene.trace.requests, scene.trace.last_s, scene.derived, job.plant, job.policy, seed


def _replay(scene: Scene, policy: str, seed: int, report: Report) -> Outcome:
    if policy not in ABLATIONS:
        return replay(scene, maker(policy), seed, report)
    with switched_off(policy):
        return replay(scene, lambda: ablated(policy), seed, report)


def _static(job: Job, found: dict[Job, Measured], scenes: Scenes) -> str:
    """The count whose copy-hours over the whole replay are those of Headstart, rounded up."""
    ours = found[replace(job, policy=OURS)].outcomes
    hours = median(outcome.metrics["copy_hours"] for outcome in ours)
    return f"static-{ceil(hours * 3600 / scenes.of(job).duration_s - 1e-9)}"


def _weight(policy: str) -> float:
    return next((weight for name, weight in WEIGHTS.items() if policy.startswith(name)), OTHER_WEIGHT)
