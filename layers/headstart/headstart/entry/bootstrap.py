"""The one place that picks implementations. Importing it needs no environment, credentials or network."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol

from headstart.adapters.aws import CLIENT_CONFIG, Wait, unpaced
from headstart.adapters.cloudformation import put
from headstart.adapters.cloudwatch import CloudWatchAlarms, CloudWatchMetrics
from headstart.adapters.deed import DynamoDeed
from headstart.adapters.dynamodb import DynamoStore
from headstart.adapters.enrolments import AwsEnrolments
from headstart.adapters.events import EventBridgeEvents
from headstart.adapters.loads import CloudWatchLoads
from headstart.adapters.natives import AwsNatives
from headstart.adapters.queue import SqsFollowUps
from headstart.adapters.sagemaker import SageMakerComponents
from headstart.adapters.scaling import AwsScaling
from headstart.adapters.session import aws_session
from headstart.adapters.tombstone import DynamoTombstone
from headstart.app.claimbook import ClaimBook
from headstart.app.floors import FloorKeeper
from headstart.app.forecasting import Forecaster
from headstart.app.founding import Founder
from headstart.app.healing import Healer
from headstart.app.history import History
from headstart.app.importing import Importer
from headstart.app.leaving import Cleaner, Farewell
from headstart.app.owning import Ownership
from headstart.app.pace import Pace
from headstart.app.ports import Clock, Gather
from headstart.app.react import Reactor
from headstart.app.reconcile import Reconciler
from headstart.app.survey import Survey
from headstart.app.telling import Herald
from headstart.domain.model import Floor
from headstart.entry.settings import Settings


class Clients(Protocol):
    """Makes a boto3 client for a service."""

    def __call__(self, service: str) -> Any: ...  # noqa: ANN401  boto3's clients have no common type


class SystemClock:
    """The wall clock, read here and nowhere else."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  the clock port's one implementation


class SideBySide:
    """Runs reads in threads: they then take as long as the slowest, before a write that should be early."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="read")

    def __call__(self, *reads: Callable[[], Any]) -> Sequence[Any]:
        return [future.result() for future in [self._threads.submit(read) for read in reads]]


def aws_clients() -> Clients:
    """Clients of one session, as the Lambda runtime's environment configures it."""
    session = aws_session()

    def client(service: str) -> Any:  # noqa: ANN401
        return session.client(service, config=CLIENT_CONFIG)  # type: ignore[call-overload]

    return client


