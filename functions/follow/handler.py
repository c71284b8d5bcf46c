"""SQS: the next look of a component's chain, or another attempt at an alarm."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from headstart.app.ports import FollowUp
from headstart.app.signals import on_alarm, on_follow_up
from headstart.entry import bootstrap
from headstart.entry.events import parse_alarm, parse_message
from headstart.entry.observability import logger, metrics, report

bootstrap.during_init(lambda app: app.reactor)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext, app: bootstrap.App | None = None) -> dict[str, Any]:
    """Handle each message by itself; those that failed are delivered again, the others are not."""
    app = app or bootstrap.app()
    failed = []
    for message in event["Records"]:
        try:
            _handle(app, message["body"])
        except Exception:  # noqa: BLE001  one bad message must not hold up the others
            logger.exception("follow-up failed", message_id=message["messageId"])
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def _handle(app: bootstrap.App, body: str) -> None:
    match parse_message(body):
        case FollowUp() as follow_up:
            report(follow_up.component, on_follow_up(app.reactor, follow_up))
        case (event, attempt):
            change = parse_alarm(event, app.settings.stack)
            report(change.component, on_alarm(app.reactor, change, attempt))
