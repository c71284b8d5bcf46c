"""The deployed stack in virtual time: what template.yaml wires, wired to the same handlers."""

import importlib
import json
import os
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from cfnlint.decode.cfn_yaml import load
from moto.events.models import EventPattern

from headstart.domain.model import State
from headstart.entry.bootstrap import App
from headstart.entry.observability import logger, metrics
from headstart.entry.settings import Settings
from simulator.engine import Engine
from simulator.plant.account import Account
from simulator.plant.spec import load_plant
from simulator.replay.fate import SPARED, Fate, Killed
from simulator.replay.inprocess import InProcessClients
from simulator.replay.journal import Journal
from simulator.services.dynamodb import DynamoTable
from simulator.services.errors import NotModelled
from simulator.services.registry import Services

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
STACK = "headstart"
METRICS_DISABLED = "POWERTOOLS_METRICS_DISABLED"
QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/follow-ups"

EVENT_TO_HANDLER_S = 1.0
"""Assumed: EventBridge to Lambda takes about 0.1 s, and an alarm function is nearly always a cold start."""
MESSAGE_TO_HANDLER_S = 0.2
"""Assumed: a due message is fetched by the waiting poller at once, and the follow function is warm."""

type Handler = Callable[[dict[str, Any], Any, App], dict[str, Any]]


class LambdaContext:
    """What powertools and the handlers read of a Lambda context. No time passes while a handler runs."""

    function_name = "replay"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:replay"
    aws_request_id = "replay"

    def get_remaining_time_in_millis(self) -> int:
        return 55_000


