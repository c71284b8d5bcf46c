"""How fast AWS may be called by a run over many components, and when the run has to end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from headstart.app.errors import OutOfTime
from headstart.app.ports import Clock

SHARE: Final = 0.8
"""What we take of a quota; it is the whole account's, and others call too."""
QUOTAS: Final = {
    "GetResources": 15.0,  # aws-facts 5.6
    "DescribeAlarms": 9.0,  # aws-facts 5.5
    "PutMetricAlarm": 3.0,  # aws-facts 5.5
    "ReadHistory": 5.0,  # 15,000 points a call, of 90,000 a second (aws-facts 5.5)
    "DescribeScaling": 5.0,  # assumed: no rate of Application Auto Scaling is published (aws-facts 4)
    "ChangeScaling": 1.0,  # assumed, like DescribeScaling
    "DescribeEndpoint": 5.0,  # aws-facts 3.6
    "DescribeComponent": 5.0,  # planned for: no rate of the component calls is published (aws-facts 3.6)
}
"""Calls a second in an account and Region, by operation or by a name for operations that are assumed to share one."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime


class Pace:
    """Token buckets, so small that no second has more calls than the quota. They outlive a run, as AWS's do."""

    def __init__(self, clock: Clock, sleep: Callable[[float], object]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._until = clock.now()
        self._buckets: dict[str, _Bucket] = {}

    def begin(self, until: datetime) -> None:
        """Start a run that has to end by then."""
        self._until = until

    def left(self) -> timedelta:
        """How much of the run is left."""
        return self._until - self._clock.now()

    def wait(self, operation: str) -> None:
        """Wait until AWS takes another such call. Raises OutOfTime: not within this run."""
        now = self._clock.now()
        rate = QUOTAS[operation] * SHARE
        size = max(1.0, QUOTAS[operation] - rate)
        bucket = self._buckets.setdefault(operation, _Bucket(size, now))
        tokens = min(size, bucket.tokens + rate * (now - bucket.at).total_seconds())
        missing = max(0.0, (1.0 - tokens) / rate)
        if now + timedelta(seconds=missing) >= self._until:
            raise OutOfTime(f"no time left to call {operation}")
        if missing:
            self._sleep(missing)
        self._buckets[operation] = _Bucket(tokens - 1.0, now)
