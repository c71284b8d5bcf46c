"""A decision as it is recorded and shown: what was seen, what was decided, what became of it."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

from headstart.app.errors import InvalidInput
from headstart.domain.model import (
    Decision,
    Demand,
    Mode,
    Observation,
    Outcome,
    Policy,
    Signal,
    SignalKind,
    Status,
    Term,
)

ID_TIME = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One row of the history. ``id`` is ``COMPONENT.TIME.DIGEST`` and finds the row without an index."""

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
    in_service_at: datetime | None = None


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
        component, _, rest = text.partition(".")
        time, _, digest = rest.partition(".")
        try:
            at = datetime.strptime(time[:-4], ID_TIME).replace(microsecond=int(time[-4:-1]) * 1000, tzinfo=UTC)
        except ValueError:
            at = None
        if at is None or not component or len(digest) != 8 or not time.endswith("Z"):
            raise InvalidInput("id", f"{text!r} is not a decision id (COMPONENT.YYYYMMDDTHHMMSSmmmZ.DIGEST)")
        return cls(component, at, digest)


def record_key(component: str, signal: Signal, now: datetime) -> RecordKey:
    """The same signal looked at in the same moment has the same key."""
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return RecordKey(component, at, f"{zlib.crc32(f'{signal.id}|{component}'.encode()):08x}")


def record(
    key: RecordKey, policy: Policy, seen: Observation, signal: Signal, decision: Decision, outcome: Outcome
) -> DecisionRecord:
    """Put together what the history keeps of one look."""
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
    )
