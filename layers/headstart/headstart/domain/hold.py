"""Hold for need, give back surplus: what was needed lately, what of the standing copies is ours to give back."""

from datetime import datetime, timedelta

from headstart.domain.model import Demand, NeedAt, Order, State

HOLD = timedelta(minutes=2)
"""A need is held this long: shorter flaps on a noisy load, longer keeps what a burst left behind."""
ACTIVE = timedelta(minutes=15)
"""A component that had load this recently is active, and keeps its reserve. Native scale-in waits as long."""


def remember(needs: tuple[NeedAt, ...], need: int | None, now: datetime) -> tuple[NeedAt, ...]:
    """Add what is needed now (``None``: could not be seen), forget what is too old to hold.

    What is remembered is the need itself, never the held value: feeding that back would be a ratchet. A later need
    that is at least as large makes an earlier one irrelevant.
    """
    kept = [n for n in needs if now - n.at < HOLD]
    if need is None:
        return tuple(kept)
    return (*(n for n in kept if n.copies > need), NeedAt(now, need))


def held(needs: tuple[NeedAt, ...]) -> int:
    """The largest need of the last two minutes."""
    return max((n.copies for n in needs), default=0)


def active_at(known: datetime | None, demand: Demand, now: datetime) -> datetime | None:
    """When load was last seen."""
    return now if (demand.offered_load or 0.0) > 0.0 or demand.refused_requests > 0 else known


def is_active(last: datetime | None, now: datetime) -> bool:
    return last is not None and now - last < ACTIVE


def still_ours(state: State, desired_now: int) -> int:
    """Copies we added that still stand: whoever lowered the count since our last look took ours first."""
    lowered = max(0, (state.known_desired or 0) - desired_now)
    return max(0, min(state.added - lowered, desired_now))


def accepted(added: int, order: Order) -> int:
    """What is ours after a write of ours was accepted."""
    return max(0, added + order.to_copies - order.before)
