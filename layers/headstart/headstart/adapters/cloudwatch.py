"""Metrics in, alarms out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from headstart.adapters.aws import Wait, paced, unavailable_on_error, unpaced
from headstart.adapters.resources import NAMESPACE, concurrency, metric_dimensions
from headstart.app.ports import Alarm, AlarmOf, Series, Wanted
from headstart.domain.capacity import variant_of
from headstart.domain.model import Point, SignalKind

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef, MetricDataQueryTypeDef

WINDOW = timedelta(minutes=5)
"""Enough for a smoothed load and one whole minute of ModelLatency behind the publishing lag."""
MICROSECONDS = 1e6
ALL_STACKS: Final = "headstart/"
CLAIMED: Final = "Claimed by this stack."
NOT_CLAIMED: Final = "Not claimed by this stack."
"""DescribeAlarms tells descriptions, but no tags."""
DELETED_A_CALL: Final = 100
KINDS: Final = (SignalKind.PRESSURE, SignalKind.WAKE)

LATENCY: Final = (("latency", "ModelLatency", 60, "Average"), ("completed", "ModelLatency", 60, "SampleCount"))
REFUSED: Final = ("refused", "NoCapacityInvocationFailures", 10, "Sum")
"""Of components only: a variant always has an instance."""


class CloudWatchMetrics:
    """Implements ``ports.Metrics`` with one GetMetricData call."""

    def __init__(self, client: "CloudWatchClient") -> None:
        self._client = client

    def recent(self, name: str, now: datetime) -> Series:
        # On the minute: CloudWatch rounds the start down to the longest period asked for.
        start = (now - WINDOW).replace(second=0, microsecond=0)
        with unavailable_on_error("GetMetricData"):
            answer = self._client.get_metric_data(
                MetricDataQueries=[metric_query(name, *query) for query in _queries(name)],
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
        return Series(
            concurrency=points.get("concurrency", ()),
            refused=points.get("refused", ()),
            latency=latency,
            completed=points.get("completed", ()),
        )


def _queries(name: str) -> tuple[tuple[str, str, int, str], ...]:
    inside = ("concurrency", concurrency(name)[1], 10, "Maximum")
    return (inside, *LATENCY) if variant_of(name) else (inside, REFUSED, *LATENCY)


def metric_query(name: str, query_id: str, metric: str, period: int, statistic: str) -> "MetricDataQueryTypeDef":
    """One statistic of one of its metrics."""
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": metric,
                "Dimensions": metric_dimensions(name),
            },
            "Period": period,
            "Stat": statistic,
        },
    }


class CloudWatchAlarms:
    """Implements ``ports.Alarms`` for the alarms named ``headstart/STACK/COMPONENT/KIND``."""

    def __init__(self, client: "CloudWatchClient", stack: str, wait: Wait = unpaced) -> None:
        self._client = client
        self._stack = stack
        self._prefix = f"{ALL_STACKS}{stack}/"
        self._wait = wait

    def ringing(self) -> frozenset[AlarmOf]:
        with unavailable_on_error("DescribeAlarms"):
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=self._prefix,
                AlarmTypes=["MetricAlarm"],
                StateValue="ALARM",
                PaginationConfig={"PageSize": 100},
            )
            return frozenset(
                whose
                for page in paced(pages, self._wait, "DescribeAlarms")
                for alarm in page["MetricAlarms"]
                if (whose := self._whose(alarm["AlarmName"])) is not None
            )

    def of(self, names: Sequence[str]) -> dict[AlarmOf, Alarm]:
        wanted = [self._name(name, kind) for name in names for kind in KINDS]
        found = {self._whose(alarm["AlarmName"]): alarm for alarm in self._described(wanted)}
        return {whose: Alarm(*whose, settings=alarm) for whose, alarm in found.items() if whose is not None}

    def claims(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        with unavailable_on_error("DescribeAlarms"):
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=ALL_STACKS, AlarmTypes=["MetricAlarm"], PaginationConfig={"PageSize": 100}
            )
            for page in paced(pages, self._wait, "DescribeAlarms"):
                for alarm in page["MetricAlarms"]:
                    stack, component, *_ = [*alarm["AlarmName"].removeprefix(ALL_STACKS).split("/"), ""]
                    if not alarm.get("AlarmDescription", "").endswith(NOT_CLAIMED):
                        found.setdefault(component, set()).add(stack)
        return found

    def ensure(self, wanted: Wanted, existing: Alarm | None) -> bool:
        settings = self.settings(self._prefix, wanted)
        if existing is not None and all(existing.settings.get(key) == value for key, value in settings.items()):
            return False
        self._wait("PutMetricAlarm")
        with unavailable_on_error("PutMetricAlarm"):
            self._client.put_metric_alarm(**settings, Tags=[{"Key": "headstart:stack", "Value": self._stack}])
        return True

    def remove(self, component: str) -> None:
        # DeleteAlarms may refuse the whole list for one name that is not there.
        there = self._described([self._name(component, kind) for kind in KINDS])
        if there:
            with unavailable_on_error("DeleteAlarms"):
                self._client.delete_alarms(AlarmNames=[alarm["AlarmName"] for alarm in there])

    def remove_all(self) -> None:
        with unavailable_on_error("DescribeAlarms"):
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=self._prefix, AlarmTypes=["MetricAlarm"], PaginationConfig={"PageSize": 100}
            )
            names = [
                a["AlarmName"] for page in paced(pages, self._wait, "DescribeAlarms") for a in page["MetricAlarms"]
            ]
        for some in batched(names, DELETED_A_CALL, strict=False):
            self._wait("PutMetricAlarm")  # assumed: DeleteAlarms has its quota
            with unavailable_on_error("DeleteAlarms"):
                self._client.delete_alarms(AlarmNames=list(some))

    def _described(self, names: list[str]) -> "list[MetricAlarmTypeDef]":
        self._wait("DescribeAlarms")
        with unavailable_on_error("DescribeAlarms"):
            return self._client.describe_alarms(AlarmNames=names, MaxRecords=100)["MetricAlarms"]

    def _name(self, component: str, kind: SignalKind) -> str:
        return f"{self._prefix}{component}/{kind}"

    def _whose(self, name: str) -> AlarmOf | None:
        component, _, kind = name.removeprefix(self._prefix).partition("/")
        return (component, SignalKind(kind)) if kind in KINDS else None

    @staticmethod
    def settings(prefix: str, wanted: Wanted) -> dict[str, Any]:
        """How ``ensure`` sets an alarm up."""
        claim = CLAIMED if wanted.claims else NOT_CLAIMED
        shared = {
            "AlarmName": f"{prefix}{wanted.component}/{wanted.kind}",
            "Namespace": NAMESPACE,
            "Dimensions": metric_dimensions(wanted.component),
            "Threshold": wanted.threshold,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "TreatMissingData": "notBreaching",
        }
        if wanted.kind is SignalKind.WAKE:
            # Evaluated every 10 s all the same; the metric's own resolution is not documented, and a 10 s period
            # could miss points that come late.
            return shared | {
                "AlarmDescription": f"A request found no copy: Headstart looks how many are needed. {claim}",
                "MetricName": "NoCapacityInvocationFailures",
                "Statistic": "Sum",
                "Period": 30,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            }
        return shared | {
            "AlarmDescription": f"Concurrency is above the target: Headstart looks how many copies are needed. {claim}",
            "MetricName": concurrency(wanted.component)[1],
            "Statistic": "Maximum",
            "Period": 10,
            "ComparisonOperator": "GreaterThanThreshold",
        }
