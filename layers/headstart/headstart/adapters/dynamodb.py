"""The table: one state per component, and its decisions by time (layout: docs/architecture.md)."""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from headstart.adapters.aws import code_and_message, unavailable_on_error
from headstart.adapters.items import (
    DECISIONS,
    OUTCOMES,
    STATES,
    Item,
    component_key,
    decision_sort_key,
    from_item,
    time_text,
    to_attribute,
    to_item,
)
from headstart.app.errors import Conflict
from headstart.app.ports import Page
from headstart.app.records import DecisionRecord, RecordKey
from headstart.domain.model import Outcome, Resolution, State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCHEMA = 1
INDEX = "by-time"
BUCKETS = 8
"""Decisions of one day share this many index partitions, so that thousands of components do not share one."""
KEYS_A_BATCH = 100
CONFLICTS = ("ConditionalCheckFailedException", "TransactionCanceledException", "TransactionInProgressException")


@contextmanager
def _conflict_on_condition(operation: str) -> Iterator[None]:
    with unavailable_on_error(operation):
        try:
            yield
        except ClientError as error:
            code, message = code_and_message(error)
            if code in CONFLICTS and "ThrottlingError" not in message:
                raise Conflict(f"{operation}: {message}") from error
            raise


class DynamoStore:
    """Implements ``ports.Store``."""

    def __init__(self, client: "DynamoDBClient", table: str, retention: timedelta) -> None:
        self._client = client
        self._table = table
        self._retention = retention
        # Items are compared whole, so that a state somebody else wrote is never taken for the one known here.
        self._known: dict[str, tuple[Item, State]] = {}

    def load(self, name: str) -> State | None:
        with unavailable_on_error("GetItem"):
            answer = self._client.get_item(TableName=self._table, Key=_state_key(name), ConsistentRead=True)
        return self._state(answer["Item"]) if "Item" in answer else None

    def load_many(self, names: Iterable[str], unreadable: dict[str, str] | None = None) -> dict[str, State]:
        states: dict[str, State] = {}
        for some in batched(sorted(names), KEYS_A_BATCH, strict=False):
            wanted: Any = {self._table: {"Keys": [_state_key(name) for name in some], "ConsistentRead": True}}
            while wanted:
                with unavailable_on_error("BatchGetItem"):
                    answer = self._client.batch_get_item(RequestItems=wanted)
                for item in answer["Responses"].get(self._table, []):
                    name = item["pk"]["S"].removeprefix(component_key(""))
                    try:
                        states[name] = self._state(item)
                    except ValidationError as error:
                        if unreadable is None:
                            raise
                        unreadable[name] = f"its state cannot be read: {error.errors(include_url=False)[0]}"
                wanted = answer["UnprocessedKeys"]
        return states

    def names(self) -> list[str]:
        found = []
        with unavailable_on_error("Query"):
            for page in self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression="ipk = :components",
                ExpressionAttributeValues={":components": {"S": "components"}},
            ):
                found += [item["isk"]["S"] for item in page["Items"]]
        return found

    def names_after(self, name: str | None, limit: int) -> list[str]:
        with unavailable_on_error("Query"):
            answer = self._client.query(
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression="ipk = :components AND isk > :name",
                # Nothing can have the name that a space would be: it comes before all of them.
                ExpressionAttributeValues={":components": {"S": "components"}, ":name": {"S": name or " "}},
                Limit=limit,
            )
        return [item["isk"]["S"] for item in answer["Items"]]

    def save(self, state: State) -> State:
        written, put = self._put_state(state)
        with _conflict_on_condition("PutItem"):
            self._client.put_item(**put)
        return written

    def record(self, record: DecisionRecord, state: State) -> State:
        written, put = self._put_state(state)
        decision: Any = {
            "TableName": self._table,
            "Item": self._decision_item(record),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        with _conflict_on_condition("TransactWriteItems"):
            self._client.transact_write_items(TransactItems=[{"Put": decision}, {"Put": put}])
        return written

    def complete(self, record: DecisionRecord, state: State) -> State:
        written, put = self._put_state(state)
        update: Any = {
            "TableName": self._table,
            "Key": _decision_key(RecordKey.parse(record.id)),
            "UpdateExpression": "SET outcome = :outcome, floor = :floor, floor_note = :note",
            "ExpressionAttributeValues": {
                ":outcome": _outcome(record.outcome),
                ":floor": to_attribute(record.floor),
                ":note": to_attribute(record.floor_note),
            },
        }
        with _conflict_on_condition("TransactWriteItems"):
            self._client.transact_write_items(TransactItems=[{"Update": update}, {"Put": put}])
        return written

    def resolve(self, found: Resolution, now: datetime) -> None:
        changes: dict[str, Any] = {}
        if found.outcome is not None:
            changes["outcome"] = _outcome(Outcome(found.outcome, now, "found out by a later look"))
        if found.in_service_at is not None:
            changes["in_service_at"] = to_attribute(found.in_service_at.isoformat())
            changes["start_kind"] = to_attribute(found.start_kind and found.start_kind.value)
        if found.first_in_service_at is not None:
            changes["first_in_service_at"] = to_attribute(found.first_in_service_at.isoformat())
        # An expired decision is not brought back.
        with unavailable_on_error("UpdateItem"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_decision_key(RecordKey.parse(found.decision_id)),
                    UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changes),
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={f":{name}": value for name, value in changes.items()},
                )
            except ClientError as error:
                if code_and_message(error)[0] != "ConditionalCheckFailedException":
                    raise

    def decision(self, key: RecordKey) -> DecisionRecord | None:
        with unavailable_on_error("GetItem"):
            answer = self._client.get_item(TableName=self._table, Key=_decision_key(key), ConsistentRead=True)
        return _decision(answer["Item"]) if "Item" in answer else None

    def decisions(self, name: str, start: datetime, end: datetime, limit: int, after: RecordKey | None) -> Page:
        query: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :component AND sk BETWEEN :start AND :end",
            "ExpressionAttributeValues": {
                ":component": {"S": component_key(name)},
                ":start": {"S": f"decision#{time_text(start)}"},
                ":end": {"S": f"decision#{time_text(end)}#~"},
            },
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after is not None:
            query["ExclusiveStartKey"] = _decision_key(after)
        with unavailable_on_error("Query"):
            answer = self._client.query(**query)
        records = tuple(_decision(item) for item in answer["Items"])
        more = "LastEvaluatedKey" in answer and records
        return Page(records, RecordKey.parse(records[-1].id) if more else None)

    def _state(self, item: Item) -> State:
        """A state that has not changed since it was read or written here need not be read out again."""
        name = item["pk"]["S"]
        known = self._known.get(name)
        if known is not None and known[0] == item:
            return known[1]
        state = STATES.validate_python(from_item(item))
        self._known[name] = item, state
        return state

    def _put_state(self, state: State) -> tuple[State, Any]:
        """The state with its next version, and the conditional put that writes it."""
        written = replace(state, version=state.version + 1)
        attributes = STATES.dump_python(written, mode="json") | {"schema": SCHEMA}
        keys = _state_key(state.component) | to_item({"ipk": "components", "isk": state.component})
        item = keys | to_item(attributes)
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        self._known[item["pk"]["S"]] = item, written
        if state.version == 0:
            return written, put | {"ConditionExpression": "attribute_not_exists(pk)"}
        return written, put | {
            "ConditionExpression": "version = :known",
            "ExpressionAttributeValues": {":known": to_attribute(state.version)},
        }

    def _decision_item(self, record: DecisionRecord) -> Item:
        key = RecordKey.parse(record.id)
        bucket = zlib.crc32(record.component.encode()) % BUCKETS
        return _decision_key(key) | to_item(
            DECISIONS.dump_python(record, mode="json")
            | {
                "schema": SCHEMA,
                "ipk": f"decisions#{record.at:%Y-%m-%d}#{bucket}",
                "isk": f"{time_text(record.at)}#{record.component}#{key.digest}",
                "expires_at": int((record.at + self._retention).timestamp()),
            }
        )


def _state_key(name: str) -> Item:
    return {"pk": {"S": component_key(name)}, "sk": {"S": "state"}}


def _decision_key(key: RecordKey) -> Item:
    return {"pk": {"S": component_key(key.component)}, "sk": {"S": decision_sort_key(key)}}


def _outcome(outcome: Outcome) -> Item:
    return to_attribute(OUTCOMES.dump_python(outcome, mode="json"))


def _decision(item: Item) -> DecisionRecord:
    return DECISIONS.validate_python(from_item(item))
