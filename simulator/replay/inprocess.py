"""boto3 clients that are answered in this process: the adapters above them cannot tell."""

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from simulator.services.errors import ServiceError

type Answer = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""(service, operation, parameters) to botocore's output shape; raises ServiceError."""

VALIDATED_CALLS = 20
"""The first calls of each operation are checked against botocore's own model, the rest are taken on trust."""

_SESSION = boto3.session.Session(
    aws_access_key_id="replay",
    aws_secret_access_key="replay",  # noqa: S106  no request leaves this process
    region_name="us-east-1",
)


@cache
def _pattern(service: str) -> Any:  # noqa: ANN401  boto3's clients have no common type
    # Making a client takes longer than a short replay.
    return _SESSION.client(service, config=Config(parameter_validation=True))  # type: ignore[call-overload]


def _client(service: str) -> Any:  # noqa: ANN401
    """A client to be changed: nothing of botocore's is shared but what it never changes."""
    pattern = _pattern(service)
    client = object.__new__(type(pattern))
    client.__dict__.update(pattern.__dict__)
    return client


class InProcessClients:
    """Implements ``headstart.entry.bootstrap.Clients``. Every call goes to ``answer``, nothing to the network."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._seen: dict[tuple[str, str], int] = {}

    def __call__(self, service: str) -> Any:  # noqa: ANN401  boto3's clients have no common type
        client = _client(service)

        def make_api_call(operation: str, params: dict[str, Any]) -> dict[str, Any]:
            self._validate(client, service, operation, params)
            try:
                answer = self._answer(service, operation, params)
            except ServiceError as error:
                response: Any = {
                    "Error": {"Code": error.code, "Message": error.message},
                    "ResponseMetadata": {"HTTPStatusCode": error.status},
                }
                raise client.exceptions.from_code(error.code)(response, operation) from error
            return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}

        # The one method all of botocore's generated operations and paginators go through.
        client._make_api_call = make_api_call
        # Each call would make a class of its own: botocore does not keep them.
        client.get_paginator = cache(client.get_paginator)
        return client

    def _validate(self, client: Any, service: str, operation: str, params: dict[str, Any]) -> None:  # noqa: ANN401
        seen = self._seen.get((service, operation), 0)
        if seen < VALIDATED_CALLS:
            self._seen[service, operation] = seen + 1
            model = client.meta.service_model.operation_model(operation)
            client._serializer.serialize_to_request(params, model)
