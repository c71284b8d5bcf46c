"""Application Auto Scaling's records: scalable targets, policies, scheduled actions, activities (aws-facts 4)."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulator.plant.metrics import MetricKey

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:inference-component:DesiredCopyCount"
VARIANT_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
RESOURCE_PREFIX = "inference-component/"


def resource_of(name: str) -> str:
    """A variant's name in the plant is ENDPOINT.VARIANT."""
    endpoint, dot, variant = name.partition(".")
    return f"endpoint/{endpoint}/variant/{variant}" if dot else RESOURCE_PREFIX + name


def name_of(resource: str) -> str | None:
    """None for a resource of a kind that is not modelled."""
    match resource.split("/"):
        case ["inference-component", name]:
            return name
        case ["endpoint", endpoint, "variant", variant]:
            return f"{endpoint}.{variant}"
        case _:
            return None


ACTIVITIES_KEPT = 500
"""Activities a target keeps. AWS keeps six weeks; a replay must not grow with its length."""


class NotScaled(StrEnum):
    UNSCALABLE = "TargetServicePutResourceAsUnscalable"
    AT_MAX = "AlreadyAtMaxCapacity"
    AT_MIN = "AlreadyAtMinCapacity"
    AT_DESIRED = "AlreadyAtDesiredCapacity"


@dataclass(frozen=True, slots=True)
class Suspended:
    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class TargetTracking:
    """Keep `metric` at `target` per copy. Counts of points and periods are what AWS gives the two alarms."""

    target: float
    metric: MetricKey
    statistic: str
    period: int
    out_periods: int
    in_periods: int
    out_cooldown: float
    in_cooldown: float
    disable_scale_in: bool
    requested: dict[str, Any]

    @property
    def low_threshold(self) -> float:
        """0.9 of the target: "usually more than 10% lower" in the documentation, the exact factor assumed."""
        return 0.9 * self.target


@dataclass(frozen=True, slots=True)
class Step:
    """Bounds relative to the alarm's threshold; None is unbounded."""

    lower: float | None
    upper: float | None
    adjustment: int


@dataclass(frozen=True, slots=True)
class StepScaling:
    adjustment_type: str
    steps: tuple[Step, ...]
    cooldown: float
    min_magnitude: int
    requested: dict[str, Any]


@dataclass(slots=True)
class Policy:
    name: str
    arn: str
    component: str
    rule: TargetTracking | StepScaling
    created: float
    alarm_high: str | None = None
    alarm_low: str | None = None

    @property
    def alarms(self) -> list[str]:
        return [name for name in (self.alarm_high, self.alarm_low) if name is not None]


@dataclass(slots=True)
class ScheduledAction:
    name: str
    arn: str
    component: str
    schedule: str
    timezone: str
    due: float
    min_capacity: int | None
    max_capacity: int | None
    created: float


@dataclass(slots=True)
class Activity:
    id: str
    cause: str
    description: str
    start: float
    status: str
    message: str = ""
    end: float | None = None
    not_scaled: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ScaleOut:
    """The last scale-out by a policy: from where, to where, when."""

    at: float
    base: int
    desired: int


@dataclass(slots=True)
class ScalableTarget:
    component: str
    arn: str
    role_arn: str
    created: float
    minimum: int
    maximum: int
    suspended: Suspended = Suspended()
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    scheduled: dict[str, ScheduledAction] = field(default_factory=dict)
    activities: deque[Activity] = field(default_factory=lambda: deque(maxlen=ACTIVITIES_KEPT))
    last_out: ScaleOut | None = None
    last_in: float | None = None
    last_not_scaled: tuple[str, str] | None = None
    """Policy and reason of the last activity that did not scale; AWS records only the first of a run."""

    @property
    def resource_id(self) -> str:
        return resource_of(self.component)

    @property
    def dimension(self) -> str:
        return VARIANT_DIMENSION if "." in self.component else DIMENSION

    def clamp(self, count: int) -> int:
        return max(self.minimum, min(self.maximum, count))
