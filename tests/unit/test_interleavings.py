"""Any order of deliveries, duplicates, races, crashes, lost answers and finished updates, on one component."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from headstart.app.errors import Conflict, Unavailable
from headstart.domain.model import OutcomeKind, SignalKind, Status
from tests.support.fakes import Crash
from tests.support.world import World

MAXIMUM = 5
LOADS = st.sampled_from([(), (1, 1, 1), (6, 6, 6), (9, 9, 9), (12, 16, 20), (80, 80, 80)])
ALARMS = st.sampled_from([SignalKind.PRESSURE, SignalKind.WAKE])
MOMENTS = st.sampled_from(["after_load", "before_write", "after_write"])
DUPLICATES_REMEMBERED = 10
"""Well within what a state remembers of its signals."""
REDELIVERED = timedelta(minutes=2)
"""Later ones are too old for EventBridge to repeat."""


class Interleavings(RuleBasedStateMachine):
    world: World
    alarms: list[tuple[SignalKind, str]]
    rang_at: dict[str, datetime]

    @initialize(copies=st.integers(0, 3), load=LOADS)
    def begin(self, copies: int, load: tuple[float, ...]) -> None:
        self.world = World(copies=copies, settings={"max_copies": MAXIMUM})
        self.alarms = []
        self.rang_at = {}
        self.native_acted = False
        self.copies = copies
        self.set_load(load)

    # ---- the world around

    @rule(load=LOADS)
    def set_load(self, load: tuple[float, ...]) -> None:
        self.world.metrics.concurrency = load if self.world.component.current else ()
        self.world.metrics.refused = () if self.world.component.current else load

    @rule(seconds=st.sampled_from([1, 10, 35, 70]))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_(seconds)

    @rule(load=st.sampled_from([(0, 0, 0), (1, 1, 1)]))
    def three_quiet_minutes(self, load: tuple[float, ...]) -> None:
        """Long enough, and watched closely enough, for surplus to be given back."""
        self.set_load(load)
        for _ in range(6):
            self.world.pass_(30)
            self.world.component.copies_come()
            if self.world.follow_ups.booked:
                self.deliver(self.world.follow)

    @rule()
    def copies_come(self) -> None:
        self.world.component.copies_come()

    @precondition(lambda self: self.world.component.status is not Status.UPDATING)
    @rule()
    def native_scaling_adds_a_copy(self) -> None:
        self.native_acted = True
        component = self.world.component
        component.desired = min(MAXIMUM, component.desired + 1)
        component.status = Status.UPDATING if component.desired > component.current else component.status

    # ---- signals

    @rule(kind=ALARMS)
    def a_new_alarm(self, kind: SignalKind) -> None:
        self.alarms.append((kind, f"event-{len(self.alarms)}"))
        self.rang_at[self.alarms[-1][1]] = self.world.clock.at
        self.deliver(lambda: self.world.alarm(*self.alarms[-1]))

    @precondition(lambda self: self.alarms)
    @rule(data=st.data())
    def an_alarm_again(self, data: st.DataObject) -> None:
        again = data.draw(st.sampled_from(self.alarms[-DUPLICATES_REMEMBERED:]))
        if self.world.clock.at - self.rang_at.setdefault(again[1], self.world.clock.at) <= REDELIVERED:
            self.deliver(lambda: self.world.alarm(*again))

    @precondition(lambda self: self.world.follow_ups.booked)
    @rule(data=st.data())
    def a_follow_up_again_or_for_the_first_time(self, data: st.DataObject) -> None:
        message, _ = data.draw(st.sampled_from(self.world.follow_ups.booked[-5:]))
        self.deliver(lambda: self.world.follow(message))

    @rule()
    def reconcile(self) -> None:
        self.deliver(self.world.reconcile)

    def deliver(self, signal: Callable[[], object]) -> None:
        """Passing errors are AWS's to retry; a crash leaves whatever had been done."""
        with suppress(Crash, Conflict, Unavailable):
            signal()

    # ---- what goes wrong at the next opportunity

    @rule(moment=MOMENTS, kind=ALARMS)
    def another_alarm_arrives_in_the_middle(self, moment: str, kind: SignalKind) -> None:
        event = (kind, f"event-{len(self.alarms)}")
        self.alarms.append(event)
        self.hook(moment, lambda: self.deliver(lambda: self.world.alarm(*event)))

    @rule(moment=MOMENTS)
    def the_newest_follow_up_arrives_in_the_middle(self, moment: str) -> None:
        def follow() -> None:
            if self.world.follow_ups.booked:
                self.deliver(self.world.follow)

        self.hook(moment, follow)

    @rule(moment=MOMENTS)
    def the_process_dies(self, moment: str) -> None:
        def die() -> None:
            raise Crash

        self.hook(moment, die)

    @rule(when=st.sampled_from(["crash_before_complete", "crash_before_resolve"]))
    def the_process_dies_before_it_can_record(self, when: str) -> None:
        setattr(self.world.store, when, True)

    @rule(down=st.booleans())
    def the_queue_goes_down_or_comes_back(self, down: bool) -> None:
        self.world.follow_ups.down = down

    @precondition(lambda self: self.world.follow_ups.retries)
    @rule()
    def the_newest_retry_is_delivered(self) -> None:
        event, attempt, _ = self.world.follow_ups.retries[-1]
        kind = {name: kind for kind, name in self.alarms}[event["id"]]
        self.deliver(lambda: self.world.alarm(kind, event["id"], attempt=attempt))

    @rule(down=st.booleans())
    def the_metrics_go_down_or_come_back(self, down: bool) -> None:
        self.world.metrics.down = down

    @rule()
    def the_next_answer_is_lost(self) -> None:
        self.world.components.next_answer_is_lost = True

    def hook(self, moment: str, action: Callable[[], object]) -> None:
        setattr(self.world.store if moment == "after_load" else self.world.components, moment, action)

    # ---- what always holds

    @invariant()
    def writes_stay_within_the_maximum_and_above_what_is_not_ours(self) -> None:
        assert all(self.copies <= copies <= MAXIMUM for copies in self.world.writes)
        assert self.world.component.desired >= self.copies

    @invariant()
    def nothing_is_written_twice(self) -> None:
        if not self.native_acted:
            assert all(one != other for one, other in pairwise(self.world.writes))

    @invariant()
    def the_ledger_is_never_more_than_was_added(self) -> None:
        if not self.native_acted:
            assert 0 <= self.world.state.added <= max(0, max([*self.world.writes, self.copies]) - self.copies)

    @invariant()
    def no_signal_was_decided_on_twice(self) -> None:
        counts = Counter(record.signal_id for record in self.world.records)
        assert not counts or max(counts.values()) == 1

    @invariant()
    def every_write_was_intended_first(self) -> None:
        asked = Counter(record.desired for record in self.world.records)
        assert all(asked[copies] for copies in self.world.writes)

    def teardown(self) -> None:
        """When the trouble ends, the next looks find everything out, on one chain, and leave nothing open."""
        if not hasattr(self, "world"):
            return
        self.end_trouble()
        self.world.alarm(SignalKind.PRESSURE, "the last")
        for _ in range(4):
            self.world.pass_(90)
            self.world.component.copies_come()
            self.world.reconcile()
            outstanding = {(m.token, m.hop): m for m, _ in self.world.follow_ups.booked}
            admitted = [m for m in outstanding.values() if self.world.follow(m).record is not None]
            assert len(admitted) <= 1
        unresolved = {OutcomeKind.INTENDED, OutcomeKind.UNCERTAIN}
        assert not unresolved & set(self.world.outcomes)
        applied = Counter(r.desired for r in self.world.records if r.outcome.kind is OutcomeKind.APPLIED)
        # A write that a crash prevented and native scaling then made looks like one that arrived, and a give-back
        # that native scaling undid before it was found out looks like one that never arrived.
        assert Counter(self.world.writes) == applied or self.native_acted
        assert self.world.state.order is None
        assert self.world.component.desired - self.world.state.added == self.copies or self.native_acted

    def end_trouble(self) -> None:
        self.world.store.after_load = None
        self.world.store.crash_before_complete = self.world.store.crash_before_resolve = False
        self.world.components.before_write = self.world.components.after_write = None
        self.world.components.next_answer_is_lost = False
        self.world.follow_ups.down = self.world.metrics.down = False
        self.set_load(())


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=100, stateful_step_count=30)
