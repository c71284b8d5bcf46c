"""A day after weeks of history, with and without the hours of the week, from options to files and an exit code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from headstart.domain.model import Mode, Policy, State
from headstart.domain.season import renewed
from simulator.forecast.policies import WithPast, told
from simulator.forecast.weeks import Weeks
from simulator.plant.sizing import derive_for
from simulator.plant.spec import load_plant
from simulator.plant.timefmt import utc
from simulator.replay.choose import Maker, maker
from simulator.replay.files import write_all
from simulator.replay.options import OptionError, folder, listed, values, whole
from simulator.replay.outcome import Outcome, Scene, replay
from simulator.replay.progress import bar
from simulator.replay.report import render
from simulator.replay.stack import preload
from simulator.replay.summary import as_json, summary
from simulator.replay.table import table, troubles
from simulator.replay.workers import cores, results
from simulator.replay.world import COMPONENT, START

KNOWN = ("LIMIT", "SEED", "SEEDS", "OUT", "WORKERS")
SHIFT_H = 5.0
DAYS_SHOWN = 16
ON, OFF = "headstart", "no-forecast"
WIDE = 140
"""Columns of a file, so that no figure is cut."""


def pasts(seed: int) -> dict[str, Weeks]:
    """What is compared, by name."""
    return {
        "office": Weeks("office", seed),
        "jobs": Weeks("jobs", seed),
        "smooth": Weeks("smooth", seed),
        "erratic": Weeks("erratic", seed),
        "office-shifts-today": Weeks("office", seed, SHIFT_H, 0.0),
        "office-shifted-yesterday": Weeks("office", seed, SHIFT_H, 1.0),
    }


@dataclass(frozen=True, slots=True)
class Options:
    """`seed`: of the traffic. `seeds`: of start-ups and all else. `limit`: names of pasts, all without any."""

    limit: tuple[str, ...]
    seed: int
    seeds: tuple[int, ...]
    out: Path
    workers: int

    @classmethod
    def of(cls, words: Sequence[str], environment: Mapping[str, str]) -> "Options":
        """Raises OptionError."""
        said = values(words, environment, KNOWN)
        limit = listed(said["LIMIT"])
        for name in limit:
            if name not in pasts(1):
                raise OptionError(f"LIMIT={name}: there is no such past; there are {', '.join(pasts(1))}")
        return cls(
            limit=limit or tuple(pasts(1)),
            seed=whole("SEED", said["SEED"] or "1", 0),
            seeds=tuple(range(1, 1 + whole("SEEDS", said["SEEDS"] or "3", 1, 100))),
            out=folder(said["OUT"] or "out/forecast"),
            workers=whole("WORKERS", said["WORKERS"], 1) if said["WORKERS"] else cores(),
        )


def command(options: Options, console: Console) -> int:
    """Exit code. Raises WorkerFailed."""
    if not console.is_terminal:
        console.width = WIDE
    preload()
    for name in options.limit:
        weeks = pasts(options.seed)[name]
        scene = stage(weeks)
        outcomes = _replayed(scene, weeks, options, console, name)
        write_all(
            options.out,
            {f"{name}.html": [render(scene, outcomes)], f"{name}.json": [as_json(summary(scene, outcomes))]},
        )
        console.print(f"[bold]{name}[/]: {scene.trace.requests} requests in a day; {scene.derived}", highlight=False)
        said = next((run.remark for run in outcomes if run.policy == ON), "")
        console.print(f"the back-test says: {said}", highlight=False)
        console.print(table(outcomes), highlight=False)
        for trouble in troubles(outcomes):
            console.print(trouble, style="red", markup=False, highlight=False)
    if "office-shifted-yesterday" in options.limit:
        console.print(_shift(options.seed), highlight=False)
    console.print(f"{options.out}/*.html, *.json", markup=False, highlight=False)
    return 0


def stage(weeks: Weeks) -> Scene:
    """The day to replay, and the standard plant sized for it."""
    spec, trace = load_plant("standard"), weeks.day()
    return Scene(trace, spec, derive_for(trace, spec))


def makers(weeks: Weeks) -> dict[str, Maker]:
    """With and without the hours of the week, and native scaling."""
    return {
        "native-high-res": maker("native-high-res"),
        OFF: lambda: WithPast(OFF, weeks, "off"),
        ON: lambda: WithPast(ON, weeks, "auto"),
    }


def _replayed(scene: Scene, weeks: Weeks, options: Options, console: Console, name: str) -> list[Outcome]:
    tasks = [
        partial(replay, scene, make, seed, in_detail=seed == options.seeds[0])
        for make in makers(weeks).values()
        for seed in options.seeds
    ]
    with bar(console, name, [scene.duration_s] * len(tasks)) as progress:
        found = dict(results(tasks, options.workers, progress))
    return [found[number] for number in range(len(tasks))]


def _shift(seed: int) -> Table:
    """What the back-test says on each day after a shift; nothing is replayed."""
    found = Table(title=f"office, {SHIFT_H:g} hours later since so many days", title_justify="left", box=None)
    found.add_column("days", justify="right")
    found.add_column("the back-test says")
    for days in range(DAYS_SHOWN):
        found.add_row(str(days), verdict(Weeks("office", seed, SHIFT_H, days)))
    return found


def verdict(weeks: Weeks) -> str:
    """The back-test on the day of START, by the deployed rule."""
    derived = stage(weeks).derived
    now = utc(START) + timedelta(minutes=15)
    policy = Policy(
        mode=Mode.ACT,
        target=derived.target,
        slots=derived.slots,
        min_copies=derived.min_copies,
        max_copies=derived.max_copies,
        service_seconds=derived.mean_service_s,
        reserve=2,
    )
    state = State(component=COMPONENT, created=now, version=1, enrolled=True, policy=policy)
    return told(renewed(policy, state, tuple(weeks.past(derived.mean_service_s)), now))
