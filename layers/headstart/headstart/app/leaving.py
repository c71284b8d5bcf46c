"""A component leaves: native settings are as its owner had them, and nothing of ours is left."""

from dataclasses import dataclass, replace
from datetime import datetime

from headstart.app.floors import FloorKeeper
from headstart.app.founding import Founder
from headstart.app.ports import Alarms, Store
from headstart.domain.floor import stands
from headstart.domain.model import State


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

    def part(self, state: State, now: datetime) -> State:
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
        self.alarms.remove(state.component)
        self.founder.clear(replace(state, floor=freed), now)
        gone = replace(state, traces=False, floor=None, episode=None, order=None, added=0, created_native=None)
        return self.store.save(gone)
