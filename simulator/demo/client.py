"""One InvokeEndpoint attempt through a real boto3 client."""

import json
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from simulator.cloud import LocalCloud
from simulator.cloud.local import ADMIN, FROM_NOWHERE
from simulator.demo.traffic import Reply
from simulator.plant.errors import NO_CAPACITY

CONTAINER_S = 60.0
"""What InvokeEndpoint gives a container (aws-facts 3.5); the plant counts it to the start of service."""


class Invoker:
    """Calls one component. `connections`: how many requests may be held at once."""

    def __init__(self, cloud: LocalCloud, endpoint: str, component: str, connections: int, longest_s: float) -> None:
        session = boto3.Session(
            ADMIN.access_key,
            ADMIN.secret_key,
            None,
            cloud.region,
            botocore_session=botocore.session.Session(FROM_NOWHERE),
        )
        config = Config(
            max_pool_connections=connections,
            # The demo's clients retry themselves, as the plant's clients do, and count what they meet.
            retries={"total_max_attempts": 1},
            read_timeout=CONTAINER_S + longest_s + 10.0,
            proxies={},
            parameter_validation=False,
        )
        url = cloud.endpoint_url("sagemaker-runtime")
        self._client: Any = session.client("sagemaker-runtime", endpoint_url=url, config=config)
        self._target = {"EndpointName": endpoint, "InferenceComponentName": component}

    def __call__(self, service_s: float) -> tuple[Reply, str]:
        body = json.dumps({"service_s": round(service_s, 3)})
        try:
            answer = self._client.invoke_endpoint(**self._target, Body=body, ContentType="application/json")
            answer["Body"].read()
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if message == NO_CAPACITY:
                return Reply.REFUSED, message
            return (Reply.TIMED_OUT if code == "ModelError" else Reply.FAILED), f"{code}: {message}"
        except BotoCoreError as error:
            return Reply.FAILED, str(error)
        return Reply.SERVED, ""
