"""Two stacks never fight over one component: the first to claim it acts, the other only observes."""

import zlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from headstart.domain.model import State

MANY = 50
"""Newcomers that one run cannot enrol anyway: for them a listing is used for as long as it is kept."""
KEPT = timedelta(minutes=3)
UNSETTLED = timedelta(minutes=5)
"""Longer than a listing is kept and a run lasts: a claim that another stack made without seeing ours shows by then."""
LISTED_EVERY = 10
"""Minutes. A claim that was given up, or made by hand, is noticed by then."""


def rival(stack: str, claimants: Collection[str]) -> str | None:
    """The stack that acts in our place; ``None``: we do.

    ``claimants`` are the stacks that have made a claim, ours among them if it has. Who finds a claim makes none, so two
    claims were made at the same moment, and both stacks come to the same answer: the lower name.
    """
    others = set(claimants) - {stack}
    if not others:
        return None
    first = min(claimants) if stack in claimants else min(others)
    return None if first == stack else first


def asks(stack: str, newcomers: int, states: Iterable[State], now: datetime) -> bool:
    """Whether this run lists the claims of all stacks: for newcomers, until theirs are settled, and now and then."""
    minute = int(now.timestamp()) // 60
    if newcomers or minute % LISTED_EVERY == zlib.crc32(stack.encode()) % LISTED_EVERY:
        return True
    return any(s.described_at is not None and now - s.described_at < UNSETTLED for s in states if s.enrolled)
