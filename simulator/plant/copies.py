"""One copy of a component's container: its slots, its own queue, its place."""

from collections import deque
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulator.plant.instances import Instance
    from simulator.plant.requests import Job

type CopyState = Literal["starting", "in_service", "draining"]


class Copy:
    """`load` counts requests running and waiting here; `queue` may hold jobs that left (their `copy` is None)."""

    __slots__ = ("instance", "load", "ordinal", "queue", "running", "slots", "state")

    def __init__(self, ordinal: int, slots: int) -> None:
        self.ordinal = ordinal
        self.slots = slots
        self.state: CopyState = "starting"
        self.instance: Instance | None = None
        self.running = 0
        self.load = 0
        self.queue: deque[Job] = deque()

    def next_waiting(self) -> "Job | None":
        """Takes the oldest job that still waits."""
        while self.queue:
            job = self.queue.popleft()
            if job.copy is self:
                return job
        return None

    def drop_left(self) -> None:
        """Forgets jobs at the head that have left, so that a stuck queue does not hoard them."""
        while self.queue and self.queue[0].copy is not self:
            self.queue.popleft()
