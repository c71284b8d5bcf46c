"""Which part of a trace the demo plays, and how it is scaled: by rule, so that any trace can be given.

A window is WINDOW_S long. It begins at an arrival (the component stands at zero copies, so this is the wake), its
first 70 s are busy enough to keep asking while copies start, and a burst follows once they are there. Of all such
windows the one whose burst is nearest to three times an even wake is taken, the earliest of equals.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import floor, log, log10
from typing import NamedTuple

WINDOW_S = 160
WAKE_S = 60
BURST_S = 40
# Copies of the demo plant are in service about 65 s after the first refusal.
BURST_FROM_S = range(75, WINDOW_S - BURST_S + 1, 5)
# What a later burst leads to would lie beyond the window's end.
LATE_S = 95
BURST_TO_WAKE = 3.0
BURST_COPIES = 6
"""Copies the burst is made to need at the target load: enough to see sizing, few enough to start within the demo."""
MAX_REQUESTS = 600
"""More than this is thinned: a client on a small machine must not become the bottleneck."""
TARGET_SHARE = 0.7
"""Target tracking is usually aimed at about 70 % of what a copy serves at once."""

# Least requests in the whole window, and least of the first seven 10 s bins with any; relaxed for sparse traces.
DEMANDS = ((150, 6), (40, 6), (40, 4), (1, 1))
FIRST_BIN_LEAST = 4


class Offer(NamedTuple):
    """An arrival of a trace (seconds from its start) and the slot-seconds it needs."""

    arrival_s: float
    service_s: float


@dataclass(frozen=True, slots=True)
class Window:
    """`offers` count from the window's start; service times are scaled by `factor` already. Loads are in requests
    being served at once."""

    starts_at_s: float
    length_s: float
    offers: tuple[Offer, ...]
    kept_one_in: int
    factor: float
    slots: int
    target: float
    wake_load: float
    burst_load: float
    burst_from_s: float

    @property
    def mean_service_s(self) -> float:
        return sum(offer.service_s for offer in self.offers) / len(self.offers)

    def demand(self) -> "Demand":
        return Demand(self.offers)


class Demand:
    """How many requests would be running at a time, if each were served the moment it arrives."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._begins = sorted(offer.arrival_s for offer in offers)
        self._ends = sorted(offer.arrival_s + offer.service_s for offer in offers)

    def at(self, second: float) -> int:
        return bisect_right(self._begins, second) - bisect_right(self._ends, second)


class Loads:
    """Prefix sums by whole seconds: requests, and slot-seconds that arrive (by Little's law the load they make)."""

    def __init__(self, trace: Sequence[Offer]) -> None:
        self.first, self.seconds = int(trace[0].arrival_s), int(trace[-1].arrival_s) + 1
        work, count = [0.0] * self.seconds, [0] * self.seconds
        for offer in trace:
            work[int(offer.arrival_s)] += offer.service_s
            count[int(offer.arrival_s)] += 1
        self._work = list(accumulate(work, initial=0.0))
        self._count = list(accumulate(count, initial=0))

    def requests(self, start: int, end: int) -> int:
        return self._count[min(end, self.seconds)] - self._count[min(start, self.seconds)]

    def load(self, start: int, length: int) -> float:
        end = min(start + length, self.seconds)
        return (self._work[end] - self._work[min(start, self.seconds)]) / length


class Candidate(NamedTuple):
    misfit: float
    start: int
    wake: float
    burst: float
    burst_from: int


def choose(trace: Sequence[Offer], slots: int) -> Window:
    """The window of a trace (sorted, not empty) for copies that serve `slots` requests at once. Raises ValueError."""
    loads = Loads(trace)
    best = next((min(found) for demand in DEMANDS if (found := list(_candidates(loads, *demand)))), None)
    if best is None:
        raise ValueError("the trace asks for no service time; there is nothing to scale for")
    chosen = [
        Offer(offer.arrival_s - best.start, offer.service_s)
        for offer in trace[bisect_left(trace, (best.start,)) : bisect_left(trace, (best.start + WINDOW_S,))]
    ]
    kept_one_in = -(-len(chosen) // MAX_REQUESTS)
    target = round(TARGET_SHARE * slots, 2)
    factor = _two_digits(BURST_COPIES * target * kept_one_in / best.burst)
    first = chosen[0].arrival_s
    return Window(
        starts_at_s=best.start + first,
        length_s=float(WINDOW_S),
        offers=tuple(Offer(offer.arrival_s - first, offer.service_s * factor) for offer in chosen[::kept_one_in]),
        kept_one_in=kept_one_in,
        factor=factor,
        slots=slots,
        target=target,
        wake_load=best.wake * factor / kept_one_in,
        burst_load=best.burst * factor / kept_one_in,
        burst_from_s=float(best.burst_from),
    )


def _candidates(loads: Loads, least_requests: int, least_busy_bins: int) -> Iterator[Candidate]:
    for start in range(max(loads.first + 1, loads.seconds - WINDOW_S + 1)):
        if not loads.requests(start, start + 1) or loads.requests(start, start + WINDOW_S) < least_requests:
            continue
        bins = [loads.requests(at, at + 10) for at in range(start, start + 70, 10)]
        if bins[0] < min(FIRST_BIN_LEAST, least_requests) or sum(map(bool, bins)) < least_busy_bins:
            continue
        wake = loads.load(start, WAKE_S)
        burst, negative = max((loads.load(start + at, BURST_S), -at) for at in BURST_FROM_S)
        # A trace that ends before any burst still has its wake to show.
        burst = burst or wake
        if wake > 0.0:
            yield Candidate(_misfit(loads, start, wake, burst, -negative), start, wake, burst, -negative)


def _misfit(loads: Loads, start: int, wake: float, burst: float, burst_from: int) -> float:
    """0 for an even wake and a burst of three times as much, soon enough; a larger burst is better than a smaller."""
    short = log(BURST_TO_WAKE * wake / burst)
    half = WAKE_S // 2
    share = min(max(loads.load(start, half) / (2.0 * wake), 0.01), 0.99)
    uneven = abs(log(share / (1.0 - share)))
    late = max(0, burst_from - LATE_S) / 10.0
    return max(short, -0.3 * short) + 0.5 * uneven + late


def _two_digits(value: float) -> float:
    return round(value, 1 - floor(log10(value)))
