"""The API's description, and whether the handler keeps to it whatever it is asked."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.wrappers import Request, Response

from headstart.app.records import Kept, RecordKey, record
from headstart.domain.decide import decide
from headstart.domain.model import Episode, Order, Outcome, OutcomeKind, ServiceTime, SignalKind, StartUp
from simulator.openapi import IN_PATHS, written
from tests.component.conftest import NAME, Stack
from tests.support.builders import points, policy, seen, signal, state
from tests.support.lambda_context import event

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
ID = RecordKey.parse(IN_PATHS["decision_id"][1])
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
_stack: list[Stack] = []


@Request.application
def app(request: Request) -> Response:
    """What API Gateway does with a request: a proxy event, and the function's answer to it."""
    if request.path == "/openapi.json":
        # Without `security`: signatures are API Gateway's to refuse, as are other methods.
        described = json.loads(FILE.read_text()) | {"security": []}
        return Response(json.dumps(described), content_type="application/json")
    query = request.args.to_dict(flat=False)
    sent = event("api_components") | {
        "path": request.path,
        "httpMethod": request.method,
        "multiValueQueryStringParameters": query or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
    }
    answer = _stack[0].history(sent)
    return Response(answer["body"], answer["statusCode"], answer["multiValueHeaders"])


schema: Any = schemathesis.openapi.from_wsgi("/openapi.json", app)


@pytest.fixture
def told(stack: Stack) -> Iterator[None]:
    """A component in the middle of everything, with the decision of the description's example; and a broken one."""
    stack.plant.create(NAME, 2, mode="act", target="7", max="20")
    stack.plant.create("broken", 2, mode="perhaps")
    at = ID.at
    now = stack.enrol(
        episode=Episode(token="a", hop=2, opened_at=at, opened_by=SignalKind.WAKE, next_look_at=at),
        order=Order("an-id", 2, 3, at, at, 2),
        service_time=ServiceTime(2.5, at),
        start_ups=(StartUp(at, 1, 200.0),),
    )
    why, observation = signal(), seen(2, concurrency=points(9, 9, 9))
    decision = decide(policy(), state(), observation, why, at)
    outcome = Outcome(OutcomeKind.APPLIED, at)
    stack.store.record(record(ID, policy(), observation, why, decision, outcome, Kept(None)), now)
    stack.plant.clock.at = at + timedelta(minutes=1)
    _stack.append(stack)
    yield
    _stack.clear()


def test_the_file_is_what_the_routes_say() -> None:
    assert FILE.read_text() == written(), "run `make openapi`"


@pytest.mark.usefixtures("told")
@schema.parametrize()  # type: ignore[untyped-decorator]
def test_every_answer_is_one_of_those_described(case: Case[Any]) -> None:
    case.call_and_validate(checks=CHECKS)


@pytest.mark.parametrize(
    ("route", "in_path", "query", "status"),
    [
        pytest.param("/components", {}, {}, 200, id="components"),
        pytest.param("/components", {}, {"limit": 1}, 200, id="a page of components"),
        pytest.param("/components", {}, {"limit": 0}, 400, id="an empty page"),
        pytest.param("/components/{name}/decisions", {"name": NAME}, {}, 200, id="decisions"),
        pytest.param("/components/{name}/decisions", {"name": "nobody"}, {}, 404, id="decisions of nobody"),
        pytest.param("/decisions/{decision_id}", {"decision_id": str(ID)}, {}, 200, id="a decision"),
    ],
)
@pytest.mark.usefixtures("told")
def test_what_is_known_is_shown_as_described(
    route: str, in_path: dict[str, str], query: dict[str, int], status: int
) -> None:
    case = schema[route]["GET"].Case(path_parameters=in_path, query=query)
    assert case.call_and_validate(checks=CHECKS).status_code == status
