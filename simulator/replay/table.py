"""The terminal's table at the end."""

from collections.abc import Sequence

from rich.table import Table

from simulator.replay.outcome import Outcome
from simulator.replay.summary import by_policy, medians

COLUMNS = (
    "mean",
    "p95",
    "p99",
    ">\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}s",
    ">\N{NO-BREAK SPACE}10\N{NO-BREAK SPACE}s",
    "gave up",
    "copy-h",
    "inst-h",
    "writes",
    "blocked",
)


def table(outcomes: Sequence[Outcome]) -> Table:
    """Medians over the seeds where there are several."""
    policies = by_policy(outcomes)
    seeds = len(next(iter(policies.values())))
    title = "Waits in seconds; shares of all requests" + (f"; medians over {seeds} seeds" if seeds > 1 else "")
    found = Table(title=title, title_justify="left", title_style="", box=None, padding=(0, 1, 0, 0), header_style="dim")
    found.add_column("policy", no_wrap=True)
    for column in COLUMNS:
        found.add_column(column, justify="right", no_wrap=True)
    for name, runs in policies.items():
        found.add_row(name, *cells([run.metrics for run in runs]))
    return found


def cells(runs: Sequence[dict[str, object]]) -> list[str]:
    """The figures of COLUMNS, as a reader wants them."""
    figures = medians(runs)
    return [
        seconds(figures["mean_wait_s"]),
        seconds(figures["p95_wait_s"]),
        seconds(figures["p99_wait_s"]),
        share(figures["slow_1s_share"]),
        share(figures["slow_10s_share"]),
        share(figures["gave_up"] / figures["requests"]),
        f"{figures['copy_hours']:.1f}",
        f"{figures['instance_hours']:.1f}",
        f"{figures['writes']:g}",
        f"{figures['writes_blocked']:g}",
    ]


def seconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def share(value: float) -> str:
    return "0 %" if not value else f"{100 * value:.{1 if value < 0.1 else 0}f} %"


def troubles(outcomes: Sequence[Outcome]) -> list[str]:
    """What Headstart's functions raised, a line a run."""
    return [
        f"{run.policy}, seed {run.seed}: {len(run.failures)} failed invocations, the first {': '.join(run.failures[0])}"
        for run in outcomes
        if run.failures
    ]
