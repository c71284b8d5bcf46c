"""What the local-cloud tests share: waiting, reading logs, invoking."""

import json
import time
from collections.abc import Callable
from typing import Any

from simulator.cloud import LocalCloud


def eventually[T](what: str, look: Callable[[], T], seconds: float = 15.0) -> T:
    """The first true value `look` returns; fails, naming `what`, when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = look()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: did not happen within {seconds:.0f} s"
        time.sleep(0.1)


def logged(cloud: LocalCloud, function: str, chain: str) -> list[tuple[int, int]]:
    """(hop, time in ms) of a chain, from the log of the probe's loop function."""
    group = f"/aws/lambda/{function}"
    events = cloud.client("logs").filter_log_events(logGroupName=group, filterPattern=chain)["events"]
    lines = [(json.loads(event["message"]), event["timestamp"]) for event in events if event["message"][0] == "{"]
    return sorted((line["hop"], at) for line, at in lines if line["chain"] == chain)


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
