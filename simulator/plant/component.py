"""One inference component: its copies, its update lock, and the requests sent to it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from simulator.plant.copies import Copy
from simulator.plant.draws import lognormal, uniform
from simulator.plant.errors import NoCapacity, ResourceLimitExceeded, UpdateInProgress, ValidationFailed
from simulator.plant.gauges import ConcurrencyGauge, Integral, MinuteMeter
from simulator.plant.instances import Instance, Wish
from simulator.plant.metrics import FINE_S, Bin, component_metric
from simulator.plant.pool import CopyPool
from simulator.plant.requests import OnDone, Request

if TYPE_CHECKING:
    from simulator.plant.account import Account, Endpoint

type Status = Literal["InService", "Updating", "Creating", "Failed", "Deleting"]
type Observer = Callable[[float, str, dict[str, object]], object]

# aws-facts 3.1
UNPLACEABLE = (
    "There is not enough hardware resources on the instances for this endpoint to create a copy of the "
    "inference component."
)
_IN_FLIGHT = {
    "Creating": "CREATE_IN_PROGRESS",
    "Updating": "UPDATE_RC_IN_PROGRESS",
    "Deleting": "DELETE_IN_PROGRESS",
}


class Description(NamedTuple):
    """What DescribeInferenceComponent knows. `current_copies` counts copies in service. Times in epoch seconds."""

    name: str
    arn: str
    endpoint_name: str
    status: Status
    current_copies: int
    desired_copies: int
    created: float
    last_modified: float
    failure_reason: str | None


class Component:
    """Made by `Account.create_component`. `number` keys its random draws, so that its name does not matter."""

    def __init__(self, account: "Account", name: str, endpoint: "Endpoint", slots: int, number: int) -> None:
        engine, spec = account.engine, account.spec
        self._account = account
        self._engine = engine
        self._spec = spec
        self._endpoint = endpoint
        self._draws = (account.seed, number)
        self.name = name
        self.arn = account.arn("inference-component", name)
        self.slots = slots
        self.created = self.last_modified = engine.now
        self.status: Status = "InService"
        self.desired_copies = 0
        self.failure_reason: str | None = None
        self.accepted_writes = 0
        self.blocked_writes = 0
        self.refused_attempts = 0
        self._ordinal = 0
        self._failed = 0
        self._starting = 0
        self._draining = 0
        self._copy_seconds = Integral(engine.now)
        self._observers: list[Observer] = []
        self._meter = MinuteMeter(engine.now, self._publish)
        gauge = ConcurrencyGauge(engine.now, self._publish)
        self._pool = CopyPool(engine, spec.queue, gauge, self._meter, self._draws, self._gone, self._count_refusal)

    # What there is

    @property
    def in_service(self) -> int:
        return len(self._pool.serving)

    @property
    def starting(self) -> int:
        return self._starting

    @property
    def draining(self) -> int:
        return self._draining

    @property
    def queued(self) -> int:
        """Requests waiting inside containers."""
        return self._pool.queued

    @property
    def in_flight(self) -> int:
        """Requests running or waiting."""
        return self._pool.gauge.requests

    @property
    def endpoint_name(self) -> str:
        return self._endpoint.name

    def copy_seconds(self) -> float:
        """Billed so far: from the accepted write until drained, starting copies included."""
        return self._copy_seconds.value(self._engine.now)

    def request_seconds(self) -> float:
        """Integral over time of the requests in flight."""
        return self._pool.request_seconds.value(self._engine.now)

    def describe(self) -> Description:
        return Description(
            self.name, self.arn, self.endpoint_name, self.status, self.in_service, self.desired_copies,
            self.created, self.last_modified, self.failure_reason,
        )  # fmt: skip

    def on_change(self, observer: Observer) -> None:
        """`observer(now, kind, detail)` is called after every change of status or copy counts."""
        self._observers.append(observer)

    # Requests

    def invoke(self, request: Request, on_done: OnDone) -> None:
        """One attempt. Raises NoCapacity with no copy in service; otherwise the engine calls `on_done` later."""
        if not self._pool.serving:
            self._count_refusal()
            raise NoCapacity
        self._pool.invoke(request, on_done)

    # Copies

    def set_desired(self, copies: int, caller: str = "") -> None:
        """The copy-count write. Asking for the count that is desired already is accepted and does nothing (assumed)."""
        if copies < 0:
            raise ValidationFailed(f"Value {copies} at 'desiredRuntimeConfig.copyCount' must be at least 0.")
        self._refuse_in_flight("update", caller)
        change = copies - self.desired_copies
        if change > 0:
            self._check_quota(change)
        self.accepted_writes += 1
        self.failure_reason = None
        self.desired_copies = copies
        self.last_modified = self._engine.now
        self._notify("write", caller=caller)
        if change > 0:
            self._grow(change, "Updating")
        elif change < 0:
            self._shrink(-change, "Updating")
            self._engine.after(self._spec.lock.inwards_s, self._settle)

    def start(self, copies: int, *, warm: bool) -> None:
        """The first copies: already in service and idle, or started as by CreateInferenceComponent."""
        self.desired_copies = copies
        if not warm and copies:
            self._grow(copies, "Creating")
            return
        for _ in range(copies):
            copy = self._new_copy()
            copy.instance = self._endpoint.fleet.place_now()
            self._pool.add(copy)

    def delete(self, on_gone: Callable[[], None]) -> None:
        self._refuse_in_flight("delete", "")
        self._set_status("Deleting")
        self.desired_copies = 0
        self._on_gone = on_gone
        self._shrink(self.in_service, "Deleting")
        if not self._draining:
            self._engine.after(0.0, on_gone)

    def _refuse_in_flight(self, verb: str, caller: str) -> None:
        state = _IN_FLIGHT.get(self.status)
        if state is not None:
            self.blocked_writes += 1
            self._notify("write_blocked", caller=caller)
            raise UpdateInProgress(verb, self.arn, state)

    def _check_quota(self, copies: int) -> None:
        quota = self._spec.quota
        if quota is None:
            return
        fleet = self._endpoint.fleet
        delta = fleet.needed_for(copies)
        used = len(fleet.instances)
        if used + delta > quota.instances:
            raise ResourceLimitExceeded(quota.instances, used, delta)

    def _new_copy(self) -> Copy:
        copy = Copy(self._ordinal, self.slots)
        self._ordinal += 1
        self._copy_seconds.step(self._engine.now, 1)
        return copy

    def _grow(self, copies: int, status: Status) -> None:
        self._set_status(status)
        self._failed = 0
        self._starting += copies
        spec = self._spec.instances
        for _ in range(copies):
            copy = self._new_copy()
            self._notify("copy_starting", copy=copy.ordinal)
            launch_s = lognormal(spec.launch_median_s, spec.launch_sigma, *self._draws, "launch", copy.ordinal)
            self._endpoint.fleet.place(Wish(launch_s, partial(self._load, copy), partial(self._fail, copy)))

    def _load(self, copy: Copy, instance: Instance) -> None:
        copy.instance = instance
        spec = self._spec.start
        start_s = lognormal(spec.median_s, spec.sigma, *self._draws, "start", copy.ordinal)
        self._engine.after(start_s, partial(self._up, copy))

    def _up(self, copy: Copy) -> None:
        self._starting -= 1
        self._pool.add(copy)
        self._notify("copy_in_service", copy=copy.ordinal)
        self._settle_outwards()

    def _fail(self, copy: Copy) -> None:
        self._starting -= 1
        self._failed += 1
        self._copy_seconds.step(self._engine.now, -1)
        self._notify("copy_failed", copy=copy.ordinal)
        self._settle_outwards()

    def _settle_outwards(self) -> None:
        if self._starting:
            return
        if self._failed:
            # What SageMaker leaves behind is not documented (aws-facts 3.1): assumed to be what could be placed.
            self.failure_reason = UNPLACEABLE
            self.desired_copies = self.in_service
        self._settle()

    def _settle(self) -> None:
        self.last_modified = self._engine.now
        failed = self.status == "Creating" and self.failure_reason is not None and not self.in_service
        self._set_status("Failed" if failed else "InService")

    def _shrink(self, copies: int, status: Status) -> None:
        self._set_status(status)
        leaving = self._pool.remove(copies)
        self._draining += len(leaving)
        for copy in leaving:
            self._notify("copy_draining", copy=copy.ordinal)
            if copy.load == 0:
                self._gone(copy)

    def _gone(self, copy: Copy) -> None:
        self._draining -= 1
        self._copy_seconds.step(self._engine.now, -1)
        if copy.instance is not None:
            self._endpoint.fleet.give_back(copy.instance)
        self._notify("copy_gone", copy=copy.ordinal)
        if self.status == "Deleting" and not self._draining:
            self._engine.after(0.0, self._on_gone)

    def _set_status(self, status: Status) -> None:
        if status != self.status:
            self.status = status
            self._notify("status")

    def _notify(self, kind: str, **detail: object) -> None:
        if not self._observers:
            return
        now = self._engine.now
        counts = {
            "component": self.name, "status": self.status, "desired": self.desired_copies,
            "in_service": self.in_service, "starting": self._starting, "draining": self._draining,
        }  # fmt: skip
        for observer in self._observers:
            observer(now, kind, {**counts, **detail})

    # Metrics

    def flush(self) -> None:
        """Publishes the bins that have ended."""
        now = self._engine.now
        self._pool.gauge.close(now)
        self._meter.close(now)

    def _count_refusal(self) -> None:
        self.refused_attempts += 1
        self._publish("NoCapacityInvocationFailures", self._engine.now, Bin(1, 1, 1, 1, 0.0), FINE_S)

    def _publish(self, name: str, timestamp: float, samples: Bin, resolution: int) -> None:
        lost = self._spec.metrics.lost_share
        if lost and uniform(*self._draws, "lost", name, int(timestamp // resolution)) < lost:
            return
        self._account.metrics.put_statistics(
            component_metric(name, self.name), timestamp, samples, resolution=resolution
        )
