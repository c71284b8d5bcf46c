"""The history API through its handler: what it answers, and what it refuses."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from headstart.app.records import DecisionRecord, Kept, record, record_key
from headstart.domain.decide import decide
from headstart.domain.model import Outcome, OutcomeKind
from tests.component.conftest import NAME, Stack
from tests.support.aws import client
from tests.support.builders import points, policy, seen, signal, state
from tests.support.lambda_context import event


@pytest.fixture
def recorded(stack: Stack) -> list[DecisionRecord]:
    """Five decisions a minute apart, newest first; the clock stands at the end."""
    begin = stack.plant.clock.at
    found: list[DecisionRecord] = []
    current = state(version=0)
    for minute in range(5):
        why, now = signal(id=f"event-{minute}"), begin + timedelta(minutes=minute)
        observation = seen(2, concurrency=points(9, 9, 9))
        decision = decide(policy(), state(), observation, why, now)
        outcome = Outcome(OutcomeKind.APPLIED, now)
        made = record(record_key(NAME, why, now), policy(), observation, why, decision, outcome, Kept(None))
        current = stack.store.record(made, current)
        found.insert(0, made)
    stack.plant.clock.at = begin + timedelta(minutes=5)
    return found


def get(stack: Stack, path: str, **query: str) -> tuple[int, dict[str, Any]]:
    request = event("api_components")
    request["path"] = path
    request["queryStringParameters"] = query or None
    request["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()} or None
    answer = stack.history(request)
    return answer["statusCode"], json.loads(answer["body"])


DECISIONS = f"/components/{NAME}/decisions"


def test_components_are_listed_with_what_their_owners_allow(stack: Stack) -> None:
    assert get(stack, "/components") == (200, {"components": [], "unreadable": [], "cursor": None})
    stack.plant.create(NAME, 2, mode="act", target="7", max="20")
    stack.plant.create("broken", 2, mode="perhaps", target="7", max="20")
    stack.reconcile({})
    status, body = get(stack, "/components")
    assert status == 200
    assert body["cursor"] is None
    broken, llama = body["components"]
    assert (llama["name"], llama["enrolled"], llama["policy"]["max_copies"]) == (NAME, True, 20)
    assert (broken["policy"], "headstart:mode is 'perhaps'" in broken["problem"]) == (None, True)


def test_a_state_that_cannot_be_read_is_named_beside_the_others(stack: Stack) -> None:
    for name in ("fine", "garbled"):
        stack.plant.create(name, 2, mode="act", target="7", max="20")
    stack.reconcile({})
    key = {"pk": {"S": "component#garbled"}, "sk": {"S": "state"}}
    item = client("dynamodb").get_item(TableName="table", Key=key)["Item"]
    client("dynamodb").put_item(TableName="table", Item=item | {"created": {"S": "the other day"}})
    status, body = get(stack, "/components")
    assert (status, [one["name"] for one in body["components"]]) == (200, ["fine"])
    (unreadable,) = body["unreadable"]
    assert unreadable["name"] == "garbled"
    assert "created" in unreadable["problem"]
    assert get(stack, "/components/garbled/decisions") == (200, {"decisions": [], "cursor": None})


def test_components_are_paged_by_name(stack: Stack) -> None:
    for name in ("c", "a", "b"):
        stack.plant.create(name, 2, mode="act", target="7", max="20")
    stack.app.reconciler.run(stack.plant.clock.at + timedelta(seconds=30))
    found, query = list[list[str]](), {"limit": "2"}
    for _ in range(2):
        status, body = get(stack, "/components", **query)
        assert status == 200
        found.append([one["name"] for one in body["components"]])
        query["cursor"] = body["cursor"]
    assert found == [["a", "b"], ["c"]]
    assert body["cursor"] is None


def test_decisions_come_newest_first_with_their_numbers(stack: Stack, recorded: list[DecisionRecord]) -> None:
    status, body = get(stack, DECISIONS)
    assert (status, body["cursor"]) == (200, None)
    assert [found["id"] for found in body["decisions"]] == [r.id for r in recorded]
    newest = body["decisions"][0]
    assert (newest["desired"], newest["binding"], newest["outcome"]["kind"]) == (3, "load", "applied")
    assert newest["terms"][0] == {"name": "load", "copies": 3, "numbers": {"offered_load": 18.0, "target": 7.0}}
    assert newest["reason"].startswith("Asks for 3 copies")


def test_a_cursor_gets_the_next_page(stack: Stack, recorded: list[DecisionRecord]) -> None:
    found: list[str] = []
    query = {"limit": "2"}
    for _ in range(4):
        status, body = get(stack, DECISIONS, **query)
        assert status == 200
        found += [one["id"] for one in body["decisions"]]
        if body["cursor"] is None:
            break
        query["cursor"] = body["cursor"]
    assert found == [r.id for r in recorded]


def test_a_time_range_is_kept_to(stack: Stack, recorded: list[DecisionRecord]) -> None:
    start, end = (recorded[index].at.isoformat().replace("+00:00", "Z") for index in (3, 1))
    status, body = get(stack, DECISIONS, **{"from": start, "to": end})
    assert status == 200
    assert [found["id"] for found in body["decisions"]] == [r.id for r in recorded[1:4]]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"from": "2030-01-01T00:00:00Z"}, id="from the future"),
        pytest.param({"to": "2001-01-01T00:00:00Z"}, id="before there was anything"),
        pytest.param({"from": "0001-01-01T00:00:00Z", "to": "0001-01-02T00:00:00Z"}, id="the first year"),
    ],
)
@pytest.mark.usefixtures("recorded")
def test_a_range_without_decisions_is_empty_not_an_error(stack: Stack, query: dict[str, str]) -> None:
    assert get(stack, DECISIONS, **query) == (200, {"decisions": [], "cursor": None})


def test_one_decision_is_found_by_its_id(stack: Stack, recorded: list[DecisionRecord]) -> None:
    status, body = get(stack, f"/decisions/{recorded[2].id}")
    assert (status, body["id"], body["component"]) == (200, recorded[2].id, NAME)


CURSOR_OF_ANOTHER = "bXktbWlzdHJhbC4yMDI2MTEyMlQxMjEwMjUxMjNaLjNmOWEwN2My"
CURSOR_FROM_YEARS_AGO = "bXktbGxhbWEuMjAxODExMjJUMTIxMDI1MTIzWi4zZjlhMDdjMg=="


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("cursor", "", id="empty cursor"),
        pytest.param("cursor", "bm90IGEgY3Vyc29y", id="not a cursor"),
        pytest.param("cursor", "%%%", id="not base64"),
        pytest.param("cursor", "bXk", id="cut off"),
        pytest.param("cursor", "é", id="not ASCII"),
        pytest.param("cursor", CURSOR_OF_ANOTHER, id="cursor of another component"),
        pytest.param("cursor", CURSOR_FROM_YEARS_AGO, id="cursor outside of the range"),
        pytest.param("from", "yesterday", id="from in words"),
        pytest.param("from", "2026-11-22T12:00:00", id="from without a zone"),
        pytest.param("to", "2026-11-22T12:00:00 00:00", id="a plus that became a space"),
        pytest.param("to", "9999-12-31T23:59:59-23:00", id="after the end of the calendar"),
        pytest.param("from", "2027-11-22T12:00:00Z", id="from after to"),
        pytest.param("limit", "0", id="limit too small"),
        pytest.param("limit", "101", id="limit too large"),
        pytest.param("limit", "001000", id="limit with leading zeros"),
        pytest.param("limit", "-5", id="negative limit"),
        pytest.param("limit", "2.5", id="half a decision"),
        pytest.param("limit", "٣", id="digits of another script"),
        pytest.param("limit", "", id="empty limit"),
    ],
)
@pytest.mark.usefixtures("recorded")
def test_a_bad_query_is_400_and_names_the_field(stack: Stack, field: str, value: str) -> None:
    query = {"to": "2026-11-22T13:00:00Z"} | {field: value}
    status, body = get(stack, DECISIONS, **query)
    assert (status, body["field"]) == (400, field)
    assert field in body["message"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("limit", "0", id="limit too small"),
        pytest.param("limit", "101", id="limit too large"),
        pytest.param("limit", "all", id="limit in words"),
        pytest.param("cursor", "", id="empty cursor"),
        pytest.param("cursor", "%%%", id="not base64"),
        pytest.param("cursor", "bXk!", id="a cursor and more"),
        pytest.param("cursor", "bXlfbGxhbWE=", id="not a name"),
        pytest.param("cursor", CURSOR_OF_ANOTHER, id="cursor of decisions"),
        pytest.param("from", "2026-11-22T12:00:00Z", id="what decisions are asked"),
        pytest.param("Limit", "5", id="misspelt"),
    ],
)
def test_a_bad_query_for_components_is_400_and_names_the_field(stack: Stack, field: str, value: str) -> None:
    status, body = get(stack, "/components", **{field: value})
    assert (status, body["field"]) == (400, field)
    assert body["message"].startswith(f"{field}: ")


def test_a_parameter_given_twice_is_400(stack: Stack) -> None:
    request = event("api_components")
    request["multiValueQueryStringParameters"] = {"limit": ["5", "6"]}
    request["queryStringParameters"] = {"limit": "6"}
    answer = stack.history(request)
    assert (answer["statusCode"], json.loads(answer["body"])["field"]) == (400, "limit")


def test_one_decision_is_asked_for_without_a_query(stack: Stack, recorded: list[DecisionRecord]) -> None:
    status, body = get(stack, f"/decisions/{recorded[0].id}", limit="1")
    assert (status, body["field"]) == (400, "limit")


def test_the_event_with_a_bad_cursor_is_400(stack: Stack) -> None:
    answer = stack.history(event("api_bad_cursor"))
    assert (answer["statusCode"], json.loads(answer["body"])["field"]) == (400, "cursor")


@pytest.mark.parametrize("name", ["-llama", "my_llama", "x" * 64, "my llama"])
def test_an_impossible_name_is_400(stack: Stack, name: str) -> None:
    status, body = get(stack, f"/components/{name}/decisions")
    assert (status, body["field"]) == (400, "name")


@pytest.mark.parametrize("found", ["01JDA3ZK8Q4T6V9X2B5C7D8E9F", "my-llama", "my-llama.20261322T121025123Z.3f9a07c2"])
def test_an_impossible_id_is_400(stack: Stack, found: str) -> None:
    status, body = get(stack, f"/decisions/{found}")
    assert (status, body["field"]) == (400, "id")


@pytest.mark.parametrize("name", ["api_decision", "api_decisions"])
def test_what_is_not_known_is_404(stack: Stack, name: str) -> None:
    answer = stack.history(event(name))
    assert answer["statusCode"] == 404
    assert "my-llama" in json.loads(answer["body"])["message"]


@pytest.mark.parametrize("name", ["api_components", "api_decisions", "api_decision"])
def test_the_events_are_answered_with_200(stack: Stack, recorded: list[DecisionRecord], name: str) -> None:
    request = event(name)
    known = replace(recorded[0], id=request["path"].rpartition("/")[2])
    if name == "api_decision":
        stack.store.record(known, stack.state())
    answer = stack.history(request)
    assert answer["statusCode"] == 200
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/json"]


@pytest.mark.parametrize("path", ["/", "/components/my-llama", "/decisions", "/admin"])
def test_there_are_no_other_routes(stack: Stack, path: str) -> None:
    assert get(stack, path)[0] == 404


def test_nothing_but_reading_is_offered(stack: Stack) -> None:
    request = event("api_components")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        request["httpMethod"] = method
        assert stack.history(request)["statusCode"] in (404, 405)
