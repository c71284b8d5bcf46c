"""What was gathered, before anything is made of it. Absent in AWS is `None`; not to be seen is `Unseen`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from headstart.app.ports import Alarm, BookedRelease, Description
from headstart.app.records import DecisionRecord
from headstart.domain.model import Native, Point, SignalKind, State


@dataclass(frozen=True, slots=True)
class Unseen:
    """A look that brought no answer. `code` is that of AWS's refusal, where it was one."""

    why: str
    code: str = ""


type Seen[T] = T | Unseen


@dataclass(frozen=True, slots=True)
class Identity:
    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the stack by its physical id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFacts:
    """`failures`: what CloudFormation said of each resource it could not make."""

    status: str
    reason: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    resources: Mapping[str, Resource]
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogError:
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """`ran_at`: its newest log entry of the last ten minutes. `callers`: services its own policy lets in."""

    state: str
    update: str
    reason: str
    arn: str
    errors: Seen[tuple[LogError, ...]]
    ran_at: Seen[datetime | None]
    callers: Seen[tuple[str, ...]]
    recursive_loop: Seen[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """`matches`: whether the pattern matches the event of an alarm, by alarm name; empty for a schedule."""

    state: str
    targets: tuple[str, ...]
    matches: Seen[Mapping[str, bool]]


@dataclass(frozen=True, slots=True)
class MappingFacts:
    state: str
    queue_arn: str


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """Messages: to be received now, being worked on, and waiting out their delay."""

    waiting: int
    in_flight: int
    delayed: int


@dataclass(frozen=True, slots=True)
class TableFacts:
    """Status of the table and of its index."""

    status: str
    index: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One question to IAM's policy simulator. `context`: condition keys. `wanted`: whether it should be allowed."""

    role: str
    action: str
    resource: str
    context: tuple[tuple[str, str], ...]
    wanted: bool
    decision: str
    why: str = ""

    @property
    def allowed(self) -> bool:
        return self.decision == "allowed"


@dataclass(frozen=True, slots=True)
class WakeAlarm:
    """An alarm of the owner's that adds copies on refused requests. `seconds`: refusals before it can go to ALARM."""

    name: str
    policy: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingFacts:
    """A component's scalable target. `suspended` names what is suspended, of `in`, `out` and `scheduled`."""

    role_arn: str
    minimum: int
    maximum: int
    suspended: tuple[str, ...]
    tracking: tuple[str, ...]
    wake_alarms: Seen[tuple[WakeAlarm, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFacts:
    """`places`: copies one instance holds by its accelerators, where that is known. `most_instances`: of managed
    instance scaling; None where it is off."""

    name: str
    status: str
    instance_type: str | None
    instances: int
    most_instances: int | None
    places: int | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A point that appeared while the doctor watched, `lag` seconds after its ten seconds were over."""

    at: datetime
    lag: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFacts:
    """`names`: metrics under InferenceComponentName alone. `elsewhere`: other dimensions that name the component.

    Series of the last three hours, oldest first: concurrency as Maximum and refused as SampleCount, both of 10 s;
    invocations as Sum of a minute. `at`: CloudWatch's own time when they were read.
    """

    at: datetime
    names: Seen[frozenset[str]]
    elsewhere: Seen[tuple[str, ...]] = ()
    concurrency: Seen[tuple[Point, ...]] = ()
    refused: Seen[tuple[Point, ...]] = ()
    invocations: Seen[tuple[Point, ...]] = ()
    unit: Seen[str | None] = None
    arrivals: tuple[Arrival, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentFacts:
    """`tags`: as Resource Groups Tagging has them. `own_tags`: as the component itself does. `release`: the scheduled
    action of this stack that restores the owner's minimum."""

    name: str
    tags: Mapping[str, str]
    native: Seen[Native]
    own_tags: Seen[Mapping[str, str] | None]
    description: Seen[Description | None]
    changed_at: datetime | None
    scaling: Seen[ScalingFacts | None]
    release: Seen[BookedRelease | None]
    endpoint: Seen[EndpointFacts | None]
    state: Seen[State | None]
    metrics: MetricFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFacts:
    """A test alarm. `refusal`: why it was not set off; else `set_at`, and the decision it led to, if any."""

    component: str
    kind: SignalKind = SignalKind.PRESSURE
    refusal: str = ""
    set_at: datetime | None = None
    waited: float = 0.0
    decision: DecisionRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Beside what the checks need: answers to open questions. Texts as AWS gave them."""

    unknown_component: Seen[str]
    unknown_tags: Seen[str]
    tracking_alarms: Seen[tuple[Mapping[str, Any], ...]]
    activities: Seen[tuple[Mapping[str, Any], ...]]
    outcomes: Seen[tuple[DecisionRecord, ...]]
    transitions: Seen[Mapping[str, tuple[datetime, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the doctor was asked to look at. `component`: only this one. `region` may come from the AWS
    configuration: Unseen where that cannot be read."""

    stack: str
    region: Seen[str | None]
    component: str | None = None
    account: str | None = None
    probe: bool = False


@dataclass(slots=True, kw_only=True)
class Facts:
    """Filled in from top to bottom; what comes after a part that cannot be seen is left as it is here."""

    asked: Asked
    now: datetime
    identity: Seen[Identity] = field(default_factory=lambda: Unseen("not asked"))
    stack: Seen[StackFacts | None] = field(default_factory=lambda: Unseen("not asked"))
    lookalikes: tuple[str, ...] = ()
    functions: dict[str, Seen[FunctionFacts | None]] = field(default_factory=dict)
    rules: dict[str, Seen[RuleFacts | None]] = field(default_factory=dict)
    mapping: Seen[MappingFacts | None] = field(default_factory=lambda: Unseen("not asked"))
    queues: dict[str, Seen[QueueFacts | None]] = field(default_factory=dict)
    table: Seen[TableFacts | None] = field(default_factory=lambda: Unseen("not asked"))
    verdicts: Seen[tuple[Verdict, ...]] = field(default_factory=lambda: Unseen("not asked"))
    service_role: Seen[bool] = field(default_factory=lambda: Unseen("not asked"))
    enrolled: Seen[Mapping[str, Mapping[str, str]]] = field(default_factory=lambda: Unseen("not asked"))
    alarms: Seen[tuple[Alarm, ...]] = field(default_factory=lambda: Unseen("not asked"))
    quotas: Seen[Mapping[str, float]] = field(default_factory=lambda: Unseen("not asked"))
    components: dict[str, ComponentFacts] = field(default_factory=dict)
    probe: ProbeFacts | None = None
    observed: dict[str, Observed] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """To be shown, or to look further once the stack is known."""
        return self.asked.region if isinstance(self.asked.region, str) else "no Region"

    @property
    def known_stack(self) -> StackFacts | None:
        return self.stack if isinstance(self.stack, StackFacts) else None

    def resource(self, logical: str) -> Resource | None:
        return self.known_stack.resources.get(logical) if self.known_stack else None
