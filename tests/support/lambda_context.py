"""What Lambda passes beside the event."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[2] / "events"


@dataclass
class Context:
    """As much of LambdaContext as the logger and reconcile read."""

    function_name: str = "headstart"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:headstart"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    seconds: float = 55

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def event(name: str) -> dict[str, Any]:
    """One of the payloads under ``events/``."""
    payload: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return payload
