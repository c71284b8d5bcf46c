"""Sends itself the next message of a chain until `last`; a message with `fail` is reported as failed."""

import json
import os
from typing import Any

import boto3

sqs = boto3.client("sqs")


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        message = json.loads(record["body"])
        if message.get("fail"):
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        print(json.dumps({"chain": message["chain"], "hop": message["hop"]}))  # noqa: T201 - the log is what tests read
        if message["hop"] < message["last"]:
            follower = message | {"hop": message["hop"] + 1}
            sqs.send_message(
                QueueUrl=os.environ["QUEUE_URL"],
                MessageBody=json.dumps(follower),
                DelaySeconds=message.get("delay", 0),
            )
    return {"batchItemFailures": failures}
