"""What the local-cloud tests share: reading logs, invoking, waiting."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from botocore.credentials import Credentials

from simulator.cloud import LocalCloud
from tests.support import waiting

SCHEDULES_S = 300.0
"""Longer than any schedule, alarm and start-up of a copy together, on a machine much slower than ours."""


def eventually[T](what: str, look: Callable[[], T | None]) -> T:
    """The first true value `look` returns; fails, naming `what`, when there is none in minutes."""
    return waiting.eventually(what, look, SCHEDULES_S, pause_s=0.1)


def logged(cloud: LocalCloud, function: str, chain: str) -> list[tuple[int, int]]:
    """(hop, time in ms) of a chain, from the log of the probe's loop function."""
    logs = cloud.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    except logs.exceptions.ResourceNotFoundException:  # made by the first invocation
        return []
    lines = [(json.loads(event["message"]), event["timestamp"]) for event in events if event["message"][0] == "{"]
    return sorted((line["hop"], at) for line, at in lines if line["chain"] == chain)


def start_chain(cloud: LocalCloud, queue_url: str, chain: str, **more: int) -> None:
    """Sends the first message of a chain of 60, or as `more` says."""
    body = json.dumps({"chain": chain, "hop": 1, "last": 60} | more)
    cloud.client("sqs").send_message(QueueUrl=queue_url, MessageBody=body)


def invoke(cloud: LocalCloud, function: str, event: dict[str, Any]) -> Any:
    """The answer of a synchronous invocation that must not fail."""
    response = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    answer = json.load(response["Payload"])
    assert "FunctionError" not in response, answer
    return answer


def received(cloud: LocalCloud, queue_url: str) -> list[dict[str, Any]]:
    """Messages waiting in a queue, with their attributes."""
    response = cloud.client("sqs").receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=1
    )
    messages: list[dict[str, Any]] = response.get("Messages", [])
    return messages


def put_wake_alarm(cloud: LocalCloud, name: str, component: str) -> None:
    """An alarm on the component's refused requests."""
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
    """The event of the alarm's going to ALARM, as the probe's target function wrote it down; None if it did not."""
    item = cloud.client("dynamodb").get_item(TableName=table, Key={"pk": {"S": f"{alarm} ALARM"}}).get("Item")
    return json.loads(item["event"]["S"]) if item else None


def user(cloud: LocalCloud, name: str, resource: str) -> Credentials:
    """A user who may call the API named by `resource` and nothing else."""
    iam = cloud.client("iam")
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="api", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def zipped(name: str, text: str) -> bytes:
    """An archive of one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()
