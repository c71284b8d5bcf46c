"""Headstart's decisions in small form, taken out of its table while a replay goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headstart.adapters.items import from_item, time_text
from simulator.engine import Engine
from simulator.services.dynamodb import DynamoTable

KEPT_S = 3600.0
"""So long a decision stays in the table: what becomes of it is known within minutes, and only the history API, which
nobody asks in a replay, reads older ones."""
FIRST = "decision#"


@dataclass(frozen=True, slots=True)
class Decision:
    """One of Headstart's records. `at_s` from the replay's start."""

    at_s: float
    signal: str
    kind: str
    desired: int
    reason: str


class Journal:
    """Empties the table of old decisions, so that a replay's memory does not grow with its length.

    `keep`: remember them in small form; else none is ever decoded.
    """

    def __init__(self, engine: Engine, table: DynamoTable, *, keep: bool) -> None:
        self._engine = engine
        self._table = table
        self._keep = keep
        self._begin = engine.now
        self._decisions: list[Decision] = []
        engine.after(KEPT_S, self._sweep)

    def decisions(self) -> tuple[Decision, ...]:
        """Oldest first; none unless they were to be kept. To be asked for once, at the end."""
        self._take(self._engine.now + KEPT_S)
        return tuple(self._decisions)

    def _sweep(self) -> None:
        self._take(self._engine.now - KEPT_S)
        self._engine.after(KEPT_S, self._sweep)

    def _take(self, before: float) -> None:
        end = FIRST + time_text(datetime.fromtimestamp(before, UTC))
        taken = self._table.forget(FIRST, end)
        if self._keep:
            self._decisions += sorted((self._small(from_item(item)) for item in taken), key=lambda one: one.at_s)

    def _small(self, record: Mapping[str, Any]) -> Decision:
        return Decision(
            at_s=round(datetime.fromisoformat(record["at"]).timestamp() - self._begin, 3),
            signal=str(record["signal"]),
            kind=str(record["outcome"]["kind"]),
            desired=int(record["desired"]),
            reason=str(record["reason"]),
        )
