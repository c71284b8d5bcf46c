"""A progress bar for work of many runs, drawn by hand: a thread of its own would not survive forking."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Bar:
    """`weights`: how long each run is, in whatever unit; the bar moves by it."""

    def __init__(self, progress: Progress, task: TaskID, weights: Sequence[float]) -> None:
        self._progress = progress
        self._task = task
        self._weights = weights
        self._shares = [0.0] * len(weights)

    def __call__(self, number: int, share: float) -> None:
        self._shares[number] = max(self._shares[number], share)
        done = sum(weight * told for weight, told in zip(self._weights, self._shares, strict=True))
        finished = sum(told >= 1 for told in self._shares)
        self._progress.update(self._task, completed=done, finished=finished, refresh=True)


@contextmanager
def bar(console: Console, text: str, weights: Sequence[float]) -> Iterator[Callable[[int, float], None]]:
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
