"""How long a stack takes to enrol many components, and what it costs in calls and time to keep them."""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from headstart.app.pace import QUOTAS
from simulator.perf.fleet_world import Fleet, Tick

SIZES = (500, 1000, 2000, 5000)
LONGEST_ENROLMENT = 24 * 60
"""Minutes after which a fleet that has not settled never will."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One size of fleet, ``hours`` of steady state. Durations are of runs, median and longest; ages of the oldest."""

    size: int
    settled_after: timedelta
    enrolling_s: tuple[float, float]
    steady_s: tuple[float, float]
    calls: Counter[str]
    hours: float
    busiest: dict[str, int]
    oldest_bounds: timedelta
    oldest_target: timedelta
    failed: int

    @property
    def calls_each(self) -> float:
        """Calls a component and hour."""
        return self.calls.total() / self.size / self.hours


def measure(
    size: int, hours: float, progress: Callable[[str], None] = lambda _: None, slowdown: float | None = None
) -> Measured:
    """Enrol a fleet, then watch it. Raises RuntimeError: it does not settle within a day."""
    fleet = Fleet(size, slowdown)
    ticks = fleet.ticks()
    enrolling = _settle(fleet, ticks, progress)
    # A round of turns before anything is counted: the first one bears the mark of how they came.
    for _ in range(15):
        next(ticks)
    steady: list[Tick] = []
    for minute in range(round(60 * hours)):
        steady.append(next(ticks))
        progress(f"{size}: steady, minute {minute}")
    end = datetime.fromtimestamp(steady[-1].at, UTC) + timedelta(seconds=steady[-1].duration_s)
    states = fleet.states()
    return Measured(
        size=size,
        settled_after=timedelta(seconds=enrolling[-1].at - enrolling[0].at + enrolling[-1].duration_s),
        enrolling_s=_median_and_longest(enrolling),
        steady_s=_median_and_longest(steady),
        calls=sum((tick.calls for tick in steady), Counter()),
        hours=hours,
        busiest=fleet.busiest,
        oldest_bounds=end - min(s.imported_at for s in states if s.imported_at),
        oldest_target=end - min(s.target_read_at for s in states if s.target_read_at),
        failed=sum(len(tick.done["failed"]) for tick in [*enrolling, *steady]),
    )


def _settle(fleet: Fleet, ticks: Iterator[Tick], progress: Callable[[str], None]) -> list[Tick]:
    seen: list[Tick] = []
    for tick in ticks:
        seen.append(tick)
        progress(f"{fleet.size}: enrolling, minute {len(seen)}")
        if tick.done["deferred"] == 0 and fleet.is_settled():
            return seen
        if len(seen) > LONGEST_ENROLMENT:
            break
    raise RuntimeError(f"{fleet.size} components are not enrolled after {LONGEST_ENROLMENT} minutes")


def _median_and_longest(ticks: list[Tick]) -> tuple[float, float]:
    return median(tick.duration_s for tick in ticks), max(tick.duration_s for tick in ticks)


def main() -> None:
    """Print how fleets of growing size come up and are kept."""
    parser = argparse.ArgumentParser(prog="python -m simulator.perf.fleet", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="components, with commas between")
    parser.add_argument("--hours", type=float, default=1.0, help="of steady state (default: 1)")
    options = parser.parse_args()
    console = Console()
    sizes = [int(size) for size in options.sizes.split(",")]
    with Progress(console=console, transient=True) as shown:
        task = shown.add_task("", total=None)
        found = [measure(size, options.hours, lambda text: shown.update(task, description=text)) for size in sizes]
    for table in (_sizes(found), _calls(found), _quotas(found)):
        console.print(table)
    console.print(
        "An idle fleet with native scaling, one stack. Modelled: 60 ms a call (DynamoDB 5, batches 20), waiting for "
        "quotas, and this machine's processor time at Lambda's share of a processor for 512 MB. No cold start."
    )


def _sizes(found: list[Measured]) -> Table:
    table = Table(title="From nothing to steady state, and what a run takes then")
    columns = ("components", "all enrolled", "a run, enrolling", "a run, steady", "oldest bounds", "oldest target")
    for column in columns:
        table.add_column(column, justify="right")
    for one in found:
        durations = (f"{middle:.1f} s (≤ {most:.1f})" for middle, most in (one.enrolling_s, one.steady_s))
        ages = (f"{age.total_seconds() / 60:.0f} min" for age in (one.oldest_bounds, one.oldest_target))
        table.add_row(f"{one.size}", f"{one.settled_after.total_seconds() / 60:.1f} min", *durations, *ages)
    return table


def _calls(found: list[Measured]) -> Table:
    table = Table(title="AWS calls a component and hour in steady state")
    table.add_column("")
    for one in found:
        table.add_column(f"{one.size}", justify="right")
    for operation in sorted(set().union(*(one.calls for one in found))):
        table.add_row(operation, *(f"{one.calls[operation] / one.size / one.hours:.2f}" for one in found))
    table.add_section()
    table.add_row("all", *(f"{one.calls_each:.2f}" for one in found))
    table.add_row("errors", *(f"{one.failed}" for one in found))
    return table


def _quotas(found: list[Measured]) -> Table:
    table = Table(title="Calls in the busiest second")
    for column in ("", *(f"{one.size}" for one in found), "quota"):
        table.add_column(column, justify="right" if column else "left")
    for quota, rate in QUOTAS.items():
        counts = [one.busiest.get(quota, 0) for one in found]
        if any(counts):
            table.add_row(quota, *map(str, counts), f"{rate:g}")
    return table


if __name__ == "__main__":
    main()
