"""`make bench` and `make bench-full`, from options to files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from simulator.bench.compare import Compared, compared
from simulator.bench.html import render
from simulator.bench.kept import Kept
from simulator.bench.markdown import document
from simulator.bench.measure import Measured, measure
from simulator.bench.plan import BASELINES, SHOWN, everyday, full
from simulator.bench.results import as_results, compact_json
from simulator.bench.sheets import sheets
from simulator.bench.shown import show, tables
from simulator.bench.traces import ROOT, Sized, available, limited, sized
from simulator.replay.files import write_all
from simulator.replay.options import folder, listed, values, whole
from simulator.replay.table import troubles
from simulator.replay.workers import WorkerFailed

KNOWN = ("FULL", "LIMIT", "SEEDS", "OUT", "WORKERS")
WIDE = 180


@dataclass(frozen=True, slots=True)
class Options:
    """`limit`: names of traces, all without any. `seeds`: in place of the plan's own."""

    full: bool
    limit: tuple[str, ...]
    seeds: int | None
    out: Path | None
    workers: int | None

    @classmethod
    def of(cls, words: Sequence[str], environment: Mapping[str, str]) -> "Options":
        """Raises OptionError."""
        said = values(words, environment, KNOWN)
        return cls(
            full=bool(said["FULL"]),
            limit=listed(said["LIMIT"]),
            seeds=whole("SEEDS", said["SEEDS"], 1, 1000) if said["SEEDS"] else None,
            out=folder(said["OUT"]) if said["OUT"] else None,
            workers=whole("WORKERS", said["WORKERS"], 1) if said["WORKERS"] else None,
        )

    @property
    def narrowed(self) -> list[str]:
        """The words that made it less than the whole."""
        words = [f"LIMIT={','.join(self.limit)}"] if self.limit else []
        return words if self.seeds is None else [*words, f"SEEDS={self.seeds}"]

    @property
    def whole(self) -> bool:
        """Only a whole full run replaces what is committed."""
        return self.full and not self.narrowed and self.out is None


def command(options: Options, console: Console) -> int:
    """Exit code: 0, or 1 where a run broke. Raises OptionError or TraceError before anything runs."""
    if not console.is_terminal:
        console.width = WIDE
    traces = sized(limited(available(), options.limit), console, options.workers)
    plan = full(traces, options.seeds) if options.full else everyday(traces, options.seeds or 5)
    plan = replace(plan, command=" ".join([plan.command, *options.narrowed]))
    out = options.out or ROOT / "out" / ("bench-full" if options.full else "bench")
    kept = Kept(out / "runs.pickle")
    if kept:
        console.print(f"going on after {len(kept)} runs of a benchmark that was broken off", highlight=False)
    try:
        measured = measure(plan, traces, console, options.workers, kept)
    except WorkerFailed as failed:
        console.print(f"bench: a run broke, nothing was written:\n{failed}", markup=False, highlight=False)
        return 1
    rows = compared([one for one in measured if one.job.policy in SHOWN], BASELINES)
    found = {
        "results.json": [compact_json(as_results(plan, traces, measured, rows))],
        "benchmark.html": [render(plan, traces, measured, rows)],
    }
    if options.full:
        found["benchmark.md"] = [document(plan, traces, measured, rows)]
    write_all(out, found)
    kept.forget()
    if options.whole:
        write_all(ROOT, {"bench/results.json": found["results.json"], "docs/benchmark.md": found["benchmark.md"]})
    _print(console, traces, measured, rows)
    console.print(f"{out}/{', '.join(found)}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _print(console: Console, traces: Sequence[Sized], measured: Sequence[Measured], rows: Sequence[Compared]) -> None:
    for table in tables(rows, BASELINES):
        console.print(table, highlight=False)
        console.print()
    for sheet in sheets(traces, measured):
        show(console, sheet)
    for trouble in troubles([run for one in measured for run in one.outcomes]):
        console.print(trouble, style="red", markup=False, highlight=False)
