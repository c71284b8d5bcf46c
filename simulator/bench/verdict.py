"""What is asked of Headstart (issue "Deciding", Shows 1 to 5), and whether it was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf

from simulator.bench.measure import Measured
from simulator.bench.plan import OURS
from simulator.bench.traces import Kind, Sized
from simulator.replay.choose import FRONTIER, GROUPS
from simulator.replay.outcome import Outcome
from simulator.replay.stats import Ratio, compare, interval, paired_ratio
from simulator.replay.summary import medians

NATIVE, MIN_1 = "native-high-res", "native-min-1"
WITHOUT_WORST = "without_worst"
SLACK = 0.002
"""Of all requests: 0.2 points."""
BEATEN = 0.95
NARROW = "\N{NO-BREAK SPACE}"
RIVALS = ("native-standard", NATIVE, MIN_1, *GROUPS["peers"])


@dataclass(frozen=True, slots=True)
class Criterion:
    """At most `most` times the baseline's figure, and `slack` more, and `an_hour` more for each hour of the trace."""

    kind: Kind
    label: str
    figure: str
    baseline: str
    most: float
    plant: str = "standard"
    slack: float = 0.0
    an_hour: float = 0.0

    @property
    def asked(self) -> str:
        more = (
            f" + {100 * self.slack:g} points" if self.slack else f" + {self.an_hour:g} an hour" if self.an_hour else ""
        )
        return f"≤ {self.most:g}{more}"

    @property
    def absolute(self) -> bool:
        """Judged by what is too much, since a ratio cannot tell a little more than nothing from a lot more."""
        return bool(self.slack or self.an_hour)


def _to(baseline: str, kind: Kind, *rows: tuple[str, str, float]) -> list[Criterion]:
    suffix = "" if baseline == NATIVE else f" to {baseline}"
    return [Criterion(kind, label + suffix, figure, baseline, most) for label, figure, most in rows]


def _slow(kind: Kind, most: float, plant: str, suffix: str = "") -> list[Criterion]:
    return [
        Criterion(kind, f"over {seconds} s{suffix}", f"slow_{seconds}s_share", NATIVE, most, plant, SLACK)
        for seconds in (1, 10)
    ]


CRITERIA: Sequence[Criterion] = (
    *_to(
        NATIVE,
        Kind.WAKES,
        ("mean wait", "mean_wait_s", 0.2),
        ("without the worst episode", WITHOUT_WORST, 0.2),
        ("copy-hours", "copy_hours", 0.95),
        ("instance-hours", "instance_hours", 1.0),
    ),
    *_to(
        MIN_1,
        Kind.WAKES,
        ("mean wait", "mean_wait_s", 0.5),
        ("without the worst", WITHOUT_WORST, 0.5),
        ("copy-hours", "copy_hours", 1.05),
    ),
    *_slow(Kind.BURSTS, 0.85, "standard"),
    Criterion(Kind.BURSTS, "copy-hours", "copy_hours", NATIVE, 1.0),
    *_slow(Kind.BURSTS, 0.7, "all-warm", ", all-warm"),
    Criterion(Kind.BURSTS, "copy-hours, all-warm", "copy_hours", NATIVE, 1.0, "all-warm"),
    Criterion(Kind.STEADY, "copy-hours", "copy_hours", NATIVE, 1.02),
    Criterion(Kind.STEADY, "over 1 s", "slow_1s_share", NATIVE, 1.0),
    Criterion(Kind.STEADY, "over 10 s", "slow_10s_share", NATIVE, 1.0),
    Criterion(Kind.STEADY, "writes", "writes", NATIVE, 1.0, an_hour=2.0),
)


WAIT_SLACK, COST_SLACK = 1.25, 0.05
"""On other plants, and told a wrong service time: a quarter more waiting, a twentieth of native's cost."""
SLOWER = 1.25 * SLACK


