"""Rises that come back: as many copies as they needed stand ready while there is load and savings pay for them.

A rise that is over before a copy has started is served by copies that stand already, or not at all. Once is chance:
what stands ready is the second largest rise of the last day. It is paid for by what was saved over native scaling, and
not before (docs/decisions/0027-surges.md).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from heapq import nlargest
from typing import Final

from headstart.domain.demand import UNSEEN
from headstart.domain.model import NeedAt, Policy, Surge, Surges, Term
from headstart.domain.sizing import copies

WITHIN: Final = timedelta(minutes=5)
"""A start-up, the longest of the usual ones: whoever rises more slowly is served by copies that start meanwhile."""
REMEMBERED: Final = timedelta(days=1)
MOST: Final = 20
HABIT: Final = 2


def follow(known: Surges | None, need: int | None, now: datetime) -> Surges | None:
    """Take a look's need into account (``None``: could not be seen).

    A rise is what two looks in a row needed, the smaller of the two, above the least of the five minutes before. Those
    have been watched without a gap, and the least of them is no zero: a wake from idle is no rise.
    """
    if need is None:
        return known
    past = tuple(one for one in known.past if now - one.at < REMEMBERED) if known else ()
    if known is None or now - known.at > UNSEEN:
        return Surges(at=now, need=need, watched_since=now, lows=(NeedAt(now, need),), past=past)
    lows = (*(low for low in known.lows if now - low.at <= WITHIN and low.copies < need), NeedAt(now, need))
    least, sustained = lows[0].copies, min(known.need, need)
    if now - known.watched_since >= WITHIN and 0 < least < sustained:
        past = _risen(past, Surge(now, sustained, sustained - least))
    return replace(known, at=now, need=need, lows=lows, past=past)


def _risen(past: tuple[Surge, ...], rise: Surge) -> tuple[Surge, ...]:
    """Looks that follow each other within five minutes see one and the same rise, and its largest counts."""
    if not past or rise.at - past[-1].at > WITHIN:
        return (*past, rise)[-MOST:]
    last = past[-1]
    return (*past[:-1], Surge(rise.at, max(last.copies, rise.copies), max(last.rise, rise.rise)))


def surge(policy: Policy, known: Surges | None, held: int, saved: float) -> Term | None:
    """The term ``surge``: what is held and the usual rise on top, up to where such rises ended, as far as it is paid.

    held: copies needed lately; without any, nothing is kept for a rise. saved: copy-hours, spent within an hour.
    Example: rises by 7 copies to 9, and 5 copy-hours saved, target 7 of 10 slots, reserve 2: 2 copies held are
    min(2 + 7, 9, 2 x 7 / 10 + 2 + 5), so 9 copies.
    """
    if known is None or len(known.past) < HABIT or held == 0 or saved <= 0.0 or policy.reserve == 0:
        return None
    rise, most = (
        nlargest(HABIT, sizes)[-1] for sizes in zip(*((one.rise, one.copies) for one in known.past), strict=True)
    )
    paid = copies(held * policy.target / policy.slots + policy.reserve + saved)
    ready = min(held + rise, most, paid)
    return Term("surge", ready, {"needed": held, "rise": rise, "most": most, "saved": round(saved, 2)})
