"""What AWS refuses: ask for what fits, at a slower pace, and say so until it is over.

A quota says no at once; a shortage of instances shows only when an accepted update has ended with too few copies
(docs/decisions/0022-refusals-and-limits.md). Rounds: the full amount, then half of the step that was refused, and so on
down to one copy more; a round that ended with nothing granted is followed by a longer pause, and by the full amount.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from headstart.domain.demand import UNSEEN
from headstart.domain.model import Mode, Observation, Order, Policy, Refusals, Resolution, State

WITHIN_A_ROUND = timedelta(seconds=10)
"""Such a refusal locks nothing and costs one call, and users wait."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=8)
"""About the longest start-up seen (2 to 9 minutes). A refused count is forgotten after it, too."""
LOOKS = timedelta(seconds=60)
"""Looks go on meanwhile: the need may have gone."""
NEVER_CAME = "copies that were accepted did not come"


def noted(
    known: Refusals | None, asked: int, standing: int, detail: str, at: datetime, *, late: bool = False
) -> Refusals:
    """Add a refusal of ``asked`` copies where ``standing`` were asked for. late: accepted, and they did not come."""
    first = known or Refusals(since=at, detail=detail, at=at, copies=asked, standing=standing, most=asked)
    rounds = first.rounds + 1 if late or asked - standing <= 1 else first.rounds
    most = max(asked, first.most)
    return replace(first, at=at, copies=asked, standing=standing, most=most, rounds=rounds, late=late)


def follow(state: State, order: Order | None, found: Resolution | None, seen: Observation) -> Refusals | None:
    """What a look tells. order: what is left of the one in ``state``. found: what was found out about that."""
    known = state.refusals
    if _fell_short(state, order, found, seen) and state.order is not None:
        detail = f"{NEVER_CAME}: {seen.failure}" if seen.failure else NEVER_CAME
        return noted(known, state.order.to_copies, seen.current_copies, detail, seen.at, late=True)
    if known is None or seen.current_copies >= known.most:
        return None
    if seen.current_copies >= known.copies:  # granted meanwhile; what lies above may still not be
        return replace(known, copies=known.most, standing=seen.current_copies, rounds=0)
    came = found is not None and found.in_service_at is not None
    return replace(known, rounds=0) if came else known


def unless_over(
    known: Refusals | None, policy: Policy, seen: Observation, wanted: int, *, blind: bool
) -> Refusals | None:
    """Over once what is wanted is in service. Where nothing could be seen, what is wanted is not known."""
    if known is None or policy.mode is not Mode.ACT:
        return None
    return known if blind or min(wanted, policy.max_copies) > seen.current_copies else None


def obtainable(known: Refusals | None, policy: Policy) -> Policy:
    """The policy that anybody could follow: native scaling is refused what we are."""
    if known is None or known.copies > policy.max_copies:
        return policy
    return replace(policy, max_copies=max(policy.min_copies, known.copies - 1))


def ask(known: Refusals | None, standing: int, wanted: int, now: datetime) -> int:
    """How many of the wanted copies to ask for now, where ``standing`` are asked for and more are wanted.

    Example: 10 were refused at 2: 6 after 10 s, then 4, then 3; if that is refused, 10 again after a minute.
    """
    if known is None or standing >= known.copies or now - known.at >= LONGEST_PAUSE:
        return wanted
    if now < asks_again(known):
        return standing
    step = known.copies - standing
    return wanted if step <= 1 else min(wanted, standing + step // 2)


def asks_again(known: Refusals) -> datetime:
    """From when on more copies are asked for again."""
    return known.at + pause(known)


def pause(known: Refusals) -> timedelta:
    """Quick while a smaller step is left to try, unless trying took an update: then, and after a round, 1 to 8 min."""
    if not known.late and known.copies - known.standing > 1:
        return WITHIN_A_ROUND
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(max(known.rounds - 1, 0), 10)))


def look_after(known: Refusals | None) -> timedelta:
    """How long after a refused write to look again."""
    return LOOKS if known is None else min(LOOKS, pause(known))


def sentence(known: Refusals, now: datetime) -> str:
    """For the reason of a decision."""
    said = f"AWS refused {known.copies} copies ({known.detail.partition(':')[0]})"
    again = asks_again(known)
    return f"{said}, more are asked for again at {again:%H:%M:%S}Z" if now < again else said


def problem(known: Refusals) -> str:
    """For who is told that it began and ended: the same words all the while."""
    return f"AWS refuses more copies since {known.since:%Y-%m-%dT%H:%M:%SZ}: {known.detail}"


def _fell_short(state: State, order: Order | None, found: Resolution | None, seen: Observation) -> bool:
    """Whether an accepted raise has ended without its copies.

    A lower count under a lock that refuses everybody is AWS's own doing; after a gap in the looks it may be anybody's.
    """
    was = state.order
    if was is None or was.accepted_at is None or was.gives_back or order is not None or found is not None:
        return False
    if was.by_floor and max(state.known_desired or 0, seen.desired_copies) < was.to_copies:
        return False  # native scaling has not asked for them
    watched = bool(state.copies_history) and seen.at - state.copies_history[-1].until <= UNSEEN
    return watched or seen.failure is not None or seen.desired_copies >= was.to_copies
