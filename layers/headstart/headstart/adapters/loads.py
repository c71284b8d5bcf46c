"""What one was asked for in weeks gone by: five-minute points that CloudWatch keeps for 63 days."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from headstart.adapters.aws import Wait, paced, unavailable_on_error, unpaced
from headstart.adapters.cloudwatch import MICROSECONDS, metric_query
from headstart.app.errors import Unavailable
from headstart.domain.model import PastLoad

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

PERIOD_SECONDS: Final = 300
METRIC: Final = "ModelLatency"
FAILED: Final = ("InternalError", "Forbidden")
"""The call may succeed while a query of it fails; its missing points are no hours without load."""
QUERIES: Final = (("completed", "SampleCount"), ("latency", "Average"))


class CloudWatchLoads:
    """Implements ``ports.LoadHistory``."""

    def __init__(self, client: "CloudWatchClient", wait: Wait = unpaced) -> None:
        self._client = client
        self._wait = wait

    def of(self, name: str, start: datetime, end: datetime) -> tuple[PastLoad, ...]:
        found: dict[str, dict[datetime, float]] = {query: {} for query, _ in QUERIES}
        with unavailable_on_error("GetMetricData"):
            pages = self._client.get_paginator("get_metric_data").paginate(
                MetricDataQueries=[metric_query(name, query, METRIC, PERIOD_SECONDS, told) for query, told in QUERIES],
                StartTime=start,
                EndTime=end,
                ScanBy="TimestampAscending",
            )
            for page in paced(pages, self._wait, "ReadHistory"):
                for result in page["MetricDataResults"]:
                    if result.get("StatusCode") in FAILED:
                        raise Unavailable(f"GetMetricData: {result['StatusCode']} for {result['Id']}")
                    found[result["Id"]].update(zip(result["Timestamps"], result["Values"], strict=True))
        latency = found["latency"]
        return tuple(
            PastLoad(at, completed, latency[at] / MICROSECONDS)
            for at, completed in sorted(found["completed"].items())
            if at in latency
        )
