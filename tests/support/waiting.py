"""Waiting for what other threads and processes do, on machines of any speed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from simulator.engine import WALL_CLOCK

PATIENCE_S = 60.0
"""Long enough for the slowest machine: a test that passes never waits it out."""


def eventually[T](what: str, look: Callable[[], T | None], seconds: float = PATIENCE_S, pause_s: float = 0.02) -> T:
    """The first true value `look` returns; fails, naming `what`, when there is none in time."""
    give_up = time.monotonic() + seconds
    while not (value := look()):
        assert time.monotonic() < give_up, f"{what}: did not happen within {seconds:.0f} s"
        time.sleep(pause_s)
    return value


class HoldableClock:
    """A wall clock that a test can make stand still, so that a slow machine cannot be too late."""

    def __init__(self) -> None:
        self._behind_s = 0.0
        self._stands_at: float | None = None

    def __call__(self) -> float:
        stands_at = self._stands_at
        return WALL_CLOCK() - self._behind_s if stands_at is None else stands_at

    @contextmanager
    def held(self) -> Iterator[None]:
        """Time stands still, and goes on from there afterwards."""
        self._stands_at = self()
        try:
            yield
        finally:
            self._behind_s = WALL_CLOCK() - self._stands_at
            self._stands_at = None
