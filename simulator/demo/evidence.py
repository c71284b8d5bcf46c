"""What the stack left in CloudWatch Logs and in its dead-letter queue."""

import json

from simulator.cloud import LocalCloud
from simulator.demo.stage import STACK, Deployed
from simulator.demo.story import FunctionLog

FUNCTIONS = ("alarm", "follow", "reconcile")
LONGEST = 300
"""Characters of an error worth showing; the rest is in the log."""


def function_logs(cloud: LocalCloud) -> dict[str, FunctionLog]:
    return {name: _function_log(cloud, name) for name in FUNCTIONS}


def roles(cloud: LocalCloud, deployed: Deployed) -> dict[str, str]:
    """Role ARNs of the functions that may write a copy count, with the functions' short names."""
    prefix = f"arn:aws:iam::{cloud.account_id}:role/"
    return {prefix + deployed.names["AlarmRole"]: "alarm", prefix + deployed.names["FollowRole"]: "follow-up"}


def dead_letters(cloud: LocalCloud, deployed: Deployed) -> tuple[str, ...]:
    """What was not delivered or not handled, shortly; the messages stay where they are."""
    url = deployed.outputs["DeadLetterQueueUrl"]
    answer = cloud.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
    )
    return tuple(map(_letter, answer.get("Messages", [])))


def _function_log(cloud: LocalCloud, name: str) -> FunctionLog:
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/headstart/{STACK}/{name}")
    messages = [event["message"] for page in pages for event in page["events"]]
    errors = [short for message in messages if (short := _error(message))]
    return FunctionLog(sum(message.startswith("START RequestId") for message in messages), tuple(errors))


def _error(message: str) -> str:
    """The error a log line tells of; empty for any other line."""
    try:
        line = json.loads(message)
    except ValueError:
        marked = "Traceback" in message or message.startswith(("[ERROR]", "Task timed out"))
        return message[:LONGEST].strip() if marked else ""
    if not isinstance(line, dict) or line.get("level") not in ("ERROR", "CRITICAL"):
        return ""
    return f"{line.get('message', '')} {line.get('exception', '')[-LONGEST:]}".strip()


def _letter(message: dict[str, object]) -> str:
    body = str(message["Body"])
    try:
        said = json.loads(body)
        payload = said.get("responsePayload")
    except (ValueError, AttributeError):
        payload = None
    if isinstance(payload, dict):
        return f"{payload.get('errorType', 'error')}: {payload.get('errorMessage', payload)}"[:LONGEST]
    return body[:LONGEST]
