"""From a refused request to a function: metric, alarm, event, rule."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import eventually

pytestmark = pytest.mark.local_cloud


def put_alarm(cloud: LocalCloud, name: str, component: str) -> None:
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="NoCapacityInvocationFailures",
        Dimensions=[{"Name": "InferenceComponentName", "Value": component}],
        Statistic="Sum",
        Period=30,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )


def delivered(cloud: LocalCloud, table: str, alarm: str) -> Any:
    item = cloud.client("dynamodb").get_item(TableName=table, Key={"pk": {"S": alarm}}).get("Item")
    return json.loads(item["event"]["S"]) if item else None


def test_a_refused_request_reaches_the_function_as_an_alarm_event(cloud: LocalCloud, probe: dict[str, str]) -> None:
    cloud.plant.create_component("asleep", "events")
    put_alarm(cloud, "probe/wake", "asleep")
    with pytest.raises(ClientError) as refusal:
        cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName="events", InferenceComponentName="asleep", Body=b'{"service_s": 1}'
        )
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400

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


def test_a_rule_passes_over_alarms_of_others(cloud: LocalCloud, probe: dict[str, str]) -> None:
    for name in ("other/alarm", "probe/mine"):
        put_alarm(cloud, name, "nobody")
        cloud.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    eventually("the event of the probe's alarm", lambda: delivered(cloud, probe["TableName"], "probe/mine"))
    assert delivered(cloud, probe["TableName"], "other/alarm") is None
