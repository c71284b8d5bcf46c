"""From metric points to offered load: the demand itself, not the concurrency that the queue inflates.

Little's law (J. D. C. Little, 1961): requests in service = arrival rate x service time. Below saturation the
measured concurrency is that product. Above it, concurrency is load *plus queue*, and what can still be
read off is how fast it grows: arrivals exceed completions by the growth rate.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from headstart.domain.model import CopiesSeen, Demand, Observation, Point, Policy, ServiceTime, State

RECENT = timedelta(seconds=60)
"""Older points say what the load was, not what it is."""
SMOOTHED_POINTS = 3
"""Half a minute: one request more or less in a 10-second maximum should not buy a copy."""
LEARNING_RATE = 0.3
UNSEEN = timedelta(seconds=60)
"""The slowest pace of an episode: looks further apart do not vouch for the time between them."""
REMEMBERED = timedelta(minutes=10)


def measure(policy: Policy, state: State, seen: Observation) -> Demand:
    """Read the demand off an observation, for the copies that were in service when each point was taken."""
    service = state.service_time.seconds if state.service_time else policy.service_seconds
    points = recent(seen)
    latest = points[-1].value * copies_at(state.copies_history, seen, points[-1].at) if points else None
    load, queue, growth = offered_load(seen, state.copies_history, policy.slots, service)
    requests, clients, seconds = refused_clients(seen.refused, seen.at)
    return Demand(
        offered_load=load,
        concurrency=latest,
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
    Example: 2 copies of 10 slots, 34 requests inside, 6 more every 10 s, 5 s each: 20 + 5 x 0.6 = 23 busy
    requests are offered and 14 wait; metric / target would have answered for 34.
    """
    if seen.current_copies == 0:
        return None, 0.0, 0.0  # what points there are speak of copies that have gone
    totals = [(p.at, p.value * copies, copies) for p in recent(seen) if (copies := copies_at(history, seen, p.at))]
    if not totals:
        return None, 0.0, 0.0
    tail = totals[-SMOOTHED_POINTS:]
    _, latest, copies = tail[-1]
    capacity = slots * copies
    busy = min(latest, capacity)
    growth = _growth([(at, total) for at, total, with_ in tail if with_ == copies], busy / service_seconds)
    if growth == 0.0 and latest <= capacity:
        return sum(total for _, total, _ in tail) / len(tail), 0.0, 0.0
    return max(0.0, busy + service_seconds * growth), max(0.0, latest - capacity), growth


def _growth(totals: Sequence[tuple[datetime, float]], rate: float) -> float:
    """Requests inside per second, 0 where it is within two standard deviations of no growth at all.

    Arrivals and completions of a steady load are both Poisson: the difference over t seconds has the variance 2 rate t.
    """
    if len(totals) < 2:
        return 0.0
    (first_at, first), (last_at, last) = totals[0], totals[-1]
    seconds = (last_at - first_at).total_seconds()
    noise = 2.0 * math.sqrt(2.0 * rate * seconds + 1.0)
    rise = last - first
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

    A refused client tries again. With the usual advice (exponential back-off from a second, at most 15 s) it makes
    about 3.7 attempts in the 10 s bin it comes in, 1.9 in the next and one every 7.5 s from then on. What a bin holds
    beyond the retries of those who came before is new clients.
    """
    points = [p for p in refused if p.value > 0 and p.at >= now - REFUSED_WINDOW]
    if not points:
        return 0.0, 0.0, 0.0
    clients: list[tuple[datetime, float]] = []
    for point in points:
        retries = sum(came * _attempts(int((point.at - at).total_seconds() // 10)) for at, came in clients)
        clients.append((point.at, max(0.0, point.value - retries) / ATTEMPTS[0]))
    seconds = (points[-1].at - points[0].at).total_seconds() + 10.0
    return sum(p.value for p in points), max(1.0, sum(came for _, came in clients)), seconds


ATTEMPTS = (3.7, 1.9, 1.4)
"""Expected attempts of one client in the bin it comes in and the two that follow (assumed law, see above)."""
LATER_ATTEMPTS = 10.0 / 7.5
REFUSED_WINDOW = timedelta(minutes=5)


def _attempts(bins_later: int) -> float:
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
