"""The deed: an item of the table that names the stack it belongs to."""

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from headstart.adapters.aws import code_and_message, unavailable_on_error
from headstart.adapters.items import from_item, to_attribute, to_item
from headstart.app.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY: Final = {"pk": {"S": "stack"}, "sk": {"S": "owner"}}


class DynamoDeed:
    """Implements ``ports.Deed``."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def owner(self) -> str | None:
        with unavailable_on_error("GetItem"):
            answer = self._client.get_item(TableName=self._table, Key=KEY, ConsistentRead=True)
        return str(from_item(answer["Item"])["stack_id"]) if "Item" in answer else None

    def take(self, stack_id: str, before: str | None) -> None:
        put: dict[str, Any] = {"TableName": self._table, "Item": KEY | to_item({"stack_id": stack_id})}
        if before is None:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "stack_id = :before"
            put["ExpressionAttributeValues"] = {":before": to_attribute(before)}
        with unavailable_on_error("PutItem"):
            try:
                self._client.put_item(**put)
            except ClientError as error:
                if code_and_message(error)[0] == "ConditionalCheckFailedException":
                    raise Conflict("another stack took the table just now") from error
                raise

    def give_up(self) -> None:
        with unavailable_on_error("DeleteItem"):
            self._client.delete_item(TableName=self._table, Key=KEY)
