"""The Kubernetes Horizontal Pod Autoscaler, v2.

Formulas: kubernetes/kubernetes, ``pkg/controller/podautoscaler/replica_calculator.go`` and ``horizontal.go``; defaults:
``pkg/apis/autoscaling/v2/defaults.go`` and ``pkg/controller/podautoscaler/config/v1alpha1/defaults.go``.
"""

from collections import deque
from dataclasses import dataclass, field

from simulator.replay.peers.controls import Controls, copies_for
from simulator.replay.peers.gauge import Gauge
from simulator.replay.world import World

SYNC_S = 15.0
TOLERANCE = 0.1
UP_PODS = 4
UP_FACTOR = 2
"""Scale-up by at most 4 pods or 100 % in 15 s, whichever is more; scale-down by 100 %, which is no limit."""
DOWN_WINDOW_S = 300.0
METRIC_AGE_S = 60.0
"""An older value is none: the adapter answers with an error, and nothing is done."""


def pods_metric(replicas: int, ready: int, per_pod: float, target: float) -> int:
    """Replicas for a metric of each ready pod; ``replicas`` counts starting pods too.

    On the way up starting pods count as idle, and nothing is done where that turns the direction or comes within the
    tolerance.
    """
    ratio = per_pod / target
    starting = max(0, replicas - ready)
    if ratio > 1 and starting:
        ratio *= ready / (ready + starting)
        if ratio <= 1 + TOLERANCE:
            return replicas
        return max(replicas, copies_for(ratio * (ready + starting), 1.0))
    return replicas if abs(ratio - 1) <= TOLERANCE else copies_for(ratio * ready, 1.0)


def external_metric(replicas: int, ready: int, value: float, target: float) -> int:
    """Replicas for an external metric of type Value: ready pods times value / target, starting pods left out."""
    ratio = value / target
    if replicas and abs(ratio - 1) <= TOLERANCE:
        return replicas
    return copies_for(ratio * ready if replicas else ratio, 1.0)


@dataclass(slots=True)
class Behaviour:
    """Between what the metric asks for and what is written. Stabilises the way down only."""

    recommended: deque[tuple[float, int]] = field(default_factory=deque)

    def settled(self, now: float, replicas: int, wanted: int) -> int:
        """The largest recommendation of the window on the way down; the rate limit on the way up."""
        if not self.recommended:
            # The controller begins with the count it finds.
            self.recommended.append((now, replicas))
        self.recommended.append((now, wanted))
        while self.recommended[0][0] <= now - DOWN_WINDOW_S:
            self.recommended.popleft()
        if wanted < replicas:
            return min(replicas, max(count for _, count in self.recommended))
        return min(wanted, max(replicas + UP_PODS, UP_FACTOR * replicas))


class Hpa:
    """On ConcurrentRequestsPerCopy as a metric of each pod. Scales between 1 and the maximum, never from zero."""

    name = "hpa"
    min_copies: int | None = 1
    remark = "its metrics pipeline would be 15-30 s late; cannot leave zero: minimum 1"

    def install(self, world: World) -> None:
        controls, gauge = Controls(world, self.name, self.min_copies), Gauge(world, self.name)
        behaviour, target = Behaviour(), world.derived.target

        def sync() -> None:
            counts = controls.counts()
            gauge.read(counts)
            value = gauge.newest_per_copy(METRIC_AGE_S)
            if value is None or not counts.ready:
                return
            wanted = pods_metric(counts.desired, counts.ready, value, target)
            controls.ask(behaviour.settled(controls.now, counts.desired, wanted))

        controls.every(SYNC_S, sync)
