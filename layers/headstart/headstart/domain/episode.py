"""An episode: from the first signal until nothing is left to do, watched by one chain of follow-up looks."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headstart.domain.model import Action, Demand, Episode, Observation, Signal, SignalKind, Status

QUICK = timedelta(seconds=10)
"""The metric's own resolution, and how soon an update lock that has opened is noticed."""
STEADY = timedelta(seconds=30)
SLOW = timedelta(seconds=60)
CALM = timedelta(minutes=3)
"""Calm for this long closes an episode that has nothing left to do; the alarms open the next one."""
SETTLED = timedelta(minutes=5)
"""Calm for this long makes the looks slower. An alarm interrupts that; longer than the hold, so that surplus that can
be given back has been."""
WAKE_GIVE_UP = timedelta(minutes=30)
"""Longer than any start-up seen (2 to 9 minutes) and than three attempts; then the latch lets go."""
MAX_HOPS = 8640
"""Our own bound on a chain, since Lambda's recursion stop is off: a day at ten seconds a hop."""


@dataclass(frozen=True, slots=True)
class Found:
    """What this look decided, as far as it matters for the next.

    gives_back: fewer copies than are asked for. capped: more is wanted than may be asked for now.
    done: no load for a while, and nothing of ours left that could be given back.
    """

    action: Action
    gives_back: bool
    capped: bool
    done: bool


def advance(
    episode: Episode | None,
    signal: Signal,
    seen: Observation,
    demand: Demand,
    found: Found,
    now: datetime,
) -> tuple[Episode | None, timedelta | None]:
    """Return the episode after this look, and the delay of the follow-up to book (``None``: do not book one)."""
    current = episode or _open(signal, now)
    wake = _latched(current, signal, seen, now)
    pace, calm = _pace(signal, seen, demand, found, wake)
    calm_since = (current.calm_since or now) if calm else None
    if calm_since is not None and now - calm_since >= SETTLED:
        pace = SLOW
    ended = found.done and calm_since is not None and now - calm_since >= CALM
    if ended or current.hop >= MAX_HOPS:
        return None, None
    current = replace(current, wake=wake, calm_since=calm_since)
    if signal.kind is SignalKind.FOLLOW or episode is None:
        return replace(current, hop=current.hop + 1, next_look_at=now + pace), pace
    if signal.retried or episode.next_look_at > now + pace:
        # The booked look is too far off, or was never booked. A new token disowns its message.
        return replace(current, token=signal.token, hop=current.hop + 1, next_look_at=now + pace), pace
    return current, None


def _open(signal: Signal, now: datetime) -> Episode:
    return Episode(token=signal.token, hop=0, opened_at=now, opened_by=signal.kind, next_look_at=now)


def _latched(episode: Episode, signal: Signal, seen: Observation, now: datetime) -> bool:
    """A wake stays a wake until a copy is in service, whatever the silent concurrency metric suggests."""
    asked = episode.wake or signal.kind is SignalKind.WAKE
    return asked and seen.current_copies == 0 and now - episode.opened_at < WAKE_GIVE_UP


def _pace(signal: Signal, seen: Observation, demand: Demand, found: Found, wake: bool) -> tuple[timedelta, bool]:
    """How soon to look again, and whether this look was calm."""
    pending = seen.desired_copies > seen.current_copies or seen.status in (Status.UPDATING, Status.CREATING)
    if found.action is Action.OBSERVE:
        return SLOW, found.gives_back  # what may not be given back is no reason to go on looking
    if found.capped and not pending:
        return SLOW, False
    moving = pending or wake or found.action is not Action.HOLD or demand.queue > 0
    if moving or signal.kind is not SignalKind.FOLLOW:
        return QUICK, False
    return STEADY, True
