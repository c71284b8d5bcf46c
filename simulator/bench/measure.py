"""Runs a plan on all cores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from statistics import median

from rich.console import Console

from simulator.bench.ablations import ABLATIONS, ablated, switched_off
from simulator.bench.plan import OURS, STATIC, Job, Plan
from simulator.bench.traces import Sized
from simulator.plant.spec import load_plant
from simulator.replay.choose import maker
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


def measure(plan: Plan, traces: Sequence[Sized], console: Console, workers: int | None = None) -> list[Measured]:
    """In the plan's order. Raises WorkerFailed."""
    preload()
    scenes = Scenes(traces)
    fixed = [job for job in plan.jobs if job.policy == STATIC]
    found = _run([job for job in plan.jobs if job.policy != STATIC], scenes, console, workers)
    named = {job: replace(job, policy=_static(job, found, scenes)) for job in fixed}
    found |= {job: replace(one, job=job) for job, one in _rename(named, scenes, console, workers).items()}
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
            start = spec.sizing.start_copies if spec.sizing is not None else None
            self._scenes[key] = Scene(one.trace, spec, replace(one.derived, start_override=start))
        return self._scenes[key]


def _run(jobs: Sequence[Job], scenes: Scenes, console: Console, workers: int | None) -> dict[Job, Measured]:
    runs = [(job, seed) for job in jobs for seed in range(1, job.seeds + 1)]
    weights = {job: scenes.of(job).duration_s * _weight(job.policy) for job in jobs}
    # The longest first, so that no core is left alone with one at the end.
    runs.sort(key=lambda run: -weights[run[0]])
    tasks = [partial(_replay, scenes.of(job), job.policy, seed) for job, seed in runs]
    if not tasks:
        return {}
    with bar(console, "replaying", [weights[job] for job, _ in runs]) as progress:
        done = dict(results(tasks, workers or cores(), progress))
    by_job: dict[Job, dict[int, Outcome]] = {}
    for number, (job, seed) in enumerate(runs):
        by_job.setdefault(job, {})[seed] = done[number]
    return {job: Measured(job, tuple(by_job[job][seed] for seed in sorted(by_job[job]))) for job in jobs}


def _replay(scene: Scene, policy: str, seed: int, report: Report) -> Outcome:
    if policy not in ABLATIONS:
        return replay(scene, maker(policy), seed, report)
    with switched_off(policy):
        return replay(scene, lambda: ablated(policy), seed, report)


def _rename(named: dict[Job, Job], scenes: Scenes, console: Console, workers: int | None) -> dict[Job, Measured]:
    found = _run(list(named.values()), scenes, console, workers)
    return {job: found[other] for job, other in named.items()}


def _static(job: Job, found: dict[Job, Measured], scenes: Scenes) -> str:
    """The count whose copy-hours over the whole replay are those of Headstart, rounded up."""
    ours = found[replace(job, policy=OURS)].outcomes
    hours = median(outcome.metrics["copy_hours"] for outcome in ours)
    return f"static-{ceil(hours * 3600 / scenes.of(job).duration_s - 1e-9)}"


def _weight(policy: str) -> float:
    return next((weight for name, weight in WEIGHTS.items() if policy.startswith(name)), OTHER_WEIGHT)
