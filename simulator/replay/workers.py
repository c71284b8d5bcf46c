"""Work on all cores, by forked processes: one for each task, because a task's memory is best given back whole."""

import multiprocessing
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any, cast

from simulator.replay.signals import held_back, leave_to_parent, noted, raise_if_stopped

type Report = Callable[[float], object]
"""Tells which share of the task is done."""
type Task[T] = Callable[[Report], T]


class WorkerFailed(RuntimeError):
    """A task raised, or its process was ended by somebody else."""


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def results[T](
    tasks: Sequence[Task[T]], workers: int, progress: Callable[[int, float], object]
) -> Iterator[tuple[int, T]]:
    """Each task's number and result as they come. `progress(number, share)` is told of each while it runs.

    Whatever ends this generator ends every process at once. Raises WorkerFailed.
    """
    running: dict[Connection, tuple[int, ForkProcess]] = {}
    try:
        with noted() as stopped:
            yield from _work_off(list(enumerate(tasks))[::-1], running, max(1, workers), stopped, progress)
    finally:
        for _, process in running.values():
            process.kill()
        for connection in list(running):
            _forget(connection, running)


def _work_off[T](
    waiting: list[tuple[int, Task[T]]],
    running: dict[Connection, tuple[int, ForkProcess]],
    workers: int,
    stopped: int,
    progress: Callable[[int, float], object],
) -> Iterator[tuple[int, T]]:
    while waiting or running:
        while waiting and len(running) < workers:
            _start(*waiting.pop(), running)
        ready = wait([*running, stopped])
        raise_if_stopped()
        for connection in cast(list[Connection], ready):
            number, process = running[connection]
            kind, value = _received(connection, process)
            if kind == "failed":
                raise WorkerFailed(value)
            progress(number, value if kind == "progress" else 1.0)
            if kind == "done":
                _forget(connection, running)
                yield number, value


def _start[T](number: int, task: Task[T], running: dict[Connection, tuple[int, ForkProcess]]) -> None:
    # Forked, so that a task needs no pickling, and traces and modules are there already. Nobody here has threads.
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(task, theirs, [ours, *running]), daemon=True)
    with held_back():
        process.start()
        running[ours] = number, process
    theirs.close()


def _forget(connection: Connection, running: dict[Connection, tuple[int, ForkProcess]]) -> None:
    _, process = running.pop(connection)
    connection.close()
    process.join()


def _received(connection: Connection, process: ForkProcess) -> tuple[str, Any]:
    try:
        message: tuple[str, Any] = connection.recv()
    except EOFError:
        process.join()
        return "failed", f"a worker ended with code {process.exitcode}; was it out of memory?"
    return message


def _work[T](task: Task[T], connection: Connection, inherited: Sequence[Connection]) -> None:
    leave_to_parent()
    # The ends of the pipes that the parent reads must be its alone: only so is a send refused when it is gone.
    for other in inherited:
        other.close()
    with suppress(BrokenPipeError):
        try:
            result = task(lambda share: connection.send(("progress", share)))
        except BrokenPipeError:
            raise
        except Exception:  # noqa: BLE001  the parent tells it
            connection.send(("failed", traceback.format_exc()))
        else:
            connection.send(("done", result))
