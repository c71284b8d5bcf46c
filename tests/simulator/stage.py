"""One component on a plant, and the few moves the stories are told in."""

from simulator.engine import Engine
from simulator.plant.account import Account
from simulator.plant.metrics import component_metric
from simulator.plant.requests import Outcome, Request
from simulator.plant.spec import PlantSpec, load_plant

T0 = 1_700_000_000.0  # on a whole minute's grid of 20 s: 1_700_000_000 % 60 == 20
STANDARD = load_plant("standard")


class Stage:
    def __init__(
        self,
        copies: int = 0,
        *,
        slots: int = 1,
        spec: PlantSpec = STANDARD,
        seed: int = 1,
        begin: float = T0,
        warm: bool = True,
    ) -> None:
        self.begin = begin
        self.engine = Engine(begin)
        self.account = Account(self.engine, spec, seed)
        self.component = self.account.create_component("chat", "models", copies, slots=slots, warm=warm)
        self.fleet = self.account.endpoints["models"].fleet
        self.outcomes: list[Outcome] = []
        self.story: list[tuple[float, str]] = []
        self.component.on_change(lambda now, kind, _: self.story.append((now - self.begin, kind)))

    def send(self, service_s: float, count: int = 1, patience_s: float = float("inf")) -> None:
        for _ in range(count):
            self.component.invoke(Request(service_s, patience_s), self.outcomes.append)

    def run(self, seconds: float) -> None:
        self.engine.run_until(self.engine.now + seconds)

    def finish(self) -> None:
        """Runs until nothing is booked any more."""
        while self.engine.run_next():
            pass

    def metric(
        self, name: str, stat: str = "Maximum", period: int = 10, back: float = 3600
    ) -> list[tuple[float, float]]:
        """Points visible now, with times counted from the beginning of the story."""
        now = self.engine.now
        found = self.account.metrics.query(component_metric(name, "chat"), now - back, now, period, stat, now)
        return [(start - self.begin, value) for start, value in found]

    def times(self, kind: str) -> list[float]:
        return [at for at, what in self.story if what == kind]
