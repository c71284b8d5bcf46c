"""From metric points to offered load: the demand itself, not the concurrency that the queue inflates.

Little's law (J. D. C. Little, 1961): requests in service = arrival rate x service time. Below saturation the
measured concurrency is that product. Above it, concurrency is load *plus queue*, and what can still be
read off is how fast it grows: arrivals exceed completions by the growth rate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headstart.domain.model import CopiesSeen, Demand, Observation, Point, Policy, ServiceTime, State

RECENT = timedelta(seconds=60)
"""Older points say what the load was, not what it is."""
SMOOTHED_POINTS = 3
"""Half a minute: one request more or less in a 10-second maximum should not buy a copy."""
LEARNING_RATE = 0.3
SIGNIFICANT = 3.0
"""Standard deviations: at a look every ten seconds two would be exceeded by chance 200 times a day, three 12 times."""
UNSEEN = timedelta(seconds=90)
"""The slowest pace of an episode, and half a minute for a late message: looks further apart do not vouch for the time
between them."""
REMEMBERED = timedelta(minutes=10)
REFUSED_WINDOW = timedelta(minutes=5)
"""Refusals this old still have their clients trying: a wake takes minutes."""
BIN_SECONDS = 10.0
ATTEMPTS = (3.7, 1.9, 1.4)
"""Expected attempts of a refused client in the 10 s bin it comes in and in the two that follow. Assumed: the usual
advice to clients, an exponential back-off from 1 s to at most 15 s (docs/decisions/0013-refusals-deconvolved.md)."""
LATER_ATTEMPTS = BIN_SECONDS / 7.5
"""In each bin after those: at the longest back-off, 0 to 15 s with jitter, one attempt every 7.5 s."""


def measure(policy: Policy, state: State, seen: Observation) -> Demand:
    """Read the demand off an observation, for the copies that were in service when each point was taken."""
    service = state.service_time.seconds if state.service_time else policy.service_seconds
    totals = _totals(seen, state.copies_history)
    load, queue, growth = offered_load(seen, state.copies_history, policy.slots, service)
    requests, clients, seconds = refused_clients(seen.refused, seen.at)
    return Demand(
        offered_load=load,
        concurrency=totals[-1].value if totals else None,
        queue=queue,
        growth=growth,
        service_seconds=service,
        refused_requests=requests,
        refused_clients=clients,
        refused_seconds=seconds,
    )


def offered_load(
    seen: Observation, history: Sequence[CopiesSeen], slots: float, service_seconds: float
) -> tuple[float | None, float, float]:
    """Return (offered load, queue, growth per second); load is ``None`` when no recent point is there.

    Requests inside grow by arrivals less completions, and completions are busy slots over the service time. So
    load = arrival rate x service time = busy + service time x growth, saturated or not, whether the queue or the
    requests in service are what grows. Growth counts only where Poisson noise does not explain it.
    Example: 2 copies of 10 slots with 22, 62, then 102 requests inside, 5 s each. 80 more in 20 s, of which 38.1 may be
    noise, are 2.1/s: 20 + 5 x 2.1 = 30.5 requests are offered and 82 wait; metric / target would answer for 102.
    """
    totals = _totals(seen, history)
    if not totals:
        return None, 0.0, 0.0
    tail = totals[-SMOOTHED_POINTS:]
    latest, copies = tail[-1].value, tail[-1].copies
    capacity = slots * copies
    busy = min(latest, capacity)
    growth = _growth([total for total in tail if total.copies == copies], busy / service_seconds)
    if growth == 0.0 and latest <= capacity:
        return sum(total.value for total in tail) / len(tail), 0.0, 0.0
    return max(0.0, busy + service_seconds * growth), max(0.0, latest - capacity), growth


@dataclass(frozen=True, slots=True)
class _Total:
    """Requests inside all of the ``copies`` that were in service at ``at``."""

    at: datetime
    value: float
    copies: int


def _totals(seen: Observation, history: Sequence[CopiesSeen]) -> list[_Total]:
    if seen.current_copies == 0:
        return []  # what points there are speak of copies that have gone
    with_copies = ((point, copies_at(history, seen, point.at)) for point in recent(seen))
    return [_Total(point.at, point.value * copies, copies) for point, copies in with_copies if copies]


def _growth(totals: Sequence[_Total], rate: float) -> float:
    """Requests per second, beyond three standard deviations of no growth at all. ``rate``: completions per second.

    Arrivals and completions of a steady load are both Poisson, so that their difference over t seconds has the
    variance 2 x rate x t; one more request keeps a lone arrival in an idle component from being a trend.
    """
    if len(totals) < 2:
        return 0.0
    seconds = (totals[-1].at - totals[0].at).total_seconds()
    noise = SIGNIFICANT * math.sqrt(2.0 * rate * seconds + 1.0)
    rise = totals[-1].value - totals[0].value
    return math.copysign(max(0.0, abs(rise) - noise), rise) / seconds


def recent(seen: Observation) -> list[Point]:
    """Concurrency points that still speak of now (publishing alone takes about half a minute)."""
    return [p for p in seen.concurrency if p.at >= seen.at - RECENT - timedelta(seconds=30)]


def copies_at(history: Sequence[CopiesSeen], seen: Observation, at: datetime) -> int:
    """Copies in service at ``at``; the metric is normalised by them. Zero copies: the point says nothing.

    Nobody looks between episodes: for a time that no look vouches for, what is in service now is the best guess.
    """
    for span in reversed(history):
        if span.at <= at:
            return span.copies if at - span.until <= UNSEEN else seen.current_copies
    return history[0].copies if history else seen.current_copies


def refused_clients(refused: Sequence[Point], now: datetime) -> tuple[float, float, float]:
    """Return (refused requests, distinct clients behind them, over how many seconds).

    A refused client tries again (``ATTEMPTS``). What a bin holds beyond the retries of those who came before is the
    first attempts of new clients and their retries in the same bin: a deconvolution, bin by bin.
    Example: 140 refusals are 140 / 3.7 = 37.8 clients; of 400 in the next bin 37.8 x 1.9 = 71.9 are theirs, the other
    328.1 are 88.7 new ones: 126.5 clients in 20 s.
    """
    points = [p for p in refused if p.value > 0 and p.at >= now - REFUSED_WINDOW]
    if not points:
        return 0.0, 0.0, 0.0
    clients: list[tuple[datetime, float]] = []
    for point in points:
        retries = sum(came * _attempts(at, point.at) for at, came in clients)
        clients.append((point.at, max(0.0, point.value - retries) / ATTEMPTS[0]))
    seconds = (points[-1].at - points[0].at).total_seconds() + BIN_SECONDS
    return sum(p.value for p in points), max(1.0, sum(came for _, came in clients)), seconds


def _attempts(came_at: datetime, at: datetime) -> float:
    bins_later = int((at - came_at).total_seconds() // BIN_SECONDS)
    return ATTEMPTS[bins_later] if bins_later < len(ATTEMPTS) else LATER_ATTEMPTS


def learn_service_time(policy: Policy, known: ServiceTime | None, seen: Observation) -> ServiceTime | None:
    """Move the learned service time towards the last minute in which nobody queued.

    ModelLatency contains the wait inside the container, so a minute with any 10-second point above the slots
    teaches nothing. Returns what was known (``None`` until the first lesson) in that case.
    """
    if not seen.latency or seen.latency[-1].value <= 0:
        return known
    minute = seen.latency[-1]
    until = minute.at + timedelta(seconds=60)
    within = [p.value for p in seen.concurrency if minute.at <= p.at < until]
    if not within or max(within) > policy.slots:
        return known
    if known is None:
        return ServiceTime(minute.value, until)
    if until <= known.learned_until:
        return known
    return ServiceTime(known.seconds + LEARNING_RATE * (minute.value - known.seconds), until)


def remember_copies(history: Sequence[CopiesSeen], seen: Observation) -> tuple[CopiesSeen, ...]:
    """Note how many copies are in service now; keep ten minutes."""
    kept = [span for span in history if span.until >= seen.at - REMEMBERED]
    if kept and kept[-1].copies == seen.current_copies and seen.at - kept[-1].until <= UNSEEN:
        return (*kept[:-1], replace(kept[-1], until=seen.at))
    return (*kept, CopiesSeen(seen.at, seen.current_copies, seen.at))
