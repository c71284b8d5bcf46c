"""One logger and one metrics sink for all functions."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from headstart.app.react import Looked

logger = Logger(service="headstart")
metrics = Metrics(service="headstart", namespace="Headstart")


def report(component: str, looked: Looked) -> dict[str, Any]:
    """One log line per signal, a count by outcome, and the function's answer."""
    record = looked.record
    if record is None:
        logger.info("nothing to decide", component=component, why=looked.ignored)
        metrics.add_metric(name="SignalsIgnored", unit=MetricUnit.Count, value=1)
        return {"ignored": looked.ignored}
    line: dict[str, Any] = {
        "decision": record.id,
        "component": component,
        "signal": record.signal,
        "desired": record.desired,
        "binding": record.binding,
        "outcome": record.outcome.kind,
        "detail": record.outcome.detail,
        "floor_note": record.floor_note,
    }
    logger.info(record.reason, **line)
    metrics.add_metric(name=f"Decisions{record.outcome.kind.title()}", unit=MetricUnit.Count, value=1)
    return line
