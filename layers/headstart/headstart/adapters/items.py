"""Between domain values and DynamoDB items: pydantic knows the types, boto3 the odd corners of the wire format."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, Final

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


def to_attribute(value: Any) -> Item:
    """One value in DynamoDB's wire format."""
    write = _WRITERS.get(type(value))
    return dict(_serializer.serialize(value)) if write is None else write(value)


def to_item(values: dict[str, Any]) -> Item:
    """Several attributes. ``None`` is written as NULL: a field that is missing could not be read back."""
    return {name: to_attribute(value) for name, value in values.items()}


def from_attribute(attribute: Any) -> Any:
    """One value back from DynamoDB's wire format."""
    for kind, value in attribute.items():
        if kind in _READERS:
            return _READERS[kind](value)
    return _deserializer.deserialize(attribute)


def from_item(item: Item) -> dict[str, Any]:
    """The attributes of an item as plain Python values."""
    return {name: from_attribute(value) for name, value in item.items()}


def _write_float(value: float) -> Item:
    # As DynamoDB gives it back: 7.0 is 7.
    text = repr(value).removesuffix(".0")
    # Exponents, infinities and what is no number: boto3 refuses what DynamoDB cannot hold.
    return dict(_serializer.serialize(Decimal(text))) if "e" in text or "n" in text else {"N": text}


def _read_number(text: str) -> float:
    return int(text) if text.lstrip("-").isdecimal() else float(text)


# A state is read and written at every look: the few types it is made of take a way ten times as short as boto3's.
_WRITERS: Final[dict[type, Callable[[Any], Item]]] = {
    str: lambda text: {"S": text},
    int: lambda number: {"N": str(number)},
    float: _write_float,
    bool: lambda flag: {"BOOL": flag},
    NoneType: lambda _: {"NULL": True},
    list: lambda values: {"L": [to_attribute(value) for value in values]},
    dict: lambda values: {"M": to_item(values)},
}
_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "S": lambda text: text,
    "N": _read_number,
    "BOOL": lambda flag: flag,
    "NULL": lambda _: None,
    "L": lambda values: [from_attribute(value) for value in values],
    "M": from_item,
}


def time_text(at: datetime) -> str:
    """Sorts as text in the order of time, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def component_key(name: str) -> str:
    return f"component#{name}"


def decision_sort_key(key: RecordKey) -> str:
    return f"decision#{time_text(key.at)}#{key.digest}"
