"""What goes wrong when: drawn from a number, so that the same number is the same bad day."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log
from random import Random

SHORTEST_S = 60.0
FOREVER = 4.0
"""The longest outage is so many times the trace: about a third of those drawn from an hour's trace never end."""
MOST = 6
"""Outages or crashes of one day."""
LATER_S = 900.0
"""A moment after a request that was drawn: copies come, and are given back, within so long."""
WRITE = "UpdateInferenceComponentRuntimeConfig"


class Kind(StrEnum):
    """What befalls the controller."""

    ONCE = "dies once"
    OFTEN = "dies several times"
    MIDWAY = "dies in the middle of an invocation"
    THROTTLED = "is throttled throughout"
    DEAF = "loses events and messages"


@dataclass(frozen=True, slots=True)
class Crash:
    """From `at_s` on, a function's process ends at its `calls`-th AWS call (of `operation`, if there is one).

    answered: AWS has done what was asked, and nobody reads the answer. Then nothing is run for `dead_for_s`.
    """

    at_s: float
    operation: str | None
    calls: int
    answered: bool
    dead_for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One bad day. Times in seconds from the trace's start; shares from 0 to 1."""

    number: int
    kind: Kind
    outages: tuple[tuple[float, float], ...] = ()
    crashes: tuple[Crash, ...] = ()
    throttled: float = 0.0
    lost_events: float = 0.0
    lost_messages: float = 0.0

    def __str__(self) -> str:
        match self.kind:
            case Kind.THROTTLED:
                return f"{100 * self.throttled:.0f} % of the calls"
            case Kind.DEAF:
                return f"{100 * self.lost_events:.0f} % of the events, {100 * self.lost_messages:.0f} % of the messages"
            case Kind.MIDWAY:
                return "; ".join(map(_crash, self.crashes))
            case _:
                return "; ".join(f"{begin / 60:.0f}-{end / 60:.0f} min" for begin, end in self.outages)


def _crash(one: Crash) -> str:
    where = "at" if one.operation is None else f"at {one.operation},"
    when = "after" if one.answered else "before"
    return f"{one.at_s / 60:.0f} min: {where} call {one.calls}, {when} it, dead for {one.dead_for_s / 60:.0f} min"


def draw(number: int, kind: Kind, arrivals: Sequence[float]) -> Schedule:
    """Of a trace with these arrivals, in order. Half of the moments are by the clock, half by the requests."""
    dice = _Dice(Random(f"dead man/{number}"), arrivals)
    match kind:
        case Kind.ONCE:
            return Schedule(number=number, kind=kind, outages=(dice.outage(),))
        case Kind.OFTEN:
            outages = sorted(dice.outage() for _ in range(dice.random.randint(2, MOST)))
            return Schedule(number=number, kind=kind, outages=tuple(outages))
        case Kind.MIDWAY:
            crashes = sorted((dice.crash() for _ in range(dice.random.randint(1, MOST))), key=lambda one: one.at_s)
            return Schedule(number=number, kind=kind, crashes=tuple(crashes))
        case Kind.THROTTLED:
            return Schedule(number=number, kind=kind, throttled=dice.random.uniform(0.05, 1))
        case Kind.DEAF:
            events, messages = dice.random.random(), dice.random.random()
            return Schedule(number=number, kind=kind, lost_events=events, lost_messages=messages)


@dataclass(frozen=True, slots=True)
class _Dice:
    random: Random
    arrivals: Sequence[float]

    def moment(self) -> float:
        last_s = self.arrivals[-1]
        if self.random.random() < 0.5:
            return self.random.uniform(0, last_s)
        return min(last_s, self.random.choice(self.arrivals) + self.random.uniform(0, LATER_S))

    def lasting(self) -> float:
        longest_s = FOREVER * max(self.arrivals[-1], SHORTEST_S)
        return exp(self.random.uniform(log(SHORTEST_S), log(longest_s)))

    def outage(self) -> tuple[float, float]:
        begin = self.moment()
        return begin, begin + self.lasting()

    def crash(self) -> Crash:
        at_s, write = self.moment(), self.random.random() < 0.5
        calls = 1 if write else self.random.randint(1, 8)
        # Most often a single process is lost, and the next signal starts another.
        dead_for_s = 0.0 if self.random.random() < 0.5 else self.lasting()
        return Crash(at_s, WRITE if write else None, calls, self.random.random() < 0.5, dead_for_s)


def busiest(arrivals: Sequence[float], window_s: float, step_s: float = 900.0) -> float:
    """Where the window of this length with the most arrivals begins, by quarters of an hour."""
    begins = [step_s * step for step in range(int(max(0.0, arrivals[-1] - window_s) // step_s) + 1)]
    return max(begins, key=lambda begin: bisect_left(arrivals, begin + window_s) - bisect_left(arrivals, begin))
