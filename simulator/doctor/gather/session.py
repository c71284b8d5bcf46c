"""Clients, and how an answer that does not come is noted instead of ending everything."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from headstart.adapters.aws import code_and_message
from headstart.app.errors import HeadstartError
from simulator.cloud.settings import ADMIN_ACCESS_KEY, ADMIN_SECRET_KEY, PLANT_SERVICES, REGION
from simulator.doctor.facts import Seen, Unseen

CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})
GONE = (
    "NoSuchEntity", "ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist",
    "ObjectNotFoundException",
)  # fmt: skip
GONE_TEXTS = ("could not find", "does not exist")


class Clients(Protocol):
    """Makes a boto3 client for a service."""

    def __call__(self, service: str) -> Any: ...  # noqa: ANN401  boto3's clients have no common type


class AwsClients:
    """Clients of the user's own session, or of a local cloud by its address. Raises OSError where none answers."""

    def __init__(self, region: str | None, endpoint: str | None = None) -> None:
        self._made: dict[str, Any] = {}
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._plant = _plant_address(self._endpoint) if self._endpoint else None
        self._region = region

    @cached_property
    def _session(self) -> boto3.session.Session:
        if self._plant:
            # A local cloud of ours has one account, whose root user needs no secret, in one Region.
            return boto3.session.Session(ADMIN_ACCESS_KEY, ADMIN_SECRET_KEY, region_name=self._region or REGION)
        return boto3.session.Session(region_name=self._region)

    @property
    def region(self) -> str | None:
        """As asked for, else as the AWS configuration has it."""
        return self._session.region_name

    def __call__(self, service: str) -> Any:  # noqa: ANN401
        if service not in self._made:
            make: Any = self._session.client
            address = self._plant if service in PLANT_SERVICES and self._plant else self._endpoint
            self._made[service] = make(service, config=CONFIG, endpoint_url=address)
        return self._made[service]


def _plant_address(endpoint: str) -> str | None:
    """Where a local cloud of ours answers for SageMaker and its relatives; None: it is somebody else's."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{endpoint}/_cloud/addresses", timeout=5) as answer:
            return str(json.load(answer)["plant"])
    except (urllib.error.HTTPError, ValueError, KeyError):
        return None


def look[T](read: Callable[[], T]) -> Seen[T]:
    """What `read` returns, or why it returned nothing."""
    try:
        return read()
    except ClientError as error:
        code, message = code_and_message(error)
        return Unseen(f"{error.operation_name}: {code}: {message}", code)
    except HeadstartError as error:
        cause = error.__cause__
        return Unseen(str(error), code_and_message(cause)[0] if isinstance(cause, ClientError) else "")
    except Exception as error:  # noqa: BLE001  one look that breaks must not end the others
        return Unseen(f"{type(error).__name__}: {error}")


def look_for[T](read: Callable[[], T | None]) -> Seen[T | None]:
    """The same; None where AWS says there is no such thing."""

    def found() -> T | None:
        try:
            return read()
        except ClientError as error:
            code, message = code_and_message(error)
            if code in GONE or any(text in message.lower() for text in GONE_TEXTS):
                return None
            raise

    return look(found)


def pages(client: Any, operation: str, member: str, **params: Any) -> Iterable[Any]:  # noqa: ANN401
    """The members of all pages of a listing."""
    for page in client.get_paginator(operation).paginate(**params):
        yield from page.get(member, [])
