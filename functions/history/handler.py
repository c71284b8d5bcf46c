"""API Gateway: what was decided, and why."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.utilities.typing import LambdaContext

from headstart.app.errors import InvalidInput, Unavailable
from headstart.app.history import History, NotFound
from headstart.app.records import DecisionRecord, RecordKey
from headstart.entry import bootstrap
from headstart.entry.answers import (
    ComponentList,
    DecisionList,
    component_answer,
    decision_list,
    parse_cursor,
    parse_limit,
    parse_name,
)
from headstart.entry.events import parse_time
from headstart.entry.observability import logger
from headstart.entry.serialise import to_json

resolver = APIGatewayRestResolver(serializer=to_json)
bootstrap.during_init(lambda app: app.history)


@resolver.get("/components")
def components() -> ComponentList:
    """All enrolled components, and those that once were."""
    return ComponentList(tuple(component_answer(state) for state in _history().components()))


@resolver.get("/components/<name>/decisions")
def decisions(name: str) -> DecisionList:
    """A component's decisions, newest first. Query: ``from``, ``to`` (ISO 8601 with zone), ``limit``, ``cursor``."""
    query = resolver.current_event.query_string_parameters or {}
    start, end = parse_time("from", query.get("from")), parse_time("to", query.get("to"))
    if start is not None and end is not None and start > end:
        raise InvalidInput("from", "is later than to")
    after = parse_cursor(query.get("cursor"), parse_name(name))
    return decision_list(_history().decisions(name, start, end, parse_limit(query.get("limit")), after))


@resolver.get("/decisions/<decision_id>")
def decision(decision_id: str) -> DecisionRecord:
    """One decision by its id."""
    return _history().decision(RecordKey.parse(decision_id))


@resolver.exception_handler(InvalidInput)  # type: ignore[untyped-decorator]
def bad_request(error: InvalidInput) -> Response[str]:
    """400 with the field named."""
    return _error(HTTPStatus.BAD_REQUEST, error, field=error.field)


@resolver.exception_handler(NotFound)  # type: ignore[untyped-decorator]
def not_found(error: NotFound) -> Response[str]:
    """404: the name or id is well-formed, but nothing is recorded under it."""
    return _error(HTTPStatus.NOT_FOUND, error)


@resolver.exception_handler(Unavailable)  # type: ignore[untyped-decorator]
def unavailable(error: Unavailable) -> Response[str]:
    """503: the table did not answer; the same request may succeed later."""
    logger.warning("the table did not answer", error=str(error))
    return _error(HTTPStatus.SERVICE_UNAVAILABLE, error)


def _error(status: HTTPStatus, error: Exception, **more: str) -> Response[str]:
    return Response(status, content_types.APPLICATION_JSON, to_json({"message": str(error), **more}))


def _history() -> History:
    app: bootstrap.App = resolver.context["app"]
    return app.history


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext, app: bootstrap.App | None = None) -> dict[str, Any]:
    """Answer one request."""
    resolver.append_context(app=app or bootstrap.app())  # type: ignore[no-untyped-call]
    return resolver.resolve(event, context)
