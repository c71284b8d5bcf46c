"""A decision as it is recorded and shown: what was seen, what was decided, what became of it."""

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from headstart.app.errors import InvalidInput
from headstart.domain.capacity import NAME
from headstart.domain.model import (
    Capacity,
    Decision,
    Demand,
    Floor,
    Mode,
    Observation,
    Outcome,
    Policy,
    Signal,
    SignalKind,
    StartKind,
    StartTimes,
    Status,
    Term,
)

ID_TIME = "%Y%m%dT%H%M%S"
ID = re.compile(rf"({NAME})\.([0-9]{{8}}T[0-9]{{6}})([0-9]{{3}})Z\.([0-9a-f]{{8}})")


@dataclass(frozen=True, slots=True)
class Kept:
    """The floor that stands after a look, and what is worth saying about it."""

    floor: Floor | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One row of the history. ``id`` is ``NAME.TIME.DIGEST`` and finds the row without an index.

    floor: MinCapacity as raised by us (``None``: the owner's own). native_copies: what native scaling alone would have
    asked for by now, and saved_copy_hours what we paid less than it lately; negative: more. capacity: what a copy is.
    expected: how long the copies it wants were thought to take. What became of that: first_in_service_at, in_service_at
    and start_kind.
    """

    id: str
    component: str
    created: datetime
    at: datetime
    signal: SignalKind
    signal_id: str
    mode: Mode
    status: Status
    current_copies: int
    desired_copies_before: int
    desired: int
    action: str
    binding: str
    terms: tuple[Term, ...]
    limits: tuple[str, ...]
    demand: Demand
    reason: str
    outcome: Outcome
    floor: int | None = None
    floor_note: str = ""
    native_copies: int | None = None
    saved_copy_hours: float | None = None
    in_service_at: datetime | None = None
    observes_because: str = ""
    capacity: Capacity = Capacity.COMPONENT
    expected: StartTimes | None = None
    first_in_service_at: datetime | None = None
    start_kind: StartKind | None = None


@dataclass(frozen=True, slots=True)
class RecordKey:
    """Where a decision lies: its component, time (to the millisecond) and digest."""

    component: str
    at: datetime
    digest: str

    def __str__(self) -> str:
        return f"{self.component}.{self.at.strftime(ID_TIME)}{self.at.microsecond // 1000:03d}Z.{self.digest}"

    @classmethod
    def parse(cls, text: str) -> "RecordKey":
        """Read an id back. Raises InvalidInput when it is not one."""
        found = ID.fullmatch(text)
        with suppress(ValueError):  # a thirteenth month
            if found is not None:
                component, time, milliseconds, digest = found.groups()
                return cls(component, datetime.fromisoformat(f"{time}.{milliseconds}+00:00"), digest)
        raise InvalidInput("id", f"{text!r} is not a decision id (NAME.YYYYMMDDTHHMMSSmmmZ.DIGEST)")


def record_key(component: str, signal: Signal, now: datetime) -> RecordKey:
    """The same signal looked at in the same moment has the same key."""
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return RecordKey(component, at, f"{zlib.crc32(f'{signal.id}|{component}'.encode()):08x}")


def record(
    key: RecordKey,
    policy: Policy,
    seen: Observation,
    signal: Signal,
    decision: Decision,
    outcome: Outcome,
    kept: Kept,
) -> DecisionRecord:
    """Put together what the history keeps of one look."""
    native = decision.next_state.counterfactual
    return DecisionRecord(
        id=str(key),
        component=key.component,
        created=seen.created,
        at=key.at,
        signal=signal.kind,
        signal_id=signal.id,
        mode=policy.mode,
        status=seen.status,
        current_copies=seen.current_copies,
        desired_copies_before=seen.desired_copies,
        desired=decision.desired,
        action=decision.action.value,
        binding=decision.binding,
        terms=decision.terms,
        limits=decision.limits,
        demand=decision.demand,
        reason=decision.reason,
        outcome=outcome,
        floor=kept.floor.copies if kept.floor is not None else None,
        floor_note=kept.note,
        native_copies=native.copies if native is not None else None,
        saved_copy_hours=round(native.saved, 3) if native is not None else None,
        observes_because=policy.observes_because,
        capacity=policy.capacity,
        expected=decision.expected,
    )
