"""Settings of the components whose turn it is: read, turned into a policy, and kept with their alarms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import batched

from headstart.app.errors import HeadstartError, OutOfTime
from headstart.app.floors import FloorKeeper
from headstart.app.forecasting import Forecaster
from headstart.app.founding import Founder
from headstart.app.healing import Healer
from headstart.app.pace import Pace
from headstart.app.ports import (
    ALARMED_A_CALL,
    BOUNDS_A_CALL,
    Alarm,
    AlarmOf,
    Alarms,
    Components,
    Enrolments,
    Store,
    Wanted,
)
from headstart.app.rounds import Round
from headstart.domain.enrolment import Limits, with_policy
from headstart.domain.model import Floor, Mode, Native, SignalKind, State
from headstart.domain.rota import reads_target, rota
from headstart.domain.tags import PREFIX, ours

FOR_THE_REST = timedelta(seconds=10)
"""With less than this left of a run nothing that costs a call a component is begun: what has been read is kept."""


@dataclass(slots=True)
class _Read:
    bounds: dict[str, Native]
    alarms: dict[AlarmOf, Alarm]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """Brings policies and alarms in line with what owners set up."""

    components: Components
    store: Store
    enrolments: Enrolments
    alarms: Alarms
    healer: Healer
    founder: Founder
    floors: FloorKeeper
    forecaster: Forecaster
    pace: Pace
    limits: Limits

    def run(self, this: Round) -> None:
        """Everybody whose turn it is, some at a time: what is read of them is used while it is fresh.

        Raises OutOfTime: the others' turn comes in the next run.
        """
        readable = {name: tags for name, tags in this.tagged.items() if name not in this.failed}
        plan = rota(readable, this.states, this.recreated | this.contested, this.now)
        for some in batched(plan.watched, BOUNDS_A_CALL, strict=False):
            self._serve(this, some, self._refresh, self._bounds)
        waiting = plan.in_turn()
        while waiting:
            if self._is_short():
                newcomers = set(plan.urgent)
                this.deferred += len(newcomers.intersection(waiting))
                waiting = [name for name in waiting if name not in newcomers]
            chunk, waiting = waiting[:ALARMED_A_CALL], waiting[ALARMED_A_CALL:]
            try:
                self._serve(this, chunk, partial(self._import, set(plan.urgent)), self._bounds_and_alarms)
            except OutOfTime:
                this.deferred += len(waiting)
                raise

    def _serve(
        self,
        this: Round,
        some: Sequence[str],
        do: Callable[[Round, str, _Read], object],
        look: Callable[[Sequence[str]], _Read],
    ) -> None:
        try:
            read = look(some)
        except OutOfTime:
            this.deferred += len(some)
            raise
        except HeadstartError as error:
            this.failed.update(dict.fromkeys(some, str(error)))
        else:
            this.each(some, self.pace, lambda name: do(this, name, read))

    def _is_short(self) -> bool:
        return self.pace.left() < FOR_THE_REST

    def _bounds(self, names: Sequence[str]) -> _Read:
        found = self.enrolments.bounds(names)
        return _Read({name: found.get(name, Native()) for name in names}, {})

    def _bounds_and_alarms(self, names: Sequence[str]) -> _Read:
        return _Read(self._bounds(names).bounds, self.alarms.of(names)) if names else _Read({}, {})

    def _refresh(self, this: Round, name: str, read: _Read) -> None:
        """While we act on a component its owner's bounds count at once."""
        known = this.states[name]
        native = replace(read.bounds[name], target=known.native.target)
        this.keep(self.store, known, lambda s: self._with_policy(this, replace(s, native=native)))

    def _import(self, newcomers: set[str], this: Round, name: str, read: _Read) -> None:
        known, urgent, short = this.states.get(name), name in newcomers, self._is_short()
        if urgent and short:
            this.deferred += 1
            return
        created = self._created(this, name, known)
        inherited = self._released(known, created, this.now)
        state = reborn(name, known, created, this.now, inherited)
        target, read_at = state.native.target, state.target_read_at
        if urgent or (reads_target(state, this.now) and not short):
            target, read_at = self._target(this, name), this.now
        native = replace(read.bounds[name], target=target)

        def imported(current: State) -> State:
            renewed = replace(
                reborn(name, current, created, this.now, inherited),
                tags=ours(this.tagged[name]),
                native=native,
                imported_at=this.now,
                target_read_at=read_at,
            )
            return self._with_policy(this, this.fit(replace(renewed, rival=this.rival(renewed))))

        # Alarms first: should time run out between them, the component's turn has not been used up.
        self._keep_alarms(this, imported(state), read)
        kept = this.keep(self.store, known or replace(state, enrolled=False), imported)
        this.imported += 1
        kept = self.founder.found(this, kept)
        self.healer.heal(this, known, kept)
        if not urgent and not short:  # newcomers are enrolled first; weeks can wait for ten minutes
            self.forecaster.renew(this, name)

    def _with_policy(self, this: Round, state: State) -> State:
        return with_policy(state, this.tagged[state.component], self.limits, this.now)

    def _created(self, this: Round, name: str, known: State | None) -> datetime | None:
        """When it was created, asked for only where that may have changed."""
        if known is not None and known.enrolled and known.described_at is not None and name not in this.recreated:
            return None
        return self.components.describe(name).created

    def _released(self, known: State | None, created: datetime | None, now: datetime) -> Floor | None:
        """What is to be remembered of a floor that the component's namesake left behind."""
        if known is None or created in (None, known.created):
            return None
        return self.floors.release_of_former(known, now)

    def _target(self, this: Round, name: str) -> float | None:
        """A target that is tagged needs no call for one that is not used."""
        return None if PREFIX + "target" in this.tagged[name] else self.enrolments.target(name)

    def _keep_alarms(self, this: Round, state: State, read: _Read) -> None:
        if state.policy is None:
            return
        claims = state.rival is None and self.limits.highest_mode is Mode.ACT
        wake = () if state.policy.by_floor else ((SignalKind.WAKE, 1.0),)  # a variant always has an instance
        for kind, threshold in ((SignalKind.PRESSURE, state.policy.target), *wake):
            wanted = Wanted(state.component, kind, threshold, claims)
            this.alarms_written += self.alarms.ensure(wanted, read.alarms.get((state.component, kind)))


def reborn(
    name: str, known: State | None, created: datetime | None, now: datetime, inherited: Floor | None = None
) -> State:
    """The state of the component that was described; ``created`` is ``None`` where it was not looked at.

    A component recreated under its name is another one, of which nothing is known. What goes by the name may still be
    there: what was made for the other in Application Auto Scaling, another stack's claim, and what was told.
    """
    if known is not None and created in (None, known.created):
        return known if created is None else replace(known, described_at=now)
    version = known.version if known is not None else 0
    return State(
        component=name,
        created=created or now,
        version=version,
        enrolled=True,
        policy=None,
        described_at=now,
        floor=inherited,
        created_native=known.created_native if known is not None else None,
        rival=known.rival if known is not None else None,
        problem_told=known.problem_told if known is not None else None,
    )
