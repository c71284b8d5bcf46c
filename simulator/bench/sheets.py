"""Tables that markdown, the page and the terminal share: verdicts, the limits, the reserve's curve, the ablations."""

from collections.abc import Sequence
from statistics import median

from headstart.domain.enrolment import RESERVE
from simulator.bench.ablations import ABLATIONS, PREFIX
from simulator.bench.measure import Measured
from simulator.bench.plan import OURS, VARIANTS
from simulator.bench.sheet import Sheet
from simulator.bench.shown import number
from simulator.bench.traces import Kind, Sized
from simulator.bench.verdict import CRITERIA, Criterion, Judged, Runs, beaten_by, judge, over_class, robust
from simulator.replay.policies import MISTAKEN, RESERVES
from simulator.replay.stats import paired_ratio
from simulator.replay.table import seconds

DASH = "-"
NOBODY = "nobody"
YES, NO = " yes", " no, by "
LIMITED = ("size-oracle", "clairvoyant")
MOST_NAMED = 3


def sheets(traces: Sequence[Sized], measured: Sequence[Measured]) -> list[Sheet]:
    """Those for which something was measured; the verdicts come last."""
    runs = Runs(measured)
    found = [
        _reserves(traces, runs),
        _ablations(traces, runs),
        _limits(traces, runs),
        _beaten(traces, runs),
        *(_verdict(kind, traces, runs) for kind in Kind),
        _robust(traces, runs),
    ]
    return [sheet for sheet in found if sheet is not None]


def _verdict(kind: Kind, traces: Sequence[Sized], runs: Runs) -> Sheet | None:
    asked = [criterion for criterion in CRITERIA if criterion.kind is kind]
    ours = [one for one in traces if one.kind is kind and runs.of(one.name, OURS)]
    if not ours:
        return None
    each = {one.name: [judge(criterion, one, runs) for criterion in asked] for one in ours}
    columns = [[judged for judged in column if judged is not None] for column in zip(*each.values(), strict=True)]
    whole = [over_class(column) if column else None for column in columns]
    reached = sum(one is not None and one.reached for one in whole)
    return Sheet(
        f"Verdict: {kind}",
        f"{OURS} to native-high-res where no other is named: the median and, in brackets, the upper end of its 95 % "
        "interval, which is judged; over the class, of the traces' medians. "
        f"Over the class {reached} of {sum(one is not None for one in whole)} are reached.",
        ("trace", *(criterion.label for criterion in asked)),
        (
            ("asked", *(criterion.asked for criterion in asked)),
            ("the class", *map(_cell, whole)),
            *((name, *map(_cell, row)) for name, row in each.items()),
        ),
    )


def _robust(traces: Sequence[Sized], runs: Runs) -> Sheet | None:
    """On other plants, and told a wrong service time."""
    set_ups = [(plant, plant, OURS) for plant in VARIANTS]
    set_ups += [(f"standard, {name}", "standard", name) for name in MISTAKEN]
    judged = {
        label: [_over(criterion, traces, runs, policy) for criterion in robust(plant)]
        for label, plant, policy in set_ups
    }
    if not any(one is not None for row in judged.values() for one in row):
        return None
    return Sheet(
        "Verdict: robust",
        f"{OURS} to native-high-res on the same plant, over the classes' traces that were measured there: the median, "
        "and in brackets the upper end. The slack is a quarter more waiting (or slow requests, and 0.25 points) "
        "and 0.05 of native's cost; where the component starts short it is to wait no longer than native's does.",
        ("plant", *(criterion.label for criterion in robust("standard"))),
        (
            ("asked", *(criterion.asked for criterion in robust("standard"))),
            *((label, *map(_cell, row)) for label, row in judged.items()),
        ),
    )


def _over(criterion: Criterion, traces: Sequence[Sized], runs: Runs, policy: str) -> Judged | None:
    each = [judge(criterion, one, runs, policy) for one in traces if one.kind is criterion.kind]
    found = [judged for judged in each if judged is not None]
    return over_class(found) if found else None


def _cell(judged: Judged | None) -> str:
    if judged is None:
        return DASH
    said = f"{number(judged.ratio.median)} ({number(judged.ratio.high)})"
    return said + YES if judged.reached else said + NO + judged.short_by


