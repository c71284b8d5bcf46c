"""EventBridge: one of our CloudWatch alarms changed its state."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from headstart.app.signals import on_alarm
from headstart.entry import bootstrap
from headstart.entry.events import parse_alarm
from headstart.entry.observability import logger, metrics, report

bootstrap.during_init(lambda app: app.reactor)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext, app: bootstrap.App | None = None) -> dict[str, Any]:
    """Look at the alarm's component, and act. Raises on bad input: the event goes to the failure queue, once."""
    app = app or bootstrap.app()
    change = parse_alarm(event, app.settings.stack)
    return report(change.component, on_alarm(app.reactor, change))
