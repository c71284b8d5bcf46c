"""What became of the copies that were ordered, how long they took, and how long the next ones may take."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from headstart.domain.capacity import capacity_of
from headstart.domain.model import (
    Action,
    Capacity,
    Observation,
    Order,
    OutcomeKind,
    Resolution,
    StartKind,
    StartTimes,
    StartUp,
    State,
    Status,
)

WRITE_IN_PROGRESS = timedelta(seconds=30)
"""A function's time limit: an intention younger than this may still be on its way to AWS."""
REMEMBERED = 20
INSTANCES_SEEN = timedelta(seconds=60)
"""So long after the write the looks see the instances, too: a launch shows at once, or the copies found free places."""
PRIORS = {StartKind.FREE_PLACE: (60.0, 100.0, 180.0), StartKind.NEW_INSTANCE: (240.0, 258.0, 330.0)}
"""Seconds (aws-facts 8): a free place with the image cached; instance and copy, the middle one as measured in 1.5."""
ENOUGH = 5
"""Starts of a kind without its prior. Its three values weigh as one start together, a fifth less with each learned."""
PLACES_STAY = timedelta(minutes=9)
"""An instance is released about ten minutes after its last copy (aws-facts 1.2): until then its places are free."""


def settle(order: Order, seen: Observation, now: datetime) -> tuple[Order | None, Resolution | None]:
    """Follow an order: the one that still stands (or ``None``), and what was found out about it.

    A give-back is done with once it was accepted: nothing starts, so there is nothing to wait for or to learn.
    """
    if order.accepted_at is None:
        return _settle_intention(order, seen, now)
    watched = _watch(order, seen)
    if seen.current_copies >= order.to_copies:
        return None, Resolution(
            order.decision_id, in_service_at=seen.at, first_in_service_at=watched.first_at, start_kind=watched.kind
        )
    late = now - order.accepted_at > timedelta(minutes=1)
    # Native scaling asks for what a raised minimum says in its own time.
    abandoned = seen.desired_copies < order.to_copies and (late or not order.by_floor)
    fell_short = seen.status in (Status.IN_SERVICE, Status.FAILED) and late
    return (None, None) if abandoned or fell_short else (watched, None)


def _settle_intention(order: Order, seen: Observation, now: datetime) -> tuple[Order | None, Resolution | None]:
    reached = seen.desired_copies <= order.to_copies if order.gives_back else seen.desired_copies >= order.to_copies
    if reached:
        starting = None if order.gives_back else replace(order, accepted_at=order.asked_at)
        return starting, Resolution(order.decision_id, outcome=OutcomeKind.APPLIED)
    if now - order.asked_at < WRITE_IN_PROGRESS:
        return order, None
    return None, Resolution(order.decision_id, outcome=OutcomeKind.INTERRUPTED)


def _watch(order: Order, seen: Observation) -> Order:
    """Note the first copy in service, and a launch: instances that are asked for and not there, or none at all.

    Other components on the endpoint may have caused the launch: that cannot be told apart.
    """
    kind = order.kind
    if seen.instances is not None and kind is not StartKind.NEW_INSTANCE:
        launches = seen.instances.current < seen.instances.desired or seen.instances.current == 0
        kind = StartKind.NEW_INSTANCE if launches else StartKind.FREE_PLACE
    came = seen.current_copies > order.from_copies
    return replace(order, kind=kind, first_at=order.first_at or (seen.at if came else None))


def wants_instances(order: Order | None, due: datetime) -> bool:
    """Whether the look that is due then should see the instances: only while that can still teach something."""
    if order is None or order.accepted_at is None or order.kind is StartKind.NEW_INSTANCE:
        return False
    return due - order.accepted_at <= INSTANCES_SEEN


def learn(start_ups: tuple[StartUp, ...], order: Order | None, found: Resolution | None) -> tuple[StartUp, ...]:
    """Add a completed start to what is remembered (the last 20)."""
    if order is None or order.accepted_at is None or found is None or found.in_service_at is None:
        return start_ups
    first = found.first_in_service_at
    started = StartUp(
        at=found.in_service_at,
        copies=order.to_copies - order.from_copies,
        seconds=(found.in_service_at - order.accepted_at).total_seconds(),
        first_seconds=(first - order.accepted_at).total_seconds() if first is not None else None,
        kind=found.start_kind,
    )
    return (*start_ups, started)[-REMEMBERED:]


def times(start_ups: Sequence[StartUp], kind: StartKind | None = None) -> StartTimes:
    """How long an order of this kind takes (``None``: of any).

    A start whose kind could not be seen counts for either. Example: without any, 100 s and 180 s in a free place;
    after one of 360 s, 360 s and 360 s.
    """
    measured = [one.seconds for one in start_ups if kind is None or one.kind in (kind, None)]
    priors = [seconds for of in StartKind if kind in (of, None) for seconds in PRIORS[of]]
    weight = max(0.0, 1.0 - len(measured) / ENOUGH) / len(priors)
    pool = sorted([(seconds, 1.0) for seconds in measured] + [(seconds, weight) for seconds in priors])
    return StartTimes(kind, p50=_quantile(pool, 0.5), p90=_quantile(pool, 0.9), measured=len(measured))


def _quantile(pool: Iterable[tuple[float, float]], share: float) -> float:
    """The smallest value that at least this share of the weight does not exceed; the pool is sorted."""
    weighted = list(pool)
    left = share * sum(weight for _, weight in weighted) - 1e-9  # a share that is met exactly is met
    for value, weight in weighted:
        left -= weight
        if left <= 0.0:
            return value
    return weighted[-1][0]


def kinds(component: str) -> tuple[StartKind, ...]:
    """Which there are. A variant's copy is an instance, and always a new one."""
    return (StartKind.NEW_INSTANCE,) if capacity_of(component) is Capacity.VARIANT else tuple(StartKind)


def horizon(start_ups: Sequence[StartUp], kind: StartKind | None = None) -> float:
    """Seconds until an order made now is in service, as likely less as more."""
    return times(start_ups, kind).p50


def expected(learned: State, copies: int, now: datetime) -> StartTimes:
    """How long an order for so many copies in all should take, by what this component has seen itself.

    Places that held copies of it within the last nine minutes are taken to be free; others may take them meanwhile.
    Beyond those: new instances, if one of the starts that are remembered needed any, and free places if none did.
    """
    lately = max((span.copies for span in learned.copies_history if now - span.until < PLACES_STAY), default=0)
    if StartKind.FREE_PLACE not in kinds(learned.component):
        return times(learned.start_ups, StartKind.NEW_INSTANCE)
    had = {one.kind for one in learned.start_ups}
    kind = StartKind.NEW_INSTANCE if StartKind.NEW_INSTANCE in had else None
    if copies <= lately or (kind is None and StartKind.FREE_PLACE in had):
        kind = StartKind.FREE_PLACE
    return times(learned.start_ups, kind)


def told(awaited: StartTimes | None, action: Action) -> str:
    """A sentence for the reason of a write, once there is something measured to tell."""
    if awaited is None or action is not Action.WRITE or not awaited.measured:
        return ""
    starts = "one start" if awaited.measured == 1 else f"{awaited.measured} starts"
    where = f" in {_PLACES[awaited.kind]}" if awaited.kind is not None else ""
    return f" In service in about {awaited.p50:.0f} s, {awaited.p90:.0f} s at most nine times in ten ({starts}{where})."


_PLACES = {StartKind.FREE_PLACE: "free places", StartKind.NEW_INSTANCE: "new instances"}
