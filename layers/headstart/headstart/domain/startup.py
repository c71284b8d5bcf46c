"""What became of the copies that were ordered, and how long they took."""

from dataclasses import replace
from datetime import datetime, timedelta

from headstart.domain.model import Observation, Order, OutcomeKind, Resolution, StartUp, Status

WRITE_IN_PROGRESS = timedelta(seconds=30)
"""A function's time limit: an intention younger than this may still be on its way to AWS."""
REMEMBERED = 20


def settle(order: Order, seen: Observation, now: datetime) -> tuple[Order | None, Resolution | None]:
    """Follow an order: the one that still stands (or ``None``), and what was found out about it.

    A give-back is done with once it was accepted: nothing starts, so there is nothing to wait for or to learn.
    """
    if order.accepted_at is None:
        return _settle_intention(order, seen, now)
    if seen.current_copies >= order.to_copies:
        return None, Resolution(order.decision_id, in_service_at=seen.at)
    late = now - order.accepted_at > timedelta(minutes=1)
    abandoned = seen.desired_copies < order.to_copies and (
        late or not order.by_floor
    )  # native asks for them in its time
    fell_short = seen.status in (Status.IN_SERVICE, Status.FAILED) and late
    return (None, None) if abandoned or fell_short else (order, None)


def _settle_intention(order: Order, seen: Observation, now: datetime) -> tuple[Order | None, Resolution | None]:
    reached = seen.desired_copies <= order.to_copies if order.gives_back else seen.desired_copies >= order.to_copies
    if reached:
        starting = None if order.gives_back else replace(order, accepted_at=order.asked_at)
        return starting, Resolution(order.decision_id, outcome=OutcomeKind.APPLIED)
    if now - order.asked_at < WRITE_IN_PROGRESS:
        return order, None
    return None, Resolution(order.decision_id, outcome=OutcomeKind.INTERRUPTED)


def learn(start_ups: tuple[StartUp, ...], order: Order | None, found: Resolution | None) -> tuple[StartUp, ...]:
    """Add a completed start to what is remembered (the last 20)."""
    if order is None or order.accepted_at is None or found is None or found.in_service_at is None:
        return start_ups
    seconds = (found.in_service_at - order.accepted_at).total_seconds()
    started = StartUp(found.in_service_at, order.to_copies - order.from_copies, seconds)
    return (*start_ups, started)[-REMEMBERED:]
