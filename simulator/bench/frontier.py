"""Headstart beside native's whole frontier on one trace."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.bench.measure import Measured
from simulator.bench.plan import OURS
from simulator.replay.choose import FRONTIER
from simulator.replay.stats import ratio
from simulator.replay.summary import medians


@dataclass(frozen=True, slots=True)
class Beside:
    """Ratios of ours to the best native set-up, with its name; None where no set-up is as cheap, or waits as little."""

    trace: str
    at_equal_cost: tuple[str, float] | None
    at_equal_wait: tuple[str, float] | None


def beside_frontier(trace: str, measured: Sequence[Measured]) -> Beside | None:
    """By medians over the seeds; None where the frontier was not measured."""
    points = {one.job.policy: _point(one) for one in measured if one.job.trace == trace and one.job.plant == "standard"}
    natives = [(name, *points[name]) for name in FRONTIER if name in points]
    if OURS not in points or not natives:
        return None
    wait, hours = points[OURS]
    as_cheap = [(their_wait, name) for name, their_wait, their_hours in natives if their_hours <= hours]
    as_quick = [(their_hours, name) for name, their_wait, their_hours in natives if their_wait <= wait]
    return Beside(
        trace,
        (min(as_cheap)[1], ratio(wait, min(as_cheap)[0])) if as_cheap else None,
        (min(as_quick)[1], ratio(hours, min(as_quick)[0])) if as_quick else None,
    )


def _point(one: Measured) -> tuple[float, float]:
    figures = medians([run.metrics for run in one.outcomes])
    return figures["mean_wait_s"], figures["copy_hours"]
