"""A DynamoDB table in memory: the operations and expressions that Headstart's adapter uses, and no others.

In virtual time a replay makes tens of thousands of calls; this answers each in microseconds. The contract suite runs
over it as over moto, so that it cannot drift from what DynamoDB does.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from typing import Any, Final

from simulator.services.errors import NotModelled, ServiceError

type Attribute = dict[str, Any]
type Item = dict[str, Attribute]
type Params = Mapping[str, Any]
type Key = tuple[str, str]

INDEX: Final = ("ipk", "isk")
_CONDITION = re.compile(r"attribute_(not_)?exists\((\w+)\)|(\w+) = (:\w+)")
_KEYS = re.compile(r"(\w+) = (:\w+)(?: AND (\w+) BETWEEN (:\w+) AND (:\w+))?")
_SET = re.compile(r"SET ((?:\w+ = :\w+(?:, )?)+)")


class DynamoTable:
    """One table with string keys pk and sk, and a keys-only index on ipk and isk."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.items: dict[Key, Item] = {}
        self._sort_keys: dict[str, list[str]] = {}
        self._index: dict[str, list[tuple[str, Key]]] = {}

    def call(self, operation: str, params: Params) -> dict[str, Any]:
        """Answers one operation in botocore's output shape. Raises ServiceError."""
        match operation:
            case "GetItem":
                item = self.items.get(_key(params["Key"]))
                return {"Item": dict(item)} if item is not None else {}
            case "PutItem" | "UpdateItem" | "DeleteItem":
                self._write(operation, params)
                return {}
            case "TransactWriteItems":
                return self._transact(params["TransactItems"])
            case "BatchGetItem":
                keys = params["RequestItems"][self.name]["Keys"]
                found = [dict(item) for key in keys if (item := self.items.get(_key(key))) is not None]
                return {"Responses": {self.name: found}, "UnprocessedKeys": {}}
            case "Query":
                return self._query_index(params) if "IndexName" in params else self._query(params)
            case _:
                raise NotModelled(f"dynamodb {operation}")

    def forget(self, first: str, before: str) -> list[Item]:
        """Removes the items with a sort key from `first` up to `before`, as their expiry would, and returns them."""
        forgotten: list[Item] = []
        for partition, keys in self._sort_keys.items():
            low, high = bisect_left(keys, first), bisect_left(keys, before)
            forgotten += [self._delete((partition, sort)) for sort in keys[low:high]]
            del keys[low:high]
        return forgotten

    def _write(self, operation: str, params: Params) -> None:
        key = _key(params["Item"] if operation == "PutItem" else params["Key"])
        self._check(params, key)
        if operation == "PutItem":
            self._put(params["Item"])
        elif operation == "UpdateItem":
            self._update(params)
        elif key in self.items:
            self._delete(key)
            self._sort_keys[key[0]].remove(key[1])

    def _delete(self, key: Key) -> Item:
        item = self.items.pop(key)
        if INDEX[0] in item:
            entries = self._index[item[INDEX[0]]["S"]]
            entries.remove((item[INDEX[1]]["S"], key))
            if not entries:
                del self._index[item[INDEX[0]]["S"]]
        return item

    def _transact(self, writes: list[dict[str, Params]]) -> dict[str, Any]:
        actions = [next(iter(write.items())) for write in writes]
        reasons = []
        for kind, write in actions:
            try:
                self._check(write, _key(write["Item"] if kind == "Put" else write["Key"]))
                reasons.append("None")
            except ServiceError:
                reasons.append("ConditionalCheckFailed")
        if any(reason != "None" for reason in reasons):
            raise ServiceError(
                "TransactionCanceledException",
                f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(reasons)}]",
            )
        for kind, write in actions:
            if kind == "Put":
                self._put(write["Item"])
            else:
                self._update(write)
        return {}

    def _check(self, params: Params, key: Key) -> None:
        expression = params.get("ConditionExpression")
        if expression is None:
            return
        found = _CONDITION.fullmatch(expression)
        if found is None:
            raise NotModelled(f"the condition {expression!r}")
        negated, existing, name, value = found.groups()
        item = self.items.get(key, {})
        if existing is not None:
            holds = (existing in item) is (negated is None)
        else:
            holds = item.get(name) == params["ExpressionAttributeValues"][value]
        if not holds:
            raise ServiceError("ConditionalCheckFailedException", "The conditional request failed")

    def _put(self, item: Item) -> None:
        key = _key(item)
        if key not in self.items:
            insort(self._sort_keys.setdefault(key[0], []), key[1])
            if INDEX[0] in item:
                insort(self._index.setdefault(item[INDEX[0]]["S"], []), (item[INDEX[1]]["S"], key))
        self.items[key] = dict(item)

    def _update(self, params: Params) -> None:
        found = _SET.fullmatch(params["UpdateExpression"])
        if found is None:
            raise NotModelled(f"the update {params['UpdateExpression']!r}")
        key = _key(params["Key"])
        item: Item = dict(self.items.get(key) or params["Key"])
        for assignment in found.group(1).split(", "):
            name, _, value = assignment.partition(" = ")
            item[name] = params["ExpressionAttributeValues"][value]
        self._put(item)

    def _query(self, params: Params) -> dict[str, Any]:
        partition, low, high = self._range(params)
        keys = self._sort_keys.get(partition, [])
        first = 0 if low is None else bisect_left(keys, low)
        last = len(keys) if high is None else bisect_right(keys, high)
        start = params.get("ExclusiveStartKey")
        backwards = not params.get("ScanIndexForward", True)
        if start is not None and backwards:
            last = min(last, bisect_left(keys, start["sk"]["S"]))
        elif start is not None:
            first = max(first, bisect_right(keys, start["sk"]["S"]))
        limit = params.get("Limit", last - first)
        chosen = keys[max(first, last - limit) : last][::-1] if backwards else keys[first : min(last, first + limit)]
        answer: dict[str, Any] = {"Items": [dict(self.items[partition, key]) for key in chosen]}
        # DynamoDB stops at the limit without looking whether anything follows.
        if chosen and len(chosen) == limit:
            answer["LastEvaluatedKey"] = {"pk": {"S": partition}, "sk": {"S": chosen[-1]}}
        return answer

    def _query_index(self, params: Params) -> dict[str, Any]:
        partition, _, _ = self._range(params)
        entries = self._index.get(partition, [])
        return {
            "Items": [
                {"ipk": {"S": partition}, "isk": {"S": sort}, "pk": {"S": pk}, "sk": {"S": sk}}
                for sort, (pk, sk) in entries
            ]
        }

    @staticmethod
    def _range(params: Params) -> tuple[str, str | None, str | None]:
        expression = params["KeyConditionExpression"]
        found = _KEYS.fullmatch(expression)
        if found is None:
            raise NotModelled(f"the key condition {expression!r}")
        values = {name: value["S"] for name, value in params["ExpressionAttributeValues"].items()}
        low, high = found.group(4), found.group(5)
        return values[found.group(2)], values[low] if low else None, values[high] if high else None


def _key(item: Mapping[str, Attribute]) -> Key:
    return item["pk"]["S"], item["sk"]["S"]