def _beaten(traces: Sequence[Sized], runs: Runs) -> Sheet | None:
    rows = [(one.name, *_beaters(one, runs)) for one in traces if runs.of(one.name, OURS)]
    if not rows:
        return None
    clean = sum(row[-1] == NOBODY for row in rows)
    return Sheet(
        f"Who beats {OURS} on both axes",
        f"By more than 5 % on mean wait and on copy-hours, of native's set-ups and the peers; in brackets their wait "
        f"and copy-hours over {OURS}'s. Nobody on {clean} of {len(rows)} traces.",
        ("trace", "how many", "by"),
        tuple(rows),
    )


def _beaters(one: Sized, runs: Runs) -> tuple[str, str]:
    found = beaten_by(one.name, runs)
    named = [f"{name} ({number(wait)}, {number(hours)})" for name, wait, hours in found[:MOST_NAMED]]
    more = ["..."] if len(found) > MOST_NAMED else []
    return str(len(found)), ", ".join([*named, *more]) or NOBODY


def _limits(traces: Sequence[Sized], runs: Runs) -> Sheet | None:
    rows = [
        (
            one.name,
            *(_ratio(runs, one.name, OURS, limit, key) for limit in LIMITED for key in ("mean_wait_s", "copy_hours")),
        )
        for one in traces
        if runs.of(one.name, OURS)
    ]
    head = tuple(f"{figure} to {limit}" for limit in LIMITED for figure in ("wait", "copy-hours"))
    return Sheet(
        "Against the limits",
        f"{OURS}'s mean wait and copy-hours over those of policies that know what no controller can. Aim: 1.5 of "
        "size-oracle's wait at equal copy-hours.",
        ("trace", *head),
        tuple(rows),
    )


def _reserves(traces: Sequence[Sized], runs: Runs) -> Sheet | None:
    names = [OURS if copies == RESERVE else f"headstart-reserve-{copies}" for copies in RESERVES]
    kept = [one for one in traces if all(runs.of(one.name, name) for name in names)]
    if not kept:
        return None
    return Sheet(
        "What each copy of reserve buys",
        "Mean wait and copy-hours, medians over the seeds that all reserves have; `headstart:reserve` in copies, "
        f"{RESERVE} by default.",
        ("trace", *map(str, RESERVES)),
        tuple((one.name, *_curve(one.name, names, runs)) for one in kept),
    )


def _curve(trace: str, names: Sequence[str], runs: Runs) -> list[str]:
    few = min(len(runs.of(trace, name)) for name in names)
    told: list[str] = []
    for name in names:
        chosen = [run.metrics for run in runs.of(trace, name)[:few]]
        wait, hours = (median(float(metrics[key]) for metrics in chosen) for key in ("mean_wait_s", "copy_hours"))
        told.append(f"{seconds(wait)} s, {hours:.1f} h")
    return told


def _ablations(traces: Sequence[Sized], runs: Runs) -> Sheet | None:
    kept = [one for one in traces if any(runs.of(one.name, name) for name in ABLATIONS)]
    if not kept:
        return None
    rows = [
        (f"{name.removeprefix(PREFIX)}: {ablation.meaning}", *(_both(runs, one.name, name) for one in kept))
        for name, ablation in ABLATIONS.items()
    ]
    return Sheet(
        "What each rule is worth",
        f"{OURS} with one rule switched off, over the whole {OURS} on the same seeds: mean wait / copy-hours. Above 1 "
        "the rule saves that much; a rule that changes nothing is worth nothing.",
        ("without its", *(one.name for one in kept)),
        tuple(rows),
    )


def _both(runs: Runs, trace: str, name: str) -> str:
    return " / ".join(_ratio(runs, trace, name, OURS, key) for key in ("mean_wait_s", "copy_hours"))


def _ratio(runs: Runs, trace: str, ours: str, theirs: str, key: str) -> str:
    mine, other = runs.pairs(trace, ours, theirs)
    if not mine:
        return DASH
    return number(paired_ratio([run.metrics[key] for run in mine], [run.metrics[key] for run in other]).median)
