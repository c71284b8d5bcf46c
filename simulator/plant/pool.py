"""The copies in service and the requests in them: routing, queues inside containers, time-outs."""

from collections.abc import Callable
from functools import partial

from simulator.engine import Engine
from simulator.plant.copies import Copy
from simulator.plant.draws import uniform
from simulator.plant.gauges import ConcurrencyGauge, MinuteMeter
from simulator.plant.requests import Job, OnDone, Outcome, Request
from simulator.plant.spec import QueueSpec


class CopyPool:
    """`serving` is ordered oldest first. Requests of removed copies that run finish there; waiting ones move."""

    __slots__ = (
        "_engine", "_meter", "_on_drained", "_on_refused", "_random", "_routed", "_seed_key", "_serves_abandoned",
        "_timeout_s", "gauge", "queued", "serving",
    )  # fmt: skip

    def __init__(
        self,
        engine: Engine,
        spec: QueueSpec,
        gauge: ConcurrencyGauge,
        meter: MinuteMeter,
        seed_key: tuple[int, int],
        on_drained: Callable[[Copy], None],
        on_refused: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._timeout_s = spec.timeout_s
        self._serves_abandoned = spec.abandoned_served
        self._random = spec.routing == "random"
        self._routed = 0
        self._seed_key = seed_key
        self._meter = meter
        self._on_drained = on_drained
        self._on_refused = on_refused
        self.gauge = gauge
        self.queued = 0
        self.serving: list[Copy] = []

    def invoke(self, request: Request, on_done: OnDone) -> None:
        """Only with a copy in service."""
        now = self._engine.now
        self.gauge.arrive(now)
        self._meter.arrived(now, len(self.serving))
        self._assign(Job(request, on_done, now))

    def add(self, copy: Copy) -> None:
        copy.state = "in_service"
        self.serving.append(copy)
        self.serving.sort(key=lambda c: c.ordinal)
        self.gauge.set_copies(self._engine.now, len(self.serving))

    def remove(self, count: int) -> list[Copy]:
        """Takes out the copies with the fewest requests, of equals the youngest (assumed)."""
        leaving = sorted(self.serving, key=lambda c: (c.load, -c.ordinal))[:count]
        for copy in leaving:
            copy.state = "draining"
            self.serving.remove(copy)
        self.gauge.set_copies(self._engine.now, len(self.serving))
        waiting = sorted((job for copy in leaving for job in _take_queue(copy)), key=lambda job: job.attempted_at)
        self.queued -= len(waiting)
        for job in waiting:
            if self.serving:
                self._assign(job)
            else:
                self._refuse(job)
        return leaving

    def _route(self) -> Copy:
        serving = self.serving
        if self._random:
            self._routed += 1
            return serving[int(uniform(*self._seed_key, "route", self._routed) * len(serving))]
        best = serving[0]
        least = best.load
        for copy in serving:
            if copy.load < least:
                best, least = copy, copy.load
        return best

    def _assign(self, job: Job) -> None:
        copy = self._route()
        job.copy = copy
        copy.load += 1
        if copy.running < copy.slots:
            self._begin(copy, job)
            return
        copy.queue.append(job)
        self.queued += 1
        if job.patience is None and job.on_done is not None:
            leaves_at = job.attempted_at + min(self._timeout_s, job.request.patience_s)
            job.patience = self._engine.at(leaves_at, partial(self._give_up, job))

    def _begin(self, copy: Copy, job: Job) -> None:
        copy.running += 1
        if job.patience is not None:
            job.patience.cancel()
            job.patience = None
        engine = self._engine
        job.started_at = now = engine.now
        engine.book(now + job.request.service_s, partial(self._finish, copy, job))

    def _finish(self, copy: Copy, job: Job) -> None:
        now = self._engine.now
        self.gauge.leave(now, job.attempted_at)
        self._meter.finished(now, now - job.attempted_at)
        copy.running -= 1
        copy.load -= 1
        if copy.queue:
            following = copy.next_waiting()
            if following is not None:
                self.queued -= 1
                self._begin(copy, following)
        if copy.load == 0 and copy.state == "draining":
            self._on_drained(copy)
        if job.on_done is not None:
            job.on_done(Outcome("served", job.attempted_at, job.started_at, now, copy.ordinal))

    def _give_up(self, job: Job) -> None:
        now = self._engine.now
        on_done, job.on_done = job.on_done, None
        copy = job.copy
        if not self._serves_abandoned and copy is not None:
            copy.load -= 1
            job.copy = None
            copy.drop_left()
            self.queued -= 1
            self.gauge.leave(now, job.attempted_at)
        if on_done is not None:
            on_done(Outcome("timed_out", job.attempted_at, None, now, None if copy is None else copy.ordinal))

    def _refuse(self, job: Job) -> None:
        now = self._engine.now
        job.copy = None
        self.gauge.leave(now, job.attempted_at)
        if job.patience is not None:
            job.patience.cancel()
        on_done = job.on_done
        if on_done is not None:
            self._on_refused()
            # Not from inside the write that removed the copies: clients answer to the engine alone.
            self._engine.after(0.0, partial(on_done, Outcome("no_capacity", job.attempted_at, None, now, None)))


def _take_queue(copy: Copy) -> list[Job]:
    waiting = [job for job in copy.queue if job.copy is copy]
    copy.queue.clear()
    copy.load -= len(waiting)
    return waiting
