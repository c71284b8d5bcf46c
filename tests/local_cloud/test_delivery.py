"""What becomes of events that cannot be delivered or handled."""

import json

import pytest

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import eventually, received

pytestmark = pytest.mark.local_cloud


def put_event(cloud: LocalCloud, source: str, **detail: str) -> None:
    entry = {"Source": source, "DetailType": "probe", "Detail": json.dumps(detail)}
    assert cloud.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_a_target_that_refuses_eventbridge_leaves_the_event_in_the_rules_dead_letter_queue(
    cloud: LocalCloud, probe: dict[str, str]
) -> None:
    put_event(cloud, "probe.closed", what="undelivered")
    (message,) = eventually("the undelivered event", lambda: received(cloud, probe["UndeliveredUrl"]))
    assert json.loads(message["Body"])["detail"] == {"what": "undelivered"}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert attributes["RULE_ARN"].rpartition("/")[2].startswith("probe-ClosedRule")


def test_a_failing_function_is_retried_and_the_event_goes_to_its_failure_destination(
    cloud: LocalCloud, probe: dict[str, str]
) -> None:
    put_event(cloud, "probe.broken", what="fails")
    (message,) = eventually("the failure record", lambda: received(cloud, probe["FailuresUrl"]))
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2  # one retry, as configured
    assert record["requestPayload"]["detail"] == {"what": "fails"}
    assert record["responsePayload"]["errorType"] == "BrokenError"


def test_nobody_but_aws_may_publish_under_its_source_names(cloud: LocalCloud) -> None:
    entry = {"Source": "aws.cloudwatch", "DetailType": "CloudWatch Alarm State Change", "Detail": "{}"}
    answer = cloud.client("events").put_events(Entries=[entry])
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
