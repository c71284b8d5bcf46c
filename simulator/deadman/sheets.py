"""The tables: trace by trace and kind by kind, then every day that was worse than allowed."""

from collections.abc import Callable, Iterable, Sequence
from math import isinf
from statistics import median

from simulator.bench.sheet import Sheet
from simulator.deadman.measure import ALLOWED, FRESH, SLACK_S, Day, Pair
from simulator.deadman.schedule import Kind

ALL = "all"

type Key = Callable[[Day], str]


def sheets(days: Sequence[Day]) -> list[Sheet]:
    return [verdict(days), by_trace(days), by_kind(days), worse(days)]


def verdict(days: Sequence[Day]) -> Sheet:
    above, fresh = _worse_as_drawn(days), [day for day in days if day.is_worse]
    harmed = [day for day in fresh if _is_harmed(day)]
    rows = (
        ("days played", f"{len(days)}"),
        (
            f"mean wait over {ALLOWED} x native's, without any slack",
            f"{sum(day.drawn.ratio > ALLOWED for day in days)}",
        ),
        (f"and {SLACK_S} s longer as well: worse, as drawn", f"{len(above)}"),
        (f"still worse over {len(FRESH)} other draws of the start-up times", f"{len(fresh)}"),
        (f"and over {ALLOWED} x a good day's wait on those: what was done to the controller", f"{len(harmed)}"),
        ("a minimum left raised with nothing booked to release it", f"{sum(day.ended.floor_for_ever for day in days)}"),
        ("good days that are worse than native scaling, as drawn", _good(days)),
    )
    return Sheet(
        "Is the worst day worse than native scaling alone?", "One row narrows the one before.", ("", "days"), rows
    )


def _good(days: Sequence[Day]) -> str:
    good = {(day.job.trace, day.job.seed): day.good for day in days}
    return f"{sum(pair.is_worse for pair in good.values())} of {len(good)}"


def by_trace(days: Sequence[Day]) -> Sheet:
    return Sheet(
        "Trace by trace",
        "Mean wait over native scaling's, paired by start-up times; the median over the days, and the worst. Native's "
        "own wait is the median. Good days: Headstart on the same start-up times, with nothing done to it.",
        ("trace", "native, s", "good days", "worst", "bad days", "worst", "worse, as drawn", "over other draws"),
        tuple(_row(name, chosen) for name, chosen in _grouped(days, lambda day: day.job.trace)),
    )


def by_kind(days: Sequence[Day]) -> Sheet:
    kinds = tuple(Kind)
    rows = [
        (
            name,
            *(_cell([day for day in chosen if day.job.schedule and day.job.schedule.kind is kind]) for kind in kinds),
        )
        for name, chosen in _grouped(days, lambda day: day.job.trace)
    ]
    note = "Median, worst, and how many of how many days were worse than allowed, as drawn."
    return Sheet("Kind by kind", note, ("trace", *kinds), tuple(rows))


def worse(days: Sequence[Day]) -> Sheet:
    found = sorted(_worse_as_drawn(days), key=lambda day: -(day.fresh.ratio if day.fresh else day.drawn.ratio))
    head = ("trace", "day", "native, s", "bad day", "good day", "bad day, other draws", "good day, other draws", "what")
    note = (
        f"Ratios to native scaling alone. *Other draws*: means over {len(FRESH)} seeds of start-up times that chose "
        "nothing. Where the good day is as bad, it is not what was done to the controller."
    )
    return Sheet("Days that were worse, as drawn", note, head, tuple(map(_worse, found)))


def _worse(day: Day) -> tuple[str, ...]:
    schedule = day.job.schedule
    return (
        day.job.trace,
        f"{schedule.number}" if schedule else "-",
        f"{day.native.mean_wait_s:.2f}",
        _number(day.drawn.ratio),
        _number(day.good.ratio),
        _of(day.fresh),
        _of(day.fresh_alive),
        f"{schedule.kind}: {schedule}" if schedule else "-",
    )


def _row(name: str, days: Sequence[Day]) -> tuple[str, ...]:
    good, bad = [day.good.ratio for day in days], [day.drawn.ratio for day in days]
    return (
        name,
        f"{median(day.native.mean_wait_s for day in days):.2f}",
        _number(median(good)),
        _number(max(good)),
        _number(median(bad)),
        _number(max(bad)),
        f"{len(_worse_as_drawn(days))} of {len(days)}",
        f"{sum(day.is_worse for day in days)}",
    )


def _cell(days: Sequence[Day]) -> str:
    if not days:
        return "-"
    ratios = [day.drawn.ratio for day in days]
    return f"{_number(median(ratios))}, {_number(max(ratios))}; {len(_worse_as_drawn(days))} of {len(days)}"


def _grouped(days: Sequence[Day], key: Key) -> Iterable[tuple[str, list[Day]]]:
    names = dict.fromkeys(map(key, days))
    yield from ((name, [day for day in days if key(day) == name]) for name in names)
    if len(names) > 1:
        yield ALL, list(days)


def _worse_as_drawn(days: Iterable[Day]) -> list[Day]:
    return [day for day in days if day.drawn.is_worse]


def _is_harmed(day: Day) -> bool:
    """Worse than a good day on the same start-up times, too."""
    if day.fresh is None or day.fresh_alive is None:
        return False
    return Pair(day.fresh.ours_s, day.fresh_alive.ours_s).is_worse


def _of(pair: Pair | None) -> str:
    return "-" if pair is None else _number(pair.ratio)


def _number(value: float) -> str:
    return "∞" if isinf(value) else f"{value:.2f}" if value < 10 else f"{value:.0f}"
