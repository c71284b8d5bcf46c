"""Minimums by the clock: ``mon-fri 08:00-18:00 Europe/Berlin min 4``, several of them joined by `` + ``."""

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headstart.domain.model import Policy, ScheduleWindow, Term
from headstart.domain.tags import PREFIX, PolicyProblem, Tags

SCHEDULE_TAG: Final = PREFIX + "schedule"
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORM: Final = "DAYS HH:MM-HH:MM ZONE min COPIES, such as mon-fri 08:00-18:00 Europe/Berlin min 4"
WINDOW: Final = re.compile(r"(\S+) (\d\d):(\d\d)-(\d\d):(\d\d) (\S+) min (\d{1,5})")
MINUTES_A_DAY: Final = 24 * 60
MOST_COPIES: Final = 10_000


def schedule_from(tags: Tags) -> tuple[ScheduleWindow, ...]:
    """The windows of the tag, none without it. Raises PolicyProblem naming the part that is wrong."""
    text = tags.get(SCHEDULE_TAG)
    return () if text is None else tuple(_window(part.strip()) for part in text.split(" + "))


def schedule_minimum(policy: Policy, now: datetime) -> Term | None:
    """The term ``schedule``: the largest minimum of the windows that are open now; ``None``: none is."""
    open_now = [window.copies for window in policy.schedule if _is_open(window, now)]
    if not open_now:
        return None
    return Term("schedule", max(open_now), {"minimum": float(max(open_now))})


def _is_open(window: ScheduleWindow, now: datetime) -> bool:
    """By the clocks on the wall there: a window keeps its hours when summer time begins or ends.

    A window that ends before it starts goes on into the next day, and belongs to the day it starts on.
    """
    local = now.astimezone(ZoneInfo(window.zone))
    minute, today = local.hour * 60 + local.minute, local.weekday()
    yesterday = (local.date() - timedelta(days=1)).weekday()
    if window.start < window.end:
        return today in window.days and window.start <= minute < window.end
    return (today in window.days and minute >= window.start) or (yesterday in window.days and minute < window.end)


def _window(text: str) -> ScheduleWindow:
    found = WINDOW.fullmatch(text)
    if found is None:
        raise PolicyProblem(SCHEDULE_TAG, f"has {text!r}; each part must be {FORM}")
    days, *times, zone, copies = found.groups()
    start, end = (_minute(hour, minute, text) for hour, minute in (times[:2], times[2:]))
    if start in (end, MINUTES_A_DAY):
        raise PolicyProblem(SCHEDULE_TAG, f"has {text!r}; it must last some time, all day is 00:00-24:00")
    if int(copies) > MOST_COPIES:
        raise PolicyProblem(SCHEDULE_TAG, f"has {text!r}; copies must be a whole number from 0 to {MOST_COPIES}")
    _check_zone(zone, text)
    return ScheduleWindow(days=_days(days, text), start=start, end=end, zone=zone, copies=int(copies))


def _minute(hour: str, minute: str, text: str) -> int:
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > MINUTES_A_DAY:
        raise PolicyProblem(SCHEDULE_TAG, f"has {text!r}; times must be from 00:00 to 24:00")
    return found


def _days(text: str, window: str) -> tuple[int, ...]:
    """``daily``, or days and ranges of days with slashes between: ``mon``, ``mon-fri``, ``mon/wed/fri-sun``."""
    found: set[int] = set(range(7)) if text == "daily" else set()
    for part in () if text == "daily" else text.split("/"):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if first not in DAYS or last not in DAYS:
            raise PolicyProblem(
                SCHEDULE_TAG, f"has {window!r}; days must be daily, or {', '.join(DAYS)}, as in mon/wed-fri"
            )
        begin, length = DAYS.index(first), (DAYS.index(last) - DAYS.index(first)) % 7
        found |= {(begin + offset) % 7 for offset in range(length + 1)}
    return tuple(sorted(found))


def _check_zone(zone: str, window: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # no such name; one that leaves the database; a region without a place in it
        raise PolicyProblem(
            SCHEDULE_TAG, f"has {window!r}; {zone} is not a time zone such as Europe/Berlin or UTC"
        ) from None
