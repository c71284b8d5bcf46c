"""Metrics: which there are, what they said lately, and how long a fresh point takes to appear."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from headstart.adapters.resources import NAMESPACE, concurrency, metric_dimensions
from headstart.domain.model import Point
from simulator.doctor.facts import Arrival, MetricFacts, Seen, Unseen
from simulator.doctor.gather.session import Clients, look, pages

FINE_S, MINUTE_S = 10, 60
KEPT = timedelta(hours=3)
"""How long CloudWatch keeps points below a minute (aws-facts 5.5)."""
SERIES = {
    "concurrency": ("", FINE_S, "Maximum"),  # by what is scaled
    "refused": ("NoCapacityInvocationFailures", FINE_S, "SampleCount"),
    "invocations": ("Invocations", MINUTE_S, "Sum"),
}
FRESH = timedelta(minutes=2)

type Wait = Callable[[float], object]


def metrics(clients: Clients, name: str, now: datetime) -> MetricFacts:
    cloudwatch = clients("cloudwatch")
    read = look(lambda: _series(cloudwatch, name, now))
    at, series = (now, dict.fromkeys(SERIES, read)) if isinstance(read, Unseen) else read
    listed = look(lambda: _listed(cloudwatch, name))
    return MetricFacts(
        at=at,
        names=listed if isinstance(listed, Unseen) else frozenset(one for one, among in listed if among == under(name)),
        elsewhere=look(lambda: _elsewhere(cloudwatch, name)),
        concurrency=series["concurrency"],
        refused=series["refused"],
        invocations=series["invocations"],
        unit=look(lambda: _unit(cloudwatch, name, now)),
    )


def _listed(cloudwatch: Any, name: str) -> list[tuple[str, str]]:  # noqa: ANN401
    """Name and dimensions of the metrics that carry the component's dimension."""
    found = pages(cloudwatch, "list_metrics", "Metrics", Namespace=NAMESPACE, Dimensions=metric_dimensions(name))
    return [(one["MetricName"], _dimensions(one)) for one in found]


def _elsewhere(cloudwatch: Any, name: str) -> tuple[str, ...]:  # noqa: ANN401
    found = pages(cloudwatch, "list_metrics", "Metrics", Namespace=NAMESPACE, MetricName=concurrency(name)[1])
    values = {dimension["Value"] for dimension in metric_dimensions(name)}
    naming = [one for one in found if values <= {dimension["Value"] for dimension in one["Dimensions"]}]
    return tuple(sorted({_dimensions(one) for one in naming} - {under(name)}))


def under(name: str) -> str:
    """The dimensions under which its metrics should come."""
    return _dimensions({"Dimensions": metric_dimensions(name)})


def _dimensions(metric: Mapping[str, Any]) -> str:
    return ", ".join(sorted(one["Name"] for one in metric["Dimensions"]))


def _series(cloudwatch: Any, name: str, now: datetime) -> tuple[datetime, dict[str, Seen[tuple[Point, ...]]]]:  # noqa: ANN401
    queries = [_query(query, name, *SERIES[query]) for query in SERIES]
    found: dict[str, list[Point]] = {query: [] for query in SERIES}
    at = now
    for page in cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=now - KEPT, EndTime=now + timedelta(minutes=1)
    ):
        at = answered_at(page, now)
        for result in page["MetricDataResults"]:
            found[result["Id"]] += map(Point, result["Timestamps"], result["Values"])
    return at, {query: tuple(sorted(points, key=lambda point: point.at)) for query, points in found.items()}


def _query(query_id: str, name: str, metric: str, period: int, statistic: str) -> dict[str, Any]:
    about = {
        "Namespace": NAMESPACE,
        "MetricName": metric or concurrency(name)[1],
        "Dimensions": metric_dimensions(name),
    }
    return {"Id": query_id, "MetricStat": {"Metric": about, "Period": period, "Stat": statistic}}


def _unit(cloudwatch: Any, name: str, now: datetime) -> str | None:  # noqa: ANN401
    """GetMetricStatistics tells the unit, GetMetricData does not."""
    points = cloudwatch.get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=concurrency(name)[1],
        Dimensions=metric_dimensions(name),
        StartTime=now - KEPT,
        EndTime=now + timedelta(minutes=1),
        Period=MINUTE_S,
        Statistics=["Maximum"],
    )["Datapoints"]
    return ", ".join(sorted({one["Unit"] for one in points})) or None


def answered_at(answer: Mapping[str, Any], otherwise: datetime) -> datetime:
    """The time of the one who answers, to the second: this machine's clock may be off."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date).astimezone(UTC) if date else otherwise


def watch(
    clients: Clients, names: Iterable[str], seconds: float, clock: Callable[[], datetime], wait: Wait = time.sleep
) -> dict[str, list[Arrival]]:
    """Asks every second for fresh points, and notes when each first appears. No writes, no load of its own."""
    cloudwatch, ids = clients("cloudwatch"), {f"m{number}": name for number, name in enumerate(names)}
    queries = [_query(query, name, *SERIES["concurrency"]) for query, name in ids.items()]
    seen: dict[str, set[datetime]] = {}
    found: dict[str, list[Arrival]] = {name: [] for name in ids.values()}
    begun = clock()
    while queries and (now := clock()) - begun <= timedelta(seconds=seconds):
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=queries, StartTime=now - FRESH, EndTime=now + timedelta(minutes=1)
        )
        at = answered_at(answer, now)
        for result in answer["MetricDataResults"]:
            name, times = ids[result["Id"]], set(result["Timestamps"])
            # What is there at the first look has appeared at some time before.
            fresh = times - seen.get(name, times)
            found[name] += [Arrival(one, (at - one).total_seconds() - FINE_S) for one in sorted(fresh)]
            seen[name] = seen.get(name, set()) | times
        wait(1.0)
    return found
