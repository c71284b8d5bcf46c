"""A component's own history as a trace: counts and latencies from CloudWatch, arrivals drawn inside the counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

NAMESPACE = "AWS/SageMaker"
MINUTE_S = 60
FINE_S = 10
FINE_KEPT_S = 3 * 3600
"""CloudWatch keeps data of a period below a minute for 3 h (aws-facts 5.5)."""
MOST_HOURS = 15 * 24
"""CloudWatch keeps data of one minute for 15 days (API model of GetMetricData)."""

type Points = dict[int, float]
"""Values by the beginning of their period, in epoch seconds."""


class HistoryError(Exception):
    """Says what CloudWatch does not have, and what would help."""


@dataclass(frozen=True, slots=True)
class History:
    """`requests` and `refused` are counts, `latency_us` means, a minute each; `concurrency` maxima of 10 s."""

    component: str
    requests: Points
    latency_us: Points
    refused: Points
    concurrency: Points

    @property
    def begin(self) -> int:
        """The first minute with a request is the trace's time 0."""
        return min(self.requests)

    @property
    def end(self) -> int:
        return max(self.requests) + MINUTE_S

    def weights(self, minute: int) -> list[float] | None:
        """Share of each 10 s in the minute's requests; None where concurrency is unknown or says nothing."""
        found = [self.concurrency.get(minute + at, 0.0) for at in range(0, MINUTE_S, FINE_S)]
        return found if any(found) else None

    def services(self) -> Iterator[tuple[int, int, float]]:
        """Minute, requests, seconds each. Requests that end in a later minute than they came borrow: from before, or at
        the very beginning from after."""
        service_us = self.latency_us[min(self.latency_us)]
        for minute in sorted(self.requests):
            service_us = self.latency_us.get(minute, service_us)
            yield minute, round(self.requests[minute]), service_us / 1e6

    def rows(self, seed: int) -> Iterator[str]:
        """Our CSV, line by line. The same history and seed give the same trace."""
        yield "arrival_s,input_tokens,output_tokens,service_s\n"
        random = Random(f"{self.component}/{seed}")
        for minute, count, service_s in self.services():
            weights, begin = self.weights(minute), minute - self.begin
            if weights is None:
                drawn = [begin + MINUTE_S * random.random() for _ in range(count)]
            else:
                places = random.choices(range(0, MINUTE_S, FINE_S), weights, k=count)
                drawn = [begin + place + FINE_S * random.random() for place in places]
            yield "".join(f"{arrival:.3f},0,0,{service_s:.4f}\n" for arrival in sorted(drawn))

    def told(self, seed: int) -> list[str]:
        """What a reader of the trace must know."""
        total = sum(round(count) for count in self.requests.values())
        weighted = sum(self.weights(minute) is not None for minute in self.requests)
        refused = round(sum(self.refused.values()))
        lines = [
            f"{self.component}: {total} requests from {_shown(self.begin)} to {_shown(self.end)}",
            f"Arrivals are drawn inside their minutes (seed {seed}): CloudWatch keeps counts, not times. In "
            f"{weighted} of {len(self.requests)} minutes they follow the 10 s concurrency, which is kept for 3 h.",
            "Every request takes its minute's mean ModelLatency, which contains the wait inside the container; "
            "tokens are not known, and written as 0.",
        ]
        if refused:
            lines.append(
                f"{refused} attempts refused at zero copies are left out: retries cannot be told from arrivals."
            )
        return lines


def fetch(cloudwatch: Any, component: str, now: float, hours: int, page_size: int | None = None) -> History:  # noqa: ANN401
    """`now` in epoch seconds; `hours` up to the last whole minute. Raises HistoryError and botocore's own errors."""
    _check_known(cloudwatch, component)
    end = int(now // MINUTE_S) * MINUTE_S
    begin = end - 3600 * hours
    minutes = {"requests": ("Invocations", "Sum"), "latency": ("ModelLatency", "Average"),
               "refused": ("NoCapacityInvocationFailures", "Sum")}  # fmt: skip
    coarse = _read(cloudwatch, component, minutes, MINUTE_S, (begin, end), page_size)
    wanted = {"concurrency": ("ConcurrentRequestsPerCopy", "Maximum")}
    recent = (max(begin, end - FINE_KEPT_S), end)
    fine = _read(cloudwatch, component, wanted, FINE_S, recent, page_size)
    requests = {minute: count for minute, count in coarse["requests"].items() if count}
    if not requests:
        raise HistoryError(
            f"{component}: no Invocations between {_shown(begin)} and {_shown(end)}; "
            f"ask for more HOURS, {MOST_HOURS} at most"
        )
    if not coarse["latency"]:
        raise HistoryError(f"{component}: Invocations, but no ModelLatency: how long a request takes is not known")
    return History(component, requests, coarse["latency"], coarse["refused"], fine["concurrency"])


def _check_known(cloudwatch: Any, component: str) -> None:  # noqa: ANN401
    """ListMetrics tells of metrics of the last two weeks. Raises HistoryError."""
    pages = cloudwatch.get_paginator("list_metrics").paginate(
        Namespace=NAMESPACE, MetricName="Invocations", Dimensions=[{"Name": "InferenceComponentName"}]
    )
    known = {
        one["Value"]
        for page in pages
        for metric in page["Metrics"]
        for one in metric["Dimensions"]
        if one["Name"] == "InferenceComponentName"
    }
    if component not in known:
        there = f"it has {', '.join(sorted(known))}" if known else "it has none of any component: is the region right?"
        raise HistoryError(
            f"{component}: CloudWatch has no Invocations of an inference component of that name; {there}"
        )


def _read(
    cloudwatch: Any,  # noqa: ANN401
    component: str,
    wanted: Mapping[str, tuple[str, str]],
    period: int,
    window: tuple[int, int],
    page_size: int | None,
) -> dict[str, Points]:
    """All pages of GetMetricData, by the names in `wanted` (metric and statistic)."""
    dimensions = [{"Name": "InferenceComponentName", "Value": component}]
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions},
                "Period": period,
                "Stat": statistic,
            },
        }
        for name, (metric, statistic) in wanted.items()
    ]
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries,
        StartTime=datetime.fromtimestamp(window[0], UTC),
        EndTime=datetime.fromtimestamp(window[1], UTC),
        PaginationConfig={} if page_size is None else {"PageSize": page_size},
    )
    found: dict[str, Points] = {name: {} for name in wanted}
    for page in pages:
        for result in page["MetricDataResults"]:
            times = (int(at.timestamp()) for at in result["Timestamps"])
            found[result["Id"]].update(zip(times, result["Values"], strict=True))
    return found


def _shown(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
