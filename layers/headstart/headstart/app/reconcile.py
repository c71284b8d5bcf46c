"""Every minute: enrol what is tagged, keep its alarms in place, heal what was lost, let go of what has left."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headstart.app.errors import ComponentGone, HeadstartError
from headstart.app.ports import Alarm, Alarms, Clock, Components, Enrolments, FollowUp, FollowUps, Store
from headstart.domain.enrolment import MODE_TAG, Native, PolicyProblem, policy_from
from headstart.domain.model import Episode, Mode, Policy, SignalKind, State

OVERDUE = timedelta(seconds=60)
"""A chain whose next look is this late has lost its message."""
DESCRIBE_EVERY = timedelta(minutes=10)
"""How soon a component recreated under its name is noticed without a signal. Describe calls are scarce."""
PRESSURE, WAKE = SignalKind.PRESSURE, SignalKind.WAKE


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run did; ``failed`` names components that met an error, which never stops the others."""

    enrolled: int
    alarms_written: int
    chains_started: int
    departed: tuple[str, ...]
    problems: Mapping[str, str]
    failed: Mapping[str, str]


@dataclass(slots=True)
class _Tally:
    alarms_written: int = 0
    chains_started: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings table and alarms in line with tags and native settings. Never writes a copy count itself."""

    components: Components
    store: Store
    follow_ups: FollowUps
    enrolments: Enrolments
    alarms: Alarms
    clock: Clock
    highest_mode: Mode

    def run(self) -> Reconciled:
        """One round. Raises Unavailable when tags, settings or alarms cannot be listed: then nothing is changed."""
        now = self.clock.now()
        tagged = self.enrolments.tagged()
        names = sorted(tagged)
        native = self.enrolments.native(names)
        states = self.store.load_many({*names, *self.store.names()})
        alarms = {(alarm.component, alarm.kind): alarm for alarm in self.alarms.ours()}
        tally, problems, failed = _Tally(), dict[str, str](), dict[str, str]()
        for name in names:
            try:
                state = self._enrol(name, tagged[name], native.get(name, Native()), states.get(name), now)
                if state.problem:
                    problems[name] = state.problem
                if state.policy is not None:
                    self._keep_alarms(state.component, state.policy, alarms, tally)
                self._heal(state, alarms, now, tally)
            except HeadstartError as error:
                failed[name] = str(error)
        departed = self._let_go([s for s in states.values() if s.enrolled and s.component not in tagged], failed)
        return Reconciled(len(names), tally.alarms_written, tally.chains_started, departed, problems, failed)

    def _enrol(self, name: str, tags: Mapping[str, str], native: Native, known: State | None, now: datetime) -> State:
        state = known
        described_at = known.described_at if known is not None and known.enrolled else None
        if state is None or described_at is None or now - described_at >= DESCRIBE_EVERY:
            state = self._described(name, known, now)
        policy: Policy | None = None
        problem: str | None = None
        try:
            policy = policy_from(tags, native, self.highest_mode)
        except PolicyProblem as found:
            problem = str(found)
        wanted = replace(state, enrolled=True, policy=policy, problem=problem)
        return wanted if wanted == known else self.store.save(wanted)

    def _described(self, name: str, known: State | None, now: datetime) -> State:
        created = self.components.describe(name).created
        if known is not None and known.created == created:
            return replace(known, described_at=now)
        version = known.version if known is not None else 0
        return State(component=name, created=created, version=version, enrolled=True, policy=None, described_at=now)

    def _keep_alarms(
        self, name: str, policy: Policy, existing: Mapping[tuple[str, SignalKind], Alarm], tally: _Tally
    ) -> None:
        for kind, threshold in ((PRESSURE, policy.target), (WAKE, 1.0)):
            tally.alarms_written += self.alarms.ensure(name, kind, threshold, existing.get((name, kind)))

    def _heal(self, state: State, alarms: Mapping[tuple[str, SignalKind], Alarm], now: datetime, tally: _Tally) -> None:
        """Restart a chain that lost its message; open an episode for an alarm in ALARM, or copies of ours, without one.

        Copies of ours outlive an episode only where its chain met its own bound.
        """
        if state.policy is None:
            return
        reasons = [k for k in (WAKE, PRESSURE) if (a := alarms.get((state.component, k))) and a.in_alarm]
        if state.added > 0 and state.policy.mode is Mode.ACT:
            reasons.append(SignalKind.FOLLOW)
        episode = state.episode
        if episode is None and not reasons:
            return
        if episode is not None and now - episode.next_look_at < OVERDUE:
            return
        token = hashlib.sha256(f"{state.component}|{now.isoformat()}".encode()).hexdigest()[:16]
        if episode is None:
            kind = reasons[0]
            episode = Episode(token=token, hop=1, opened_at=now, opened_by=kind, next_look_at=now, wake=kind is WAKE)
        else:
            episode = replace(episode, token=token, hop=episode.hop + 1, next_look_at=now)
        self.store.save(replace(state, episode=episode))
        self.follow_ups.book(FollowUp(state.component, token, episode.hop, now), timedelta(0))
        tally.chains_started += 1

    def _let_go(self, missing: list[State], failed: dict[str, str]) -> tuple[str, ...]:
        """A component has left only when a direct look at it says so; a short listing is no departure."""
        departed = []
        for state in missing:
            try:
                if self._has_left(state):
                    self.alarms.remove(state.component)
                    self.store.save(replace(state, enrolled=False, policy=None, episode=None, order=None, added=0))
                    departed.append(state.component)
            except HeadstartError as error:
                failed[state.component] = str(error)
        return tuple(departed)

    def _has_left(self, state: State) -> bool:
        try:
            arn = self.components.describe(state.component).arn
        except ComponentGone:
            return True
        tags = self.enrolments.tags(arn)
        return tags is None or MODE_TAG not in tags
