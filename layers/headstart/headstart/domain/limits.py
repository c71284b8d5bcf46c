"""What the owner allows beyond a maximum: copies added by one write, and copy-hours added a day.

Copy-hours are those of copies that stand because Headstart asked for them (``State.added``), by the UTC day, starting
copies included: a day without daylight saving, at whose end AWS's bills turn as well.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from headstart.domain import refusals
from headstart.domain.hold import UNWATCHED
from headstart.domain.model import Policy, Spent, State

SHORTEST_STAY = 0.1
"""Hours: a start-up of some four minutes and two of hold. What cannot be paid for that long is not added."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One that a decision met: its name, and a sentence that says how."""

    name: str
    why: str


def account(known: Spent | None, before: int, after: int, at: datetime) -> Spent:
    """Add the time since the last look; it only ever moves forward, so a duplicate adds nothing.

    before and after: copies of ours as of the last look and of this one. Between two looks the smaller counts. After a
    gap so long that the ledger claims nothing any more, nothing is added.
    Example: 3 copies from 23:50 to 00:20 are 1.5 copy-hours, of which 1.0 fall into the new day.
    """
    day = at.astimezone(UTC).date()
    if known is None:
        return Spent(day, 0.0, at)
    if at <= known.at:
        return known
    since = max(known.at, datetime.combine(day, time.min, UTC))
    hours = min(before, after) * min(at - since, UNWATCHED) / timedelta(hours=1)
    return Spent(day, hours + (known.hours if known.day == day else 0.0), at)


def left(policy: Policy, spent: Spent | None) -> float | None:
    """Copy-hours of the day that are left; ``None``: there is no budget."""
    if policy.daily_copy_hours is None:
        return None
    return max(0.0, policy.daily_copy_hours - (spent.hours if spent else 0.0))


def used_up(policy: Policy, spent: Spent | None) -> bool:
    """Then nothing is added or kept free, and no floor held: native scaling goes on alone."""
    return left(policy, spent) == 0.0


def at_once(policy: Policy, standing: int) -> int:
    """The most that one write may ask for."""
    if policy.max_step is None:
        return policy.max_copies
    return min(policy.max_copies, standing + policy.max_step)


def within(policy: Policy, learned: State, standing: int, wanted: int, now: datetime) -> tuple[int, tuple[Limit, ...]]:
    """How many of the wanted copies to ask for where ``standing`` are, and which limits were met on the way."""
    met: list[Limit] = []
    copies = max(standing, min(wanted, policy.max_copies))
    if (most := max(standing, at_once(policy, standing))) < copies:
        met.append(Limit("max-step", f"one write adds {policy.max_step} at most"))
        copies = most
    payable = standing + _payable(policy, learned)
    if payable < copies or used_up(policy, learned.spent):
        met.append(Limit("daily-copy-hours", _budget(policy, learned.spent)))
        copies = min(copies, payable)
    if learned.refusals is not None:
        met.append(Limit("refused", refusals.sentence(learned.refusals, now)))
        if copies > standing:
            copies = refusals.ask(learned.refusals, standing, copies, now)
    return copies, tuple(met)


def _payable(policy: Policy, learned: State) -> int:
    hours = left(policy, learned.spent)
    if hours is None:
        return policy.max_copies
    # 1e-9: 0.3 / 0.1 in floating point must not become 2 copies.
    return max(0, int(hours / SHORTEST_STAY + 1e-9) - learned.added)


def _budget(policy: Policy, spent: Spent | None) -> str:
    hours = spent.hours if spent else 0.0
    said = f"{hours:.2f} of the {policy.daily_copy_hours:g} copy-hours of this UTC day are spent"
    return f"{said}, native scaling goes on alone" if used_up(policy, spent) else said
