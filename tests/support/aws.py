"""AWS for tests: the simulator's services on a clock that the test moves, the table and queue on moto.

Requests go through botocore's own signing and protocols, and are answered in this process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message
from functools import cache
from typing import Any, cast
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from simulator.engine import Engine, RealTime
from simulator.plant.account import Account
from simulator.plant.component import Component
from simulator.plant.metrics import component_metric
from simulator.plant.requests import Outcome, Request
from simulator.plant.spec import load_plant
from simulator.services.caller import AccessDenied, Caller
from simulator.services.errors import ServiceError
from simulator.services.registry import Services
from simulator.services.wire import WireAnswer, WireRequest, answer, parse, refusal
from tests.support.fakes import FakeClock
from tests.template.facts import of_type, written

ON_MOTO = ("dynamodb", "sqs")
NOBODY = "http://127.0.0.1:9"
"""Nobody listens on the discard port. It is also no address of AWS, which moto would answer for."""
ONE_ATTEMPT = Config(retries={"mode": "standard", "total_max_attempts": 1})
WRITE = "sagemaker:UpdateInferenceComponentRuntimeConfig"


@dataclass
class Plant:
    """The demo plant, where only components tagged act are written.

    ``refusals`` makes an action (``service:Operation``) fail.

    Nothing runs by itself: time moves with ``pass_``, and every request first brings the plant up to the clock.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    refusals: dict[str, ServiceError] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        engine = Engine(self.clock.at.timestamp())
        self.account = Account(engine, load_plant("demo"), seed=1)
        self.realtime = RealTime(engine, clock=self._seconds)
        self.services = Services(self.account, self._authorize)

    def _seconds(self) -> float:
        return self.clock.at.timestamp()

    def __enter__(self) -> "Plant":
        _running.append(self)
        return self

    def __exit__(self, *failure: object) -> None:
        _running.remove(self)

    def respond(self, request: WireRequest) -> WireAnswer:
        call = parse(request)
        try:
            with self.realtime.locked():
                output = self.services.call(call.service, call.operation, call.params, Caller(call.access_key))
            return answer(call, output, "request-1")
        except ServiceError as error:
            return refusal(call, error, "request-1")

    def create(self, name: str, copies: int, **tags: str) -> Component:
        """Its copies are in service at once, ten slots each. Keyword ``mode`` is the tag ``headstart:mode``."""
        named = {f"headstart:{key.replace('_', '-')}": value for key, value in tags.items()}
        with self.realtime.locked():
            return self.account.create_component(name, "endpoint", copies, slots=10, warm=True, tags=named)

    def create_variant(self, endpoint: str, instances: int, variant: str = "AllTraffic", **tags: str) -> Component:
        """Its instances are in service at once, ten slots each; the tags are the endpoint's."""
        named = {f"headstart:{key.replace('_', '-')}": value for key, value in tags.items()}
        with self.realtime.locked():
            return self.account.create_variant(endpoint, variant, instances, slots=10, tags=named)

    def retag_endpoint(self, endpoint: str, **tags: str) -> None:
        with self.realtime.locked():
            arn = self.account.arn("endpoint", endpoint)
            self.account.tags[arn] = {f"headstart:{key.replace('_', '-')}": value for key, value in tags.items()}

    def delete_endpoint(self, endpoint: str) -> None:
        with self.realtime.locked():
            self.account.delete_endpoint(endpoint)

    def delete(self, name: str) -> None:
        with self.realtime.locked():
            self.account.delete_component(name)

    def retag(self, name: str, **tags: str) -> None:
        with self.realtime.locked():
            arn = self.account.component(name).arn
            self.account.tags[arn] = {f"headstart:{key.replace('_', '-')}": value for key, value in tags.items()}

    def send(self, name: str, requests: int, service_seconds: float = 600.0) -> None:
        with self.realtime.locked():
            component = self.account.scaled(name)
            assert component is not None
            for _ in range(requests):
                component.invoke(Request(service_seconds), self.outcomes.append)

    def measure(self, name: str, metric: str, value: float, *, seconds_ago: float) -> None:
        """Put one sample of a metric, to be seen at once."""
        with self.realtime.locked():
            at = (self.clock.at - timedelta(seconds=seconds_ago)).timestamp()
            self.account.metrics.put(component_metric(metric, name), at, value, visible_at=0.0)

    def pass_(self, seconds: float) -> None:
        self.clock.pass_(seconds)
        with self.realtime.locked():
            pass

    def _authorize(self, caller: Caller, action: str, resource: str, context: Mapping[str, str]) -> None:
        if action in self.refusals:
            raise self.refusals[action]
        if action == WRITE and context.get("aws:ResourceTag/headstart:mode") != "act":
            raise AccessDenied(f"not authorized to perform: {action} on resource: {resource}")


_running: list[Plant] = []


@cache
def client(service: str) -> Any:
    """A boto3 client, made once: its models do not change. Table and queue need moto to be on."""
    if service in ON_MOTO:
        return boto3.client(service, config=ONE_ATTEMPT)  # type: ignore[call-overload]
    made = boto3.client(service, endpoint_url=NOBODY, config=ONE_ATTEMPT)  # type: ignore[call-overload]
    made.meta.events.register("before-send", _answer)
    return made


def _answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
    headers: Message[str, str] = Message()
    for name, value in request.headers.items():
        headers[name] = value.decode() if isinstance(value, bytes) else str(value)
    body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
    plant = _running[-1]
    made = plant.respond(WireRequest(request.method, urlsplit(request.url).path, headers, body))
    return AWSResponse(request.url, made.status, cast(HTTPHeaders, made.headers), _Body(made.body))


class _Body:
    """As much of a urllib3 response as botocore reads."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._content


def create_table(dynamodb: Any, name: str) -> None:
    """The table as the template has it."""
    properties = of_type(written(), "AWS::DynamoDB::Table")["Table"]
    kept = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    dynamodb.create_table(TableName=name, **{key: properties[key] for key in kept})
