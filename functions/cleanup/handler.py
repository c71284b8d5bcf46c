"""CloudFormation: the stack is created, updated or deleted."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from headstart.adapters.cloudformation import put
from headstart.entry import bootstrap
from headstart.entry.custom_resource import ResourceRequest, parse_resource_request
from headstart.entry.observability import logger

TO_ANSWER = timedelta(seconds=45)
"""Kept of the time Lambda gives: for the call that is under way, and for four attempts at an answer."""


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext, app: bootstrap.App | None = None) -> dict[str, Any]:
    """Do it, and answer in any case. A deletion never fails: what is left behind is told and noted in the table."""
    request = parse_resource_request(event)
    left: dict[str, str] = {}
    done = True
    try:
        app = app or bootstrap.app()
        left = _do(app, request, timedelta(milliseconds=context.get_remaining_time_in_millis()) - TO_ANSWER)
    except Exception as error:  # noqa: BLE001  CloudFormation would wait for an hour
        logger.exception("failed", request=request.kind, part=request.properties.part)
        left, done = {request.properties.part: f"{type(error).__name__}: {error}"}, request.kind == "Delete"
    reason = "; ".join(f"{what}: {why}" for what, why in left.items())
    logger.info("answers", request=request.kind, part=request.properties.part, done=done, left=left)
    send = app.answer if app is not None else put
    send(request.response_url, request.answer(done=done, reason=reason))
    return {"done": done, "left": left}


def _do(app: bootstrap.App, request: ResourceRequest, time: timedelta) -> dict[str, str]:
    match request.kind, request.properties.part:
        case "Delete", "tombstone":
            app.cleaner.stop(request.stack_id)
        case "Delete", "cleanup":
            return app.cleaner.run(request.stack_id, app.clock.now() + time)
        case _, "cleanup":
            app.cleaner.begin(request.stack_id)
        case _, "tombstone":
            app.cleaner.resume(request.stack_id)
    return {}
