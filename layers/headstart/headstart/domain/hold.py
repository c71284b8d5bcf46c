"""Hold for need, give back surplus: what was needed lately, and what of the standing copies is ours to give back.

The ledger (``State.added``) counts copies that stand because we asked for them. It only ever errs downwards: what
may be somebody else's is left to native scaling (docs/decisions/0012-give-back.md).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from headstart.domain.demand import UNSEEN
from headstart.domain.model import CopiesSeen, Demand, NeedAt, Observation, Order, Resolution, State

HOLD = timedelta(minutes=2)
"""A need is held this long: shorter flaps on a noisy load, longer keeps what a burst left behind."""
ACTIVE = timedelta(minutes=15)
"""A component that had load this recently is active, and keeps its reserve. Native scale-in waits as long."""
PAID_ACTIVE = timedelta(hours=1)
"""Longer gaps between two bursts are rarer the longer they have lasted: most sleepers return within the hour."""
UNWATCHED = timedelta(minutes=15)
"""After this long without a look, native scaling or a person may have made every standing copy theirs."""


def remember(needs: tuple[NeedAt, ...], need: int | None, now: datetime) -> tuple[NeedAt, ...]:
    """Add what is needed now (``None``: could not be seen), forget what is too old to hold.

    What is remembered is the need itself, never the held value: feeding that back would be a ratchet. A later need
    that is at least as large makes an earlier one irrelevant.
    """
    kept = [n for n in needs if now - n.at < HOLD]
    if need is None:
        return tuple(kept)
    return (*(n for n in kept if n.copies > need), NeedAt(now, need))


def held(needs: Sequence[NeedAt]) -> int:
    """The largest of the remembered needs, in copies."""
    return max((n.copies for n in needs), default=0)


def load_seen_at(known: datetime | None, demand: Demand, now: datetime) -> datetime | None:
    """When load was last seen; ``known`` is what was known before this look."""
    return now if (demand.offered_load or 0.0) > 0.0 or demand.refused_requests > 0 else known


def is_active(load_at: datetime | None, saved: float, now: datetime) -> bool:
    """Whether there was load within the last 15 minutes, or within the hour and savings pay for the wait."""
    if load_at is None:
        return False
    return now - load_at < (PAID_ACTIVE if saved > 0.0 else ACTIVE)


def is_watched(history: Sequence[CopiesSeen], now: datetime) -> bool:
    """Whether looks follow each other closely for as long as a need is held: else the need may have been missed."""
    since = now
    for span in reversed(history):
        if since - span.until > UNSEEN:
            break
        since = span.at
    return now - since >= HOLD


def still_ours(state: State, seen: Observation, found: Resolution | None) -> int:
    """Copies of ours that stand, as far as this look can tell. Whoever lowered the count took ours first.

    found: what the look found out about the order in ``state``. A raise whose answer was lost is claimed only if the
    count is exactly the one asked for; a give-back whose answer was lost is booked unless the count is untouched.
    """
    if not state.copies_history or seen.at - state.copies_history[-1].until > UNWATCHED:
        return 0
    lowered = max(0, (state.known_desired or 0) - seen.desired_copies)
    ours, order = state.added - lowered, state.order
    if order is not None and found is not None and found.outcome is not None:
        if not order.gives_back:
            ours += order.adds if seen.desired_copies == order.to_copies else 0
        elif seen.desired_copies != order.before:
            ours = min(ours, state.added + order.adds)
    return max(0, min(ours, seen.desired_copies))


def accepted(state: State, order: Order) -> State:
    """The state after AWS took our order: the ledger is up to date, and only a raise has a start-up to wait for."""
    return replace(
        state,
        order=None if order.gives_back else order,
        added=max(0, state.added + order.adds),
        known_desired=state.known_desired if order.by_floor else order.to_copies,
    )
