"""One stack over fakes: signals go in; writes, decisions and messages can be looked at."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from headstart.app.claimbook import ClaimBook
from headstart.app.floors import FloorKeeper
from headstart.app.forecasting import Forecaster
from headstart.app.founding import Founder
from headstart.app.healing import Healer
from headstart.app.importing import Importer
from headstart.app.leaving import Farewell
from headstart.app.pace import Pace
from headstart.app.ports import FollowUp
from headstart.app.react import Looked, Reactor
from headstart.app.reconcile import Reconciled, Reconciler
from headstart.app.records import DecisionRecord
from headstart.app.signals import AlarmChange, on_alarm, on_follow_up
from headstart.app.survey import Survey
from headstart.app.telling import Herald
from headstart.domain.enrolment import Limits
from headstart.domain.model import Episode, Floor, Mode, Native, OutcomeKind, Point, SignalKind, State
from tests.support import builders
from tests.support.fakes import (
    FakeAlarms,
    FakeClock,
    FakeComponent,
    FakeComponents,
    FakeEnrolments,
    FakeEvents,
    FakeFollowUps,
    FakeLoadHistory,
    FakeMetrics,
    FakeNatives,
    FakeScaling,
    FakeTombstone,
    MemoryStore,
    inline,
)

NAME = "my-llama"


@dataclass
class World:
    """The component ``my-llama`` is there from the beginning, enrolled with the policy of the builders.

    Calls cost no time unless ``keep_to_quotas`` is called.
    """

    copies: int = 2
    settings: dict[str, Any] = field(default_factory=dict)
    highest_mode: Mode = Mode.ACT
    creates_native: bool = True
    stack: str = "headstart"

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.component = FakeComponent(NAME, current=self.copies, desired=self.copies)
        self.components = FakeComponents({NAME: self.component})
        self.metrics = FakeMetrics()
        self.past = FakeLoadHistory()
        self.store = MemoryStore()
        self.scaling = FakeScaling()
        self.follow_ups = FakeFollowUps()
        self.enrolments = FakeEnrolments(self.components)
        self.alarms = FakeAlarms(self.stack)
        self.events = FakeEvents()
        self.tombstone = FakeTombstone()
        self.natives = FakeNatives(self.enrolments)
        self.claims = ClaimBook(self.alarms)
        self.survey = Survey(components=self.components)
        self.pace = Pace(self.clock, self.clock.pass_)
        policy = builders.policy(**self.settings)
        self.component.tags = {
            "headstart:mode": policy.mode.value,
            "headstart:target": f"{policy.target:g}",
            "headstart:slots": f"{policy.slots:g}",
            "headstart:min": str(policy.min_copies),
            "headstart:max": str(policy.max_copies),
            "headstart:reserve": str(policy.reserve),
            "headstart:service-seconds": f"{policy.service_seconds:g}",
        }
        self.alarms.thresholds = {(NAME, SignalKind.PRESSURE): policy.target, (NAME, SignalKind.WAKE): 1.0}
        self.alarms.claimed = {NAME}
        self.store.states[NAME] = builders.state(
            policy=policy, tags=dict(self.component.tags), imported_at=builders.NOW, target_read_at=builders.NOW
        )

    @property
    def reactor(self) -> Reactor:
        return Reactor(
            components=self.components,
            metrics=self.metrics,
            store=self.store,
            floors=self.floors(),
            follow_ups=self.follow_ups,
            clock=self.clock,
            gather=inline,
        )

    def keep_to_quotas(self) -> None:
        """From now on reconcile has to wait before its calls, as on AWS."""
        self.components.wait = self.enrolments.wait = self.alarms.wait = self.past.wait = self.pace.wait

    def register(self, minimum: int = 0, maximum: int = 20) -> None:
        """The component has a scalable target, and its policy knows."""
        self.scaling.registered, self.scaling.minimum, self.scaling.maximum = True, minimum, maximum
        self.change_policy(floor_allowed=True, min_copies=minimum, max_copies=maximum)

    def reconcile(self, seconds: float = 50) -> Reconciled:
        """One run, which has so much time."""
        if self.scaling.registered:
            known = self.enrolments.natives.get(NAME, Native())
            shown = replace(known, min_copies=self.scaling.minimum, max_copies=self.scaling.maximum)
            self.enrolments.natives[NAME] = shown
        healer = Healer(store=self.store, follow_ups=self.follow_ups)
        limits = Limits(highest_mode=self.highest_mode, creates_native=self.creates_native)
        founder = Founder(natives=self.natives, enrolments=self.enrolments, store=self.store, limits=limits)
        importer = Importer(
            components=self.components,
            store=self.store,
            enrolments=self.enrolments,
            alarms=self.alarms,
            healer=healer,
            founder=founder,
            floors=self.floors(),
            forecaster=Forecaster(history=self.past, store=self.store),
            pace=self.pace,
            limits=limits,
        )
        reconciler = Reconciler(
            components=self.components,
            store=self.store,
            enrolments=self.enrolments,
            alarms=self.alarms,
            claims=self.claims,
            healer=healer,
            importer=importer,
            herald=Herald(events=self.events, store=self.store),
            clock=self.clock,
            floors=self.floors(),
            survey=self.survey,
            tombstone=self.tombstone,
            farewell=self._farewell(founder),
            pace=self.pace,
            limits=limits,
            stack=self.stack,
        )
        return reconciler.run(self.clock.now() + timedelta(seconds=seconds))

    def floors(self) -> FloorKeeper:
        """As a process has it that has just begun."""
        return FloorKeeper(scaling=self.scaling, remembered=self._floor_of)

    def _floor_of(self, name: str) -> Floor | None:
        state = self.store.load(name)
        return None if state is None else state.floor

    def _farewell(self, founder: Founder) -> Farewell:
        return Farewell(store=self.store, alarms=self.alarms, floors=self.floors(), founder=founder)

    def alarm(
        self,
        kind: SignalKind = SignalKind.PRESSURE,
        event_id: str = "event-1",
        *,
        value: str = "ALARM",
        component: str = NAME,
        evidence: tuple[Point, ...] = (),
        attempt: int = 0,
    ) -> Looked:
        change = AlarmChange(
            component=component,
            kind=kind,
            event_id=event_id,
            value=value,
            at=self.clock.now(),
            evidence=evidence,
            event={"id": event_id},
        )
        return on_alarm(self.reactor, change, attempt)

    def follow(self, message: FollowUp | None = None) -> Looked:
        """Deliver a message, by default the one booked last."""
        return on_follow_up(self.reactor, message or self.message)

    def follow_when_due(self) -> Looked:
        """Wait out the delay of the message booked last, and deliver it."""
        message, delay = self.follow_ups.booked[-1]
        self.clock.at += delay
        return self.follow(message)

    def pass_(self, seconds: float) -> None:
        self.clock.pass_(seconds)

    def change_policy(self, **changes: Any) -> None:
        state = self.state
        assert state.policy is not None
        self.store.save(replace(state, policy=replace(state.policy, **changes)))

    @property
    def state(self) -> State:
        return self.store.states[NAME]

    @property
    def episode(self) -> Episode:
        assert self.state.episode is not None
        return self.state.episode

    @property
    def message(self) -> FollowUp:
        return self.follow_ups.booked[-1][0]

    @property
    def delay(self) -> timedelta:
        return self.follow_ups.booked[-1][1]

    @property
    def writes(self) -> list[int]:
        return [copies for _, copies in self.components.writes]

    @property
    def records(self) -> list[DecisionRecord]:
        """In the order they were made."""
        return list(self.store.records.values())

    @property
    def outcomes(self) -> list[OutcomeKind]:
        return [record.outcome.kind for record in self.records]
