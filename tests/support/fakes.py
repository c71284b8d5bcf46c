"""Ports that behave, in memory. The contract suite holds the store to what the real one does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from headstart.app.errors import ComponentGone, Conflict, Refused, Unavailable
from headstart.app.ports import (
    Alarm,
    AlarmOf,
    BookedRelease,
    Description,
    Endpoint,
    FollowUp,
    Host,
    Notice,
    Page,
    ScalableTarget,
    Series,
    Wanted,
)
from headstart.app.records import DecisionRecord, RecordKey
from headstart.domain.capacity import variant_of
from headstart.domain.model import (
    CreatedNative,
    Instances,
    Native,
    Outcome,
    OutcomeKind,
    PastLoad,
    Resolution,
    SignalKind,
    State,
    Status,
)
from tests.support.builders import CREATED, NOW, points

HOST = Host("endpoint", "AllTraffic")
"""Where all components run."""


def inline(*reads: Callable[[], Any]) -> Sequence[Any]:
    """Runs reads one after the other."""
    return [read() for read in reads]


def at_once(operation: str) -> None:
    """No quota to wait for."""


@dataclass
class FakeClock:
    """A clock that stands still until it is moved."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class FakeComponent:
    """A component that takes orders like SageMaker: one change at a time."""

    name: str = "my-llama"
    created: datetime = CREATED
    status: Status = Status.IN_SERVICE
    current: int = 0
    desired: int = 0
    quota: int = 1000
    failure: str | None = None
    tags: dict[str, str] = field(default_factory=lambda: {"headstart:mode": "act"})
    instances: Instances | None = field(default_factory=lambda: Instances(3, 3))

    def copies_come(self) -> None:
        """The update in flight ends well."""
        self.current, self.status = self.desired, Status.IN_SERVICE


@dataclass
class FakeComponents:
    """Implements Components; ``writes`` is the log of accepted copy counts.

    before_write and after_write run once, in the middle of the next write: a crash, or somebody else's look.
    """

    by_name: dict[str, FakeComponent] = field(default_factory=dict)
    writes: list[tuple[str, int]] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)
    next_answer_is_lost: bool = False
    before_write: Callable[[], object] | None = None
    after_write: Callable[[], object] | None = None
    described: list[str] = field(default_factory=list)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    hosts_seen: list[Host] = field(default_factory=list)
    wait: Callable[[str], None] = at_once

    def describe(self, name: str) -> Description:
        self.wait("DescribeComponent")
        self.described.append(name)
        if name in self.unreachable:
            raise Unavailable("DescribeInferenceComponent")
        if name not in self.by_name:
            raise ComponentGone(name)
        c = self.by_name[name]
        return Description(
            name=name,
            arn=f"arn:aws:sagemaker:us-east-1:123456789012:inference-component/{name}",
            created=c.created,
            status=c.status,
            current_copies=c.current,
            desired_copies=c.desired,
            host=HOST,
            failure=c.failure,
        )

    def endpoint(self, name: str) -> Endpoint:
        if name not in self.endpoints:
            raise ComponentGone(name)
        return self.endpoints[name]

    def instances(self, host: Host) -> Instances | None:
        self.hosts_seen.append(host)
        if host.endpoint in self.unreachable:
            raise Unavailable("DescribeEndpoint")
        (component,) = self.by_name.values()
        return component.instances

    def created_since(self, at: datetime) -> dict[str, datetime]:
        return {name: c.created for name, c in self.by_name.items() if c.created > at}

    def set_copies(self, name: str, copies: int, now: datetime) -> Outcome:
        self._once("before_write")
        c = self.by_name[name]
        if c.tags.get("headstart:mode") != "act":
            return Outcome(OutcomeKind.REFUSED, now, "AccessDeniedException")
        if c.status is Status.UPDATING:
            return Outcome(OutcomeKind.BLOCKED, now, "while it is in state UPDATE_RC_IN_PROGRESS")
        if copies > c.quota:
            return Outcome(OutcomeKind.REFUSED, now, "ResourceLimitExceeded")
        c.desired, c.status = copies, Status.UPDATING
        self.writes.append((name, copies))
        self._once("after_write")
        if self.next_answer_is_lost:
            self.next_answer_is_lost = False
            return Outcome(OutcomeKind.UNCERTAIN, now, "Read timeout")
        return Outcome(OutcomeKind.APPLIED, now)

    def _once(self, hook: str) -> None:
        run = getattr(self, hook)
        setattr(self, hook, None)
        if run is not None:
            run()


