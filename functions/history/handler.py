"""API Gateway: what was decided, and why."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.utilities.typing import LambdaContext

from headstart.app.errors import InvalidInput, Unavailable
from headstart.app.history import History, NotFound
from headstart.app.records import DecisionRecord, RecordKey
from headstart.entry import bootstrap
from headstart.entry.answers import ComponentList, DecisionList, component_list, decision_list
from headstart.entry.observability import logger
from headstart.entry.questions import (
    ComponentsQuestion,
    DecisionsQuestion,
    Question,
    asked,
    decision_cursor,
    parse_name,
)
from headstart.entry.serialise import to_json

resolver = APIGatewayRestResolver(serializer=to_json)
bootstrap.during_init(lambda app: app.history)


@resolver.get("/components", operation_id="components", summary="Components that are or were enrolled, by name")
def components() -> ComponentList:
    """A page of them."""
    query = _asked(ComponentsQuestion)
    return component_list(_history().components(query.limit, query.cursor))


@resolver.get("/components/<name>/decisions", operation_id="decisions", summary="A component's decisions, newest first")
def decisions(name: str) -> DecisionList:
    """A page of them."""
    query = _asked(DecisionsQuestion)
    if query.start is not None and query.end is not None and query.start > query.end:
        raise InvalidInput("from", "is later than to")
    after = decision_cursor(query.cursor, parse_name(name))
    return decision_list(_history().decisions(name, query.start, query.end, query.limit, after))


@resolver.get("/decisions/<decision_id>", operation_id="decision", summary="One decision by its id")
def decision(decision_id: str) -> DecisionRecord:
    """It, or 404."""
    _asked(Question)
    return _history().decision(RecordKey.parse(decision_id))


QUESTIONS: dict[str, type[Question]] = {
    "components": ComponentsQuestion,
    "decisions": DecisionsQuestion,
    "decision": Question,
}
"""What each operation is asked. Powertools would check it as well, and take 0.1 s more of every cold start."""


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


def _asked[Q: Question](kind: type[Q]) -> Q:
    event = resolver.current_event
    single = {name: [value] for name, value in event.query_string_parameters.items()}
    return asked(kind, single | event.multi_value_query_string_parameters)


def _history() -> History:
    app: bootstrap.App = resolver.context["app"]
    return app.history


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext, app: bootstrap.App | None = None) -> dict[str, Any]:
    """Answer one request."""
    resolver.append_context(app=app or bootstrap.app())  # type: ignore[no-untyped-call]
    return resolver.resolve(event, context)