def robust(plant: str) -> Sequence[Criterion]:
    """Shows 6: 1 to 3 with a slack; who starts short must wait no longer than native does."""
    wakes = 1.0 if plant == "starts-short" else 0.2 * WAIT_SLACK
    bursts = 1.0 if plant == "starts-short" else (0.7 if plant == "all-warm" else 0.85) * WAIT_SLACK
    return (
        Criterion(Kind.WAKES, "wakes: mean wait", "mean_wait_s", NATIVE, wakes, plant),
        Criterion(Kind.WAKES, "copy-hours", "copy_hours", NATIVE, 0.95 + COST_SLACK, plant),
        Criterion(Kind.WAKES, "mean wait to native-min-1", "mean_wait_s", MIN_1, 0.5 * WAIT_SLACK, plant),
        Criterion(Kind.BURSTS, "bursts: over 1 s", "slow_1s_share", NATIVE, bursts, plant, SLOWER),
        Criterion(Kind.BURSTS, "over 10 s", "slow_10s_share", NATIVE, bursts, plant, SLOWER),
        Criterion(Kind.BURSTS, "copy-hours", "copy_hours", NATIVE, 1.0 + COST_SLACK, plant),
        Criterion(Kind.STEADY, "steady: copy-hours", "copy_hours", NATIVE, 1.02 + COST_SLACK, plant),
        Criterion(Kind.STEADY, "over 1 s", "slow_1s_share", NATIVE, WAIT_SLACK, plant, SLOWER),
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """`excess`: by how much the figure is too large, in its own unit; None where the ratio is judged."""

    criterion: Criterion
    ratio: Ratio
    excess: Ratio | None

    @property
    def reached(self) -> bool:
        """On the upper end of the 95 % interval."""
        return self.ratio.high <= self.criterion.most if self.excess is None else self.excess.high <= 1e-12

    @property
    def short_by(self) -> str:
        if self.reached:
            return ""
        if self.excess is None:
            percent = 100 * (self.ratio.high / self.criterion.most - 1)
            return "∞" if isinf(percent) else f"{percent:.{0 if percent >= 10 else 1}f}{NARROW}%"
        if self.criterion.slack:
            return f"{100 * self.excess.high:.2g}{NARROW}points"
        return f"{self.excess.high:.3g}{NARROW}writes"


class Runs:
    """What was measured, by trace, plant and policy."""

    def __init__(self, measured: Sequence[Measured]) -> None:
        self._places = {(one.job.trace, one.job.plant, one.job.policy): one.outcomes for one in measured}

    def of(self, trace: str, policy: str, plant: str = "standard") -> tuple[Outcome, ...]:
        return self._places.get((trace, plant, policy), ())

    def pairs(
        self, trace: str, ours: str, theirs: str, plant: str = "standard"
    ) -> tuple[tuple[Outcome, ...], tuple[Outcome, ...]]:
        """Over the seeds that both have."""
        mine, other = self.of(trace, ours, plant), self.of(trace, theirs, plant)
        seeds = min(len(mine), len(other))
        return mine[:seeds], other[:seeds]


def judge(criterion: Criterion, one: Sized, runs: Runs, policy: str = OURS) -> Judged | None:
    """None where it was not measured."""
    ours, theirs = runs.pairs(one.name, policy, criterion.baseline, criterion.plant)
    if not ours:
        return None
    if criterion.figure == WITHOUT_WORST:
        found = compare([run.episodes for run in ours], [run.episodes for run in theirs]).without_worst
        return None if found is None else Judged(criterion, found, None)
    mine, other = ([float(run.metrics[criterion.figure]) for run in some] for some in (ours, theirs))
    if not criterion.absolute:
        return Judged(criterion, paired_ratio(mine, other), None)
    allowed = criterion.slack + criterion.an_hour * one.trace.last_s / 3600
    excess = [our - criterion.most * their - allowed for our, their in zip(mine, other, strict=True)]
    return Judged(criterion, paired_ratio(mine, other), interval(excess))


def over_class(judged: Sequence[Judged]) -> Judged:
    """The median of the traces' medians; the interval is over traces, where there are several."""
    if len(judged) == 1:
        return judged[0]
    ratio = paired_ratio([one.ratio.median for one in judged], [1.0] * len(judged))
    excesses = [one.excess.median for one in judged if one.excess is not None]
    return Judged(judged[0].criterion, ratio, interval(excesses) if excesses else None)


def beaten_by(trace: str, runs: Runs) -> list[tuple[str, float, float]]:
    """Who needs less of both by more than 5 %: name, and its mean wait and copy-hours over ours.

    By medians over the seeds that both have.
    """
    found: list[tuple[str, float, float]] = []
    for name in (*FRONTIER, *RIVALS):
        theirs, ours = runs.pairs(trace, name, OURS)
        if theirs:
            (their_wait, their_hours), (wait, hours) = _place(theirs), _place(ours)
            if their_wait < BEATEN * wait and their_hours < BEATEN * hours:
                found.append((name, their_wait / wait, their_hours / hours))
    return sorted(found, key=lambda one: one[1] * one[2])


def _place(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    figures = medians([run.metrics for run in outcomes])
    return figures["mean_wait_s"], figures["copy_hours"]
