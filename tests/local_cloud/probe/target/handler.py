"""Writes what it gets to a table, tells about its surroundings, and tries a copy-count write when asked to."""

import importlib.util
import json
import os
import sys
from typing import Any

import boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
sagemaker = boto3.client("sagemaker")


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any] | None:
    if event.get("source") == "aws.cloudwatch":
        detail = event["detail"]
        table.put_item(Item={"pk": f"{detail['alarmName']} {detail['state']['value']}", "event": json.dumps(event)})
        return None
    if event.get("source") == "aws.events":
        table.put_item(Item={"pk": "schedule", "event": json.dumps(event)})
        return None
    if "httpMethod" in event:
        return {"statusCode": 200, "body": json.dumps({"id": event["pathParameters"]["id"]})}
    if event.get("ask") == "surroundings":
        return surroundings(event["modules"])
    return set_copies(event["component"], event["copies"])


def surroundings(modules: list[str]) -> dict[str, Any]:
    found = [name for name in modules if importlib.util.find_spec(name)]
    who = boto3.client("sts").get_caller_identity()["Arn"]
    return {"modules": found, "path": sys.path, "environment": dict(os.environ), "who": who}


def set_copies(component: str, copies: int) -> dict[str, Any]:
    try:
        sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=component, DesiredRuntimeConfig={"CopyCount": copies}
        )
    except ClientError as error:
        return {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    return {"code": None}
