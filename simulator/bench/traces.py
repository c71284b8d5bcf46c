"""The traces of a benchmark: those shared beside the project, and the generator's shapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from rich.console import Console

from simulator.plant.sizing import Derived, derive
from simulator.plant.spec import load_plant
from simulator.replay.options import OptionError, open_trace
from simulator.replay.progress import bar
from simulator.replay.workers import Report, cores, results
from simulator.traces import SHAPES, Trace

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "traces"
ENDINGS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz")


class Kind(StrEnum):
    """What a trace asks of a controller."""

    WAKES = "wakes"
    BURSTS = "bursts, ramps and steps"
    STEADY = "steady"


STEADY_PEAK = 2.0
"""Steady: the 99.9th percentile of the requests busy at once is less than so many times their mean."""


@dataclass(frozen=True, slots=True)
class Sized:
    """A trace and the plant's size for it, which is the same in every variant but for the copies at the start."""

    name: str
    trace: Trace
    derived: Derived

    @property
    def wakes(self) -> bool:
        """It has silences over five minutes, so that components sleep and wake in it."""
        return bool(self.derived.gaps)

    @property
    def kind(self) -> Kind:
        if self.wakes:
            return Kind.WAKES
        # Little's law (1961): requests busy on average = rate of arrival x service time.
        mean = self.trace.requests * self.derived.mean_service_s / self.trace.last_s
        return Kind.STEADY if self.derived.busy < STEADY_PEAK * mean else Kind.BURSTS


def available(shared: Path = SHARED) -> dict[str, str]:
    """Name and how to open it, of every trace there is; shapes are those of seed 1."""
    files = sorted(file for file in shared.glob("*") if file.name.endswith(ENDINGS))
    found = {file.name.removesuffix(".gz").rpartition(".")[0]: str(file) for file in files}
    return found | {shape: f"generate:{shape}:1" for shape in SHAPES}


def limited(found: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    """Those of these names; all without any. Raises OptionError."""
    for name in names:
        if name not in found:
            raise OptionError(f"LIMIT={name}: there is no such trace; there are {', '.join(found)}")
    return {name: found[name] for name in names} if names else found


def sized(named: dict[str, str], console: Console, workers: int | None = None) -> list[Sized]:
    """Read all, then size the plant for each on all cores."""
    with console.status("reading traces"):
        traces = [open_trace(place) for place in named.values()]
    tasks = [partial(_derive, trace) for trace in traces]
    with bar(console, "sizing the plant", [trace.requests for trace in traces]) as progress:
        derived = dict(results(tasks, workers or cores(), progress))
    return [Sized(name, trace, derived[number]) for number, (name, trace) in enumerate(zip(named, traces, strict=True))]


def _derive(trace: Trace, _: Report) -> Derived:
    return derive(trace, load_plant("standard").service)
