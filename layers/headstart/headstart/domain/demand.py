"""From metric points to offered load: the demand itself, not the concurrency that the queue inflates.

Little's law (J. D. C. Little, 1961): requests in service = arrival rate x service time. Below saturation the
measured concurrency is that product. Above it, concurrency is load *plus queue*, and what can still be
read off is how fast it grows: arrivals exceed completions by the growth rate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from headstart.domain.model import CopiesSeen, Demand, Observation, Point, Policy, ServiceTime, State

RECENT = timedelta(seconds=60)
"""Older points say what the load was, not what it is."""
SMOOTHED_POINTS = 3
"""Half a minute: one request more or less in a 10-second maximum should not buy a copy."""
GROWTH_POINTS = 7
"""A minute's change at the longest."""
ENOUGH_CHANGES = 10
"""Fewer than this say little of what is usual."""
RAMP_STEPS = 3
"""The median of fewer does not tell a batch from a ramp."""
REMEMBERED_REQUESTS = 1000.0
"""The mean service time is that of about so many requests: a quiet minute's few must not outweigh a burst's many."""
SIGNIFICANT = 3.0
"""Standard deviations: at a look every ten seconds two would be exceeded by chance 200 times a day, three 12 times."""
MINUTE = timedelta(seconds=60)
FEWEST_COMPLETED = 5
"""Fewer completions in a minute than this say little of their mean."""
POINTS_IN_TWO_MINUTES = 9
"""Of twelve: now and then one is late or lost."""
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
    Example: 2 copies of 10 slots with 22, 62, then 102 requests inside, 5 s each. 40 more in 10 s are more than the
    noise of 27; less that, growth is 1.3/s, 20 + 5 x 1.3 = 26.5 requests are offered and 82 wait; metric / target
    would answer for 102.
    """
    totals = _totals(seen, history)
    if not totals:
        return None, 0.0, 0.0
    latest, copies = totals[-1].value, totals[-1].copies
    capacity = slots * copies
    busy = min(latest, capacity)
    growth = _growth(totals, busy / service_seconds, _own_noise(_totals(seen, history, seen.concurrency)))
    if growth == 0.0 and latest <= capacity:
        tail = totals[-SMOOTHED_POINTS:]
        return sum(total.value for total in tail) / len(tail), 0.0, 0.0
    return max(0.0, busy + service_seconds * growth), max(0.0, latest - capacity), growth


@dataclass(frozen=True, slots=True)
class _Total:
    """Requests inside all of the ``copies`` that were in service at ``at``."""

    at: datetime
    value: float
    copies: int


def _totals(seen: Observation, history: Sequence[CopiesSeen], points: Sequence[Point] | None = None) -> list[_Total]:
    """Of the recent points, or of those that are given."""
    if seen.current_copies == 0:
        return []  # what points there are speak of copies that have gone
    with_copies = ((p, copies_at(history, seen, p.at)) for p in (recent(seen) if points is None else points))
    return [_Total(point.at, point.value * copies, copies) for point, copies in with_copies if copies]


def _own_noise(totals: Sequence[_Total]) -> float:
    """The component's own variance of a change, per second; 0 where too little was seen.

    Traffic that comes in clumps varies more than Poisson's. The median of what ten seconds usually change does not see
    the step that has just begun; 1.4826 times it is a standard deviation (of a normal distribution).
    """
    usual = [
        abs(later.value - earlier.value) / math.sqrt((later.at - earlier.at).total_seconds())
        for earlier, later in pairwise(totals[:-RAMP_STEPS])
        if earlier.copies == later.copies
    ]
    return (1.4826 * median(usual)) ** 2 if len(usual) >= ENOUGH_CHANGES else 0.0


def _growth(totals: Sequence[_Total], rate: float, own_noise: float) -> float:
    """Requests per second by which those inside grow, where that is no noise; else 0.

    rate: completions per second. own_noise: see there. Arrivals and completions of a steady load are both Poisson, so
    that their difference over t seconds has the variance 2 x rate x t; one more request keeps a lone arrival in an idle
    component from being a trend. Noise takes three deviations off: extrapolated over a long service time, a lucky ten
    seconds would buy many copies. The newest ten seconds tell of a step. A ramp takes longer to stand out, and is then
    the median of its steps: a batch of requests that came at once some time ago is no ramp. Only points with the same
    copies are compared: a copy that joins shifts the metric within its ten seconds.
    """
    newest = totals[-1]
    rises: list[float] = []
    for newer, older in pairwise(reversed(totals[-GROWTH_POINTS:])):
        if older.copies != newest.copies:
            break
        rises.append((newer.value - older.value) / (newer.at - older.at).total_seconds())
        seconds = (newest.at - older.at).total_seconds()
        noise = SIGNIFICANT * math.sqrt(max(2.0 * rate, own_noise) * seconds + 1.0)
        tells = len(rises) in (1, *range(RAMP_STEPS, GROWTH_POINTS))
        if tells and abs(newest.value - older.value) > noise:
            slope = median(rises)
            return math.copysign(max(0.0, abs(slope) - noise / seconds), slope)
    return 0.0


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


def learn_service_time(policy: Policy, state: State, seen: Observation) -> ServiceTime | None:
    """Move the learned service time towards what the newest whole minute teaches; what was known if that is nothing.

    ModelLatency contains the wait inside the container, so its average is the service time only in a minute in which
    no 10-second point was above the slots. In a minute of full slots, and after another one, Little's law says it:
    busy slots / completions per second. Example: 2 copies of 10 slots busy all the time, 80 requests completed in the
    minute: 20 / (80 / 60) = 15 s.
    """
    known = state.service_time
    if not seen.latency or seen.latency[-1].value <= 0:
        return known
    minute = seen.latency[-1]
    until = minute.at + MINUTE
    if known is not None and until <= known.learned_until:
        return known
    within = [p.value for p in seen.concurrency if minute.at <= p.at < until]
    if not within:
        return known
    seconds = minute.value if max(within) <= policy.slots else _by_littles_law(policy, state, seen, minute.at)
    if seconds is None:
        return known
    requests = sum(p.value for p in seen.completed if p.at == minute.at) or 1.0
    if known is None:
        return ServiceTime(seconds, until, requests)
    weight = min(known.requests, REMEMBERED_REQUESTS)
    mean = (known.seconds * weight + seconds * requests) / (weight + requests)
    return ServiceTime(mean, until, weight + requests)


def _by_littles_law(policy: Policy, state: State, seen: Observation, minute: datetime) -> float | None:
    """Busy slots over completions per second, where slots were full so long that what began has also ended."""
    completed = sum(p.value for p in seen.completed if p.at == minute)
    around = [p for p in seen.concurrency if minute - MINUTE <= p.at < minute + MINUTE]
    if (
        completed < FEWEST_COMPLETED
        or len(around) < POINTS_IN_TWO_MINUTES
        or min(p.value for p in around) < policy.slots
    ):
        return None
    copies = [copies_at(state.copies_history, seen, p.at) for p in around if p.at >= minute]
    return policy.slots * (sum(copies) / len(copies)) * MINUTE.total_seconds() / completed


def remember_copies(history: Sequence[CopiesSeen], seen: Observation) -> tuple[CopiesSeen, ...]:
    """Note how many copies are in service now; keep ten minutes."""
    kept = [span for span in history if span.until >= seen.at - REMEMBERED]
    if kept and kept[-1].copies == seen.current_copies and seen.at - kept[-1].until <= UNSEEN:
        return (*kept[:-1], replace(kept[-1], until=seen.at))
    return (*kept, CopiesSeen(seen.at, seen.current_copies, seen.at))
