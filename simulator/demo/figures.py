"""The run in numbers. Seconds count from the first arrival."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil

from simulator.demo.story import Record, Story, Write

SLOW_S = 10.0
GAVE_UP_S = 600.0
"""What a client that gave up counts as: as long as it was prepared to wait."""
MATCH_S = 15.0
"""A decision and the write it led to lie closer together than this."""


@dataclass(frozen=True, slots=True)
class Waits:
    """From first attempt to start of service; those not served at the end count with their wait so far."""

    requests: int
    served: int
    mean_s: float
    p50_s: float
    p95_s: float
    slow_share: float
    gave_up: int
    unserved: int


@dataclass(frozen=True, slots=True)
class Wake:
    """When each link of the wake happened; None: it did not."""

    first_refusal: float | None
    alarm: float | None
    write: float | None
    asked: int | None
    in_service: float | None
    first_success: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """One accepted write that changed the count, and why."""

    at: float
    who: str
    before: int
    asked: int
    why: str


def waits(story: Story) -> Waits:
    end = story.starts_at + story.length_s
    values = sorted(GAVE_UP_S if one.gave_up else one.wait_s(end) for one in story.journeys if one.arrives_at <= end)
    served = sum(one.served_at is not None for one in story.journeys)
    gave_up = sum(one.gave_up for one in story.journeys)
    return Waits(
        requests=len(values),
        served=served,
        mean_s=sum(values) / len(values) if values else 0.0,
        p50_s=quantile(values, 0.5),
        p95_s=quantile(values, 0.95),
        slow_share=sum(value > SLOW_S for value in values) / len(values) if values else 0.0,
        gave_up=gave_up,
        unserved=len(values) - served - gave_up,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the sorted values do not exceed; 0 of none."""
    if not values:
        return 0.0
    return values[max(0, ceil(share * len(values)) - 1)]


def copy_levels(story: Story) -> list[tuple[float, int]]:
    """(second, copies billed from then on): starting, in service and draining."""
    levels = [(0.0, 0)]
    for entry in story.journal:
        if "in_service" in entry:
            billed = entry["in_service"] + entry["starting"] + entry["draining"]
            levels.append((max(0.0, entry["at"] - story.starts_at), billed))
    return levels


def copy_seconds(story: Story) -> float:
    """From the accepted write on, starting copies included, up to the end of the run."""
    levels = [*copy_levels(story), (story.length_s, 0)]
    return sum(
        copies * max(0.0, min(following, story.length_s) - at) for (at, copies), (following, _) in pairwise(levels)
    )


def wake(story: Story) -> Wake:
    alarm = story.alarmed(story.wake_alarm)
    first = next((write for write in story.writes() if write.outcome == "accepted"), None)
    ready = (entry["at"] for entry in story.journal if entry.get("in_service"))
    in_service = next(ready, None)
    return Wake(
        first_refusal=story.first_refusal,
        alarm=alarm.at if alarm else None,
        write=first.at if first else None,
        asked=first.asked if first else None,
        in_service=None if in_service is None else in_service - story.starts_at,
        first_success=story.first_success,
    )


def steps(story: Story) -> list[Step]:
    return [
        Step(write.at, story.who(write), write.standing, write.asked, why(story, write))
        for write in story.writes()
        if write.outcome == "accepted" and write.asked is not None and write.asked != write.standing
    ]


def why(story: Story, write: Write) -> str:
    """In one sentence: the decision's reason, or native scaling's cause."""
    if write.is_native:
        return _cause(story, write)
    decision = decision_of(story, write)
    return decision["reason"] if decision else "no decision is recorded"


def decision_of(story: Story, write: Write) -> Record | None:
    """The recorded decision that led to a write: for that count, the latest before it."""
    before = [
        decision
        for decision in story.decisions
        if decision["desired"] == write.asked
        and decision["action"] == "write"
        and -MATCH_S <= second(story, decision["at"]) - write.at <= 1.0
    ]
    return before[-1] if before else None


def second(story: Story, text: str) -> float:
    """An ISO 8601 time in seconds since the first arrival."""
    return datetime.fromisoformat(text).timestamp() - story.starts_at


def _cause(story: Story, write: Write) -> str:
    for activity in story.activities:
        at = activity["StartTime"].timestamp() - story.starts_at
        if abs(at - write.at) < 2.0 and "NotScaledReasons" not in activity:
            return _plainly(str(activity["Cause"]))
    return "no scaling activity is recorded"


def _plainly(cause: str) -> str:
    """Auto Scaling names alarm and policy; a reader wants to know which rule it was."""
    if "AlarmHigh" in cause:
        return "Target tracking: concurrency per copy above the target for 30 s, and a minute to act on it."
    if "AlarmLow" in cause:
        return "Target tracking: concurrency per copy below 90 % of the target for 15 minutes."
    if "no-capacity" in cause:
        return "Wake step: one copy more, a minute after its alarm and every minute while that lasts."
    return cause