@dataclass
class FakeMetrics:
    """Implements Metrics: the last points look like this, whenever it is looked at."""

    concurrency: tuple[float | None, ...] = ()
    refused: tuple[float | None, ...] = ()
    down: bool = False

    def recent(self, name: str, now: datetime) -> Series:
        if self.down:
            raise Unavailable("GetMetricData")
        return Series(
            concurrency=points(*self.concurrency, now=now), refused=points(*self.refused, now=now), latency=()
        )


@dataclass
class FakeLoadHistory:
    """Implements LoadHistory; ``points`` of all components, oldest first. ``read`` names who was asked about."""

    points: tuple[PastLoad, ...] = ()
    read: list[str] = field(default_factory=list)
    unreachable: bool = False
    wait: Callable[[str], None] = at_once

    def of(self, name: str, start: datetime, end: datetime) -> tuple[PastLoad, ...]:
        self.wait("ReadHistory")
        self.read.append(name)
        if self.unreachable:
            raise Unavailable("GetMetricData")
        return tuple(one for one in self.points if start <= one.at < end)


@dataclass
class MemoryStore:
    """Implements Store. after_load and after_load_many run once: somebody else's look in the middle of ours."""

    states: dict[str, State] = field(default_factory=dict)
    records: dict[str, DecisionRecord] = field(default_factory=dict)
    crash_before_complete: bool = False
    crash_before_resolve: bool = False
    after_load: Callable[[], object] | None = None
    after_load_many: Callable[[], object] | None = None
    garbled: set[str] = field(default_factory=set)
    down: bool = False

    def load(self, name: str) -> State | None:
        if self.down:
            raise Unavailable("GetItem")
        found = self.states.get(name)
        between, self.after_load = self.after_load, None
        if between is not None:
            between()
        return found

    def load_many(self, names: Iterable[str], unreadable: dict[str, str] | None = None) -> dict[str, State]:
        wanted = list(names)
        found = {name: self.states[name] for name in wanted if name in self.states}
        if unreadable is not None:
            unreadable.update({name: "its state cannot be read" for name in wanted if name in self.garbled})
        between, self.after_load_many = self.after_load_many, None
        if between is not None:
            between()
        return found

    def names(self) -> list[str]:
        return sorted({*self.states, *self.garbled})

    def names_after(self, name: str | None, limit: int) -> list[str]:
        return [found for found in self.names() if found > (name or "")][:limit]

    def save(self, state: State) -> State:
        known = self.states.get(state.component)
        if (known.version if known else 0) != state.version:
            raise Conflict("version")
        written = replace(state, version=state.version + 1)
        self.states[state.component] = written
        return written

    def record(self, record: DecisionRecord, state: State) -> State:
        if record.id in self.records:
            raise Conflict("decision exists")
        written = self.save(state)
        self.records[record.id] = record
        return written

    def complete(self, record: DecisionRecord, state: State) -> State:
        if self.crash_before_complete:
            self.crash_before_complete = False
            raise Crash
        written = self.save(state)
        known = self.records[record.id]
        self.records[record.id] = replace(
            known, outcome=record.outcome, floor=record.floor, floor_note=record.floor_note
        )
        return written

    def resolve(self, found: Resolution, now: datetime) -> None:
        if self.crash_before_resolve:
            self.crash_before_resolve = False
            raise Crash
        record = self.records.get(found.decision_id)
        if record is None:
            return
        if found.outcome is not None:
            record = replace(record, outcome=Outcome(found.outcome, now, "found out by a later look"))
        if found.in_service_at is not None:
            record = replace(record, in_service_at=found.in_service_at, start_kind=found.start_kind)
        if found.first_in_service_at is not None:
            record = replace(record, first_in_service_at=found.first_in_service_at)
        self.records[found.decision_id] = record

    def decision(self, key: RecordKey) -> DecisionRecord | None:
        return self.records.get(str(key))

    def decisions(self, name: str, start: datetime, end: datetime, limit: int, after: RecordKey | None) -> Page:
        found = sorted(
            (RecordKey.parse(r.id) for r in self.records.values() if r.component == name and start <= r.at <= end),
            key=lambda key: (key.at, key.digest),
            reverse=True,
        )
        if after is not None:
            found = [key for key in found if (key.at, key.digest) < (after.at, after.digest)]
        page = tuple(self.records[str(key)] for key in found[:limit])
        return Page(page, RecordKey.parse(page[-1].id) if len(found) > limit else None)


class Crash(BaseException):
    """The process ended here."""


