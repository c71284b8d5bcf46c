"""EventBridge: PutEvents on the default bus, whose listeners are the account's `event_sinks`."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid5

from simulator.plant.account import Account
from simulator.plant.alarm_model import IDENTIFIERS
from simulator.plant.timefmt import epoch, event_time
from simulator.services.caller import Caller
from simulator.services.errors import ServiceError

type Params = Mapping[str, Any]


class EventBridge:
    """Each entry succeeds or fails by itself, and the call with them (API model of PutEvents)."""

    action_prefix = "events"

    def __init__(self, account: Account) -> None:
        self._account = account
        self._put = 0
        self.operations: dict[str, Callable[[Params, Caller], dict[str, Any]]] = {"PutEvents": self.put_events}

    def resources(self, operation: str, params: Params) -> list[str]:  # noqa: ARG002
        return [self._account.arn("event-bus", entry.get("EventBusName", "default"), "events")
                for entry in params["Entries"]]  # fmt: skip

    def conditions(self, params: Params) -> dict[str, str]:
        return {"events:source": params["Entries"][0].get("Source", "")}

    def put_events(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        entries = [self._entry(entry) for entry in params["Entries"]]
        return {"FailedEntryCount": sum("ErrorCode" in entry for entry in entries), "Entries": entries}

    def _entry(self, entry: Params) -> dict[str, Any]:
        try:
            event = self._event(entry)
        except ServiceError as error:
            return {"ErrorCode": error.code, "ErrorMessage": error.message}
        self._account.emit(event)
        return {"EventId": event["id"]}

    def _event(self, entry: Params) -> dict[str, Any]:
        """The codes are assumed."""
        for member in ("Source", "DetailType", "Detail"):
            if not entry.get(member):
                raise ServiceError("InvalidArgument", f"Parameter {member} is not valid. Reason: {member} is required.")
        if entry["Source"].startswith("aws."):
            raise ServiceError("NotAuthorizedForSourceException", "Not authorized for the source.")
        if entry.get("EventBusName", "default") != "default":
            raise ServiceError("ResourceNotFoundException", f"Event bus {entry['EventBusName']} does not exist.")
        account = self._account
        self._put += 1
        return {
            "version": "0",
            "id": str(uuid5(IDENTIFIERS, f"put/{account.account_id}/{account.region}/{account.seed}/{self._put}")),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": account.account_id,
            "time": event_time(epoch(entry.get("Time", account.engine.now))),
            "region": account.region,
            "resources": list(entry.get("Resources") or ()),
            "detail": _detail(entry["Detail"]),
        }


def _detail(text: str) -> dict[str, Any]:
    try:
        detail = json.loads(text)
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        raise ServiceError("MalformedDetail", "Detail is malformed.")
    return detail
