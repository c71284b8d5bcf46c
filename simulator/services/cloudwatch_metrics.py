"""CloudWatch metric data: GetMetricData, GetMetricStatistics, ListMetrics, PutMetricData (aws-facts 5.5)."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.plant.account import Account
from simulator.plant.metrics import COARSE_S, FINE_KEPT_S, FINE_S, STATISTICS, Bin, MetricKey
from simulator.plant.timefmt import epoch, utc
from simulator.services.caller import Caller
from simulator.services.errors import NotModelled, ServiceError
from simulator.services.metric_pages import cut
from simulator.services.paging import page

MAX_QUERIES = 500
MAX_DATAPOINTS = 100_800
MAX_STATISTICS = 1_440
LIST_PAGE = 500

type Params = Mapping[str, Any]


class MetricOperations:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._metrics = account.metrics

    def get_metric_data(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        queries = params["MetricDataQueries"]
        if not 1 <= len(queries) <= MAX_QUERIES:
            raise _invalid(f"The collection MetricDataQueries must have between 1 and {MAX_QUERIES} members.")
        if len({query["Id"] for query in queries}) < len(queries):
            raise _invalid("The values for parameter id in MetricDataQueries are not unique.")
        start, end = _window(params)
        series = [
            (query, self._points(_stat(query), start, end))
            for query in queries
            if _stat(query) and query.get("ReturnData", True)
        ]
        ascending = params.get("ScanBy") == "TimestampAscending"
        ordered = [(query, points if ascending else points[::-1]) for query, points in series]
        parts, following = cut(ordered, params.get("MaxDatapoints", MAX_DATAPOINTS), params.get("NextToken"))
        results = [_result(query, points, complete) for query, points, complete in parts]
        return {"MetricDataResults": results, "Messages": []} | ({"NextToken": following} if following else {})

    def get_metric_statistics(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        if params.get("ExtendedStatistics"):
            raise NotModelled("ExtendedStatistics")
        start, end = _window(params)
        period, statistics = params["Period"], params["Statistics"]
        if (end - start) / period > MAX_STATISTICS:
            raise ServiceError(
                "InvalidParameterCombination",
                f"You have requested up to {int((end - start) / period)} datapoints, which exceeds the limit of "
                f"{MAX_STATISTICS}. You may reduce the datapoints requested by increasing Period, or decreasing the "
                "time range.",
            )
        found: dict[float, dict[str, Any]] = {}
        for statistic in statistics:
            stat = {"Metric": params, "Period": period, "Stat": statistic}
            for at, value in self._points(stat, start, end):
                point = found.setdefault(at, {"Timestamp": utc(at), "Unit": "None"})
                point[statistic] = value
        return {"Label": params["MetricName"], "Datapoints": [found[at] for at in sorted(found)]}

    def list_metrics(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        found = [key for key in sorted(self._metrics.keys()) if _listed(key, params)]
        shown, following = page(found, LIST_PAGE, params.get("NextToken"), "InvalidParameterValue")
        output: dict[str, Any] = {"Metrics": [_metric(key) for key in shown]}
        return output | ({"NextToken": following} if following else {})

    def put_metric_data(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        namespace = params["Namespace"]
        if namespace.startswith("AWS/"):
            raise ServiceError("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")
        for datum in params.get("MetricData") or ():
            self._put(namespace, datum)
        return {}

    def _put(self, namespace: str, datum: Params) -> None:
        at = epoch(datum["Timestamp"]) if "Timestamp" in datum else self._account.engine.now
        resolution = FINE_S if datum.get("StorageResolution", 60) == 1 else COARSE_S
        key = MetricKey(namespace, datum["MetricName"], _dimensions(datum))
        for samples in _samples(datum):
            self._metrics.put_statistics(key, at, samples, resolution=resolution)

    def _points(self, stat: Params, start: float, end: float) -> list[tuple[float, float]]:
        period, statistic, metric = stat["Period"], stat["Stat"], stat["Metric"]
        _check_period(period)
        if statistic not in STATISTICS:
            raise NotModelled(f"The statistic {statistic}")
        now = self._account.engine.now
        if period < COARSE_S:
            start = max(start, now - FINE_KEPT_S)
        key = MetricKey(metric["Namespace"], metric["MetricName"], _dimensions(metric))
        return self._metrics.query(key, start, end, period, statistic, now)


def _stat(query: Params) -> Params:
    if "MetricStat" not in query:
        raise NotModelled("Metric math in GetMetricData")
    return dict(query["MetricStat"])


def _window(params: Params) -> tuple[float, float]:
    start, end = epoch(params["StartTime"]), epoch(params["EndTime"])
    if start >= end:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _check_period(period: int) -> None:
    if period in (1, 5):
        raise NotModelled(f"A period of {period} s: the finest data here is of {FINE_S} s")
    if period not in (10, 20, 30) and (period < 60 or period % 60):
        raise _invalid(f"The value {period} for parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")


def _dimensions(metric: Params) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one["Name"], one["Value"]) for one in metric.get("Dimensions") or ()))


def _result(query: Params, points: list[tuple[float, float]], complete: bool) -> dict[str, Any]:
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or query["MetricStat"]["Metric"]["MetricName"],
        "Timestamps": [utc(at) for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete" if complete else "PartialData",
    }


def _listed(key: MetricKey, params: Params) -> bool:
    carried = dict(key.dimensions)
    return (
        params.get("Namespace", key.namespace) == key.namespace
        and params.get("MetricName", key.name) == key.name
        and all(
            wanted["Name"] in carried and wanted.get("Value", carried[wanted["Name"]]) == carried[wanted["Name"]]
            for wanted in params.get("Dimensions") or ()
        )
    )


def _metric(key: MetricKey) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in key.dimensions]
    return {"Namespace": key.namespace, "MetricName": key.name, "Dimensions": dimensions}


def _samples(datum: Params) -> Iterable[Bin]:
    if "StatisticValues" in datum:
        said = datum["StatisticValues"]
        yield Bin(said["Minimum"], said["Maximum"], said["Sum"], said["SampleCount"], 0.0)
        return
    values = datum["Values"] if "Values" in datum else [datum["Value"]] if "Value" in datum else []
    if not values:
        raise ServiceError("MissingParameter", "At least one of Value, Values or StatisticValues is required.")
    counts = datum.get("Counts") or [1.0] * len(values)
    for value, count in zip(values, counts, strict=True):
        yield Bin(value, value, value * count, count, 0.0)


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationError", message)
