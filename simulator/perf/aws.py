"""Stands for the AWS services the alarm function calls: the same answers every time, over HTTP, and a record of calls.

The answers describe a component at zero copies that has just refused requests, so every alarm leads to a write.
"""

import json
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from headstart.adapters.dynamodb import DynamoStore
from headstart.domain.model import Mode, Policy, State
from simulator.perf.http_server import LocalServer, Request, Response

COMPONENT = "my-llama"
CREATED = datetime(2026, 11, 22, 12, tzinfo=UTC)
ARN = f"arn:aws:sagemaker:us-east-1:123456789012:inference-component/{COMPONENT}"
WRITE = "UpdateInferenceComponentRuntimeConfig"
SERVICES = {"DynamoDB_20120810": "dynamodb", "SageMaker": "sagemaker", "AmazonSQS": "sqs"} | {
    "GraniteServiceVersion20100801": "cloudwatch"
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call that arrived; times are monotonic seconds."""

    service: str
    operation: str
    parameters: dict[str, Any]
    arrived: float
    answered: float


class RecordingAws:
    """Four services on one port. Each answer is held back for ``latency`` seconds."""

    def __init__(self, latency: float = 0.0) -> None:
        self._latency = latency
        self._item = _enrolled_item()
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._server = LocalServer(self._respond)
        self.url = f"http://{self._server.address}"

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def take_calls(self) -> list[Call]:
        """The calls since the last time, in the order they arrived."""
        with self._lock:
            calls, self._calls = self._calls, []
        return sorted(calls, key=lambda call: call.arrived)

    def _respond(self, request: Request) -> Response:
        arrived = time.perf_counter()
        prefix, _, operation = (request.headers["X-Amz-Target"] or "").partition(".")
        if prefix not in SERVICES:
            return Response(400, {}, f"no service for {request.path}".encode())
        body = json.dumps(self._answer(operation)).encode()
        time.sleep(self._latency)
        with self._lock:
            call = Call(SERVICES[prefix], operation, json.loads(request.body), arrived, time.perf_counter())
            self._calls.append(call)
        return Response(200, {"Content-Type": "application/x-amz-json-1.0"}, body)

    def _answer(self, operation: str) -> dict[str, Any]:
        match operation:
            case "GetItem":
                return {"Item": self._item}
            case "DescribeInferenceComponent":
                return _description()
            case "GetMetricData":
                return _refusals()
            case "SendMessage":
                return {"MessageId": "5fea7756-0ea4-451a-a703-a558b933e274", "MD5OfMessageBody": "0" * 32}
            case _:
                return {"InferenceComponentArn": ARN} if operation == WRITE else {}


class _Captured:
    """Takes what a store would have written."""

    item: dict[str, Any]

    def put_item(self, **call: Any) -> None:  # noqa: ANN401
        self.item = call["Item"]


def _enrolled_item() -> dict[str, Any]:
    policy = Policy(mode=Mode.ACT, target=4.0, slots=4.0, min_copies=0, max_copies=10, service_seconds=4.0)
    client: Any = _Captured()
    DynamoStore(client, "table", timedelta(days=90)).save(
        State(component=COMPONENT, created=CREATED, version=6, enrolled=True, policy=policy, described_at=CREATED)
    )
    return dict(client.item)


def _description() -> dict[str, Any]:
    return {
        "InferenceComponentName": COMPONENT,
        "InferenceComponentArn": ARN,
        "EndpointName": "my-endpoint",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint",
        "VariantName": "AllTraffic",
        "InferenceComponentStatus": "InService",
        "CreationTime": CREATED.timestamp(),
        "LastModifiedTime": CREATED.timestamp(),
        "RuntimeConfig": {"DesiredCopyCount": 0, "CurrentCopyCount": 0},
    }


def _refusals() -> dict[str, Any]:
    newest = time.time() // 10 * 10 - 10  # noqa: TID251  a metric's wall time
    series = {"concurrency": {}, "refused": {newest - 10: 2.0, newest: 3.0}, "latency": {}}
    results = [
        {"Id": name, "Label": name, "StatusCode": "Complete", "Timestamps": list(points), "Values": [*points.values()]}
        for name, points in series.items()
    ]
    return {"MetricDataResults": results}
