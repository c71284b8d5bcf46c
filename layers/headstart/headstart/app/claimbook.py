"""The claims of all stacks, listed anew as seldom as is safe."""

from collections.abc import Collection, Mapping
from datetime import datetime

from headstart.app.ports import Alarms
from headstart.domain.claims import KEPT


class ClaimBook:
    """Remembers the last listing for as long as the process lives: with many alarms it takes a third of a run."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._listed_at: datetime | None = None
        self._found: Mapping[str, Collection[str]] = {}

    def claims(self, now: datetime, *, many: bool) -> Mapping[str, Collection[str]]:
        """Which stacks claim which components; where many are to be enrolled, as it was some minutes ago."""
        if self._listed_at is None or not many or now - self._listed_at >= KEPT:
            self._found = self._alarms.claims()
            self._listed_at = now
        return self._found
