"""Values with sensible defaults, so that a test says only what matters to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from headstart.domain.model import Mode, Observation, Point, Policy, Signal, SignalKind, State, Status

NOW = datetime(2026, 11, 22, 13, 0, 0, tzinfo=UTC)
CREATED = NOW - timedelta(days=1)


def policy(**changes: Any) -> Policy:
    """Act; target 7 of 10 slots; 0 to 20 copies; 5 s a request; no reserve; no scalable target to put a floor on."""
    standard = Policy(
        mode=Mode.ACT,
        target=7.0,
        slots=10.0,
        min_copies=0,
        max_copies=20,
        service_seconds=5.0,
        reserve=0,
        floor_allowed=False,
    )
    return replace(standard, **changes)


def state(**changes: Any) -> State:
    """An enrolled component without history; if it is short of copies, it has been so for long, and has settled."""
    standard = State(
        component="my-llama",
        created=CREATED,
        version=1,
        enrolled=True,
        policy=policy(),
        described_at=NOW,
        short_since=CREATED,
    )
    return replace(standard, **changes)


def seen(copies: int = 2, **changes: Any) -> Observation:
    """So many copies in service, nothing pending, no points."""
    standard = Observation(
        at=NOW, created=CREATED, status=Status.IN_SERVICE, current_copies=copies, desired_copies=copies
    )
    return replace(standard, **changes)


def points(
    *values: float | None, last_seconds_ago: float = 30.0, period: float = 10.0, now: datetime = NOW
) -> tuple[Point, ...]:
    """Consecutive points, oldest first; ``None`` is a missing one."""
    newest = now - timedelta(seconds=last_seconds_ago)
    return tuple(
        Point(newest - timedelta(seconds=period * back), value)
        for back, value in zip(range(len(values) - 1, -1, -1), values, strict=True)
        if value is not None
    )


def signal(kind: SignalKind = SignalKind.PRESSURE, id: str = "event-1", token: str = "token-1") -> Signal:
    """A first alarm."""
    return Signal(kind, id, token)
