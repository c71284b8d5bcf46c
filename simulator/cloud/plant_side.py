"""The plant in real time: its account, its AWS services over HTTP, and the way from its alarms to EventBridge."""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping

from simulator.cloud.iam import AccessControl
from simulator.cloud.settings import ACCOUNT_ID, REGION, CloudSettings
from simulator.cloud.untyped import Payload, Record
from simulator.engine import WALL_CLOCK, Engine, RealTime
from simulator.plant.account import Account
from simulator.plant.component import Component
from simulator.plant.spec import load_plant
from simulator.services.caller import AccessDenied, Caller
from simulator.services.http import HttpServer
from simulator.services.registry import Services

logger = logging.getLogger(__name__)

# Entries of the journal kept; a reader that lags further behind misses some.
JOURNAL_KEPT = 20_000


class Journal:
    """What happened in the plant, numbered; guarded by the plant's lock."""

    def __init__(self) -> None:
        self._entries: deque[Record] = deque(maxlen=JOURNAL_KEPT)
        self.written = 0

    def add(self, at: float, kind: str, detail: Mapping[str, object]) -> None:
        self._entries.append({"at": at, "kind": kind, **detail})
        self.written += 1

    def since(self, number: int) -> list[Record]:
        first = self.written - len(self._entries)
        return list(self._entries)[max(0, number - first) :]


class JournalledAccount(Account):
    """An account whose components write to the journal from their first moment."""

    journal: Journal

    def create_component(self, name: str, endpoint_name: str, copies: int = 0, **options: Payload) -> Component:
        component = super().create_component(name, endpoint_name, copies, **options)
        component.on_change(self.journal.add)
        return component


class PlantSide:
    """Everything of the local cloud that is not MiniStack."""

    def __init__(self, settings: CloudSettings) -> None:
        engine = Engine(WALL_CLOCK())
        self._account = JournalledAccount(engine, load_plant(settings.plant), settings.seed, ACCOUNT_ID, REGION)
        self._account.journal = self._journal = Journal()
        self._account.event_sinks.append(self._on_event)
        self._time = RealTime(engine)
        self._services = Services(self._account, self._authorize)
        self._server = HttpServer(self._time, self._services, role_of=self._role_of)
        self._events: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._access: AccessControl | None = None

    @property
    def address(self) -> str:
        """Where the services answer once started."""
        return self._server.url

    def start(self, access: AccessControl, publish: Callable[[Record], None]) -> None:
        """Lets the plant's time run; `publish` puts an event on the bus."""
        self._access = access
        threading.Thread(target=self._forward, args=(publish,), daemon=True, name="plant-events").start()
        self._time.start()
        self._server.start()

    def stop(self) -> None:
        self._server.stop()
        self._time.stop()
        self._events.put(None)

    def create_component(self, wanted: Payload) -> Payload:
        """For the control channel; the keys are those of `Account.create_component`."""
        options = {key: wanted[key] for key in ("slots", "warm", "tags") if key in wanted}
        with self._time.locked():
            component = self._account.create_component(wanted["name"], wanted["endpoint"], wanted["copies"], **options)
            return {"arn": component.arn}

    def set_quotas(self, wanted: Payload) -> Payload:
        """For the control channel: the account's quotas by name, as AWS has granted them."""
        with self._time.locked():
            self._account.quotas.update({str(name): float(value) for name, value in wanted.items()})
            return dict(self._account.quotas)

    def state(self, since: int) -> Payload:
        """For the control channel: how everything stands, and the journal from entry `since` on."""
        with self._time.locked() as engine:
            return {
                "now": engine.now,
                "components": {name: _counts(component) for name, component in self._account.components.items()},
                "alarms": {alarm.name: alarm.standing.detail() for alarm in self._account.alarms.all()},
                "calls": {f"{service}:{operation}": n for (service, operation), n in self._services.calls.items()},
                "journal": self._journal.since(since),
                "next": self._journal.written,
            }

    def _on_event(self, event: Record) -> None:
        # Called under the plant's lock: delivery, which takes as long as it takes, happens outside.
        self._journal.add(self._account.engine.now, "event", {"event": event})
        self._events.put(event)

    def _forward(self, publish: Callable[[Record], None]) -> None:
        while (event := self._events.get()) is not None:
            try:
                publish(event)
            except Exception:  # a rule that cannot be matched must not end the delivery of all others
                logger.exception("event %s was not delivered", event.get("id"))
                continue
            with self._time.locked() as engine:
                self._journal.add(engine.now, "published", {"event_id": event["id"]})

    def _role_of(self, access_key: str) -> str | None:
        return self._access.role_of(access_key) if self._access else None

    def _authorize(self, caller: Caller, action: str, resource: str, context: Mapping[str, str]) -> None:
        if self._access is None:
            raise AccessDenied("the local cloud is still starting")
        message = self._access.refusal(caller.access_key or "", action, resource, context)
        if message:
            raise AccessDenied(message)


def _counts(component: Component) -> Record:
    description = component.describe()
    return {
        **description._asdict(),
        "in_service": component.in_service,
        "starting": component.starting,
        "draining": component.draining,
        "queued": component.queued,
        "in_flight": component.in_flight,
        "accepted_writes": component.accepted_writes,
        "blocked_writes": component.blocked_writes,
        "refused_attempts": component.refused_attempts,
    }
