"""The standard plant's sizing: what a trace makes of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from simulator.plant.offered import Demand, occupancy, percentile, steps
from simulator.plant.spec import PlantSpec, ServiceSpec

BUSY_SHARE = 0.999
LEAST_BUSY = 48
COPIES_AT_PEAK = 12
TARGET_TENTHS = 7
"""Target: 0.7 of the slots."""
MOST_COPIES = 24
START_WINDOW_S = 300.0
GAP_S = 300.0
"""Longer silence than this between two arrivals is a gap."""
MOST_FACTOR = 10_000


class Offered(Protocol):
    """What sizing needs of a trace."""

    def arrivals(self) -> Iterable[float]: ...

    def demands(self, law: ServiceSpec, factor: float = 1.0) -> Iterable[Demand]: ...


@dataclass(frozen=True, slots=True)
class Derived:
    """The plant's size for one trace. Times in seconds.

    busy: time-weighted 99.9th percentile of the requests busy at once, were servers unlimited, with `factor` applied.
    start_busy: the most of them in the first 300 s. mean_service_s: with `factor` applied. start_override: the plant's
    own count of copies at the start, whatever the trace needs. served_times: how many times the slots a copy serves.
    """

    factor: int
    busy: int
    start_busy: int
    mean_service_s: float
    gaps: int
    longest_gap_s: float
    start_override: int | None = None
    served_times: int = 1

    @property
    def slots(self) -> int:
        return max(1, -(-self.busy // COPIES_AT_PEAK))

    @property
    def served(self) -> int:
        """Requests that a copy serves at once."""
        return self.served_times * self.slots

    @property
    def target(self) -> float:
        return TARGET_TENTHS * self.slots / 10

    @property
    def min_copies(self) -> int:
        return 0 if self.gaps else 1

    @property
    def max_copies(self) -> int:
        return MOST_COPIES

    @property
    def start_copies(self) -> int:
        return self.start_with(self.min_copies)

    def start_with(self, least: int) -> int:
        """In service and idle at the start for a policy with this minimum."""
        if self.start_override is not None:
            return max(least, min(MOST_COPIES, self.start_override))
        # In whole numbers: 49 / 4.9 is a little more than 10.
        wanted = 0 if self.gaps else -(-10 * self.start_busy // (TARGET_TENTHS * self.slots))
        return max(least, min(MOST_COPIES, wanted))

    def __str__(self) -> str:
        light = "" if self.busy >= LEAST_BUSY else f" (no factor brings them to {LEAST_BUSY})"
        return (
            f"service times x {self.factor}, {self.mean_service_s:.2f} s on average; "
            f"99.9th percentile of busy requests {self.busy}{light}; {self.slots} slots a copy{self._more()}; "
            f"target {self.target:g}; {self.min_copies} to {self.max_copies} copies, {self.start_copies} at the start; "
            f"{self._silence()}"
        )

    def _more(self) -> str:
        return "" if self.served_times == 1 else f", of which it serves {self.served_times} times as many"

    def _silence(self) -> str:
        if not self.gaps:
            return "no gap over five minutes"
        noun = "gap" if self.gaps == 1 else "gaps"
        return f"{self.gaps} {noun} over five minutes, the longest {self.longest_gap_s / 60:.0f} min"


def derive(trace: Offered, law: ServiceSpec) -> Derived:
    """Sizes the plant as the standard plant's convention says. Goes through the trace once for every factor tried."""
    factor = smallest_factor(trace, law)
    busy = percentile(occupancy(trace.demands(law, factor)), BUSY_SHARE)
    start = max((level for _, level in steps(_first(trace.demands(law, factor)))), default=0)
    count, total = 0, 0.0
    for _, service in trace.demands(law, factor):
        count += 1
        total += service
    gaps = [gap for gap in (b - a for a, b in pairwise(trace.arrivals())) if gap > GAP_S]
    return Derived(factor, busy, start, total / count if count else 0.0, len(gaps), max(gaps, default=0.0))


def derive_for(trace: Offered, spec: PlantSpec) -> Derived:
    """``derive``, with what the plant itself says about its size."""
    return as_said(derive(trace, spec.service), spec)


def as_said(derived: Derived, spec: PlantSpec) -> Derived:
    """The size, with what the plant itself says about it."""
    start = spec.sizing.start_copies if spec.sizing is not None else None
    return replace(derived, start_override=start, served_times=spec.served.times if spec.served is not None else 1)


def _first(demands: Iterable[Demand]) -> Iterable[Demand]:
    """Levels rise at arrivals only, so the first 300 s peak at an arrival in them."""
    for demand in demands:
        if demand[0] >= START_WINDOW_S:
            return
        yield demand


def smallest_factor(trace: Offered, law: ServiceSpec) -> int:
    """The smallest whole factor with the percentile at LEAST_BUSY or more; 1 if none up to MOST_FACTOR has it.

    With a larger factor every request stays longer, so the seconds spent at LEAST_BUSY or above never fall. The whole
    time grows too, so their share may fall, and a bisection on the percentile could miss the smallest. Therefore the
    search is for the first factor whose seconds suffice for a whole time known to be too short; if they do not suffice
    for its own, it goes on from there with that.
    """

    def spent(factor: int) -> list[float]:
        return occupancy(trace.demands(law, factor))

    factor, seconds = 1, spent(1)
    while percentile(seconds, BUSY_SHARE) < LEAST_BUSY:
        # A little below the percentile's own bar, so that rounding cannot skip a factor.
        bar = 0.999 * (1 - BUSY_SHARE) * sum(seconds)
        found = _first_from(factor + 1, lambda tried, bar=bar: sum(spent(tried)[LEAST_BUSY:]) > bar)  # type: ignore[misc]
        if found is None:
            return 1
        factor, seconds = found, spent(found)
    return factor


def _first_from(low: int, suffices: Callable[[int], bool]) -> int | None:
    """The first of low, low + 1, ... MOST_FACTOR that suffices, by doubling and bisection; all after it do too."""
    step, high = 1, low
    while high <= MOST_FACTOR and not suffices(high):
        low, high, step = high + 1, high + step, 2 * step
    if high > MOST_FACTOR:
        return None
    while low < high:
        middle = (low + high) // 2
        if suffices(middle):
            high = middle
        else:
            low = middle + 1
    return high
