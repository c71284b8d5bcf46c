"""Offered load: the requests that would be busy if nobody ever had to wait, as an exact step function."""

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

type Demand = tuple[float, float]
"""Arrival and service time of one request, in seconds."""


def steps(demands: Iterable[Demand]) -> Iterator[tuple[float, int]]:
    """Time and level after each change. A request is busy from its arrival up to, not including, its end.

    Memory grows with the level, not with the number of requests.
    """
    ends: list[float] = []
    for arrival, service in demands:
        while ends and ends[0] <= arrival:
            yield heappop(ends), len(ends)
        if service > 0:
            heappush(ends, arrival + service)
            yield arrival, len(ends)
    while ends:
        yield heappop(ends), len(ends)


def occupancy(demands: Iterable[Demand]) -> list[float]:
    """Seconds spent at each level, from time 0 until the last request is over."""
    seconds = [0.0]
    ends: list[float] = []
    now = 0.0
    level = 0
    for arrival, service in demands:
        # The loop of `steps`, written out: it runs once a request for every factor that is tried.
        while level and ends[0] <= arrival:
            end = heappop(ends)
            seconds[level] += end - now
            now = end
            level -= 1
        seconds[level] += arrival - now
        now = arrival
        if service > 0:
            heappush(ends, arrival + service)
            level += 1
            if level == len(seconds):
                seconds.append(0.0)
    while level:
        end = heappop(ends)
        seconds[level] += end - now
        now = end
        level -= 1
    return seconds


def percentile(seconds: Sequence[float], share: float) -> int:
    """The lowest level that at least `share` of the time does not exceed; 0 if no time passed."""
    total = sum(seconds)
    # One part in a billion for the rounding of sums, so that a share met exactly counts as met.
    enough = total * (share - 1e-9)
    passed = 0.0
    for level, spent in enumerate(seconds):
        passed += spent
        if passed >= enough:
            return level
    return len(seconds) - 1


class Load(NamedTuple):
    """Offered load in one bin, in requests. `begin_s` counts from the trace's start."""

    begin_s: float
    mean: float
    peak: int


def loads(demands: Iterable[Demand], bin_s: float = 10.0) -> Iterator[Load]:
    """Bin by bin from 0 until the last request is over; the level at a bin's start belongs to its peak."""
    number, area, now, level, peak = 0, 0.0, 0.0, 0, 0
    for when, after in steps(demands):
        while when >= (number + 1) * bin_s:
            end = (number + 1) * bin_s
            yield Load(number * bin_s, (area + level * (end - now)) / bin_s, peak)
            number, area, now, peak = number + 1, 0.0, end, level
        area += level * (when - now)
        now, level = when, after
        peak = max(peak, level)
    if now > number * bin_s:
        yield Load(number * bin_s, area / bin_s, peak)
