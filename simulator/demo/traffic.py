"""The clients: each request goes out at its time, and again after a refusal or a time-out, as the plant's clients do.

Before attempt k+1 a client waits U(0, min(cap, 2^(k-1))) s; after `give_up_after_s` it stops.
"""

import heapq
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from queue import SimpleQueue

from simulator.demo.window import Offer
from simulator.engine import WALL_CLOCK, Clock
from simulator.plant.draws import uniform
from simulator.plant.spec import ClientSpec

MOST_HELD = 600
"""Threads, and connections: every request of a window may be waiting at once."""


class Reply(StrEnum):
    """How one attempt ended."""

    SERVED = "served"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    FAILED = "failed"


type Send = Callable[[float], tuple[Reply, str]]
"""Sends one attempt that needs so many seconds of a slot; returns when it has ended."""


@dataclass(slots=True)
class Journey:
    """One client from its first attempt to its end. Times in epoch seconds; `served_at` is the last byte's."""

    number: int
    arrives_at: float
    service_s: float
    attempts: int = 0
    refused: int = 0
    timed_out: int = 0
    first_refused_at: float | None = None
    served_at: float | None = None
    gave_up: bool = False

    def wait_s(self, now: float) -> float:
        """From the first attempt to the start of service; for one not served yet, so far."""
        if self.served_at is None:
            return max(0.0, now - self.arrives_at)
        return max(0.0, self.served_at - self.service_s - self.arrives_at)


@dataclass(frozen=True, slots=True)
class Counts:
    """`retrying`: clients between two attempts. `refused`: attempts turned away."""

    arrived: int
    served: int
    held: int
    retrying: int
    refused: int
    timed_out: int
    gave_up: int


class Traffic:
    """Plays the offers of a window from `starts_at` (epoch seconds) on, in threads that end with the process."""

    def __init__(
        self,
        offers: Sequence[Offer],
        starts_at: float,
        send: Send,
        law: ClientSpec,
        seed: int,
        clock: Clock = WALL_CLOCK,
    ) -> None:
        self.journeys = [
            Journey(number, starts_at + offer.arrival_s, offer.service_s) for number, offer in enumerate(offers)
        ]
        self.trouble = ""
        self.latest_s = 0.0
        self._send, self._law, self._seed, self._clock = send, law, seed, clock
        self._due = [(journey.arrives_at, journey.number) for journey in self.journeys]
        heapq.heapify(self._due)
        self._wake = threading.Condition()
        self._ready: SimpleQueue[Journey] = SimpleQueue()
        self._workers = self._busy = 0
        self._stopped = False

    def start(self) -> None:
        threading.Thread(target=self._dispatch, name="traffic", daemon=True).start()

    def stop(self) -> None:
        """Sends nothing any more; what is held ends by itself."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()

    def counts(self) -> Counts:
        with self._wake:
            now = self._clock()
            arrived = [one for one in self.journeys if one.arrives_at <= now]
            served = sum(one.served_at is not None for one in arrived)
            gave_up = sum(one.gave_up for one in arrived)
            return Counts(
                arrived=len(arrived),
                served=served,
                held=self._busy,
                retrying=max(0, len(arrived) - served - gave_up - self._busy),
                refused=sum(one.refused for one in arrived),
                timed_out=sum(one.timed_out for one in arrived),
                gave_up=gave_up,
            )

    def finished(self) -> bool:
        with self._wake:
            return all(one.served_at is not None or one.gave_up for one in self.journeys)

    def _dispatch(self) -> None:
        with self._wake:
            while not self._stopped:
                now = self._clock()
                while self._due and self._due[0][0] <= now:
                    due, number = heapq.heappop(self._due)
                    self.latest_s = max(self.latest_s, now - due)
                    self._busy += 1
                    self._ready.put(self.journeys[number])
                    if self._busy > self._workers and self._workers < MOST_HELD:
                        self._workers += 1
                        threading.Thread(target=self._work, name="client", daemon=True).start()
                self._wake.wait(min(1.0, self._due[0][0] - now) if self._due else 1.0)

    def _work(self) -> None:
        while True:
            journey = self._ready.get()
            reply, detail = self._send(journey.service_s)
            with self._wake:
                self._busy -= 1
                if self._stopped:
                    return
                self._ended(journey, reply, detail)

    def _ended(self, journey: Journey, reply: Reply, detail: str) -> None:
        now = self._clock()
        journey.attempts += 1
        if reply is Reply.SERVED:
            journey.served_at = now
            return
        if reply is Reply.REFUSED:
            journey.refused += 1
            journey.first_refused_at = journey.first_refused_at or now
        elif reply is Reply.TIMED_OUT:
            journey.timed_out += 1
        else:
            self.trouble = detail
        spread = min(self._law.retry_cap_s, 2.0 ** (journey.attempts - 1))
        again = now + uniform(self._seed, "retry", journey.number, journey.attempts) * spread
        if not self._law.retries or again - journey.arrives_at >= self._law.give_up_after_s:
            journey.gave_up = True
            return
        heapq.heappush(self._due, (again, journey.number))
        self._wake.notify()
