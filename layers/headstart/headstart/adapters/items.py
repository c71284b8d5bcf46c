"""Between domain values and DynamoDB items: pydantic knows the types, boto3 the wire format."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from pydantic import TypeAdapter

from headstart.app.records import DecisionRecord, RecordKey
from headstart.domain.model import Outcome, State

STATES = TypeAdapter(State)
DECISIONS = TypeAdapter(DecisionRecord)
OUTCOMES = TypeAdapter(Outcome)

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()

Item = dict[str, Any]


def to_attribute(value: Any) -> dict[str, Any]:
    """One value in DynamoDB's wire format."""
    return dict(_serializer.serialize(_plain(value)))


def to_item(values: dict[str, Any]) -> Item:
    """Several attributes. ``None`` is written as NULL: a field that is missing could not be read back."""
    return {name: to_attribute(value) for name, value in values.items()}


def from_item(item: Item) -> dict[str, Any]:
    """The attributes of an item as plain Python values."""
    return {name: _deserializer.deserialize(value) for name, value in item.items()}


def _plain(value: Any) -> Any:
    match value:
        case float():
            return Decimal(repr(value))
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value


def time_text(at: datetime) -> str:
    """Sorts as text in the order of time, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def component_key(name: str) -> str:
    return f"component#{name}"


def decision_sort_key(key: RecordKey) -> str:
    return f"decision#{time_text(key.at)}#{key.digest}"
