"""KEDA with its CloudWatch scaler.

Zero and one: kedacore/keda, ``pkg/scaling/executor/scale_scaledobjects.go``; the metric:
``pkg/scalers/aws_cloudwatch_scaler.go``; from one on an HPA on an external metric, see ``horizontal``.
"""

from dataclasses import dataclass

from simulator.replay.peers.controls import Controls
from simulator.replay.peers.gauge import Gauge
from simulator.replay.peers.horizontal import SYNC_S, Behaviour, external_metric
from simulator.replay.world import World

POLL_S = 30.0
COOLDOWN_S = 300.0
COLLECTION_S = 300.0
"""metricCollectionTime: the newest value of the last five minutes counts; none at all reads as 0 (ignoreNullValues)."""


@dataclass(slots=True)
class Activation:
    """KEDA's own part: awake while a trigger is above zero, asleep after five minutes without."""

    active_at: float

    def replicas(self, now: float, replicas: int, *, active: bool) -> int:
        if active:
            self.active_at = now
            return max(1, replicas)
        return 0 if now - self.active_at > COOLDOWN_S else replicas


class Keda:
    """Two triggers: refused requests, which only wake, and ConcurrentRequestsPerCopy (metricType Value).

    Period and statistic are set to 10 s and Maximum: the scaler's own defaults, a five-minute average, would make it
    the slowest of all. From zero to one, whatever the demand.
    """

    name = "keda"
    min_copies: int | None = None
    remark = (
        "CloudWatch scaler at 10 s, Maximum (default: a 300 s average); its HTTP add-on would hold requests at zero"
    )

    def install(self, world: World) -> None:
        controls, gauge = Controls(world, self.name, self.min_copies), Gauge(world, self.name)
        activation, behaviour, target = Activation(controls.now), Behaviour(), world.derived.target

        def value() -> float:
            newest = gauge.newest_per_copy(COLLECTION_S)
            return 0.0 if newest is None else newest

        def poll() -> None:
            counts = controls.counts()
            gauge.read(counts)
            active = value() > 0 or any(point.refused for point in gauge.last(COLLECTION_S))
            wanted = activation.replicas(controls.now, counts.desired, active=active)
            if wanted != counts.desired:
                controls.ask(wanted)

        def sync() -> None:
            counts = controls.counts()
            gauge.read(counts)
            # An HPA whose target stands at zero is switched off.
            if counts.desired:
                wanted = external_metric(counts.desired, counts.ready, value(), target)
                controls.ask(max(1, behaviour.settled(controls.now, counts.desired, wanted)))

        controls.every(POLL_S, poll)
        controls.every(SYNC_S, sync)
