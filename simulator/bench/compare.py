"""From outcomes to ratios: by trace, and over all traces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simulator.bench.measure import Measured
from simulator.replay.outcome import Outcome
from simulator.replay.stats import Comparison, Ratio, compare, paired_ratio

METRICS = (
    "mean_wait_s", "slow_1s_share", "slow_10s_share", "slow_intervals_share", "copy_hours", "instance_hours", "writes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One policy against one baseline on one trace and plant, over the seeds that both have."""

    trace: str
    plant: str
    policy: str
    baseline: str
    seeds: int
    ratios: dict[str, Ratio]
    waits: Comparison


def compared(measured: Sequence[Measured], baselines: Iterable[str]) -> list[Compared]:
    """Every policy against every baseline that was measured on the same trace and plant."""
    places = {(one.job.trace, one.job.plant, one.job.policy): one for one in measured}
    return [
        _compare(one, places[key], baseline)
        for one in measured
        for baseline in baselines
        if baseline != one.job.policy and (key := (one.job.trace, one.job.plant, baseline)) in places
    ]


def _compare(ours: Measured, theirs: Measured, baseline: str) -> Compared:
    seeds = min(len(ours.outcomes), len(theirs.outcomes))
    mine, other = ours.outcomes[:seeds], theirs.outcomes[:seeds]
    return Compared(
        trace=ours.job.trace,
        plant=ours.job.plant,
        policy=ours.job.policy,
        baseline=baseline,
        seeds=seeds,
        ratios={key: paired_ratio(_figures(mine, key), _figures(other, key)) for key in METRICS},
        waits=compare([run.episodes for run in mine], [run.episodes for run in other]),
    )


def _figures(outcomes: Iterable[Outcome], key: str) -> list[float]:
    return [float(outcome.metrics[key]) for outcome in outcomes]


def every_ratio(row: Compared) -> dict[str, Ratio | None]:
    """With the mean wait's `per_episode` and `without_worst`, which is None where there is but one episode."""
    return {**row.ratios, "per_episode": row.waits.per_episode, "without_worst": row.waits.without_worst}


def over_traces(rows: Sequence[Compared]) -> dict[str, Ratio]:
    """For each metric the median of the traces' medians; the interval is over traces. Keys as in `every_ratio`."""
    ones = [1.0] * len(rows)
    found = {key: paired_ratio([row.ratios[key].median for row in rows], ones) for key in METRICS}
    found["per_episode"] = paired_ratio([row.waits.per_episode.median for row in rows], ones)
    kept = [row.waits.without_worst.median for row in rows if row.waits.without_worst is not None]
    if kept:
        found["without_worst"] = paired_ratio(kept, [1.0] * len(kept))
    return found


def select(
    rows: Iterable[Compared], policy: str | None = None, baseline: str | None = None, plant: str = "standard"
) -> list[Compared]:
    return [
        row for row in rows if row.plant == plant and policy in (None, row.policy) and baseline in (None, row.baseline)
    ]
