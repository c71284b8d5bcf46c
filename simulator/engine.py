"""One event heap, two clocks: `Engine` in virtual time, `RealTime` drives the same engine against a wall clock."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import heappop, heappush

type Action = Callable[[], object]
type Clock = Callable[[], float]


class Handle:
    """A booked action; cancelling it twice, or after it ran, changes nothing."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def cancel(self) -> None:
        self.action = None


def _taken(booked: Action | Handle) -> Action | None:
    """What is to be run, once; None if it was cancelled."""
    if not isinstance(booked, Handle):
        return booked
    action, booked.action = booked.action, None
    return action


class Engine:
    """Runs booked actions in order of time, and in order of booking where times are equal.

    `now` is in seconds since the Unix epoch (UTC).
    """

    __slots__ = ("_heap", "_sequence", "now")

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self._heap: list[tuple[float, int, Handle | Action]] = []
        self._sequence = 0

    def at(self, when: float, action: Action) -> Handle:
        handle = Handle(action)
        self.book(when, handle)
        return handle

    def book(self, when: float, action: Action | Handle) -> None:
        """`at` for an action that nobody will cancel: every request books two."""
        if not when >= self.now:  # written so that NaN, which would spoil the heap's order, is refused too
            raise ValueError(f"cannot book an action at {when!r}: it is {self.now!r} already")
        self._sequence = sequence = self._sequence + 1
        heappush(self._heap, (when, sequence, action))

    def after(self, delay: float, action: Action) -> Handle:
        return self.at(self.now + delay, action)

    def next_time(self) -> float | None:
        """When the next action is due; None if nothing is booked."""
        heap = self._heap
        while heap:
            booked = heap[0][2]
            if not isinstance(booked, Handle) or booked.action is not None:
                return heap[0][0]
            heappop(heap)
        return None

    def run_next(self) -> bool:
        """Moves to the next action and runs it. False if nothing is booked."""
        when = self.next_time()
        if when is None:
            return False
        self.now = when
        action = _taken(heappop(self._heap)[2])
        if action is not None:
            action()
        return True

    def run_until(self, when: float) -> None:
        """Runs everything due up to and including `when`, then stands at `when`; never goes back."""
        heap = self._heap
        while heap and heap[0][0] <= when:
            due, _, booked = heappop(heap)
            action = _taken(booked) if isinstance(booked, Handle) else booked
            if action is not None:
                self.now = due
                action()
        self.now = max(self.now, when)


# The one place where the plant meets a wall clock.
WALL_CLOCK: Clock = time.time  # noqa: TID251

# Longest sleep of the driver: a wall clock that is set forward is noticed within this many seconds.
LONGEST_SLEEP_S = 1.0


class RealTime:
    """Drives an engine against a wall clock from a background thread.

    Everything that touches the plant does so inside `locked()`. An action that raises stops the driver:
    the plant can no longer be trusted, so `locked()` refuses from then on and names the cause.
    """

    def __init__(self, engine: Engine, clock: Clock = WALL_CLOCK) -> None:
        self.engine = engine
        self._clock = clock
        self._condition = threading.Condition()
        self._depth = 0
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._failure: Exception | None = None

    def start(self) -> None:
        if self._thread is not None:
            raise RuntimeError("the driver is running already")
        self._stopping = False
        self._thread = threading.Thread(target=self._drive, name="plant-clock", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._condition:
            thread, self._thread = self._thread, None
            self._stopping = True
            self._condition.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    @contextmanager
    def locked(self) -> Iterator[Engine]:
        """Exclusive access at the wall clock's now; may be nested in one thread."""
        with self._condition:
            if self._failure is not None:
                raise RuntimeError("the plant stopped: an action failed") from self._failure
            self._depth += 1
            try:
                # Only the outermost holder moves time: an action must not run in the middle of another one.
                if self._depth == 1:
                    self._advance()
                yield self.engine
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._condition.notify_all()

    def _advance(self) -> None:
        try:
            self.engine.run_until(self._clock())
        except Exception as failure:
            self._failure = failure
            raise

    def _drive(self) -> None:
        with self._condition:
            while not self._stopping and self._failure is None:
                self._depth += 1
                try:
                    self._advance()
                finally:
                    self._depth -= 1
                self._condition.wait(self._sleep_s())

    def _sleep_s(self) -> float:
        due = self.engine.next_time()
        if due is None:
            return LONGEST_SLEEP_S
        return min(max(due - self._clock(), 0.0), LONGEST_SLEEP_S)
