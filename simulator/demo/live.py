"""The view while it runs: a calm panel in a terminal, plain lines everywhere else."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.demo.history import Decision
from simulator.demo.recorder import Sample
from simulator.demo.tables import clock

BARS = " ▁▂▃▄▅▆▇█"
SHOWN_S = 60
PLAIN_EVERY_S = 10.0


class Moment:
    """What there is to show now."""

    def __init__(
        self,
        samples: Sequence[Sample],
        alarms: Sequence[tuple[str, str]],
        decisions: Sequence[tuple[float, Decision]],
        phase: str,
        left_s: float,
    ) -> None:
        self.samples, self.alarms, self.decisions, self.phase, self.left_s = samples, alarms, decisions, phase, left_s


class View(Protocol):
    """Shows the run as it goes on."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, moment: Moment) -> None: ...


def view(console: Console, slots: int, notice: str) -> View:
    return Panel(console, slots, notice) if console.is_terminal else Lines(console, slots)


class Panel:
    """Redrawn in place."""

    def __init__(self, console: Console, slots: int, notice: str) -> None:
        self._slots, self._notice = slots, notice
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *ended: Any) -> None:  # noqa: ANN401
        self._live.__exit__(*ended)

    def show(self, moment: Moment) -> None:
        self._live.update(self._drawn(moment), refresh=True)

    def _drawn(self, moment: Moment) -> RenderableType:
        now = moment.samples[-1]
        head = Text.assemble((moment.phase, "bold"), f"   {clock(now.at)}, {clock(moment.left_s)} left")
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim")
        grid.add_column()
        for name, value in _rows(moment, self._slots):
            grid.add_row(name, value)
        parts: list[RenderableType] = [head, Text(self._notice, "dim"), Text(), grid]
        if moment.decisions:
            parts += [Text(), Text("Headstart's latest decisions", "dim"), _decided(moment)]
        return Padding(Group(*parts), (1, 1, 0, 1))


def _rows(moment: Moment, slots: int) -> list[tuple[str, RenderableType]]:
    now = moment.samples[-1]
    history = [sample for sample in moment.samples if sample.at > now.at - SHOWN_S][::4]
    most = max(*(sample.demand for sample in history), *(slots * sample.in_service for sample in history), 1)
    demand = _bars([sample.demand for sample in history], most)
    copies = _bars([slots * sample.in_service for sample in history], most)
    return [
        ("demand", Text.assemble((demand, "cyan"), f" {now.demand} requests at once")),
        (
            "capacity",
            Text.assemble((copies, "green"), f" {now.in_service} copies serve {now.in_service * slots} at once"),
        ),
        ("copies", f"{now.in_service} in service, {now.starting} starting, {now.asked} asked for"),
        ("queue", f"{now.queued} in containers, {now.retrying} clients about to try again"),
        ("refused", f"{now.refused} attempts so far; {now.served} requests served"),
        *((f"alarms of {owner}", text) for owner, text in _alarms(moment.alarms).items()),
    ]


def _bars(values: Sequence[int], most: int) -> str:
    return "".join(BARS[min(8, -(-8 * value // most))] for value in values).rjust(SHOWN_S // 2)


def _alarms(alarms: Sequence[tuple[str, str]]) -> dict[str, Text]:
    """By whose they are; names are like `headstart wake`."""
    found: dict[str, Text] = {}
    for name, state in sorted(alarms):
        owner, _, what = name.partition(" ")
        ringing = state == "ALARM"
        said = f"{what} {state if ringing else state.lower().replace('_', ' ')}   "
        found.setdefault(owner, Text()).append(said, "bold red" if ringing else "dim")
    return found


def _decided(moment: Moment) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right")
    grid.add_column(style="bold")
    grid.add_column(max_width=58)
    for at, decision in moment.decisions[-4:]:
        grid.add_row(clock(at), decision["outcome"]["kind"], decision["reason"])
    return grid


class Lines:
    """One line every ten seconds, and one for each decision and change of an alarm."""

    def __init__(self, console: Console, slots: int) -> None:
        self._console, self._slots = console, slots
        self._next = 0.0
        self._decided = 0
        self._standing: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: Any) -> None:  # noqa: ANN401
        pass

    def show(self, moment: Moment) -> None:
        now = moment.samples[-1]
        for name, state in moment.alarms:
            if state != self._standing.get(name, "OK") and "ALARM" in (state, self._standing.get(name)):
                self._say(now.at, f"alarm {name}: {state}")
            self._standing[name] = state
        for at, decision in moment.decisions[self._decided :]:
            self._say(at, f"decision, {decision['outcome']['kind']}: {decision['reason']}")
        self._decided = len(moment.decisions)
        if now.at >= self._next:
            self._next = (now.at // PLAIN_EVERY_S + 1) * PLAIN_EVERY_S
            self._say(
                now.at,
                f"{moment.phase}: demand {now.demand}, capacity {now.in_service * self._slots}; "
                f"copies {now.in_service} in service, {now.starting} starting; "
                f"queue {now.queued}, retrying {now.retrying}, refused {now.refused}",
            )

    def _say(self, at: float, text: str) -> None:
        self._console.print(f"{clock(at):>5}  {text}", soft_wrap=True, highlight=False, markup=False)
