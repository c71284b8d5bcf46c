"""A component leaves, or all do: native settings are as their owners had them, and nothing of ours is left."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headstart.app.errors import Conflict, HeadstartError, OutOfTime
from headstart.app.floors import FloorKeeper
from headstart.app.founding import Founder
from headstart.app.owning import Ownership
from headstart.app.pace import Pace
from headstart.app.ports import Alarms, Clock, Store, Tombstone
from headstart.domain.floor import stands
from headstart.domain.model import State

LAST_RUN = timedelta(seconds=60)
"""No run of a function that began before the tombstone was laid lasts longer."""


def has_traces(state: State) -> bool:
    """Whether something of ours may be left to take away."""
    return state.enrolled or state.traces or stands(state.floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """Takes away what is ours, one component at a time. What fails leaves a state that says so, to be tried again."""

    store: Store
    alarms: Alarms
    floors: FloorKeeper
    founder: Founder

    def part(self, state: State, now: datetime, *, alarms_gone: bool = False) -> State:
        """Let a component go.

        Raises:
            Unavailable, Refused, OutOfTime: something of ours is left; the table remembers it.
            Conflict: somebody else wrote the state; nothing was touched.
        """
        if state.enrolled or not state.traces:
            # First of all: from here on no look touches it, and one that is under way meets a state it did not load.
            state = self.store.save(replace(state, enrolled=False, traces=True, policy=None, problem=None))
        # The floor first: it costs its owner money, and hides who else has changed the minimum.
        freed = self.floors.release(state, now)
        if not alarms_gone:
            self.alarms.remove(state.component)
        self.founder.clear(replace(state, floor=freed), now)
        gone = replace(state, traces=False, floor=None, created_native=None)
        # Should it come back: how many copies there are by then, and whose, is not known.
        return self.store.save(replace(gone, episode=None, order=None, added=0, known_desired=None, refusals=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaner:
    """The stack goes: first the tombstone, then rules and functions, then everything it has put anywhere."""

    ownership: Ownership
    tombstone: Tombstone
    store: Store
    alarms: Alarms
    farewell: Farewell
    clock: Clock
    pace: Pace
    sleep: Callable[[float], object]

    def begin(self, stack_id: str) -> None:
        """Before there is a function that writes the table. Raises InUse, Conflict: it is another stack's."""
        self.ownership.take(stack_id)

    def stop(self, stack_id: str) -> None:
        """From here on no run of reconcile begins. An earlier tombstone stays: its runs have ended."""
        if self.tombstone.laid() is None and not self.ownership.is_anothers(stack_id):
            self.tombstone.lay(self.clock.now(), {})

    def resume(self, stack_id: str) -> None:
        """The stack lives on, or anew on a table that was kept. Raises InUse, Conflict."""
        self.ownership.take(stack_id)
        self.tombstone.lift()

    def run(self, stack_id: str, until: datetime) -> dict[str, str]:
        """Let all components go, until that time; returns what is left behind, and why.

        A stack that was refused its table has nothing to take away, and the other's is not to be touched.

        Raises:
            Unavailable: the table cannot be read; alarms may be gone.
        """
        if self.ownership.is_anothers(stack_id):
            return {}
        self.stop(stack_id)
        self._outlast_the_last_run()
        self.pace.begin(until)
        left: dict[str, str] = {}
        self._try(left, "alarms", self.alarms.remove_all)
        states = self.store.load_many(self.store.names(), left)
        leaving = sorted((s for s in states.values() if has_traces(s)), key=lambda s: not stands(s.floor))
        for state in leaving:
            self._try(left, state.component, lambda state=state: self._part(state))  # type: ignore[misc]
        self.tombstone.lay(self.clock.now(), left)
        self.ownership.give_up()
        return left

    def _outlast_the_last_run(self) -> None:
        laid = self.tombstone.laid()
        if laid is not None and (wait := laid + LAST_RUN - self.clock.now()) > timedelta(0):
            self.sleep(wait.total_seconds())

    def _part(self, state: State) -> None:
        try:
            self.farewell.part(state, self.clock.now(), alarms_gone=True)
        except Conflict:
            # The last look wrote it while we read it; nobody else will.
            known = self.store.load(state.component) or state
            self.farewell.part(known, self.clock.now(), alarms_gone=True)

    def _try(self, left: dict[str, str], what: str, do: Callable[[], object]) -> None:
        try:
            if self.pace.left() <= timedelta(0):
                raise OutOfTime("the time for it was over")
            do()
        except Exception as error:  # noqa: BLE001  one that cannot be taken away must not keep the others
            left[what] = str(error) if isinstance(error, HeadstartError) else f"{type(error).__name__}: {error}"
