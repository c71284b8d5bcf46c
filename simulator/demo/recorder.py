"""Looks at the plant twice a second, and keeps what it saw."""

import threading
from dataclasses import dataclass
from typing import Any

from simulator.cloud import CloudError, LocalCloud
from simulator.demo.history import Decision, History
from simulator.demo.traffic import Traffic
from simulator.demo.window import Demand

EVERY_S = 0.5
HISTORY_EVERY = 8
"""Looks between two calls of the history API: it is a function too, and has its price."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How everything stood at `at` (seconds since the first arrival). `demand`: requests that would be running if each
    were served at once; `queued` wait inside containers, `retrying` between two attempts; `refused` counts attempts."""

    at: float
    demand: int
    queued: int
    running: int
    retrying: int
    refused: int
    served: int
    in_service: int
    starting: int
    asked: int


class Recorder:
    """Runs in a thread of its own until `stop`. `trouble` says why it ended by itself."""

    def __init__(
        self,
        cloud: LocalCloud,
        component: str,
        traffic: Traffic,
        demand: Demand,
        starts_at: float,
        history: History | None,
    ) -> None:
        self._cloud, self._component, self._traffic = cloud, component, traffic
        self._demand, self._starts_at, self._history = demand, starts_at, history
        self._seen = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self.samples: list[Sample] = []
        self.journal: list[dict[str, Any]] = []
        self.alarms: dict[str, str] = {}
        self.decisions: list[Decision] = []
        self.trouble = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Takes a last look."""
        self._stopping.set()
        self._thread.join()
        if not self.trouble:
            self._look()

    def _run(self) -> None:
        looks = 0
        while not self._stopping.wait(EVERY_S):
            try:
                self._look()
                looks += 1
                if self._history is not None and looks % HISTORY_EVERY == 0:
                    self.decisions = self._history.newest()
            except (CloudError, OSError) as error:
                self.trouble = str(error)
                return

    def _look(self) -> None:
        state = self._cloud.plant.state(self._seen)
        self._seen = state["next"]
        self.journal += state["journal"]
        self.alarms = {name: standing["stateValue"] for name, standing in state["alarms"].items()}
        component, counts = state["components"][self._component], self._traffic.counts()
        at = state["now"] - self._starts_at
        self.samples.append(
            Sample(
                at=at,
                demand=self._demand.at(at),
                queued=component["queued"],
                running=component["in_flight"] - component["queued"],
                retrying=counts.retrying,
                refused=component["refused_attempts"],
                served=counts.served,
                in_service=component["in_service"],
                starting=component["starting"],
                asked=component["desired_copies"],
            )
        )