@dataclass
class FakeFollowUps:
    """Implements FollowUps; ``booked`` are the messages on their way."""

    booked: list[tuple[FollowUp, timedelta]] = field(default_factory=list)
    retries: list[tuple[Mapping[str, Any], int, timedelta]] = field(default_factory=list)
    down: bool = False
    after_booking: Callable[[], object] | None = None

    def book(self, follow_up: FollowUp, delay: timedelta) -> None:
        if self.down:
            raise Unavailable("SendMessage")
        self.booked.append((follow_up, delay))
        if self.after_booking is not None:
            self.after_booking()

    def book_retry(self, event: Mapping[str, Any], attempt: int, delay: timedelta) -> None:
        if self.down:
            raise Unavailable("SendMessage")
        self.retries.append((event, attempt, delay))


@dataclass
class FakeEnrolments:
    """Implements Enrolments over the fake components' tags."""

    components: FakeComponents
    natives: dict[str, Native] = field(default_factory=dict)
    hidden_from_listing: set[str] = field(default_factory=set)
    down: bool = False
    bounds_read: list[tuple[str, ...]] = field(default_factory=list)
    targets_read: list[str] = field(default_factory=list)
    wait: Callable[[str], None] = at_once
    wait_to_list: Callable[[str], None] = at_once

    def tagged(self) -> dict[str, dict[str, str]]:
        self.wait_to_list("GetResources")
        if self.down:
            raise Unavailable("GetResources")
        return {
            name: dict(c.tags)
            for name, c in self.components.by_name.items()
            if "headstart:mode" in c.tags and name not in self.hidden_from_listing and variant_of(name) is None
        }

    def tagged_endpoints(self) -> dict[str, dict[str, str]]:
        return {
            variant.endpoint: dict(c.tags)
            for name, c in self.components.by_name.items()
            if (variant := variant_of(name)) and "headstart:mode" in c.tags
        }

    def tags(self, arn: str) -> dict[str, str] | None:
        component = self.components.by_name.get(arn.rpartition("/")[2])
        return dict(component.tags) if component else None

    def bounds(self, names: Sequence[str]) -> dict[str, Native]:
        self.wait("DescribeScaling")
        self.bounds_read.append(tuple(names))
        return {name: replace(self.natives[name], target=None) for name in names if name in self.natives}

    def target(self, name: str) -> float | None:
        self.wait("DescribeScaling")
        self.targets_read.append(name)
        return self.natives.get(name, Native()).target


@dataclass
class FakeAlarms:
    """Implements Alarms; ``rings`` are those in ALARM, if they exist. ``neighbours`` are other stacks' alarms.

    before_ensure runs once: another stack's run in the middle of ours.
    """

    stack: str = "headstart"
    thresholds: dict[AlarmOf, float] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    rings: set[AlarmOf] = field(default_factory=set)
    written: list[tuple[str, SignalKind, float]] = field(default_factory=list)
    neighbours: list["FakeAlarms"] = field(default_factory=list)
    claims_listed: int = 0
    before_ensure: Callable[[], object] | None = None
    wait: Callable[[str], None] = at_once

    def ringing(self) -> frozenset[AlarmOf]:
        return frozenset(self.rings & self.thresholds.keys())

    def of(self, names: Sequence[str]) -> dict[AlarmOf, Alarm]:
        return {
            (component, kind): Alarm(component, kind, self._settings(component, threshold))
            for (component, kind), threshold in self.thresholds.items()
            if component in names
        }

    def claims(self) -> dict[str, set[str]]:
        self.claims_listed += 1
        found: dict[str, set[str]] = {}
        for alarms in (self, *self.neighbours):
            for component, _ in alarms.thresholds:
                if component in alarms.claimed:
                    found.setdefault(component, set()).add(alarms.stack)
        return found

    def ensure(self, wanted: Wanted, existing: Alarm | None) -> bool:
        between, self.before_ensure = self.before_ensure, None
        if between is not None:
            between()
        if existing is not None and existing.settings == {"Threshold": wanted.threshold, "Claims": wanted.claims}:
            return False
        self.wait("PutMetricAlarm")
        self.thresholds[wanted.component, wanted.kind] = wanted.threshold
        (self.claimed.add if wanted.claims else self.claimed.discard)(wanted.component)
        self.written.append((wanted.component, wanted.kind, wanted.threshold))
        return True

    def remove_all(self) -> None:
        self.thresholds.clear()

    def remove(self, component: str) -> None:
        for kind in (SignalKind.PRESSURE, SignalKind.WAKE):
            self.thresholds.pop((component, kind), None)

    def _settings(self, component: str, threshold: float) -> dict[str, Any]:
        return {"Threshold": threshold, "Claims": component in self.claimed}


@dataclass
class FakeTombstone:
    """Implements Tombstone."""

    at: datetime | None = None
    left: Mapping[str, str] = field(default_factory=dict)

    def laid(self) -> datetime | None:
        return self.at

    def lay(self, at: datetime, left: Mapping[str, str]) -> None:
        self.at, self.left = at, left

    def lift(self) -> None:
        self.at = None


