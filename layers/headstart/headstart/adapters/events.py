"""Problems as events on the account's default bus."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from headstart.adapters.aws import unavailable_on_error
from headstart.app.ports import Notice

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE: Final = "headstart"
PROBLEM: Final = "Headstart Problem"
CLEARED: Final = "Headstart Problem Cleared"


class EventBridgeEvents:
    """Implements ``ports.Events``."""

    def __init__(self, client: "EventBridgeClient", stack: str) -> None:
        self._client = client
        self._stack = stack

    def tell(self, notices: Sequence[Notice]) -> list[Notice]:
        with unavailable_on_error("PutEvents"):
            answers = self._client.put_events(Entries=[self._entry(notice) for notice in notices])["Entries"]
        # The call may succeed while single entries fail; those have an error code in the place of an id.
        return [notice for notice, answer in zip(notices, answers, strict=True) if "ErrorCode" not in answer]

    def _entry(self, notice: Notice) -> "PutEventsRequestEntryTypeDef":
        detail = {
            "stack": self._stack,
            "component": notice.component,
            "problem": notice.problem,
            "field": notice.field,
        }
        return {
            "Source": SOURCE,
            "DetailType": CLEARED if notice.cleared else PROBLEM,
            "Detail": json.dumps(detail),
        }
