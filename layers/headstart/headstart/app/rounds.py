"""One run of reconcile: what it found, what it did, and how it writes a state that others write too."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from headstart.app.errors import Conflict, HeadstartError, OutOfTime
from headstart.app.pace import Pace
from headstart.app.ports import AlarmOf, Store
from headstart.domain.claims import rival
from headstart.domain.model import State

ATTEMPTS_ON_CONFLICT = 3


@dataclass(slots=True, kw_only=True)
class Round:
    """``states`` is kept up to date; ``failed`` names components that met an error, which never stops the others.

    unfit: why a variant of a tagged endpoint cannot be scaled by its instances, or empty, where that was looked at.
    claims: the stacks that claim a component (``None``: not listed in this run). contested: those whose claim changed.
    """

    now: datetime
    tagged: Mapping[str, Mapping[str, str]]
    states: dict[str, State]
    recreated: frozenset[str]
    ringing: frozenset[AlarmOf]
    failed: dict[str, str]
    stack: str
    claims: Mapping[str, Collection[str]] | None = None
    unfit: Mapping[str, str] = field(default_factory=dict)
    contested: set[str] = field(default_factory=set)
    departed: list[str] = field(default_factory=list)
    alarms_written: int = 0
    chains_started: int = 0
    imported: int = 0
    deferred: int = 0
    histories_read: int = 0

    def each(self, names: Iterable[str], pace: Pace, do: Callable[[str], object]) -> None:
        """Do it for one after the other. Raises OutOfTime, with those left over counted as deferred."""
        left = list(names)
        for done, name in enumerate(left):
            try:
                if pace.left() <= timedelta(0):
                    raise OutOfTime("the run is over")
                do(name)
            except OutOfTime:
                self.deferred += len(left) - done
                raise
            except HeadstartError as error:
                self.failed[name] = str(error)
            except Exception as error:  # noqa: BLE001  one bad component must not hold up the others
                self.failed[name] = f"{type(error).__name__}: {error}"

    def fit(self, state: State) -> State:
        """With what is known by now of whether its instances can be scaled."""
        return replace(state, unfit=self.unfit.get(state.component, state.unfit))

    def rival(self, state: State) -> str | None:
        """The stack that acts on the component in place of ours, as far as is known."""
        return state.rival if self.claims is None else rival(self.stack, self.claims.get(state.component, ()))

    def keep(self, store: Store, known: State, change: Callable[[State], State]) -> State:
        """Write a changed state. A look may have written it since it was read: then the change is made to that."""
        for attempt in range(ATTEMPTS_ON_CONFLICT):
            wanted = change(known)
            if wanted == known:
                break
            try:
                known = store.save(wanted)
                break
            except Conflict:
                if attempt == ATTEMPTS_ON_CONFLICT - 1:
                    raise
                known = store.load_many([known.component]).get(known.component, known)
        self.states[known.component] = known
        return known
