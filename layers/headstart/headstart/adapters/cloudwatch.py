"""Metrics in, alarms out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from headstart.adapters.aws import unavailable_on_error
from headstart.app.ports import Alarm, Series
from headstart.domain.model import Point, SignalKind

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

NAMESPACE = "AWS/SageMaker"
DIMENSION = "InferenceComponentName"
WINDOW = timedelta(minutes=5)
"""Enough for a smoothed load and one whole minute of ModelLatency behind the publishing lag."""
MICROSECONDS = 1e6

QUERIES: Final = (
    ("concurrency", "ConcurrentRequestsPerCopy", 10, "Maximum"),
    ("refused", "NoCapacityInvocationFailures", 10, "Sum"),
    ("latency", "ModelLatency", 60, "Average"),
)


class CloudWatchMetrics:
    """Implements ``ports.Metrics`` with one GetMetricData call."""

    def __init__(self, client: "CloudWatchClient") -> None:
        self._client = client

    def recent(self, name: str, now: datetime) -> Series:
        # On the minute: CloudWatch rounds the start down to the longest period asked for.
        start = (now - WINDOW).replace(second=0, microsecond=0)
        with unavailable_on_error("GetMetricData"):
            answer = self._client.get_metric_data(
                MetricDataQueries=[_query(name, *query) for query in QUERIES],
                StartTime=start,
                EndTime=now + timedelta(seconds=10),
                ScanBy="TimestampAscending",
            )
        points = {
            result["Id"]: tuple(
                Point(at, value) for at, value in zip(result["Timestamps"], result["Values"], strict=True)
            )
            for result in answer["MetricDataResults"]
        }
        latency = tuple(Point(p.at, p.value / MICROSECONDS) for p in points.get("latency", ()))
        return Series(concurrency=points.get("concurrency", ()), refused=points.get("refused", ()), latency=latency)


def _query(name: str, query_id: str, metric: str, period: int, statistic: str) -> "MetricDataQueryTypeDef":
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": metric,
                "Dimensions": [{"Name": DIMENSION, "Value": name}],
            },
            "Period": period,
            "Stat": statistic,
        },
    }


class CloudWatchAlarms:
    """Implements ``ports.Alarms`` for the alarms named ``headstart/STACK/COMPONENT/KIND``."""

    def __init__(self, client: "CloudWatchClient", stack: str) -> None:
        self._client = client
        self._stack = stack
        self._prefix = f"headstart/{stack}/"

    def ours(self) -> list[Alarm]:
        found = []
        with unavailable_on_error("DescribeAlarms"):
            for page in self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=self._prefix, AlarmTypes=["MetricAlarm"]
            ):
                found += [alarm for described in page["MetricAlarms"] if (alarm := self._ours(described))]
        return found

    def _ours(self, described: Mapping[str, Any]) -> Alarm | None:
        component, _, kind = described["AlarmName"].removeprefix(self._prefix).partition("/")
        if kind not in (SignalKind.PRESSURE, SignalKind.WAKE):
            return None
        return Alarm(component, SignalKind(kind), described["StateValue"] == "ALARM", described)

    def ensure(self, component: str, kind: SignalKind, threshold: float, existing: Alarm | None) -> bool:
        wanted = self.settings(self._prefix, component, kind, threshold)
        if existing is not None and all(existing.settings.get(key) == value for key, value in wanted.items()):
            return False
        with unavailable_on_error("PutMetricAlarm"):
            self._client.put_metric_alarm(**wanted, Tags=[{"Key": "headstart:stack", "Value": self._stack}])
        return True

    def remove(self, component: str) -> None:
        names = [f"{self._prefix}{component}/{kind}" for kind in (SignalKind.PRESSURE, SignalKind.WAKE)]
        with unavailable_on_error("DeleteAlarms"):
            # DeleteAlarms may refuse the whole list for one name that is not there.
            there = self._client.describe_alarms(AlarmNames=names)["MetricAlarms"]
            if there:
                self._client.delete_alarms(AlarmNames=[alarm["AlarmName"] for alarm in there])

    @staticmethod
    def settings(prefix: str, component: str, kind: SignalKind, threshold: float) -> dict[str, Any]:
        """How ``ensure`` sets an alarm up."""
        shared = {
            "AlarmName": f"{prefix}{component}/{kind}",
            "Namespace": NAMESPACE,
            "Dimensions": [{"Name": DIMENSION, "Value": component}],
            "Threshold": threshold,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "TreatMissingData": "notBreaching",
        }
        if kind is SignalKind.WAKE:
            # Evaluated every 10 s all the same; the metric's own resolution is not documented, and a 10 s period
            # could miss points that come late.
            return shared | {
                "AlarmDescription": "A request found no copy: Headstart wakes the component.",
                "MetricName": "NoCapacityInvocationFailures",
                "Statistic": "Sum",
                "Period": 30,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            }
        return shared | {
            "AlarmDescription": "Concurrency is above the target: Headstart looks whether more copies are needed.",
            "MetricName": "ConcurrentRequestsPerCopy",
            "Statistic": "Maximum",
            "Period": 10,
            "ComparisonOperator": "GreaterThanThreshold",
        }
