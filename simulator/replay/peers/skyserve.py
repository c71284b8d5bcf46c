"""SkyServe's request-rate autoscaler.

Formula: skypilot-org/skypilot, ``sky/serve/autoscalers.py``; defaults: ``sky/serve/constants.py``.
"""

from dataclasses import dataclass

from simulator.replay.peers.controls import Controls, copies_for
from simulator.replay.peers.gauge import Gauge, invocations
from simulator.replay.world import World
from simulator.services.caller import Caller

DECISION_S = 20.0
DECISION_AT_ZERO_S = 5.0
WINDOW_S = 60.0
UP_DELAY_S = 300.0
DOWN_DELAY_S = 1200.0
UP_DECISIONS = int(UP_DELAY_S / DECISION_S)
DOWN_DECISIONS = int(DOWN_DELAY_S / DECISION_S)


def replicas_for(requests: float, qps_per_replica: float) -> int:
    """For the requests of the last minute."""
    return copies_for(requests / WINDOW_S, qps_per_replica)


@dataclass(slots=True)
class SkyServeLaw:
    """``goal`` counts provisioning replicas too. One decision the other way resets a counter (skypilot#4444)."""

    qps_per_replica: float
    least: int
    most: int
    goal: int
    up: int = 0
    down: int = 0

    def decide(self, requests: float) -> int:
        """For the requests of the last minute; from zero at once and to the full count."""
        wanted = max(self.least, min(self.most, replicas_for(requests, self.qps_per_replica)))
        self.up = self.up + 1 if wanted > self.goal else 0
        self.down = self.down + 1 if wanted < self.goal else 0
        if not self.goal or self.up >= UP_DECISIONS or self.down >= DOWN_DECISIONS:
            self.goal, self.up, self.down = wanted, 0, 0
        return self.goal


class SkyServe:
    """``target_qps_per_replica``: the plant's target over the trace's mean service time, as a load test would find it.

    Requests are the Invocations of the newest minute to be seen and the refused attempts of the newest sixty seconds.
    """

    name = "skyserve"
    min_copies: int | None = None
    remark = "its load balancer would count requests without lag; here by one-minute Invocations, and refused attempts"

    def install(self, world: World) -> None:
        controls, gauge = Controls(world, self.name, self.min_copies), Gauge(world, self.name)
        caller, derived = Caller(access_key=self.name), world.derived
        qps = derived.target / derived.mean_service_s
        law = SkyServeLaw(qps, controls.least, controls.most, controls.counts().desired)

        def decide() -> None:
            gauge.read(controls.counts())
            refused = sum(point.refused for point in gauge.last(WINDOW_S))
            controls.ask(law.decide(refused + invocations(world, caller)))

        controls.again(decide, lambda: DECISION_S if law.goal else DECISION_AT_ZERO_S)
