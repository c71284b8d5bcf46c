"""Whether the metrics are where the alarms look for them, and in time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median

from headstart.adapters.resources import concurrency, metric_dimensions
from headstart.app.ports import Description
from simulator.doctor.facts import ComponentFacts, Facts, MetricFacts, Unseen
from simulator.doctor.findings import Finding, fail, ok, unchecked, warn

METRICS, LAG = "metrics", "age of points"
LATENCY = "ModelLatency"
RECENT_S = 90
"""Older points count as no data (docs/algorithm.md)."""
SLOW_S = 60
BIN = timedelta(seconds=10)
BUSY = timedelta(minutes=5)


def present(_: Facts, one: ComponentFacts) -> Iterator[Finding]:
    name, found = one.name, one.metrics
    inside, where = concurrency(name)[1], _under(name)
    if isinstance(found.names, Unseen):
        yield unchecked(METRICS, found.names.why, "Allow cloudwatch:ListMetrics.", name)
    elif inside in found.names and LATENCY not in found.names:
        means = "The service time cannot be learned: the tag's value, or 5 s, stands."
        do = "Send a few requests and look again in 15 minutes, or tag headstart:service-seconds."
        yield warn(METRICS, f"{inside} is there {where}, {LATENCY} is not.", means, do, name)
    elif inside in found.names:
        yield ok(METRICS, f"{', '.join(sorted(found.names))}: {where}.", "Alarms and decisions find their data.", name)
    elif found.elsewhere and not isinstance(found.elsewhere, Unseen):
        seen = f"{inside} comes under {found.elsewhere[0]}, and not {where}."
        do = "Report it to the project with this file's answers: AWS differs here from what it documents."
        yield fail(METRICS, seen, "The pressure alarm and native scaling have no data.", do, name)
    else:
        yield _absent(one)


def _under(name: str) -> str:
    dimensions = [one["Name"] for one in metric_dimensions(name)]
    return f"under the dimension{'s' if len(dimensions) > 1 else ''} {' and '.join(dimensions)} alone"


def _absent(one: ComponentFacts) -> Finding:
    copies = one.description.current_copies if isinstance(one.description, Description) else None
    state = "at zero copies" if copies == 0 else f"at {copies} copies" if copies else "whatever its copies"
    seen = f"CloudWatch knows no {concurrency(one.name)[1]} of it, {state}."
    means = "Nothing can be decided by concurrency; it is normal until the first requests were served."
    do = "Send it some requests, and look again in 15 minutes: ListMetrics is that late."
    return warn(METRICS, seen, means, do, one.name)


def lag(_: Facts, one: ComponentFacts) -> Iterator[Finding]:
    name, found = one.name, one.metrics
    if isinstance(found.concurrency, Unseen):
        yield unchecked(LAG, found.concurrency.why, "Allow cloudwatch:GetMetricData.", name)
    elif found.arrivals:
        lags = [arrival.lag for arrival in found.arrivals]
        spread = f"{min(lags):.0f} to {max(lags):.0f} s after their end, median {median(lags):.0f} s"
        seen = f"{len(lags)} points of 10 s appeared {spread}."
        yield _judged(max(lags), seen, name)
    elif not found.concurrency:
        seen = f"No point of {concurrency(name)[1]} in three hours."
        if _requests(found):
            do = "Look at the metric in CloudWatch; if it is there, report it to the project."
            yield fail(LAG, f"{seen} There were requests.", "Headstart is blind to this component's load.", do, name)
        else:
            do = "Send it requests for a minute or two, and look again."
            yield warn(LAG, seen, "How late points come cannot be told from none.", do, name)
    else:
        yield _newest(found, found.concurrency[-1].at, name)


def _newest(found: MetricFacts, newest: datetime, name: str) -> Finding:
    age = (found.at - newest - BIN).total_seconds()
    seen = f"The newest point of 10 s ended {age:.0f} s ago."
    if age > RECENT_S and not _requests(found):
        return ok(LAG, f"{seen} No requests since.", "Nothing to see while nothing is asked.", name)
    return _judged(age, seen, name)


def _judged(seconds: float, seen: str, name: str) -> Finding:
    if seconds > RECENT_S:
        means = f"Points older than {RECENT_S} s count as no data, so Headstart holds and does not see load coming."
        do = "Report it to the project with this file's answers; native scaling suffers from the same delay."
        return fail(LAG, seen, means, do, name)
    if seconds > SLOW_S:
        means = "Alarms come that much after the load."
        return warn(LAG, seen, means, "Look again at another hour; keep a larger headstart:reserve meanwhile.", name)
    return ok(LAG, seen, "Alarms come in time.", name)


def _requests(found: MetricFacts) -> bool:
    """Whether any were served in the last minutes that can be seen."""
    invocations = () if isinstance(found.invocations, Unseen) else found.invocations
    return any(point.value > 0 and found.at - point.at <= BUSY for point in invocations)
