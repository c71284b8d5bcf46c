"""The run itself: traffic against the component, watched until the window is over and the queue is gone."""

import time
from datetime import datetime

from rich.console import Console

from simulator.cloud import CloudError, LocalCloud
from simulator.demo import evidence, native
from simulator.demo.client import Invoker
from simulator.demo.history import Decision, History
from simulator.demo.live import Moment, view
from simulator.demo.recorder import Recorder
from simulator.demo.stage import COMPONENT, ENDPOINT, STACK, Deployed
from simulator.demo.story import Api, FunctionLog, Story
from simulator.demo.traffic import MOST_HELD, Traffic
from simulator.demo.window import WAKE_S, Window
from simulator.engine import WALL_CLOCK
from simulator.plant.spec import PlantSpec

DRAIN_S = 30.0
"""How long after the last arrival the run goes on while somebody still waits."""
GRID_S = 10.0
"""Traffic starts on a whole 10 s, where metric periods begin, so that two runs can be compared."""
MARGIN_S = 1.5


class Act:
    """One run of a window against the deployed scene. `deployed` is None for native scaling alone."""

    def __init__(
        self, cloud: LocalCloud, deployed: Deployed | None, window: Window, trace: str, spec: PlantSpec, seed: int
    ) -> None:
        self._cloud, self._deployed, self._window = cloud, deployed, window
        self._trace, self._spec, self._seed = trace, spec, seed
        self._starts_at = ((WALL_CLOCK() + MARGIN_S) // GRID_S + 1) * GRID_S
        longest = max(offer.service_s for offer in window.offers)
        send = Invoker(cloud, ENDPOINT, COMPONENT, MOST_HELD, longest)
        self._traffic = Traffic(window.offers, self._starts_at, send, spec.clients, seed)
        self._history = History(cloud, deployed) if deployed else None
        self._recorder = Recorder(cloud, COMPONENT, self._traffic, window.demand(), self._starts_at, self._history)

    def play(self, console: Console, notice: str) -> Story:
        """Raises CloudError when the local cloud is gone."""
        self._traffic.start()
        self._recorder.start()
        with view(console, self._window.slots, notice) as shown:
            while not self._over():
                time.sleep(0.25)
                if self._recorder.trouble:
                    raise CloudError(f"the local cloud stopped answering: {self._recorder.trouble}")
                if self._recorder.samples:
                    shown.show(self._moment())
        self._traffic.stop()
        self._recorder.stop()
        return self._story()

    def _over(self) -> bool:
        at, end = self._at(), self._window.length_s
        return at >= end + DRAIN_S or (at >= end and self._traffic.finished())

    def _at(self) -> float:
        return WALL_CLOCK() - self._starts_at

    def _moment(self) -> Moment:
        at, end = self._at(), self._window.length_s
        alarms = [(short, state) for name, state in self._recorder.alarms.items() if (short := _alarm(name))]
        decisions = [(second_of(decision, self._starts_at), decision) for decision in self._recorder.decisions]
        left = end - at if at < end else end + DRAIN_S - at
        return Moment(self._recorder.samples, alarms, _changes(decisions), self._phase(at), left)

    def _phase(self, at: float) -> str:
        burst = self._window.burst_from_s
        if at < 0:
            return "Waiting for the next whole 10 s"
        if at < WAKE_S:
            return "Wake from zero"
        if at < burst:
            return "Before the burst"
        return "Burst" if at < burst + 40 else "After the burst" if at < self._window.length_s else "Draining"

    def _story(self) -> Story:
        ended = WALL_CLOCK()
        decisions, api = self._fetch()
        functions: dict[str, FunctionLog] = {}
        roles: dict[str, str] = {}
        letters: tuple[str, ...] = ()
        if self._deployed is not None:
            functions = evidence.function_logs(self._cloud)
            roles = evidence.roles(self._cloud, self._deployed)
            letters = evidence.dead_letters(self._cloud, self._deployed)
        return Story(
            headstart=self._deployed is not None,
            trace=self._trace,
            plant=self._spec.about,
            stack=STACK,
            component=COMPONENT,
            seed=self._seed,
            window=self._window,
            starts_at=self._starts_at,
            length_s=ended - self._starts_at,
            samples=tuple(self._recorder.samples),
            journal=tuple(self._recorder.journal),
            journeys=tuple(self._traffic.journeys),
            decisions=tuple(decisions),
            activities=tuple(native.activities(self._cloud, COMPONENT)),
            roles=roles,
            functions=functions,
            dead_letters=letters,
            api=api,
            late_s=self._traffic.latest_s,
            trouble=self._traffic.trouble,
        )

    def _fetch(self) -> tuple[list[Decision], Api]:
        if self._history is None:
            return [], Api()
        try:
            decisions = self._history.all()
            return decisions, Api(self._history.pages, self._history.unsigned_status())
        except (CloudError, OSError) as error:
            return self._recorder.decisions, Api(error=str(error))


def second_of(decision: Decision, starts_at: float) -> float:
    return datetime.fromisoformat(decision["at"]).timestamp() - starts_at


def _changes(decisions: list[tuple[float, Decision]]) -> list[tuple[float, Decision]]:
    """Without those that held what stood."""
    return [(at, decision) for at, decision in decisions if decision["outcome"]["kind"] not in ("held", "intended")]


def _alarm(name: str) -> str:
    """A short name for the alarms that matter here; empty for the others."""
    if name.startswith("headstart/"):
        return f"headstart {name.rpartition('/')[2]}"
    if name == native.wake_alarm(COMPONENT):
        return "native wake"
    return "native high" if "AlarmHigh" in name else ""
