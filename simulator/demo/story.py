"""All that a run left behind; what the tables, the verdict and the page are made from."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from simulator.demo import native
from simulator.demo.recorder import Sample
from simulator.demo.traffic import Journey
from simulator.demo.window import Window

type Record = dict[str, Any]


class Move(NamedTuple):
    """An alarm changed its state, `at` seconds after the first arrival."""

    at: float
    alarm: str
    state: str
    event_id: str


class Write(NamedTuple):
    """A copy-count write reached SageMaker. `outcome`: accepted, blocked (update in flight) or refused."""

    at: float
    caller: str
    asked: int | None
    standing: int
    outcome: str

    @property
    def is_native(self) -> bool:
        return self.caller == native.CALLER


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """What CloudWatch Logs holds of one function: how often it ran, and the errors it wrote."""

    runs: int
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Api:
    """How the history API answered: pages read for all decisions, the status without a signature, or the error."""

    pages: int = 0
    unsigned_status: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Samples count seconds from the first arrival at `starts_at` (epoch seconds); the run ended at `length_s`.

    `roles` maps role ARNs to the function they belong to; `functions` goes by the same short names.
    """

    headstart: bool
    trace: str
    plant: str
    stack: str
    component: str
    seed: int
    window: Window
    starts_at: float
    length_s: float
    samples: tuple[Sample, ...]
    journal: tuple[Record, ...]
    journeys: tuple[Journey, ...]
    decisions: tuple[Record, ...] = ()
    activities: tuple[Record, ...] = ()
    roles: dict[str, str]
    functions: dict[str, FunctionLog]
    dead_letters: tuple[str, ...] = ()
    api: Api = Api()
    late_s: float = 0.0
    trouble: str = ""

    @property
    def wake_alarm(self) -> str:
        """The alarm this run's wake is expected from."""
        if self.headstart:
            return f"headstart/{self.stack}/{self.component}/wake"
        return native.wake_alarm(self.component)

    @property
    def first_refusal(self) -> float | None:
        times = [one.first_refused_at for one in self.journeys if one.first_refused_at is not None]
        return min(times) - self.starts_at if times else None

    @property
    def first_success(self) -> float | None:
        times = [one.served_at for one in self.journeys if one.served_at is not None]
        return min(times) - self.starts_at if times else None

    def moves(self) -> list[Move]:
        found = []
        for entry in self.journal:
            if entry["kind"] == "event":
                event = entry["event"]
                at, detail = entry["at"] - self.starts_at, event["detail"]
                found.append(Move(at, detail["alarmName"], detail["state"]["value"], event["id"]))
        return found

    def alarmed(self, alarm: str) -> Move | None:
        """Its first change to ALARM."""
        return next((move for move in self.moves() if move.alarm == alarm and move.state == "ALARM"), None)

    def writes(self) -> list[Write]:
        """All writes since the traffic began, oldest first."""
        outcomes = {"write": "accepted", "write_blocked": "blocked", "write_refused": "refused"}
        return [
            Write(entry["at"] - self.starts_at, entry["caller"], entry.get("asked"), entry["desired"], outcome)
            for entry in self.journal
            if (outcome := outcomes.get(entry["kind"])) and entry["at"] >= self.starts_at
        ]

    def who(self, write: Write) -> str:
        if write.is_native:
            return "native"
        return f"headstart ({self.roles[write.caller]})" if write.caller in self.roles else write.caller
