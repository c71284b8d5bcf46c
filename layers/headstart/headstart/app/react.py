"""React to a signal: observe, decide, record the intention, write the copy count, record the outcome, look again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headstart.app.errors import ComponentGone, Conflict, NotEnrolled, Unavailable
from headstart.app.floors import FloorKeeper, lowered
from headstart.app.ports import (
    Clock,
    Components,
    Description,
    FollowUp,
    FollowUps,
    Gather,
    Host,
    Metrics,
    Series,
    Store,
)
from headstart.app.records import DecisionRecord, Kept, RecordKey, record, record_key
from headstart.domain import hold, refusals, startup
from headstart.domain.decide import decide
from headstart.domain.floor import announced, both
from headstart.domain.model import (
    Action,
    Decision,
    Floor,
    Instances,
    Observation,
    Order,
    Outcome,
    OutcomeKind,
    Point,
    Policy,
    Signal,
    SignalKind,
    StartKind,
    State,
)

ATTEMPTS_ON_CONFLICT = 3
EVIDENCE_AGE = timedelta(minutes=2)
"""An alarm event that took longer to arrive says nothing of the demand now; the metric does."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a signal led to: a recorded decision, or why there was nothing to decide."""

    record: DecisionRecord | None
    ignored: str = ""


Admits = Callable[[State], str]
"""Why this state has no use for the signal; empty when it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactor:
    """Looks at one component for one signal. Used by the alarm and the follow function."""

    components: Components
    metrics: Metrics
    store: Store
    floors: FloorKeeper
    follow_ups: FollowUps
    clock: Clock
    gather: Gather

    def look(
        self, name: str, signal: Signal, admits: Admits, evidence: tuple[Point, ...] = (), host: Host | None = None
    ) -> Looked:
        """Look once, and again with a fresh state when somebody else wrote it in between.

        Raises:
            NotEnrolled: nothing was touched.
            Conflict: three attempts met another writer.
            Unavailable: AWS did not answer.
        """
        for attempt in range(ATTEMPTS_ON_CONFLICT):
            try:
                return self._look_once(name, signal, admits, evidence, host)
            except NotEnrolled:
                if attempt > 0:
                    self.floors.retreat(name, self.clock.now())
                raise
            except Conflict:
                if attempt == ATTEMPTS_ON_CONFLICT - 1:
                    raise
        raise AssertionError("unreachable")

    def _look_once(
        self, name: str, signal: Signal, admits: Admits, evidence: tuple[Point, ...], host: Host | None
    ) -> Looked:
        now = self.clock.now()
        state, description, series, instances = self.gather(
            lambda: self.store.load(name),
            lambda: self._describe(name),
            lambda: self.metrics.recent(name, now),
            lambda: self._instances(host),
        )
        policy = self._policy(name, state, description)
        if refusal := admits(state):
            return Looked(None, refusal)
        seen = replace(observe(description, series, signal, evidence, now), instances=instances)
        decision = decide(policy, state, seen, signal, now)
        key = record_key(name, signal, now)
        if decision.resolution is not None:
            # Before the state forgets the order: after a crash in between, the next look finds it out again.
            self.store.resolve(decision.resolution, now)
        decision = self._announce(state, seen, decision)
        written, done = self._act(key, policy, seen, signal, decision, now)
        self._book(name, done, decision, description.host, now)
        return Looked(written)

    def _policy(self, name: str, state: State | None, description: Description) -> Policy:
        if state is not None and state.enrolled and state.created != description.created:
            # Another component under the same name. The next reconcile enrols it as what it is.
            self.store.save(replace(state, described_at=None, episode=None, order=None, added=0))
        return enrolled_policy(name, state, description)

    def _instances(self, host: Host | None) -> Instances | None:
        """What only teaches how long copies take must not fail a look."""
        try:
            return None if host is None else self.components.instances(host)
        except Unavailable:
            return None

    def _describe(self, name: str) -> Description:
        try:
            return self.components.describe(name)
        except ComponentGone as gone:
            raise NotEnrolled(f"component {name!r} does not exist") from gone

    def _announce(self, state: State, seen: Observation, decision: Decision) -> Decision:
        """Note which minimum is about to be set, before it is. Who writes a copy count notes it with the intention."""
        wanted = decision.floor, lowered(decision.floor, seen.desired_copies)
        floor = announced(state.floor, *(wanted if decision.action is Action.WRITE else wanted[:1]))
        version = state.version
        if floor != state.floor and decision.action is not Action.WRITE:
            version = self.store.save(replace(state, floor=floor)).version
        return replace(decision, next_state=replace(decision.next_state, floor=floor, version=version))

    def _act(
        self, key: RecordKey, policy: Policy, seen: Observation, signal: Signal, decision: Decision, now: datetime
    ) -> tuple[DecisionRecord, State]:
        def made(outcome: Outcome, kept: Kept) -> DecisionRecord:
            return record(key, policy, seen, signal, decision, outcome, kept)

        if decision.action is not Action.WRITE:
            kept = self._keep(key, decision, decision.floor, now)
            held = made(Outcome(_WITHOUT_WRITE[decision.action], now), kept)
            return held, self.store.record(held, replace(decision.next_state, floor=_noted(kept.floor, decision)))
        order = _order(str(key), policy, seen, decision.desired, now)
        standing = Kept(decision.next_state.floor)
        begun = self.store.record(
            made(Outcome(OutcomeKind.INTENDED, now), standing), replace(decision.next_state, order=order)
        )
        # Copies first, they are what users wait for; but a floor in the way of giving back goes first.
        if order.gives_back:
            standing = self._keep(key, decision, decision.floor, now)
        if order.by_floor:
            standing, outcome = self.floors.ask(key.component, decision.next_state.floor, decision.desired, now)
        else:
            outcome = self.components.set_copies(key.component, decision.desired, now)
        if not order.by_floor and not order.gives_back:
            granted = outcome.kind is OutcomeKind.APPLIED
            floor = decision.floor if granted else lowered(decision.floor, seen.desired_copies)
            standing = self._keep(key, decision, floor, now)
        written = made(outcome, standing)
        return written, self._complete(key, written, begun, order, standing.floor)

    def _keep(self, key: RecordKey, decision: Decision, floor: int | None, now: datetime) -> Kept:
        return self.floors.keep(key.component, decision.next_state.floor, floor, now)

    def _complete(
        self, key: RecordKey, written: DecisionRecord, state: State, order: Order, floor: Floor | None
    ) -> State:
        """Record the outcome. Reconcile may have renewed the policy meanwhile: keep what it wrote."""
        outcome, before = written.outcome, state.floor
        for _ in range(ATTEMPTS_ON_CONFLICT):
            try:
                stands = floor if state.floor == before else both(floor, state.floor)
                settled = replace(_settled(state, order, outcome), floor=stands)
                return self.store.complete(written, _slowed(settled, outcome))
            except Conflict:
                state = self.store.load(key.component) or state
                if outcome.kind is OutcomeKind.UNCERTAIN and state.order != order:
                    return state  # a look in between knows more than we do
        raise Conflict(f"the outcome of {key} could not be recorded; the next look will find it out")

    def _book(self, name: str, state: State, decision: Decision, host: Host | None, now: datetime) -> None:
        if decision.look_again is None or state.episode is None:
            return
        due = state.episode.next_look_at
        asked = host if startup.wants_instances(state.order, due) else None
        self.follow_ups.book(FollowUp(name, state.episode.token, state.episode.hop, due, asked), due - now)


_WITHOUT_WRITE = {
    Action.HOLD: OutcomeKind.HELD,
    Action.SETTLE: OutcomeKind.HELD,
    Action.WAIT: OutcomeKind.BLOCKED,
    Action.OBSERVE: OutcomeKind.OBSERVED,
}


def _order(decision_id: str, policy: Policy, seen: Observation, copies: int, now: datetime) -> Order:
    """Before it is given. A variant's copy is an instance, and a new one."""
    return Order(
        decision_id,
        seen.current_copies,
        copies,
        asked_at=now,
        accepted_at=None,
        before=seen.desired_copies,
        by_floor=policy.by_floor,
        kind=StartKind.NEW_INSTANCE if policy.by_floor else None,
    )


