"""Answer for what was decided: components, their decisions, one decision."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headstart.app.errors import HeadstartError
from headstart.app.ports import Clock, Page, Store
from headstart.app.records import DecisionRecord, RecordKey
from headstart.domain.model import State

FIRST = datetime(2020, 1, 1, tzinfo=UTC)


class NotFound(HeadstartError):
    """Nothing is recorded under that name or id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The read side."""

    store: Store
    clock: Clock

    def components(self) -> list[State]:
        """All components with a state, by name."""
        states = self.store.load_many(self.store.names())
        return [states[name] for name in sorted(states)]

    def decisions(
        self, name: str, start: datetime | None, end: datetime | None, limit: int, after: RecordKey | None
    ) -> Page:
        """Decisions of a component from ``start`` up to and including ``end``, newest first. Raises NotFound."""
        if self.store.load(name) is None:
            raise NotFound(f"no component {name!r} is known")
        until = end or self.clock.now() + timedelta(seconds=1)
        return self.store.decisions(name, start or FIRST, until, limit, after)

    def decision(self, key: RecordKey) -> DecisionRecord:
        """One decision. Raises NotFound."""
        found = self.store.decision(key)
        if found is None:
            raise NotFound(f"no decision {key} is known")
        return found
