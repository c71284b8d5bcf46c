"""`make dead-man`, from options to files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from simulator.bench.kept import Kept
from simulator.bench.results import compact_json
from simulator.bench.shown import show
from simulator.bench.traces import ROOT, SHARED, available, limited
from simulator.deadman.measure import Ended, measure, planned, scene
from simulator.deadman.sheets import sheets
from simulator.deadman.written import document, render, tree
from simulator.replay.files import write_all
from simulator.replay.options import folder, listed, open_trace, values, whole
from simulator.replay.workers import WorkerFailed, cores

KNOWN = ("DAYS", "HOURS", "LIMIT", "OUT", "WORKERS")
DAYS, HOURS = 200, 2
WIDE = 180


@dataclass(frozen=True, slots=True)
class Options:
    """`limit`: names of traces, all without any. `days`: how many, over all traces together. `hours`: the
    most that is played of a trace."""

    days: int
    hours: int
    limit: tuple[str, ...]
    out: Path | None
    workers: int

    @classmethod
    def of(cls, words: Sequence[str], environment: Mapping[str, str]) -> "Options":
        """Raises OptionError."""
        said = values(words, environment, KNOWN)
        return cls(
            days=whole("DAYS", said["DAYS"], 1, 100_000) if said["DAYS"] else DAYS,
            hours=whole("HOURS", said["HOURS"], 1, 8784) if said["HOURS"] else HOURS,
            limit=listed(said["LIMIT"]),
            out=folder(said["OUT"]) if said["OUT"] else None,
            workers=whole("WORKERS", said["WORKERS"], 1) if said["WORKERS"] else cores(),
        )

    @property
    def command(self) -> str:
        """What a reader types to get the same."""
        days = [] if self.days == DAYS else [f"DAYS={self.days}"]
        days += [] if self.hours == HOURS else [f"HOURS={self.hours}"]
        limit = [f"LIMIT={','.join(self.limit)}"] if self.limit else []
        return " ".join(["make dead-man", *days, *limit])


def command(options: Options, console: Console) -> int:
    """Exit code: 0, or 1 where a run broke. Raises OptionError or TraceError before anything runs."""
    if not console.is_terminal:
        console.width = WIDE
    found = limited(available(), options.limit)
    if not SHARED.exists():
        console.print(f"{SHARED} is not there: only the generated shapes are played", highlight=False)
    with console.status("reading traces and sizing the plant"):
        scenes = {name: scene(open_trace(place), options.hours) for name, place in found.items()}
    out = options.out or ROOT / "out" / "dead-man"
    kept = Kept[Ended](out / "runs.pickle")
    if kept:
        console.print(f"going on after {len(kept)} runs that were broken off", highlight=False)
    try:
        days = measure(scenes, planned(scenes, options.days), console, options.workers, kept)
    except WorkerFailed as failed:
        console.print(f"dead-man: a run broke, nothing was written:\n{failed}", markup=False, highlight=False)
        return 1
    files = {
        "results.json": [compact_json(tree(options.command, scenes, days))],
        "dead-man.html": [render(options.command, scenes, days)],
        "benchmark-dead.md": [document(options.command, scenes, days)],
    }
    write_all(out, files)
    if options.command == "make dead-man" and options.out is None and SHARED.exists():
        write_all(ROOT, {"docs/benchmark-dead.md": files["benchmark-dead.md"]})
    kept.forget()
    for sheet in sheets(days):
        show(console, sheet)
    console.print(f"{out}/{', '.join(files)}", markup=False, highlight=False, soft_wrap=True)
    return 0
