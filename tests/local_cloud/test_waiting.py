"""What takes its time; last, and begun early (see conftest.py), so that the other tests run in the meantime."""

from typing import Any

import pytest

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import delivered, eventually

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]


def test_a_refused_request_reaches_the_function_as_an_alarm_event(cloud: LocalCloud, probe: dict[str, str]) -> None:
    def in_alarm() -> Any:
        event = delivered(cloud, probe["TableName"], "probe/wake")
        return event if event and event["detail"]["state"]["value"] == "ALARM" else None

    event = eventually("the alarm's event", in_alarm, 60)
    assert event["source"] == "aws.cloudwatch"
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["account"] == cloud.account_id
    assert event["resources"] == ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:probe/wake"]
    journal = [entry["event"]["id"] for entry in cloud.plant.journal() if entry["kind"] == "event"]
    assert event["id"] in journal


def test_a_schedule_of_one_minute_fires(cloud: LocalCloud, probe: dict[str, str]) -> None:
    key = {"pk": {"S": "schedule"}}

    def fired() -> bool:
        return "Item" in cloud.client("dynamodb").get_item(TableName=probe["TableName"], Key=key)

    eventually("the schedule", fired, 70)