@dataclass
class FakeDeed:
    """Implements Deed."""

    stack_id: str | None = None

    def owner(self) -> str | None:
        return self.stack_id

    def take(self, stack_id: str, before: str | None) -> None:
        if self.stack_id != before:
            raise Conflict("another stack took the table just now")
        self.stack_id = stack_id

    def give_up(self) -> None:
        self.stack_id = None


@dataclass
class FakeScaling:
    """Implements Scaling for one component; ``log`` is what was called that changes something, in order.

    after_minimum runs once: a crash, or somebody else's look, when a minimum has just been set.

    ``broken`` are operations that fail; ``silent``: a minimum is set, and nobody hears of it. Nothing runs the booked
    release but ``run_release``.
    """

    minimum: int = 0
    maximum: int = 20
    registered: bool = False
    booked: tuple[int, datetime] | None = None
    others_plans: bool = False
    inherited: int | None = None
    down: bool = False
    broken: set[str] = field(default_factory=set)
    silent: bool = False
    after_minimum: Callable[[], object] | None = None
    log: list[str] = field(default_factory=list)

    def target(self, name: str) -> ScalableTarget | None:
        self._answer("DescribeScalableTargets")
        return ScalableTarget(self.minimum, self.maximum) if self.registered else None

    def set_minimum(self, name: str, copies: int) -> None:
        self._answer("RegisterScalableTarget")
        self.minimum = copies
        self.log.append(f"minimum {copies}")
        between, self.after_minimum = self.after_minimum, None
        if between is not None:
            between()
        if self.silent:
            raise Unavailable("RegisterScalableTarget: no answer")

    def booked_release(self, name: str) -> BookedRelease | None:
        self._answer("DescribeScheduledActions")
        return None if self.booked is None else BookedRelease(self.booked[0])

    def inherited_release(self, name: str) -> BookedRelease | None:
        self._answer("DescribeScheduledActions")
        return None if self.inherited is None else BookedRelease(self.inherited)

    def has_plans(self, name: str) -> bool:
        self._answer("DescribeScheduledActions")
        return self.others_plans

    def book_release(self, name: str, min_copies: int, at: datetime) -> None:
        self._answer("PutScheduledAction")
        self.booked = (min_copies, at)
        self.log.append(f"booked {min_copies}")

    def cancel_release(self, name: str) -> None:
        self._answer("DeleteScheduledAction")
        self.booked = None
        self.log.append("cancelled")

    def run_release(self) -> None:
        """Application Auto Scaling runs the booked action, which is then gone."""
        assert self.booked is not None
        (self.minimum, _), self.booked = self.booked, None

    def _answer(self, operation: str) -> None:
        if self.down or operation in self.broken:
            raise Unavailable(operation)


@dataclass
class FakeEvents:
    """Implements Events; ``told`` is what the bus took, in order. It takes nothing about ``refused`` components."""

    told: list[Notice] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    down: bool = False

    def tell(self, notices: Sequence[Notice]) -> list[Notice]:
        if self.down:
            raise Unavailable("PutEvents")
        taken = [notice for notice in notices if notice.component not in self.refused]
        self.told += taken
        return taken


@dataclass
class FakeNatives:
    """Implements Natives on the fake enrolments' settings; ``policies`` and ``alarms`` by component.

    after_register runs once, in the middle of the next set-up. refusal: what AWS says no with.
    """

    enrolments: FakeEnrolments
    policies: dict[str, set[str]] = field(default_factory=dict)
    alarms: dict[str, set[str]] = field(default_factory=dict)
    calls: int = 0
    refusal: str = ""
    after_register: Callable[[], object] | None = None

    def set_up(self, component: str, made: CreatedNative) -> None:
        self.calls += 1
        if self.refusal:
            raise Refused(self.refusal)
        bounds = Native(min_copies=made.min_copies, max_copies=made.max_copies, target=made.target)
        self.enrolments.natives[component] = bounds
        between, self.after_register = self.after_register, None
        if between is not None:
            between()
        self.policies.setdefault(component, set()).add(made.tracking_policy)
        if made.wakes:
            self.policies[component].add(made.wake_policy)
            self.alarms.setdefault(component, set()).add(made.wake_alarm)

    def remove_wake(self, component: str, made: CreatedNative) -> None:
        self.policies.get(component, set()).discard(made.wake_policy)
        self.alarms.get(component, set()).discard(made.wake_alarm)

    def remove(self, component: str, made: CreatedNative) -> None:
        self.calls += 1
        self.remove_wake(component, made)
        self.policies.get(component, set()).discard(made.tracking_policy)
        if not self.policies.get(component):
            self.enrolments.natives.pop(component, None)
