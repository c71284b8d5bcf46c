"""A CloudWatch metric alarm: what was asked for, and where it stands."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from simulator.plant.alarm_rules import Rule, Run, State
from simulator.plant.metrics import MetricKey

IDENTIFIERS = UUID("6f0f0f0e-6b6c-5d5e-8f3c-0c6a4d7c2b11")
HISTORY_KEPT = 500
"""Items an alarm keeps. AWS keeps 30 days; a replay must not grow with its length."""


@dataclass(frozen=True, slots=True)
class AlarmConfig:
    name: str
    metric: MetricKey
    statistic: str
    period: int
    rule: Rule
    description: str | None = None
    actions_enabled: bool = True
    alarm_actions: tuple[str, ...] = ()
    ok_actions: tuple[str, ...] = ()
    insufficient_data_actions: tuple[str, ...] = ()
    unit: str | None = None
    contiguous: bool = False
    """Missing points break the run instead of being skipped: the standard plant's target tracking alarms."""

    @property
    def cadence(self) -> int:
        """Seconds between evaluations (aws-facts 5.1)."""
        return 10 if self.period < 60 else 60

    @property
    def metric_id(self) -> str:
        return str(uuid5(IDENTIFIERS, self.name))


@dataclass(frozen=True, slots=True)
class Point:
    """One period of the evaluation range, as evaluated; `value` is absent where no data could be seen."""

    start: float
    value: float | None
    samples: float = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A state with the reason AWS would give for it."""

    state: State
    reason: str
    reason_data: str | None
    since: float

    def detail(self) -> dict[str, Any]:
        return {"stateValue": str(self.state), "stateReason": self.reason, "stateReasonData": self.reason_data}


@dataclass(frozen=True, slots=True)
class HistoryItem:
    at: float
    kind: str
    summary: str
    data: dict[str, Any]


@dataclass(slots=True)
class Alarm:
    config: AlarmConfig
    arn: str
    created: float
    configured: float
    standing: Standing
    transitioned: float
    transitions: int = 0
    newest_value: float | None = None
    """The newest value seen at the last transition; step scaling measures the breach by it."""
    run: Run | None = None
    history: deque[HistoryItem] = field(default_factory=lambda: deque(maxlen=HISTORY_KEPT))

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def state(self) -> State:
        return self.standing.state
