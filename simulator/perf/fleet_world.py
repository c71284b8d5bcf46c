"""A fleet of idle components under the deployed reconcile function: calls counted, durations modelled.

Nothing rings: time moves from tick to tick, and no alarm is evaluated. What a run takes on Lambda is reckoned from the
calls it makes one after the other, the waiting it does for quotas, and its own processor time.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cfnlint.decode.cfn_yaml import load

from headstart.adapters.dynamodb import DynamoStore
from headstart.app.pace import QUOTAS
from headstart.domain.model import State
from headstart.entry.bootstrap import App
from headstart.entry.observability import metrics
from headstart.entry.settings import Settings
from simulator.engine import Engine
from simulator.plant.account import Account
from simulator.plant.spec import load_plant
from simulator.replay.inprocess import InProcessClients
from simulator.replay.stack import TEMPLATE, LambdaContext, environment, handler, quiet
from simulator.services.dynamodb import DynamoTable
from simulator.services.errors import NotModelled
from simulator.services.registry import Services

START: Final = 1_767_225_600.0
MINUTE: Final = timedelta(minutes=1)
LATENCY_S: Final = {"dynamodb": 0.005, "sqs": 0.01}
BATCH_S: Final = 0.02
OTHER_S: Final = 0.06
"""Assumed: a call's way there and back, by service; a batch or query of the table; any other service."""
VCPU_MB: Final = 1769
"""Memory with which Lambda gives one whole processor (assumed); with less it gives that part of one."""
LIMITED: Final = {
    "GetResources": "GetResources",
    "DescribeAlarms": "DescribeAlarms",
    "PutMetricAlarm": "PutMetricAlarm",
    "GetMetricData": "ReadHistory",
    "DescribeScalableTargets": "DescribeScaling",
    "DescribeScalingPolicies": "DescribeScaling",
    "DescribeEndpoint": "DescribeEndpoint",
    "DescribeInferenceComponent": "DescribeComponent",
    "ListInferenceComponents": "DescribeComponent",
    "ListTags": "DescribeComponent",
}
"""Operations by the quota they count against, as ``headstart.app.pace`` has them."""


class LambdaClock:
    """Implements ``ports.Clock``: within a run, time passes by calls, by waiting and by our own processor time."""

    def __init__(self, engine: Engine, slowdown: float) -> None:
        self._engine = engine
        self._slowdown = slowdown
        self._begun = engine.now
        self._passed = 0.0
        self._own_s = 0.0
        self._since = time.process_time()

    def begin(self, at: float) -> None:
        self._engine.now = self._begun = at
        self._passed = self._own_s = 0.0
        self._since = time.process_time()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._begun + self.duration(), UTC)

    def duration(self) -> float:
        own = self._own_s + (time.process_time() - self._since)
        return self._passed + own * self._slowdown

    def sleep(self, seconds: float) -> None:
        self._passed += seconds

    def answered(self, latency_s: float, work_s: float) -> None:
        """A call came back; the simulator's own work at it is none of ours."""
        self._passed += latency_s
        self._own_s -= work_s


@dataclass(slots=True)
class Tick:
    """One run: when, how long, what was called, what it said it did."""

    at: float
    duration_s: float
    calls: Counter[str]
    done: dict[str, Any]


@dataclass
class Fleet:
    """So many components with native scaling and the tag, and the stack that knows none of them yet."""

    size: int
    slowdown: float | None = None
    busiest: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        function = load(str(TEMPLATE))["Resources"]["ReconcileFunction"]["Properties"]
        defaults = load(str(TEMPLATE))["Globals"]["Function"]
        self._limit_ms = 1000 * int(function["Timeout"])
        memory_mb = int(function.get("MemorySize", defaults["MemorySize"]))
        self._reconcile = handler(function)
        self._engine = Engine(START)
        self._account = Account(self._engine, load_plant("standard"), seed=1)
        self._services = Services(self._account)
        self._table = DynamoTable("headstart-table")
        self._calls: Counter[str] = Counter()
        self._recent: dict[str, deque[float]] = {quota: deque() for quota in QUOTAS}
        self._clock = LambdaClock(self._engine, VCPU_MB / memory_mb if self.slowdown is None else self.slowdown)
        settings = Settings.from_env(environment())
        clients = InProcessClients(self._answer)
        self._app = App(settings=settings, clients=clients, clock=self._clock, sleep=self._clock.sleep)
        self._store = DynamoStore(clients("dynamodb"), settings.table, settings.retention)
        for number in range(self.size):
            self._create(f"component-{number:05}")

    def _create(self, name: str) -> None:
        self._account.create_component(name, "endpoint", tags={"headstart:mode": "act"})
        target = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"inference-component/{name}",
            "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
        }
        metric = {"PredefinedMetricType": "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"}
        tracking = {"TargetValue": 5.0, "PredefinedMetricSpecification": metric}
        self._services.call(
            "application-autoscaling", "RegisterScalableTarget", {**target, "MinCapacity": 0, "MaxCapacity": 8}
        )
        self._services.call(
            "application-autoscaling",
            "PutScalingPolicy",
            {
                **target,
                "PolicyName": "tracking",
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": tracking,
            },
        )

    def ticks(self) -> Iterator[Tick]:
        """A run every minute, for ever."""
        at = START
        context = LambdaContext()
        context.get_remaining_time_in_millis = lambda: self._limit_ms  # type: ignore[method-assign]
        while True:
            self._calls = Counter()
            self._clock.begin(at)
            with quiet():
                done = self._reconcile({}, context, self._app)
                metrics.clear_metrics()  # disabled, they pile up and print themselves after a hundred
            yield Tick(at, self._clock.duration(), self._calls, done)
            at += MINUTE.total_seconds()

    def states(self) -> list[State]:
        """What the table knows, read past the counting."""
        items = [item for key, item in self._table.items.items() if key[1] == "state"]
        names = [item["isk"]["S"] for item in items]
        counted = self._calls
        found = list(self._store.load_many(names).values())
        self._calls = counted
        return found

    def is_settled(self) -> bool:
        """All have a policy and both alarms."""
        ours = sum(alarm.name.startswith("headstart/") for alarm in self._account.alarms.all())
        return ours == 2 * self.size and all(state.policy is not None for state in self.states())

    def _answer(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        begun = time.process_time()
        self._engine.now = max(self._engine.now, self._clock.now().timestamp())
        self._count(operation)
        match service:
            case "dynamodb":
                answer = self._table.call(operation, params)
            case "sqs":
                raise NotModelled("a chain in an idle fleet")
            case _:
                answer = self._services.call(service, operation, params)
        batch = operation in ("BatchGetItem", "Query")
        latency = BATCH_S if batch else LATENCY_S.get(service, OTHER_S)
        self._clock.answered(latency, time.process_time() - begun)
        return answer

    def _count(self, operation: str) -> None:
        self._calls[operation] += 1
        quota = LIMITED.get(operation)
        if quota is None:
            return
        now, recent = self._clock.now().timestamp(), self._recent[quota]
        recent.append(now)
        while recent[0] <= now - 1.0:
            recent.popleft()
        self.busiest[quota] = max(self.busiest.get(quota, 0), len(recent))
