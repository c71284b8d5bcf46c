"""How an alarm's state follows from its data points.

Source: DOC AmazonCloudWatch/latest/monitoring/alarms-and-missing-data and alarm-evaluation (aws-facts 5.1).
Every row of the two tables on the first page is a test.
"""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}

HIGH_RESOLUTION_RANGE_S = 60
"""Assumed. The evaluation range of a high-resolution alarm is not documented; it has to outlast the publish lag,
or AWS's own 3 x 10 s alarms could not work."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is compared with what: `needed` (M) of `periods` (N) points."""

    comparison: str
    threshold: float
    needed: int
    periods: int
    missing: Missing

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison](value, self.threshold)


def evaluation_range(period: int, periods: int) -> int:
    """How many periods are looked at. Documented: 5 for N = 3 at standard resolution, hence N + 2."""
    extra = 2 if period >= 60 else max(2, HIGH_RESOLUTION_RANGE_S // period)
    return periods + extra


def judge(rule: Rule, newest_first: Iterable[float | None]) -> State | None:
    """The state the points of the evaluation range ask for; None retains the present one.

    Points are read only as far as they can matter: once M breach, or more than N - M do not, nothing older
    and no treatment of missing points can change the answer.
    """
    real = breaching = oldest_breach = 0
    for position, value in enumerate(newest_first, start=1):
        if value is None:
            continue
        real += 1
        if rule.breaches(value):
            breaching += 1
            oldest_breach = position
        if breaching == rule.needed:
            return State.ALARM
        if real - breaching > rule.periods - rule.needed:
            return State.OK
    return _with_missing(rule, real, breaching, oldest_breach)


def _with_missing(rule: Rule, real: int, breaching: int, oldest_breach: int) -> State | None:
    filled = rule.periods - real
    if rule.missing is Missing.NOT_BREACHING:
        return State.OK
    if rule.missing is Missing.BREACHING:
        return State.ALARM if breaching + filled >= rule.needed else State.OK
    if real == 0:
        return None if rule.missing is Missing.IGNORE else State.INSUFFICIENT_DATA
    if breaching < real:
        return State.OK
    # Premature alarm state: nothing but breaches, the oldest of them M periods back or more.
    if rule.missing is Missing.IGNORE:
        return None
    # Assumed for younger breaches: the page only says that the alarm does not go to ALARM yet.
    return State.ALARM if oldest_breach >= rule.needed else State.OK


class Run:
    """The standard plant's reading for target tracking alarms: N breaching points without a hole, up to the last that
    could have been published; no point among the last N is INSUFFICIENT_DATA.

    Source: issue "The simulator", Native; AWS only says that missing data stops scaling. Told one point a period, it
    need not look at 90 of them each time; a point that appears later than the publish lag is not taken into account.
    """

    __slots__ = ("_breaching", "_rule", "_silent", "newest")

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._breaching = 0
        self._silent = rule.periods
        self.newest: int | None = None

    def add(self, start: int, value: float | None) -> None:
        """The point that begins at `start`, the one after the last told."""
        self.newest = start
        self._breaching = self._breaching + 1 if value is not None and self._rule.breaches(value) else 0
        self._silent = self._silent + 1 if value is None else 0

    @property
    def state(self) -> State:
        if self._breaching >= self._rule.periods:
            return State.ALARM
        return State.INSUFFICIENT_DATA if self._silent >= self._rule.periods else State.OK
