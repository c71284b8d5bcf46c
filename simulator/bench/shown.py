"""Ratios as a reader wants them, and the terminal's tables."""

from collections.abc import Sequence
from math import isinf

from rich.console import Console
from rich.table import Table

from simulator.bench.compare import Compared, every_ratio, over_traces, select
from simulator.bench.plan import OURS
from simulator.bench.sheet import Sheet
from simulator.replay.stats import Ratio

COLUMNS = {
    "mean_wait_s": "mean wait",
    "per_episode": "per episode",
    "without_worst": "without the worst episode",
    "slow_1s_share": "over 1 s",
    "slow_10s_share": "over 10 s",
    "slow_intervals_share": "slow intervals",
    "copy_hours": "copy-hours",
    "instance_hours": "instance-hours",
    "writes": "writes",
}
"""What is compared, in the order of a table's columns."""
ALL = "all traces"
SAME_TERMS = (
    "Every policy writes through the same API and update lock, and reads the same metrics as late as they are; the "
    "limits know what no controller can."
)

type Rows = Sequence[tuple[str, dict[str, Ratio | None]]]
"""Named rows of ratios by the keys of COLUMNS."""


def number(value: float) -> str:
    if isinf(value):
        return "∞"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(found: Ratio | None) -> str:
    """Median and 95 % interval; a dash where there is none."""
    return "-" if found is None else f"{number(found.median)} ({number(found.low)}-{number(found.high)})"


def by_trace(rows: Sequence[Compared]) -> Rows:
    """Rows of one policy and baseline: each trace, and all of them."""
    each = [(row.trace, every_ratio(row)) for row in rows]
    return [*each, (ALL, dict(over_traces(rows)))] if len(rows) > 1 else each


def by_policy(rows: Sequence[Compared]) -> Rows:
    """Rows of one baseline: each policy over all traces."""
    names = list(dict.fromkeys(row.policy for row in rows))
    return [(name, dict(over_traces([row for row in rows if row.policy == name]))) for name in names]


def tables(rows: Sequence[Compared], baselines: Sequence[str]) -> list[Table]:
    """For each baseline: Headstart trace by trace, and every policy over all traces."""
    found: list[Table] = []
    for baseline in baselines:
        against = select(rows, baseline=baseline)
        ours = by_trace(select(against, policy=OURS))
        if ours:
            found.append(_table(f"{OURS} to {baseline}, trace by trace", "trace", ours))
        found.append(_table(f"Every policy to {baseline}, over all traces", "policy", by_policy(against)))
    return found


def _table(title: str, first: str, rows: Rows) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column(first, header_style="dim", no_wrap=True)
    for column in COLUMNS.values():
        table.add_column(column, header_style="dim", justify="right")
    for name, found in rows:
        style = "bold" if name in (ALL, OURS) else ""
        table.add_row(name, *(ratio(found.get(key)) for key in COLUMNS), style=style)
    return table


def show(console: Console, sheet: Sheet) -> None:
    console.print(sheet.title, style="bold", highlight=False)
    console.print(sheet.note, style="dim", markup=False, highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for place, column in enumerate(sheet.head):
        table.add_column(column, header_style="dim", justify="right" if place else "left", no_wrap=not place)
    for row in sheet.rows:
        table.add_row(*row)
    console.print(table, highlight=False)
    console.print()
