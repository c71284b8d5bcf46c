"""Ray Serve's replica autoscaler.

Formula: ray-project/ray, ``python/ray/serve/autoscaling_policy.py``; defaults: ``python/ray/serve/config.py`` and
``python/ray/serve/_private/constants.py``.
"""

from dataclasses import dataclass
from math import ceil

from simulator.replay.peers.controls import Controls
from simulator.replay.peers.gauge import Gauge
from simulator.replay.world import World

LOOP_S = 1.0
"""Its control loop runs every 0.1 s and counts loops; here the delays are measured in time, which is the same."""
LOOK_BACK_S = 30.0
UP_DELAY_S = 30.0
DOWN_DELAY_S = 600.0
FACTOR = 1.0
"""upscaling_factor and downscaling_factor."""


def scaled(ongoing: float, current: int, target: float, factor: float = FACTOR) -> int:
    """From the running replicas by ``factor`` times the way to what the ongoing requests need."""
    desired = ongoing / target
    count = ceil(current + factor * (desired - current) - 1e-9)
    # A small factor must not keep the last step down from being taken.
    return count - 1 if ceil(desired) < current and count == current else count


@dataclass(slots=True)
class RayLaw:
    """``goal`` is the deployment's target count. It moves when one direction was held for its whole delay."""

    target: float
    least: int
    most: int
    goal: int
    direction: int = 0
    since: float = 0.0

    def decide(self, now: float, running: int, ongoing: float) -> int:
        """``running`` replicas, ``ongoing`` requests queued and running over the look-back."""
        if not running:
            # From zero the delay is bypassed, and demand does not count.
            if ongoing > 0:
                self.goal = max(ceil(FACTOR), self.goal)
            return self.goal
        wanted = max(self.least, min(self.most, scaled(ongoing, running, self.target)))
        direction = (wanted > self.goal) - (wanted < self.goal)
        if direction != self.direction:
            self.direction, self.since = direction, now
        if direction and now - self.since >= (UP_DELAY_S if direction > 0 else DOWN_DELAY_S):
            # Only the last replica may give way to none.
            self.goal = wanted if direction > 0 or self.goal == 1 else max(1, wanted)
            self.direction = 0
        return self.goal


class RayServe:
    """Target: ``target_ongoing_requests`` is the plant's target per copy (its own default is 2)."""

    name = "ray-serve"
    min_copies: int | None = None
    remark = "its handles and replicas would tell it queues every 10 s without lag, and hold requests at zero"

    def install(self, world: World) -> None:
        controls, gauge = Controls(world, self.name, self.min_copies), Gauge(world, self.name)
        law = RayLaw(world.derived.target, controls.least, controls.most, controls.counts().desired)

        def loop() -> None:
            counts = controls.counts()
            gauge.read(counts)
            ongoing = gauge.mean_load(LOOK_BACK_S)
            controls.ask(law.goal if ongoing is None else law.decide(controls.now, counts.ready, ongoing))

        controls.every(LOOP_S, loop)
