"""Plays the bad days, and native scaling alone on the same traces and seeds."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean
from warnings import catch_warnings, simplefilter

from rich.console import Console

from simulator.bench.kept import Kept
from simulator.deadman.schedule import Kind, Schedule, busiest, draw
from simulator.deadman.struck import Struck
from simulator.plant.sizing import derive_for
from simulator.plant.spec import load_plant
from simulator.replay.choose import maker
from simulator.replay.outcome import Scene, Watched
from simulator.replay.progress import bar
from simulator.replay.run import run
from simulator.replay.stack import preload
from simulator.replay.workers import Report, results
from simulator.traces.trace import Row, Trace, TraceWriter

ALLOWED = 1.05
SLACK_S = 0.05
"""Where hardly anybody waits, a twentieth of nothing is no measure: a mean wait this much longer is no worse."""
CUT = ", the busiest hours"
SEEDS = 2
"""Start-up times a trace: native scaling and a good day are played once on each, and shared by the bad days."""
FRESH = tuple(range(101, 107))
"""Seeds of start-up times, for days that were worse than allowed: a day is worse, or its copies were slow to start."""
NATIVE, ALIVE = "native-high-res", "alive"


@dataclass(frozen=True, slots=True)
class Ended:
    """What one replay came to."""

    mean_wait_s: float
    slow_10s_share: float
    copy_hours: float
    floor_for_ever: bool
    told: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One replay: native scaling alone, Headstart on a good day, or on that of `schedule`."""

    trace: str
    policy: str
    seed: int
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Our wait and native scaling's, each a mean over the same seeds."""

    ours_s: float
    native_s: float

    @property
    def ratio(self) -> float:
        """1 where the two are the same to a millisecond's tenth."""
        if abs(self.ours_s - self.native_s) < 1e-4:
            return 1.0
        return self.ours_s / self.native_s if self.native_s else float("inf")

    @property
    def is_worse(self) -> bool:
        return self.ours_s > ALLOWED * self.native_s and self.ours_s - self.native_s > SLACK_S


@dataclass(frozen=True, slots=True)
class Day:
    """A schedule on its trace. `fresh`: the same on other start-up times, where `drawn` was worse than allowed."""

    job: Job
    ended: Ended
    native: Ended
    alive: Ended
    fresh: Pair | None = None
    fresh_alive: Pair | None = None

    @property
    def drawn(self) -> Pair:
        return Pair(self.ended.mean_wait_s, self.native.mean_wait_s)

    @property
    def good(self) -> Pair:
        return Pair(self.alive.mean_wait_s, self.native.mean_wait_s)

    @property
    def is_worse(self) -> bool:
        """On its own start-up times, and over others as well."""
        return self.drawn.is_worse and (self.fresh is None or self.fresh.is_worse)


def window(trace: Trace, longest_s: float) -> Trace:
    """The busiest part of a trace that is longer."""
    if trace.last_s <= longest_s:
        return trace
    arrivals = list(trace.arrivals())
    begin = busiest(arrivals, longest_s)
    writer = TraceWriter(f"{trace.name}{CUT}", timed=trace.timed)
    low, high = bisect_left(arrivals, begin), bisect_left(arrivals, begin + longest_s)
    for number, row in enumerate(trace.rows()):
        if low <= number < high:
            writer.append(Row(row.arrival_s - begin, *row[1:]))
    return writer.finish()


def scene(trace: Trace, hours: int) -> Scene:
    spec, part = load_plant("standard"), window(trace, 3600.0 * hours)
    return Scene(part, spec, derive_for(part, spec))


def planned(scenes: Mapping[str, Scene], count: int) -> list[Job]:
    """`count` bad days: each kind on each trace in turn, each round with other start-up times."""
    names, kinds = list(scenes), list(Kind)
    arrivals = {name: list(one.trace.arrivals()) for name, one in scenes.items()}
    jobs = []
    for number in range(count):
        name, kind = names[number % len(names)], kinds[number // len(names) % len(kinds)]
        seed = 1 + number // (len(names) * len(kinds)) % SEEDS
        jobs.append(Job(name, "headstart", seed, draw(number, kind, arrivals[name])))
    return jobs


def measure(
    scenes: Mapping[str, Scene], jobs: Sequence[Job], console: Console, workers: int, kept: Kept[Ended]
) -> list[Day]:
    """Each day, beside native scaling alone and a good day. Raises WorkerFailed."""
    preload()
    pairs = list(dict.fromkeys((job.trace, job.seed) for job in jobs))
    references = [Job(trace, policy, seed) for policy in (NATIVE, ALIVE) for trace, seed in pairs]
    found = _played(scenes, [*references, *jobs], console, workers, kept)
    days = [
        Day(job, found[job], found[Job(job.trace, NATIVE, job.seed)], found[Job(job.trace, ALIVE, job.seed)])
        for job in jobs
    ]
    worse = [day.job for day in days if day.drawn.is_worse]
    again = [replace(job, seed=seed) for job in worse for seed in FRESH]
    references = [
        Job(trace, policy, seed)
        for policy in (NATIVE, ALIVE)
        for trace in {job.trace for job in worse}
        for seed in FRESH
    ]
    fresh = _played(scenes, [*references, *again], console, workers, kept)

    def pair(job: Job, ours: Job) -> Pair:
        natives = [fresh[Job(job.trace, NATIVE, seed)].mean_wait_s for seed in FRESH]
        return Pair(fmean(fresh[replace(ours, seed=seed)].mean_wait_s for seed in FRESH), fmean(natives))

    return [
        replace(day, fresh=pair(day.job, day.job), fresh_alive=pair(day.job, Job(day.job.trace, ALIVE, 0)))
        if day.drawn.is_worse
        else day
        for day in days
    ]


def _played(
    scenes: Mapping[str, Scene], jobs: Sequence[Job], console: Console, workers: int, kept: Kept[Ended]
) -> dict[Job, Ended]:
    done = {job: ended for job in jobs if (ended := kept.get(_key(scenes, job))) is not None}
    left = [job for job in jobs if job not in done]
    weights = [scenes[job.trace].duration_s * (1.0 if job.policy == NATIVE else 5.0) for job in left]
    tasks = [partial(play, scenes[job.trace], job) for job in left]
    with bar(console, "replaying", weights) as progress:
        for number, ended in results(tasks, workers, progress):
            done[left[number]] = ended
            kept.add(_key(scenes, left[number]), ended)
    return done


def _key(scenes: Mapping[str, Scene], job: Job) -> tuple[object, ...]:
    part = scenes[job.trace]
    return job, part.trace.requests, part.trace.last_s, part.derived


def play(part: Scene, job: Job, report: Report) -> Ended:
    struck = Struck(job.schedule)
    policy = maker(NATIVE)() if job.policy == NATIVE else struck
    with catch_warnings():
        # Powertools warns of each invocation that failed before it had anything to count.
        simplefilter("ignore")
        found = run(part.trace, part.spec, part.derived, Watched(policy, part.duration_s, report), job.seed)
    return Ended(
        mean_wait_s=found.waits.mean_wait_s,
        slow_10s_share=found.waits.slow_10s_share,
        copy_hours=found.copy_hours,
        floor_for_ever=struck.floor_for_ever(),
        told=tuple(sorted(struck.day.told.items())) if struck.day is not None else (),
    )
