"""Two policies without a formula: a fixed count, and everything at the first sign."""

from math import ceil

from simulator.replay.peers.controls import Controls, copies_for
from simulator.replay.peers.gauge import Gauge
from simulator.replay.world import World

LOOK_S = 10.0
QUIET_S = 900.0


class Static:
    """So many copies all the time. Half a copy cannot be had: a fraction is rounded up, in its favour on waits."""

    remark = "a fixed count, rounded up to a whole one"

    def __init__(self, copies: float) -> None:
        self.copies = ceil(copies - 1e-9)
        self.name = f"static-{self.copies}"
        self.min_copies: int | None = self.copies

    def install(self, world: World) -> None:
        controls = Controls(world, self.name, self.min_copies)
        controls.counts()
        controls.ask(self.copies)


class MaxOnTrigger:
    """The maximum at any refused request or concurrency over target; what was needed after 15 min without either."""

    name = "max-on-trigger"
    min_copies: int | None = None
    remark = "no formula: the maximum at any signal"

    def install(self, world: World) -> None:
        controls, gauge = Controls(world, self.name, self.min_copies), Gauge(world, self.name)
        target = world.derived.target
        triggered = False
        quiet_since = controls.now

        def look() -> None:
            nonlocal triggered, quiet_since
            fresh = gauge.read(controls.counts())
            if any(point.over(target) for point in gauge.last(10.0 * fresh)):
                triggered, quiet_since = True, controls.now
            if controls.now - quiet_since >= QUIET_S:
                triggered = False
                loads = [point.load for point in gauge.last(QUIET_S) if point.load is not None]
                if loads:
                    controls.ask(copies_for(max(loads), target))
            elif triggered:
                controls.ask(controls.most)

        controls.every(LOOK_S, look)
