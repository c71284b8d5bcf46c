"""One inference component: its update lock, the requests sent to it, and what AWS tells about it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from simulator.plant.copies import Copy
from simulator.plant.draws import uniform
from simulator.plant.errors import (
    UNPLACEABLE,
    NoCapacity,
    ResourceLimitExceeded,
    UpdateInProgress,
    ValidationFailed,
)
from simulator.plant.gauges import ConcurrencyGauge, MinuteMeter
from simulator.plant.lifecycle import CopyHooks, CopyLifecycle
from simulator.plant.metrics import FINE_S, Bin, MetricKey, component_metric
from simulator.plant.pool import CopyPool
from simulator.plant.requests import OnDone, Request

if TYPE_CHECKING:
    from simulator.plant.account import Account, Endpoint

type Status = Literal["InService", "Updating", "Creating", "Failed", "Deleting"]
type Observer = Callable[[float, str, dict[str, object]], object]

# aws-facts 0.1; the other two by analogy (assumed).
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
        self._observers: list[Observer] = []
        self._on_gone: Callable[[], None] | None = None
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
        self._meter = MinuteMeter(engine.now, self._publish)
        self._gauge = ConcurrencyGauge(engine.now, self._publish)
        self._copies = CopyLifecycle(
            engine,
            spec,
            endpoint.fleet,
            self._draws,
            slots,
            CopyHooks(self._copy_changed, self._grown, self._emptied),
        )
        self._pool = self._copies.pool = CopyPool(
            engine, spec.queue, self._gauge, self._meter, self._draws, self._copies.gone, self._count_refusal
        )

    # Counters

    @property
    def in_service(self) -> int:
        return len(self._pool.serving)

    @property
    def starting(self) -> int:
        return self._copies.starting

    @property
    def draining(self) -> int:
        return self._copies.draining

    @property
    def queued(self) -> int:
        """Requests waiting inside containers."""
        return self._pool.queued

    @property
    def in_flight(self) -> int:
        """Requests running or waiting."""
        return self._gauge.requests

    @property
    def endpoint_name(self) -> str:
        return self._endpoint.name

    def copy_seconds(self) -> float:
        """Billed so far: from the accepted write until drained, starting copies included."""
        return self._copies.copy_seconds()

    def request_seconds(self) -> float:
        """Integral over time of the requests in flight."""
        return self._gauge.request_seconds(self._engine.now)

    def inside_seconds(self) -> float:
        """Time from arrival to leaving, summed over the requests that have left: refused ones never came in."""
        return self._gauge.inside_s

    def describe(self) -> Description:
        return Description(
            self.name, self.arn, self.endpoint_name, self.status, self.in_service, self.desired_copies,
            self.created, self.last_modified, self.failure_reason,
        )  # fmt: skip

    def on_change(self, observer: Observer) -> None:
        """`observer(now, kind, detail)` after every change of status or copies, and for every write and its refusal."""
        self._observers.append(observer)

    # Requests

    def invoke(self, request: Request, on_done: OnDone) -> None:
        """One attempt. Raises NoCapacity with no copy in service; otherwise the engine calls `on_done` later."""
        if not self._pool.serving:
            self._count_refusal()
            raise NoCapacity
        self._pool.invoke(request, on_done)

    # Writes

    def set_desired(self, copies: int, caller: str = "") -> None:
        """The copy-count write, refused while a change is in flight.

        Asking for the count that is desired already is accepted and changes nothing (assumed).
        """
        if copies < 0:
            raise ValidationFailed(f"Value {copies} at 'desiredRuntimeConfig.copyCount' must be at least 0.")
        self._refuse_in_flight("update", caller)
        change = copies - self.desired_copies
        if change > 0:
            self._check_quota(change, caller)
        self.accepted_writes += 1
        self._notify("write", caller=caller, asked=copies)
        if change:
            self.failure_reason = None
            self.desired_copies = copies
            self.last_modified = self._engine.now
            self._set_status("Updating")
        if change > 0:
            self._copies.grow(change)
        elif change < 0:
            self._copies.shrink(-change)
            self._engine.after(self._spec.lock.inwards_s, self._settle)

    def start(self, copies: int, *, warm: bool) -> None:
        """The first copies: in service and idle at once, or started as by CreateInferenceComponent."""
        self.desired_copies = copies
        if warm:
            self._copies.start_warm(copies)
        elif copies:
            self._set_status("Creating")
            self._copies.grow(copies)

    def delete(self, on_gone: Callable[[], None]) -> None:
        """Refused while a change is in flight; `on_gone` is called by the engine when the last copy is drained."""
        self._refuse_in_flight("delete", "")
        self._on_gone = on_gone
        self.desired_copies = 0
        self._set_status("Deleting")
        self._copies.shrink(self.in_service)
        if not self.draining:
            self._engine.after(0.0, self._forget)

    def _refuse_in_flight(self, verb: str, caller: str) -> None:
        state = _IN_FLIGHT.get(self.status)
        if state is not None:
            self.blocked_writes += 1
            self._notify("write_blocked", caller=caller)
            raise UpdateInProgress(verb, self.arn, state)

    def _check_quota(self, copies: int, caller: str) -> None:
        quota = self._spec.quota
        if quota is None:
            return
        delta = self._endpoint.fleet.needed_for(copies)
        used = len(self._endpoint.fleet.instances)
        if used + delta > quota.instances:
            self._notify("write_refused", caller=caller)
            raise ResourceLimitExceeded(quota.instances, used, delta)

    # What the copies report

    def _grown(self, failed: int) -> None:
        if failed:
            # What SageMaker leaves behind is not documented (aws-facts 3.1): assumed to be what could be placed.
            self.failure_reason = UNPLACEABLE
            self.desired_copies = self.in_service
        self._settle()

    def _settle(self) -> None:
        self.last_modified = self._engine.now
        stillborn = self.status == "Creating" and not self.in_service
        self._set_status("Failed" if stillborn else "InService")

    def _emptied(self) -> None:
        if self.status == "Deleting":
            self._engine.after(0.0, self._forget)

    def _forget(self) -> None:
        on_gone, self._on_gone = self._on_gone, None
        if on_gone is not None:
            on_gone()

    def _copy_changed(self, kind: str, copy: Copy) -> None:
        if self._observers:
            self._notify(kind, copy=copy.ordinal)

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
            "in_service": self.in_service, "starting": self.starting, "draining": self.draining,
        }  # fmt: skip
        for observer in self._observers:
            observer(now, kind, {**counts, **detail})

    # Metrics

    def flush(self) -> None:
        """Publishes the bins that have ended."""
        now = self._engine.now
        self._gauge.close(now)
        self._meter.close(now)

    def _count_refusal(self) -> None:
        self.refused_attempts += 1
        self._publish("NoCapacityInvocationFailures", self._engine.now, Bin(1, 1, 1, 1, 0.0), FINE_S)

    def _publish(self, name: str, timestamp: float, samples: Bin, resolution: int) -> None:
        lost = self._spec.metrics.lost_share
        if lost and uniform(*self._draws, "lost", name, int(timestamp // resolution)) < lost:
            return
        key = self._metric(name)
        if key is not None:
            self._account.metrics.put_statistics(key, timestamp, samples, resolution=resolution)

    def _metric(self, name: str) -> MetricKey | None:
        """Where it is published; None where it is not."""
        return component_metric(name, self.name)
