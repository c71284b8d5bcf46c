"""Every minute: enrol what is tagged, keep its alarms in place, heal what was lost, let go of what has left."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headstart.app.claimbook import ClaimBook
from headstart.app.errors import ComponentGone, HeadstartError, OutOfTime
from headstart.app.floors import FloorKeeper
from headstart.app.healing import Healer
from headstart.app.importing import Importer
from headstart.app.leaving import Farewell, has_traces
from headstart.app.pace import Pace
from headstart.app.ports import Alarms, Clock, Components, Enrolments, Store, Tombstone
from headstart.app.rounds import Round
from headstart.app.survey import Survey
from headstart.app.telling import Herald
from headstart.domain.claims import MANY, asks
from headstart.domain.enrolment import Limits, with_policy
from headstart.domain.floor import stands
from headstart.domain.model import Mode, State
from headstart.domain.tags import MODE_TAG

RECREATED_WITHIN = timedelta(minutes=15)
"""Components created this recently are compared with those known under their names; reconcile may have been away."""
SAME_CREATION = timedelta(seconds=1)
"""Two AWS calls may tell a creation time with different precision."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run did; ``failed`` names components that met an error, which never stops the others.

    ``imported`` had their settings read; ``deferred`` were to have something done, and time did not last.
    ``stopped``: the stack is being deleted, and nothing was done.
    """

    enrolled: int
    imported: int
    deferred: int
    alarms_written: int
    chains_started: int
    departed: tuple[str, ...]
    problems: Mapping[str, str]
    failed: Mapping[str, str]
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings table and alarms in line with tags and native settings. Never writes a copy count itself."""

    components: Components
    store: Store
    enrolments: Enrolments
    alarms: Alarms
    claims: ClaimBook
    healer: Healer
    importer: Importer
    herald: Herald
    clock: Clock
    pace: Pace
    floors: FloorKeeper
    survey: Survey
    tombstone: Tombstone
    farewell: Farewell
    limits: Limits
    stack: str

    def run(self, until: datetime) -> Reconciled:
        """One round, over by ``until``: who was not served then comes first in the next.

        Raises:
            Unavailable: tags, states or alarms cannot be listed; nothing was changed.
            OutOfTime: not even listing them was possible in that time.
        """
        if self.tombstone.laid() is not None:
            return Reconciled(0, 0, 0, 0, 0, (), {}, {}, stopped=True)
        self.pace.begin(until)
        this = self._listed()
        with suppress(OutOfTime):
            this.each(self._settled(this), self.pace, lambda name: self._follow_tags(this, name))
            self._let_go([s for s in this.states.values() if has_traces(s) and s.component not in this.tagged], this)
            self.importer.run(this)
        self.herald.tell(this)
        known = [this.states[name] for name in this.tagged if name in this.states]
        return Reconciled(
            enrolled=len(this.tagged),
            imported=this.imported,
            deferred=this.deferred,
            alarms_written=this.alarms_written,
            chains_started=this.chains_started,
            departed=tuple(this.departed),
            problems={state.component: state.problem for state in known if state.problem},
            failed=this.failed,
        )

    def _listed(self) -> Round:
        now = self.clock.now()
        tagged: Mapping[str, Mapping[str, str]] = self.enrolments.tagged()
        unreadable: dict[str, str] = {}
        names = self.store.names()
        endpoints = self.enrolments.tagged_endpoints()
        created = self.components.created_since(now - RECREATED_WITHIN) if tagged else {}
        variants = self.survey.of(endpoints, names, now)
        unreadable |= variants.failed
        tagged, created = {**tagged, **variants.tagged}, created | variants.created
        states = self.store.load_many({*tagged, *names}, unreadable)
        recreated = {n for n, at in created.items() if n in states and at - states[n].created > SAME_CREATION}
        newcomers = sum(name not in states or not states[name].enrolled for name in tagged)
        contends = self.limits.highest_mode is Mode.ACT and asks(self.stack, newcomers, states.values(), now)
        return Round(
            now=now,
            stack=self.stack,
            tagged=tagged,
            states=states,
            recreated=frozenset(recreated),
            ringing=self.alarms.ringing(),
            claims=self.claims.claims(now, many=newcomers > MANY) if contends else None,
            failed=unreadable,
            unfit=variants.unfit,
        )

    def _settled(self, this: Round) -> list[str]:
        """Tagged and known as what they are: what the table says of them is worth acting on."""
        known = (this.states[name] for name in sorted(this.tagged) if name in this.states)
        return [s.component for s in known if s.enrolled and s.described_at and s.component not in this.recreated]

    def _follow_tags(self, this: Round, name: str) -> None:
        """Tags are listed every minute, so they count at once, with the native settings known from before.

        So does the end of a pause, which no tag tells.
        """
        known = state = this.states[name]
        if known.imported_at is not None:
            state = this.keep(self.store, known, lambda s: self._as_tagged(this, s))
            if state.rival != known.rival:
                this.contested.add(name)  # its alarms say who has the claim
        if state.policy is None and stands(state.floor):
            # No look acts on a component with a problem, so none would give the owner's minimum back.
            released = self.floors.release(state, this.now)
            state = this.keep(self.store, state, lambda s: replace(s, floor=released))
        self.healer.heal(this, known, state)

    def _as_tagged(self, this: Round, state: State) -> State:
        contended = this.fit(replace(state, rival=this.rival(state)))
        return with_policy(contended, this.tagged[state.component], self.limits, this.now)

    def _let_go(self, missing: list[State], this: Round) -> None:
        """A component has left only when a direct look at it says so; a short listing is no departure."""
        enough = self.pace.left() / 2  # a short listing must not cost those that are listed their turn
        for state in missing:
            if self.pace.left() < enough:
                this.deferred += 1
                continue
            try:
                if self._has_left(state):
                    this.states[state.component] = self.farewell.part(state, this.now)
                    this.departed.append(state.component)
            except HeadstartError as error:
                this.failed[state.component] = str(error)

    def _has_left(self, state: State) -> bool:
        try:
            arn = self.components.describe(state.component).arn
        except ComponentGone:
            return True
        tags = self.enrolments.tags(arn)
        return tags is None or MODE_TAG not in tags