class EngineClock:
    """Implements ``headstart.app.ports.Clock`` on the engine's time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._engine.now, UTC)


class Stack:
    """Rules, schedules, queues and handler names come from the template; nothing else decides who is called.

    ``invocations`` counts by function, ``failures`` what Lambda would have put into the dead-letter queue.
    ``down`` stops every function, as a broken deployment would. ``fate``: what else goes wrong.
    """

    def __init__(
        self,
        account: Account,
        services: Services,
        template: Path = TEMPLATE,
        *,
        keep_decisions: bool = False,
        fate: Fate = SPARED,
    ) -> None:
        self._fate = fate
        self._engine = account.engine
        self._services = services
        self.table = DynamoTable("headstart-table")
        self.journal = Journal(account.engine, self.table, keep=keep_decisions)
        self.invocations: Counter[str] = Counter()
        self.calls: Counter[tuple[str, str]] = Counter()
        self.failures: deque[tuple[str, str]] = deque(maxlen=100)
        self.down = False
        self._app = self._started()
        self._rules: list[tuple[EventPattern, str]] = []
        self._consumers: list[str] = []
        self._scheduled: list[str] = []
        self._handlers: dict[str, Handler] = {}
        for name, resource in _resources(template).items():
            if resource["Type"] == "AWS::Serverless::Function":
                self._wire(str(name), resource["Properties"])  # cfn-lint's names cannot be sent to another process
        account.event_sinks.append(self._deliver)

    def _started(self) -> App:
        """A new process, which remembers nothing."""
        return App(
            settings=Settings.from_env(environment()),
            clients=InProcessClients(self._answer),
            clock=EngineClock(self._engine),
            gather=lambda *reads: [read() for read in reads],
            sleep=lambda _: None,
        )

    def _wire(self, name: str, properties: Mapping[str, Any]) -> None:
        self._handlers[name] = handler(properties)
        for event in properties.get("Events", {}).values():
            match event["Type"]:
                case "EventBridgeRule":
                    pattern = EventPattern.load(json.dumps(_substituted(event["Properties"]["Pattern"])))
                    self._rules.append((pattern, name))
                case "Schedule":
                    self._tick(name, _rate_s(event["Properties"]["Schedule"]))
                case "SQS":
                    self._consumers.append(name)

    def _deliver(self, event: dict[str, Any]) -> None:
        for pattern, name in self._rules:
            if pattern.matches_event(cast(Any, event)) and not self._fate.loses("event"):
                self._engine.after(EVENT_TO_HANDLER_S, lambda name=name: self._invoke(name, event))  # type: ignore[misc]

    def reconcile(self) -> None:
        """Run every scheduled function now: enrolment was long over when the traffic began."""
        for name in self._scheduled:
            self._invoke(name, self._scheduled_event())

    def remembered(self, component: str) -> State | None:
        """What Headstart's table says of it."""
        return self._app.history.store.load(component)

    def _scheduled_event(self) -> dict[str, Any]:
        at = datetime.fromtimestamp(self._engine.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"source": "aws.events", "detail-type": "Scheduled Event", "time": at, "detail": {}}

    def _tick(self, name: str, period_s: float) -> None:
        def tick() -> None:
            self._invoke(name, self._scheduled_event())
            self._engine.after(period_s, tick)

        self._scheduled.append(name)
        self._engine.after(period_s, tick)

    def _send(self, params: Mapping[str, Any]) -> dict[str, Any]:
        delay = params.get("DelaySeconds", 0) + MESSAGE_TO_HANDLER_S
        message_id = f"message-{self.calls['sqs', 'SendMessage']}"
        if self._fate.loses("message"):
            return {"MessageId": message_id}
        for name in self._consumers:
            self._engine.after(delay, lambda name=name: self._consume(name, message_id, params["MessageBody"], 1))  # type: ignore[misc]
        return {"MessageId": message_id}

    def _consume(self, name: str, message_id: str, body: str, receive: int) -> None:
        answer = self._invoke(name, {"Records": [{"messageId": message_id, "body": body}]})
        if answer is None or answer["batchItemFailures"]:
            if receive < 3:  # the queue's maxReceiveCount
                again = timedelta(minutes=3).total_seconds()  # its visibility timeout
                self._engine.after(again, lambda: self._consume(name, message_id, body, receive + 1))
            else:
                self.failures.append((name, body))

    def _invoke(self, name: str, event: dict[str, Any]) -> dict[str, Any] | None:
        if self.down or self._fate.is_dead():
            return None
        self.invocations[name] += 1
        try:
            return self._handlers[name](event, LambdaContext(), self._app)
        except Killed:
            self._app = self._started()
            return None
        except Exception as error:  # noqa: BLE001  Lambda, too, catches everything
            self.failures.append((name, f"{type(error).__name__}: {error}"))
            return None
        finally:
            # Disabled metrics pile up, and print themselves after a hundred.
            metrics.clear_metrics()

    def _answer(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        self.calls[service, operation] += 1
        return self._fate.call(operation, lambda: self._answered(service, operation, params))

    def _answered(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        match service:
            case "dynamodb":
                return self.table.call(operation, params)
            case "sqs":
                if operation != "SendMessage":
                    raise NotModelled(f"sqs {operation}")
                return self._send(params)
            case _:
                return self._services.call(service, operation, params)


def handler(properties: Mapping[str, Any]) -> Handler:
    """The function that Lambda would call for a template's function resource."""
    module, _, function = properties.get("Handler", "handler.lambda_handler").rpartition(".")
    package = str(properties["CodeUri"]).strip("/").replace("/", ".")
    found: Handler = getattr(importlib.import_module(f"{package}.{module}"), function)
    return found


def preload() -> None:
    """Read code, template and service models once, before processes are forked that would each do it."""
    with quiet():
        account = Account(Engine(), load_plant("standard"), seed=0)
        Stack(account, Services(account)).reconcile()


@cache
def _resources(template: Path) -> Mapping[str, Any]:
    resources: Mapping[str, Any] = load(str(template))["Resources"]
    return resources


def environment() -> dict[str, str]:
    """What the template gives the functions."""
    return {
        "HEADSTART_STACK": STACK,
        "HEADSTART_TABLE": "headstart-table",
        "HEADSTART_FOLLOW_QUEUE_URL": QUEUE_URL,
        "HEADSTART_MAX_MODE": "act",
        "HEADSTART_RETENTION_DAYS": "90",
        "HEADSTART_NATIVE_CREATE": "true",
    }


@contextmanager
def quiet() -> Iterator[None]:
    """Without the functions' log lines and metrics, which cost a replay more time than its decisions."""
    level = logger.log_level
    logger.setLevel("CRITICAL")
    disabled = os.environ.get(METRICS_DISABLED)
    os.environ[METRICS_DISABLED] = "true"
    try:
        yield
    finally:
        logger.setLevel(level)
        os.environ.pop(METRICS_DISABLED)
        if disabled is not None:
            os.environ[METRICS_DISABLED] = disabled


def _substituted(value: Any) -> Any:  # noqa: ANN401  a template's tree
    """The template's value with ``Fn::Sub`` of pseudo parameters resolved."""
    match value:
        case {"Fn::Sub": str(text)}:
            return text.replace("${AWS::StackName}", STACK)
        case dict():
            return {key: _substituted(inner) for key, inner in value.items()}
        case list():
            return [_substituted(inner) for inner in value]
        case _:
            return value


def _rate_s(expression: str) -> float:
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if found is None:
        raise NotModelled(f"the schedule {expression!r}")
    return int(found.group(1)) * {"minute": 60.0, "hour": 3600.0, "day": 86400.0}[found.group(2)]
