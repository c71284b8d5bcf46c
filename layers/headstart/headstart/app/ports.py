"""What the use cases need of the world. Each method says what it raises besides Unavailable."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from headstart.app.records import DecisionRecord, RecordKey
from headstart.domain.model import (
    CreatedNative,
    Instances,
    Native,
    Outcome,
    PastLoad,
    Point,
    Resolution,
    SignalKind,
    State,
    Status,
)


@dataclass(frozen=True, slots=True)
class Host:
    """Where a component's copies run."""

    endpoint: str
    variant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A component or a variant, as far as it matters here. The ARN is that of what carries the tags."""

    name: str
    arn: str
    created: datetime
    status: Status
    current_copies: int
    desired_copies: int
    failure: str | None = None
    host: Host | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """``variants``: by their full names, why one cannot be scaled by its instances (empty: it can)."""

    created: datetime
    variants: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The recent points of one component's metrics, oldest first. Units as in ``Observation``."""

    concurrency: tuple[Point, ...]
    refused: tuple[Point, ...]
    latency: tuple[Point, ...]
    completed: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One message of a component's chain. host: whose instances that look is to see as well; ``None``: nobody's."""

    component: str
    token: str
    hop: int
    due: datetime
    host: Host | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of ours, and how it is set up."""

    component: str
    kind: SignalKind
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An alarm as it should be. ``claims``: it says that this stack claims the component."""

    component: str
    kind: SignalKind
    threshold: float
    claims: bool


type AlarmOf = tuple[str, SignalKind]
"""An alarm of ours: its component and kind."""
BOUNDS_A_CALL = ALARMED_A_CALL = 50
"""Components whose settings or alarms one call tells; the calls take 50 resources or 100 names."""
NOTICES_A_CALL = 10


@dataclass(frozen=True, slots=True)
class Page:
    """Some decisions, newest first, and where to go on."""

    records: tuple[DecisionRecord, ...]
    after: RecordKey | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What an event tells: a component has a problem with a field, or no longer has it (with none)."""

    component: str
    problem: str
    field: str
    cleared: bool


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime: ...


class Gather(Protocol):
    """Runs independent reads, side by side where that is possible, and returns their results in order."""

    def __call__(self, *reads: Callable[[], Any]) -> Sequence[Any]: ...


class Components(Protocol):
    """What is scaled: inference components, and variants of endpoints."""

    def describe(self, name: str) -> Description:
        """Raises ComponentGone."""
        ...

    def endpoint(self, name: str) -> Endpoint:
        """Raises ComponentGone."""
        ...

    def instances(self, host: Host) -> Instances | None:
        """``None``: AWS did not say."""
        ...

    def created_since(self, at: datetime) -> dict[str, datetime]:
        """The components created since then, and when."""
        ...

    def set_copies(self, name: str, copies: int, now: datetime) -> Outcome:
        """Write a component's copy count. Refusals are outcomes, not errors."""
        ...


class Metrics(Protocol):
    """Recent metric points."""

    def recent(self, name: str, now: datetime) -> Series: ...


class LoadHistory(Protocol):
    """What a component was asked for in weeks gone by."""

    def of(self, name: str, start: datetime, end: datetime) -> tuple[PastLoad, ...]:
        """Oldest first; five minutes without a request that ended have no point."""
        ...


class Store(Protocol):
    """The table."""

    def load(self, name: str) -> State | None: ...

    def load_many(self, names: Iterable[str], unreadable: dict[str, str] | None = None) -> dict[str, State]:
        """Those that have a state. One that cannot be read raises, or is put into ``unreadable`` with the reason."""
        ...

    def names(self) -> list[str]:
        """Every component that ever had a state, enrolled or not."""
        ...

    def names_after(self, name: str | None, limit: int) -> list[str]:
        """The next of ``names``, in order; from the first where ``name`` is ``None``."""
        ...

    def save(self, state: State) -> State:
        """Write a state without a decision; returns it with its new version. Raises Conflict."""
        ...

    def record(self, record: DecisionRecord, state: State) -> State:
        """Write a decision and the state in one transaction. Raises Conflict."""
        ...

    def complete(self, record: DecisionRecord, state: State) -> State:
        """Write a decision's outcome and floor, and the state, in one transaction. Raises Conflict."""
        ...

    def resolve(self, found: Resolution, now: datetime) -> None:
        """Add to an earlier decision what was found out later."""
        ...

    def decision(self, key: RecordKey) -> DecisionRecord | None: ...

    def decisions(self, name: str, start: datetime, end: datetime, limit: int, after: RecordKey | None) -> Page: ...


