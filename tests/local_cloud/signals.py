"""Alarm events as CloudWatch sends them, for deliveries of our own."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.local_cloud.scene import wake_alarm

EXAMPLE = json.loads((Path(__file__).parents[2] / "events" / "alarm_wake.json").read_text())


def alarm_event(name: str, event_id: str, value: str, refused: int = 0, age: timedelta = timedelta(0)) -> Any:
    """The component's wake alarm moved to `value`, `age` ago; its one data point counts the refused requests."""
    at = datetime.now(UTC) - age
    period = (at - timedelta(seconds=10)).isoformat(timespec="milliseconds")
    event = copy.deepcopy(EXAMPLE)
    event |= {"id": event_id, "time": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    event["detail"]["alarmName"] = wake_alarm(name)
    event["detail"]["state"] = {
        "value": value,
        "reason": "Threshold Crossed",
        "timestamp": at.isoformat(timespec="milliseconds"),
        "reasonData": json.dumps({"version": "1.0", "evaluatedDatapoints": [{"timestamp": period, "value": refused}]}),
    }
    return event
