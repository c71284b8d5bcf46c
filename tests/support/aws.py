"""AWS for tests: the simulator's services over HTTP on a clock that the test moves, the table and queue on moto."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3
from botocore.config import Config

from simulator.engine import Engine, RealTime
from simulator.plant.account import Account
from simulator.plant.component import Component
from simulator.plant.metrics import component_metric
from simulator.plant.requests import Outcome, Request
from simulator.plant.spec import load_plant
from simulator.services.caller import AccessDenied, Caller
from simulator.services.errors import ServiceError
from simulator.services.http import HttpServer
from simulator.services.registry import Services
from tests.support.fakes import FakeClock
from tests.template.facts import of_type, written

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
        self.http = HttpServer(self.realtime, self.services)

    def _seconds(self) -> float:
        return self.clock.at.timestamp()

    def __enter__(self) -> "Plant":
        self.http.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.http.stop()

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.http.url, config=ONE_ATTEMPT)  # type: ignore[call-overload]

    def create(self, name: str, copies: int, **tags: str) -> Component:
        """Its copies are in service at once, ten slots each. Keyword ``mode`` is the tag ``headstart:mode``."""
        named = {f"headstart:{key.replace('_', '-')}": value for key, value in tags.items()}
        with self.realtime.locked():
            return self.account.create_component(name, "endpoint", copies, slots=10, warm=True, tags=named)

    def delete(self, name: str) -> None:
        with self.realtime.locked():
            self.account.delete_component(name)

    def retag(self, name: str, **tags: str) -> None:
        with self.realtime.locked():
            arn = self.account.component(name).arn
            self.account.tags[arn] = {f"headstart:{key.replace('_', '-')}": value for key, value in tags.items()}

    def send(self, name: str, requests: int, service_seconds: float = 600.0) -> None:
        with self.realtime.locked():
            component = self.account.component(name)
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


def create_table(dynamodb: Any, name: str) -> None:
    """The table as the template has it."""
    properties = of_type(written(), "AWS::DynamoDB::Table")["Table"]
    kept = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    dynamodb.create_table(TableName=name, **{key: properties[key] for key in kept})
