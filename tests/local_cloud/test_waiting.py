"""What takes its time; last, and begun early (see conftest.py), so that the other tests run in the meantime."""

import json

import pytest

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import delivered, eventually, logged, received

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]


def test_a_refused_request_reaches_the_function_as_an_alarm_event(cloud: LocalCloud, probe: dict[str, str]) -> None:
    event = eventually("the alarm's event", lambda: delivered(cloud, probe["TableName"], "probe/wake"))
    assert event["detail"]["state"]["value"] == "ALARM"
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

    eventually("the schedule", fired)


def test_only_the_failed_message_of_a_batch_goes_to_the_dead_letter_queue(
    cloud: LocalCloud, probe: dict[str, str]
) -> None:
    (message,) = eventually("the failed message", lambda: received(cloud, probe["OnceDeadLettersUrl"]))
    assert json.loads(message["Body"])["chain"] == "bad"
    assert len(logged(cloud, probe["AllowedName"], "good")) == 1
