"""Knative Serving's pod autoscaler (KPA).

Formula: knative/serving, ``pkg/autoscaler/scaling/autoscaler.go``; zero: ``pkg/reconciler/autoscaling/kpa/scaler.go``;
defaults: ``pkg/autoscaler/config/config.go`` and ``config/core/configmaps/autoscaler.yaml``; tick: ``multiscaler.go``.
"""

from dataclasses import dataclass
from math import ceil, floor

from simulator.replay.peers.controls import Controls, copies_for
from simulator.replay.peers.gauge import Gauge
from simulator.replay.world import World

TICK_S = 2.0
STABLE_WINDOW_S = 60.0
PANIC_WINDOW_S = 10.0
"""A tenth of the stable window is 6 s: here the newest ten-second point."""
PANIC_THRESHOLD = 2.0
MAX_UP_RATE = 1000.0
MAX_DOWN_RATE = 2.0
ZERO_GRACE_S = 30.0


@dataclass(slots=True)
class KpaLaw:
    """One ``Decider``: ``target`` is 70 % of what a pod takes at once. Times in seconds."""

    target: float
    panic_since: float | None = None
    panic_most: int = 0
    idle_since: float | None = None

    @classmethod
    def starting(cls, target: float, ready: int, now: float) -> "KpaLaw":
        """With more than one pod it begins in panic, so that it does not scale in on an empty window."""
        return cls(target, panic_since=now if ready > 1 else None, panic_most=ready)

    def desired(self, now: float, ready_pods: int, stable: float, panic: float) -> int:
        """Pods for the mean concurrency over the stable and over the panic window."""
        ready = max(1, ready_pods)
        up, down = ceil(MAX_UP_RATE * ready), floor(ready / MAX_DOWN_RATE)
        wanted_panic = copies_for(panic, self.target)
        for_stable = min(max(copies_for(stable, self.target), down), up)
        for_panic = min(max(wanted_panic, down), up)
        if wanted_panic / ready >= PANIC_THRESHOLD:
            self.panic_since = now
        elif self.panic_since is not None and self.panic_since + STABLE_WINDOW_S < now:
            self.panic_since, self.panic_most = None, 0
        if self.panic_since is None:
            return for_stable
        self.panic_most = max(self.panic_most, for_stable, for_panic)
        return self.panic_most

    def after_grace(self, now: float, asked: int, wanted: int) -> int:
        """The last pod goes when none has been wanted for the grace period; the grace starts no pod."""
        if wanted:
            self.idle_since = None
            return wanted
        if self.idle_since is None:
            self.idle_since = now
        return 0 if now - self.idle_since >= ZERO_GRACE_S else min(asked, 1)


class KnativeKpa:
    """From zero to the count that the refused requests ask for."""

    name = "knative-kpa"
    min_copies: int | None = None
    remark = "its own proxy would tell it concurrency each second; here 10 s maxima, 20 s late; no request is held"

    def install(self, world: World) -> None:
        controls, gauge = Controls(world, self.name, self.min_copies), Gauge(world, self.name)
        law = KpaLaw.starting(world.derived.target, controls.counts().ready, controls.now)

        def tick() -> None:
            counts = controls.counts()
            gauge.read(counts)
            stable = gauge.mean_load(STABLE_WINDOW_S)
            if stable is None:
                return
            panic = gauge.mean_load(PANIC_WINDOW_S)
            desired = law.desired(controls.now, counts.ready, stable, stable if panic is None else panic)
            controls.ask(law.after_grace(controls.now, counts.desired, desired))

        controls.every(TICK_S, tick)
