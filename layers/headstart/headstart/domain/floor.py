"""The floor: the scalable target's MinCapacity, raised for a while so that native scaling holds what was added.

Without it native's low alarm takes the reserve away every fifteen idle minutes, and may scale fresh copies in as they
come. Its release is booked before it is raised (docs/decisions/0015-floor.md).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from headstart.domain.model import Floor, Mode, Policy

LASTS = timedelta(minutes=30)
"""A dead controller's floor is gone after this: two of native's low alarms."""
OTHERS_PLAN = timedelta(minutes=5)
"""Where the owner has scheduled actions of their own, ours lasts no longer: the release would undo what theirs set."""

STALE = timedelta(minutes=2)
"""A minimum that was read before a change is acted on no later than this: a run of reconcile takes a minute."""


def wanted(
    policy: Policy,
    standing: Floor | None,
    blind: bool,
    active: bool,
    kept: int,
    desired: int,
    *,
    writes: bool = False,
) -> int | None:
    """The MinCapacity to have meanwhile: what is to be kept, of what is asked for; ``None``: the owner's own.

    active: there is load, or a schedule is open. blind: nothing could be seen; then what stands is not lowered.
    writes: what is asked for is written; where the floor is the one way to ask for it, it is that.
    """
    if policy.by_floor and writes:
        return desired
    if policy.mode is not Mode.ACT or not policy.floor_allowed or not active:
        return None
    if blind and standing is not None and stands(standing):
        kept = max(kept, standing.copies)
    copies = min(kept, desired, policy.max_copies)
    return copies if copies > policy.min_copies else None


def stands(floor: Floor | None) -> bool:
    """Whether anything of ours is left to undo."""
    return floor is not None and (floor.lost or floor.copies != floor.own or bool(floor.begun))


def announced(standing: Floor | None, *wanted: int | None) -> Floor | None:
    """What to remember before the minimum becomes one of these: who dies on the way leaves one that is known for ours.

    The first floor of all is announced by its booking.
    """
    if standing is None or standing.lost:
        return standing
    begun = {standing.own if copies is None else max(copies, standing.own) for copies in wanted} - {standing.copies}
    return replace(standing, begun=tuple(sorted({*standing.begun, *begun}))) if begun else standing


def both(mine: Floor | None, others: Floor | None) -> Floor | None:
    """What to remember where another look changed the floor while ours did: either's minimum may stand, both are ours.

    Which booking stands is not known either: the earlier one is moved in time.
    """
    if mine is None or others is None:
        return mine or others
    begun = {*mine.begun, *others.begun, others.copies} - {mine.copies}
    booked_at, until = min(mine.booked_at, others.booked_at), min(mine.until, others.until)
    return replace(mine, begun=tuple(sorted(begun)), booked_at=booked_at, until=until)


def is_due(standing: Floor, now: datetime) -> bool:
    """Whether the booked release is to be moved further off."""
    return standing.until - now < (standing.until - standing.booked_at) / 2


def is_open(standing: Floor, now: datetime) -> bool:
    """Whether there is something to do, though it is as high as it is to be."""
    return standing.lost or bool(standing.begun) or is_due(standing, now)


def owners_minimum(imported: int, standing: Floor | None, now: datetime) -> int | None:
    """The owner's MinCapacity behind what Application Auto Scaling shows; ``None``: the floor is no longer ours."""
    if standing is None or standing.lost:
        return imported
    return standing.own if imported in ours(standing, now) else None


def ours(standing: Floor, now: datetime) -> tuple[int, ...]:
    """What a minimum of ours may show as: itself, the owner's own, one begun, and for a while the one before it.

    Anything else the owner has set. So is what stood before, once nobody can have read it any more: an owner may come
    to like the number.
    """
    changed_at = standing.changed_at or (standing.booked_at if stands(standing) else standing.until)
    if now - changed_at > STALE:
        return (standing.copies, standing.own, *standing.begun)
    return (standing.copies, standing.before, standing.own, *standing.begun)
