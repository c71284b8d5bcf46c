"""Answer for what was decided: components, their decisions, one decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headstart.app.errors import HeadstartError, InvalidInput
from headstart.app.ports import Clock, Page, Store
from headstart.app.records import DecisionRecord, RecordKey
from headstart.domain.model import State

FIRST = datetime(2020, 1, 1, tzinfo=UTC)


class NotFound(HeadstartError):
    """Nothing is recorded under that name or id."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Some components, those whose state cannot be read and why, and where to go on."""

    states: tuple[State, ...]
    unreadable: Mapping[str, str]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The read side."""

    store: Store
    clock: Clock

    def components(self, limit: int, after: str | None) -> Listed:
        """At most ``limit`` components with a state, by name, from the one after ``after``."""
        names = self.store.names_after(after, limit + 1)
        shown = names[:limit]
        unreadable: dict[str, str] = {}
        states = self.store.load_many(shown, unreadable)
        found = tuple(states[name] for name in shown if name in states)
        return Listed(found, unreadable, shown[-1] if len(names) > limit else None)

    def decisions(
        self, name: str, start: datetime | None, end: datetime | None, limit: int, after: RecordKey | None
    ) -> Page:
        """Decisions of a component from ``start`` up to and including ``end``, newest first.

        Raises:
            NotFound: nothing is known under that name.
            InvalidInput: the cursor lies outside of the range, so it is none of this query's.
        """
        unreadable: dict[str, str] = {}
        if not self.store.load_many([name], unreadable) and name not in unreadable:
            raise NotFound(f"no component {name!r} is known")
        first = _to_millisecond(start or FIRST)
        last = _to_millisecond(end or self.clock.now() + timedelta(seconds=1))
        if first > last:  # such as from the future until now: DynamoDB refuses the range
            return Page((), None)
        if after is not None and not first <= after.at <= last:
            raise InvalidInput("cursor", "lies outside of from and to; it belongs to another query")
        return self.store.decisions(name, first, last, limit, after)

    def decision(self, key: RecordKey) -> DecisionRecord:
        """One decision. Raises NotFound."""
        found = self.store.decision(key)
        if found is None:
            raise NotFound(f"no decision {key} is known")
        return found


def _to_millisecond(at: datetime) -> datetime:
    """Down to what the keys of decisions hold."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
