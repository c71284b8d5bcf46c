"""Every minute: enrol, keep the alarms, heal, let go."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from headstart.entry import bootstrap
from headstart.entry.observability import logger, metrics

TO_FINISH = timedelta(seconds=5)
"""Kept of the time Lambda gives: for the call that is under way, and for the log."""

bootstrap.during_init(lambda app: app.reconciler)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext, app: bootstrap.App | None = None) -> dict[str, Any]:
    """Bring alarms and table in line with tags and native settings."""
    app = app or bootstrap.app()
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    done = asdict(app.reconciler.run(app.clock.now() + left - TO_FINISH))
    logger.info("reconciled", **done)
    metrics.add_metric(name="EnrolledComponents", unit=MetricUnit.Count, value=done["enrolled"])
    metrics.add_metric(name="ReconcileFailures", unit=MetricUnit.Count, value=len(done["failed"]))
    if done["deferred"]:
        metrics.add_metric(name="ReconcileDeferred", unit=MetricUnit.Count, value=done["deferred"])
    return done
