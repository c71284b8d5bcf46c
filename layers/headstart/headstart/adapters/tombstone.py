"""The tombstone: an item of the table that says the stack is being deleted, and afterwards what was left behind."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from headstart.adapters.aws import unavailable_on_error
from headstart.adapters.items import from_item, time_text, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY: Final = {"pk": {"S": "stack"}, "sk": {"S": "tombstone"}}


class DynamoTombstone:
    """Implements ``ports.Tombstone``."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def laid(self) -> datetime | None:
        with unavailable_on_error("GetItem"):
            answer = self._client.get_item(TableName=self._table, Key=KEY, ConsistentRead=True)
        return datetime.fromisoformat(from_item(answer["Item"])["at"]) if "Item" in answer else None

    def lay(self, at: datetime, left: Mapping[str, str]) -> None:
        item: Any = KEY | to_item({"at": time_text(at), "left": dict(left)})
        with unavailable_on_error("PutItem"):
            self._client.put_item(TableName=self._table, Item=item)

    def lift(self) -> None:
        with unavailable_on_error("DeleteItem"):
            self._client.delete_item(TableName=self._table, Key=KEY)