@dataclass(kw_only=True)
class App:
    """The use cases over their adapters; each is made when a function first asks for it."""

    settings: Settings
    clients: Clients = field(default_factory=aws_clients)
    clock: Clock = field(default_factory=SystemClock)
    gather: Gather = field(default_factory=SideBySide)
    sleep: Callable[[float], object] = time.sleep
    answer: Callable[[str, bytes], None] = put

    @cached_property
    def reactor(self) -> Reactor:
        """For the alarm and follow functions."""
        return Reactor(
            components=self._components,
            metrics=CloudWatchMetrics(self._cloudwatch),
            store=self._store,
            floors=self._floors(),
            follow_ups=self._follow_ups,
            clock=self.clock,
            gather=self.gather,
        )

    @cached_property
    def reconciler(self) -> Reconciler:
        """For the reconcile function, which calls AWS for many components at once and therefore in measured steps."""
        pace = Pace(self.clock, self.sleep)
        components = SageMakerComponents(self._sagemaker, pace.wait)
        enrolments = AwsEnrolments(
            self.clients("resourcegroupstaggingapi"),
            self.clients("application-autoscaling"),
            self._sagemaker,
            pace.wait,
        )
        alarms = CloudWatchAlarms(self._cloudwatch, self.settings.stack, pace.wait)
        healer = Healer(store=self._store, follow_ups=self._follow_ups)
        natives = AwsNatives(self.clients("application-autoscaling"), self._cloudwatch, self.settings.stack, pace.wait)
        floors = self._floors(pace.wait)
        founder = Founder(natives=natives, enrolments=enrolments, store=self._store, limits=self.settings.limits)
        importer = Importer(
            components=components,
            store=self._store,
            enrolments=enrolments,
            alarms=alarms,
            healer=healer,
            founder=founder,
            floors=floors,
            forecaster=Forecaster(history=CloudWatchLoads(self._cloudwatch, pace.wait), store=self._store),
            pace=pace,
            limits=self.settings.limits,
        )
        return Reconciler(
            components=components,
            store=self._store,
            enrolments=enrolments,
            alarms=alarms,
            claims=ClaimBook(alarms),
            healer=healer,
            importer=importer,
            herald=Herald(events=EventBridgeEvents(self.clients("events"), self.settings.stack), store=self._store),
            clock=self.clock,
            pace=pace,
            floors=floors,
            survey=Survey(components=components),
            tombstone=self._tombstone,
            farewell=Farewell(store=self._store, alarms=alarms, floors=floors, founder=founder),
            limits=self.settings.limits,
            stack=self.settings.stack,
        )

    @cached_property
    def cleaner(self) -> Cleaner:
        """For the cleanup function, which takes away what the stack has put anywhere."""
        pace = Pace(self.clock, self.sleep)
        scaling = self.clients("application-autoscaling")
        enrolments = AwsEnrolments(self.clients("resourcegroupstaggingapi"), scaling, self._sagemaker, pace.wait)
        alarms = CloudWatchAlarms(self._cloudwatch, self.settings.stack, pace.wait)
        natives = AwsNatives(scaling, self._cloudwatch, self.settings.stack, pace.wait)
        founder = Founder(natives=natives, enrolments=enrolments, store=self._store, limits=self.settings.limits)
        deed = DynamoDeed(self.clients("dynamodb"), self.settings.table)
        return Cleaner(
            ownership=Ownership(deed=deed, tombstone=self._tombstone, clock=self.clock),
            tombstone=self._tombstone,
            store=self._store,
            alarms=alarms,
            farewell=Farewell(store=self._store, alarms=alarms, floors=self._floors(pace.wait), founder=founder),
            clock=self.clock,
            pace=pace,
            sleep=self.sleep,
        )

    @cached_property
    def history(self) -> History:
        """For the history function."""
        return History(store=self._store, clock=self.clock)

    def _floors(self, wait: Wait = unpaced) -> FloorKeeper:
        scaling = AwsScaling(self.clients("application-autoscaling"), self.settings.stack, wait)
        return FloorKeeper(scaling=scaling, remembered=self._floor_of)

    def _floor_of(self, name: str) -> Floor | None:
        state = self._store.load(name)
        return None if state is None else state.floor

    @cached_property
    def _sagemaker(self) -> Any:  # noqa: ANN401
        return self.clients("sagemaker")

    @cached_property
    def _cloudwatch(self) -> Any:  # noqa: ANN401
        return self.clients("cloudwatch")

    @cached_property
    def _components(self) -> SageMakerComponents:
        return SageMakerComponents(self._sagemaker)

    @cached_property
    def _store(self) -> DynamoStore:
        return DynamoStore(self.clients("dynamodb"), self.settings.table, self.settings.retention)

    @cached_property
    def _tombstone(self) -> DynamoTombstone:
        return DynamoTombstone(self.clients("dynamodb"), self.settings.table)

    @cached_property
    def _follow_ups(self) -> SqsFollowUps:
        return SqsFollowUps(self.clients("sqs"), self.settings.follow_queue_url)


_apps: list[App] = []


def app() -> App:
    """The process's one App, made on first use."""
    if not _apps:
        _apps.append(App(settings=Settings.from_env(os.environ)))
    return _apps[0]


def during_init(use: Callable[[App], object]) -> None:
    """On Lambda, make clients while the function initialises: where CPU is plentiful."""
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        use(app())
