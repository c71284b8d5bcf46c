"""The delayed follow-up messages."""

import json
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from headstart.adapters.aws import unavailable_on_error
from headstart.app.ports import FollowUp

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_DELAY = 900
"""SQS delays a message by 15 minutes at most."""


class SqsFollowUps:
    """Implements ``ports.FollowUps``."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def book(self, follow_up: FollowUp, delay: timedelta) -> None:
        body = {
            "kind": "follow",
            "component": follow_up.component,
            "token": follow_up.token,
            "hop": follow_up.hop,
            "due": follow_up.due.isoformat(),
        }
        if follow_up.host is not None:
            body |= {"endpoint": follow_up.host.endpoint, "variant": follow_up.host.variant}
        self._send(body, delay)

    def book_retry(self, event: Mapping[str, Any], attempt: int, delay: timedelta) -> None:
        self._send({"kind": "alarm", "attempt": attempt, "event": event}, delay)

    def _send(self, body: Mapping[str, Any], delay: timedelta) -> None:
        seconds = min(LONGEST_DELAY, max(0, math.ceil(delay.total_seconds())))
        with unavailable_on_error("SendMessage"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(body), DelaySeconds=seconds)