def _noted(floor: Floor | None, decision: Decision) -> Floor | None:
    """The floor to remember. Whose write is under way may be about to set what it has announced."""
    order = decision.next_state.order
    writes = order is not None and order.accepted_at is None
    return both(floor, decision.next_state.floor) if writes else floor


def _settled(state: State, order: Order, outcome: Outcome) -> State:
    """What the answer makes of our order, unless a look in between has already found it out: it counts once."""
    if state.order != order:
        return state
    match outcome.kind:
        case OutcomeKind.APPLIED:
            return hold.accepted(state, replace(order, accepted_at=outcome.at))
        case OutcomeKind.UNCERTAIN:
            return state
        case OutcomeKind.REFUSED if order.adds > 0:
            before = order.to_copies - order.adds
            refused = refusals.noted(state.refusals, order.to_copies, before, outcome.detail, outcome.at)
            return replace(state, order=None, refusals=refused)
        case _:
            return replace(state, order=None)


def _slowed(state: State, outcome: Outcome) -> State:
    """A quota or permission does not change in ten seconds."""
    if outcome.kind is not OutcomeKind.REFUSED or state.episode is None:
        return state
    later = outcome.at + refusals.look_after(state.refusals)
    return replace(state, episode=replace(state.episode, next_look_at=later))


def enrolled_policy(name: str, state: State | None, description: Description) -> Policy:
    """The policy to act by. Raises NotEnrolled: unknown, left, recreated under its name, or misconfigured."""
    if state is None or not state.enrolled:
        raise NotEnrolled(f"component {name!r} is not enrolled (it carries no headstart:mode tag)")
    if state.created != description.created:
        raise NotEnrolled(f"component {name!r} was recreated; it is enrolled anew by the next reconcile")
    if state.policy is None:
        raise NotEnrolled(f"component {name!r} is not acted on: {state.problem}")
    return state.policy


def observe(
    description: Description, series: Series, signal: Signal, evidence: tuple[Point, ...], now: datetime
) -> Observation:
    """Put an observation together. An alarm may reach us before its data point can be read: then it counts itself."""
    refused = series.refused
    if signal.kind is SignalKind.WAKE and not refused:
        refused = tuple(p for p in evidence if p.at >= now - EVIDENCE_AGE)
    return Observation(
        at=now,
        created=description.created,
        status=description.status,
        current_copies=description.current_copies,
        desired_copies=description.desired_copies,
        concurrency=series.concurrency,
        refused=refused,
        latency=series.latency,
        completed=series.completed,
        failure=description.failure,
    )
