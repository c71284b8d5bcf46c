"""The component's ten-second metrics, as a controller gets them from CloudWatch."""

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from simulator.plant.metrics import FINE_S, NAMESPACE
from simulator.plant.timefmt import epoch, utc
from simulator.replay.peers.controls import Counts
from simulator.replay.world import COMPONENT, World
from simulator.services.caller import Caller

KEPT = 120
"""Points: twenty minutes, longer than anybody here looks back."""
DIMENSIONS = [{"Name": "InferenceComponentName", "Value": COMPONENT}]


class Point(NamedTuple):
    """Ten seconds from ``begin``. ``per_copy``: ConcurrentRequestsPerCopy, Maximum; ``refused``: attempts.

    ``ready``: the fewest copies seen in service meanwhile (zero left out where there was a metric).
    """

    begin: float
    per_copy: float | None
    refused: float
    ready: int

    @property
    def load(self) -> float | None:
        """Concurrent requests in all; None where nobody can tell.

        A refused attempt counts as a request that a proxy of the peer's own would be holding. Clients come back about
        once in ten seconds, so that ten seconds of attempts are about as many as there are clients waiting.
        """
        if self.per_copy is not None:
            return self.per_copy * self.ready + self.refused
        return self.refused if self.refused or not self.ready else None

    def over(self, target: float) -> bool:
        return self.refused > 0 or (self.per_copy is not None and self.per_copy > target)


class Gauge:
    """Reads every point once, when it becomes visible; whoever operates a peer is taken to know the plant's lag."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._caller = Caller(access_key=name)
        self._lag_s = world.spec.metrics.publish_lag_s
        self._read_until = world.engine.now // FINE_S * FINE_S
        self._seen: deque[tuple[float, int]] = deque()
        self._points: deque[Point] = deque(maxlen=KEPT)

    def read(self, counts: Counts) -> int:
        """Take in what has become visible; how many points are new."""
        now = self._world.engine.now
        if not self._seen or self._seen[-1][1] != counts.ready:
            self._seen.append((now, counts.ready))
        end = (now - self._lag_s) // FINE_S * FINE_S
        if end <= self._read_until:
            return 0
        concurrency, refused = self._fetch(self._read_until, end)
        fresh = range(int(self._read_until), int(end), FINE_S)
        for begin in fresh:
            per_copy = concurrency.get(begin)
            ready = self._ready(begin, counted=per_copy is not None)
            self._points.append(Point(begin, per_copy, refused.get(begin, 0.0), ready))
        self._read_until = end
        return len(fresh)

    def last(self, seconds: float) -> Sequence[Point]:
        """The points of the newest ``seconds`` that can be visible, oldest first."""
        count = min(int(seconds // FINE_S), len(self._points))
        return [self._points[at] for at in range(len(self._points) - count, len(self._points))]

    def mean_load(self, seconds: float) -> float | None:
        """None without a single known point: no data is not no load."""
        known = [load for load in (point.load for point in self.last(seconds)) if load is not None]
        return sum(known) / len(known) if known else None

    def newest_per_copy(self, seconds: float) -> float | None:
        for point in reversed(self.last(seconds)):
            if point.per_copy is not None:
                return point.per_copy
        return None

    def _ready(self, begin: float, *, counted: bool) -> int:
        while len(self._seen) > 1 and self._seen[1][0] <= begin:
            self._seen.popleft()
        meanwhile = [ready for at, ready in self._seen if at < begin + FINE_S] or [self._seen[0][1]]
        if counted:
            return min((ready for ready in meanwhile if ready), default=1)
        return min(meanwhile)

    def _fetch(self, begin: float, end: float) -> list[dict[float, float]]:
        queries = [
            _query("concurrency", "ConcurrentRequestsPerCopy", "Maximum", FINE_S),
            _query("refused", "NoCapacityInvocationFailures", "Sum", FINE_S),
        ]
        return fetch(self._world, queries, begin, end, self._caller)


def invocations(world: World, caller: Caller) -> float:
    """Requests of the newest whole minute that can be visible; the metric is absent in a minute without any."""
    end = (world.engine.now - world.spec.metrics.publish_lag_s) // 60 * 60
    (found,) = fetch(world, [_query("requests", "Invocations", "Sum", 60)], end - 60, end, caller)
    return sum(found.values())


def fetch(
    world: World, queries: list[dict[str, Any]], begin: float, end: float, caller: Caller
) -> list[dict[float, float]]:
    """GetMetricData: for each query its values by the beginning of their period."""
    params = {"MetricDataQueries": queries, "StartTime": utc(begin), "EndTime": utc(end)}
    answer = world.services.call("cloudwatch", "GetMetricData", params, caller)
    return [
        {epoch(at): value for at, value in zip(result["Timestamps"], result["Values"], strict=True)}
        for result in answer["MetricDataResults"]
    ]


def _query(name: str, metric: str, statistic: str, period_s: int) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": DIMENSIONS},
            "Period": period_s,
            "Stat": statistic,
        },
    }
