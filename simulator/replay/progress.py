"""A progress bar for work of many runs, drawn by hand: a thread of its own would not survive forking."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Shares:
    """How far many runs have come. `weights`: how long each is, in whatever unit."""

    def __init__(self, weights: Sequence[float]) -> None:
        self.whole = sum(weights)
        self.total = 0.0
        self.finished = 0
        self._weights = weights
        self._shares = [0.0] * len(weights)

    def tell(self, number: int, share: float) -> None:
        more = share - self._shares[number]
        if more > 0:
            self._shares[number] = share
            self.total += more * self._weights[number]
            self.finished += share >= 1


MANY = 20
"""From so many runs on, a console that is no terminal is told of every tenth: a log of an hour should not be empty."""


class Tenths:
    """Prints a line for each tenth of the work."""

    def __init__(self, console: Console, text: str, weights: Sequence[float]) -> None:
        self._console = console
        self._text = text
        self._done = Shares(weights)
        self._told = 0

    def __call__(self, number: int, share: float) -> None:
        self._done.tell(number, share)
        tenths = int(10 * self._done.total / (self._done.whole or 1.0) + 1e-9)
        if tenths > self._told:
            self._told = tenths
            self._console.print(f"{self._text}: {10 * tenths} %", highlight=False)


class Bar:
    """Draws a bar."""

    def __init__(self, progress: Progress, task: TaskID, weights: Sequence[float]) -> None:
        self._progress = progress
        self._task = task
        self._done = Shares(weights)

    def __call__(self, number: int, share: float) -> None:
        self._done.tell(number, share)
        self._progress.update(self._task, completed=self._done.total, finished=self._done.finished, refresh=True)


@contextmanager
def bar(console: Console, text: str, weights: Sequence[float]) -> Iterator[Callable[[int, float], None]]:
    if not console.is_terminal:
        yield Tenths(console, text, weights) if len(weights) >= MANY else lambda *_: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[finished]}/{task.fields[runs]} runs"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as progress:
        task = progress.add_task(text, total=sum(weights) or 1.0, finished=0, runs=len(weights))
        progress.refresh()
        yield Bar(progress, task, weights)
