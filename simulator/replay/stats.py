"""Comparing two policies on the same seeds: medians of paired ratios with 95 % bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from random import Random
from statistics import median

from simulator.replay.waits import Episode

RESAMPLES = 2000
COVERAGE = 0.95

type Run = Sequence[Episode]
"""The episodes of one replay. Episodes depend on the trace alone: every run of one trace has the same."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours to the baseline's: below 1, ours is less. `pairs` is how many ratios the median is of."""

    median: float
    low: float
    high: float
    pairs: int

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g}, {self.pairs} pairs)"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean waits of ours to those of the baseline.

    overall: by seed. per_episode: by episode, of each the median over the seeds. without_worst: by seed, without the
    episode at `worst_start_s`, which holds the most wait of both policies over all seeds; None if it is the only one.
    worst_share: how much of all wait that is.
    """

    overall: Ratio
    per_episode: Ratio
    without_worst: Ratio | None
    worst_start_s: float
    worst_share: float


def paired_ratio(ours: Sequence[float], baseline: Sequence[float], seed: int = 1) -> Ratio:
    """The same arguments give the same interval: percentile bootstrap (Efron 1979) over the pairs.

    Raises ValueError without a pair or where lengths differ.
    """
    return interval([ratio(mine, other) for mine, other in zip(ours, baseline, strict=True)], seed)


def ratio(ours: float, baseline: float) -> float:
    """Two zeros are equal: 1. Something against nothing is infinite."""
    if baseline:
        return ours / baseline
    return inf if ours else 1.0


def compare(ours: Sequence[Run], baseline: Sequence[Run], seed: int = 1) -> Comparison:
    """Runs in the order of their seeds. Raises ValueError where runs do not belong together."""
    runs = [*ours, *baseline]
    if not runs or len(ours) != len(baseline) or len({_arrivals(run) for run in runs}) != 1:
        raise ValueError("runs to compare must be of the same trace and the same seeds")
    count = len(runs[0])
    held = [sum(run[number].total_wait_s for run in runs) for number in range(count)]
    worst = max(range(count), key=held.__getitem__)
    rest = [number for number in range(count) if number != worst]
    everything = range(count)
    per_episode = [
        median(ratio(mine[number].mean_wait_s, other[number].mean_wait_s) for mine, other in _pairs(ours, baseline))
        for number in everything
    ]
    return Comparison(
        overall=_by_seed(ours, baseline, everything, seed),
        per_episode=interval(per_episode, seed),
        without_worst=_by_seed(ours, baseline, rest, seed) if rest else None,
        worst_start_s=runs[0][worst].start_s,
        worst_share=held[worst] / sum(held) if any(held) else 0.0,
    )


def _pairs(ours: Sequence[Run], baseline: Sequence[Run]) -> list[tuple[Run, Run]]:
    return list(zip(ours, baseline, strict=True))


def _arrivals(run: Run) -> tuple[tuple[float, int], ...]:
    return tuple((episode.start_s, episode.requests) for episode in run)


def _by_seed(ours: Sequence[Run], baseline: Sequence[Run], numbers: Sequence[int], seed: int) -> Ratio:
    return paired_ratio(
        [_mean_wait(run, numbers) for run in ours], [_mean_wait(run, numbers) for run in baseline], seed
    )


def _mean_wait(run: Run, numbers: Sequence[int]) -> float:
    return sum(run[n].total_wait_s for n in numbers) / sum(run[n].requests for n in numbers)


def interval(values: Sequence[float], seed: int = 1) -> Ratio:
    """Median and 95 % bootstrap interval of what was paired already. Raises ValueError without a value."""
    if not values:
        raise ValueError("nothing to compare")
    random = Random(f"bootstrap/{seed}")
    medians = sorted(median(random.choices(values, k=len(values))) for _ in range(RESAMPLES))
    tail = int(RESAMPLES * (1 - COVERAGE) / 2)
    return Ratio(median(values), medians[tail], medians[-1 - tail], len(values))
