"""NVIDIA Dynamo's planner, load-based scaling.

Formula: ai-dynamo/dynamo, ``components/src/dynamo/planner/core/load_scaling.py``; defaults:
``load_adjustment_interval`` 5 s, ``load_scaling_down_sensitivity`` 80 %, ``min_endpoint`` 1.
"""

from simulator.replay.peers.controls import Controls
from simulator.replay.peers.gauge import Gauge
from simulator.replay.world import World

INTERVAL_S = 5.0
DOWN_SENSITIVITY = 0.8
METRIC_AGE_S = 60.0


def stepped(workers: int, per_worker: float, limit: float) -> int:
    """One more when all workers are over the limit; one fewer when the others could take its share with room to spare.

    The planner estimates each engine's time to first token; here the mean of them stands for all.
    """
    if per_worker > limit:
        return workers + 1
    if workers > 1 and per_worker * workers / (workers - 1) < DOWN_SENSITIVITY * limit:
        return workers - 1
    return workers


class DynamoLoad:
    """While a change is in flight it only observes. Its throughput mode, a forecast over 180 s, is not here."""

    name = "dynamo-load"
    min_copies: int | None = 1
    remark = "the target per copy stands for its latency targets per engine; +/-1; cannot leave zero: minimum 1"

    def install(self, world: World) -> None:
        controls, gauge = Controls(world, self.name, self.min_copies), Gauge(world, self.name)

        def adjust() -> None:
            counts = controls.counts()
            gauge.read(counts)
            value = gauge.newest_per_copy(METRIC_AGE_S)
            if value is not None and not counts.updating:
                controls.ask(stepped(counts.ready, value, world.derived.target))

        controls.every(INTERVAL_S, adjust)