class Tombstone(Protocol):
    """What says that the stack is being deleted: from then on nothing is enrolled any more."""

    def laid(self) -> datetime | None:
        """Since when it has been there."""
        ...

    def lay(self, at: datetime, left: Mapping[str, str]) -> None:
        """With what was left behind, and why."""
        ...

    def lift(self) -> None:
        """Without one there is nothing to do."""
        ...


class Deed(Protocol):
    """What says which stack the table belongs to, by its ID."""

    def owner(self) -> str | None: ...

    def take(self, stack_id: str, before: str | None) -> None:
        """Raises Conflict: its owner is not ``before`` any more."""
        ...

    def give_up(self) -> None:
        """Without one there is nothing to do."""
        ...


class FollowUps(Protocol):
    """The delayed queue."""

    def book(self, follow_up: FollowUp, delay: timedelta) -> None: ...

    def book_retry(self, event: Mapping[str, Any], attempt: int, delay: timedelta) -> None:
        """Hand an alarm event that met a passing error to the follow function."""
        ...


class Enrolments(Protocol):
    """Tags and native settings."""

    def tagged(self) -> dict[str, dict[str, str]]:
        """All components that carry the enrolment tag, with their tags. An incomplete listing raises."""
        ...

    def tagged_endpoints(self) -> dict[str, dict[str, str]]:
        """The same of endpoints."""
        ...

    def tags(self, arn: str) -> dict[str, str] | None:
        """A direct look at one component's tags; ``None``: it does not exist."""
        ...

    def bounds(self, names: Sequence[str]) -> dict[str, Native]:
        """The scalable targets of ``BOUNDS_A_CALL`` components at most, without what their policies say."""
        ...

    def target(self, name: str) -> float | None:
        """The target value of the component's policy that tracks concurrency per copy."""
        ...


class Alarms(Protocol):
    """The two alarms of each component, and the one of each variant."""

    def ringing(self) -> frozenset[AlarmOf]:
        """Those of this stack that are in ALARM."""
        ...

    def of(self, names: Sequence[str]) -> dict[AlarmOf, Alarm]:
        """Those of ``ALARMED_A_CALL`` components at most, in any state."""
        ...

    def claims(self) -> dict[str, set[str]]:
        """Which stacks claim which components by their alarms, all stacks of the account and Region."""
        ...

    def ensure(self, wanted: Wanted, existing: Alarm | None) -> bool:
        """Put the alarm unless it already is as wanted; tells whether it was written."""
        ...

    def remove(self, component: str) -> None: ...

    def remove_all(self) -> None:
        """Those of all components of this stack, known or not."""
        ...


@dataclass(frozen=True, slots=True)
class ScalableTarget:
    """The bounds that native scaling keeps to."""

    min_copies: int
    max_copies: int


@dataclass(frozen=True, slots=True)
class BookedRelease:
    """A one-time scheduled action of ours: which minimum it restores."""

    min_copies: int


class Scaling(Protocol):
    """A component's scalable target in Application Auto Scaling, and the release that we booked with it."""

    def target(self, name: str) -> ScalableTarget | None: ...

    def set_minimum(self, name: str, copies: int) -> None: ...

    def booked_release(self, name: str) -> BookedRelease | None: ...

    def inherited_release(self, name: str) -> BookedRelease | None:
        """That of another stack, which may have been deleted with its floor up."""
        ...

    def has_plans(self, name: str) -> bool:
        """Whether the owner has scheduled actions of their own."""
        ...

    def book_release(self, name: str, min_copies: int, at: datetime) -> None:
        """Have the minimum restored at that time whatever becomes of us; moves a booking that is there."""
        ...

    def cancel_release(self, name: str) -> None:
        """Without one there is nothing to do."""
        ...


class Natives(Protocol):
    """Native scaling that is our work."""

    def set_up(self, component: str, made: CreatedNative) -> None:
        """Make or change it; doing it twice does no harm. Raises Refused."""
        ...

    def remove_wake(self, component: str, made: CreatedNative) -> None:
        """Take away the wake step alone. Gone is no error."""
        ...

    def remove(self, component: str, made: CreatedNative) -> None:
        """Take away what is ours of it, and the scalable target unless somebody else uses it. Gone is no error."""
        ...


class Events(Protocol):
    """The event bus."""

    def tell(self, notices: Sequence[Notice]) -> list[Notice]:
        """Put an event for each of ``NOTICES_A_CALL`` at most; returns those the bus took."""
        ...
