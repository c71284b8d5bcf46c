"""Every minute: enrol, keep the alarms, heal, let go."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from headstart.entry import bootstrap
from headstart.entry.observability import logger, metrics

bootstrap.during_init(lambda app: app.reconciler)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext, app: bootstrap.App | None = None) -> dict[str, Any]:
    """Bring alarms and table in line with tags and native settings."""
    done = asdict((app or bootstrap.app()).reconciler.run())
    logger.info("reconciled", **done)
    metrics.add_metric(name="EnrolledComponents", unit=MetricUnit.Count, value=done["enrolled"])
    metrics.add_metric(name="ReconcileFailures", unit=MetricUnit.Count, value=len(done["failed"]))
    return done
