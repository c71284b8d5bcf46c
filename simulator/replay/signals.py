"""Ctrl-C and SIGTERM end a command at once, with the exit code a shell expects."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM)
_received: list[int] = []
_noting: list[int] = []


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM came."""

    @property
    def code(self) -> int:
        return 128 + int(self.args[0])


def raise_on_signals() -> None:
    for name in STOPPING:
        signal.signal(name, _raise)


@contextmanager
def noted() -> Iterator[int]:
    """Signals raise nothing until the end: they make the descriptor that is given readable.

    Python drops what a handler raises while a finalizer or a fork's hook runs. Ask ``raise_if_stopped``.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    _noting.append(writer)
    try:
        yield reader
    finally:
        _noting.remove(writer)
        os.close(reader)
        os.close(writer)
    raise_if_stopped()


def raise_if_stopped() -> None:
    if _received:
        raise Interrupted(_received[0])


@contextmanager
def held_back() -> Iterator[None]:
    """Signals wait until the end: nothing in between can be left half done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_to_parent() -> None:
    """In a worker that was forked while signals were held back. Ctrl-C goes to the whole group; the parent ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def _raise(number: int, _frame: FrameType | None) -> None:
    # A second one must not stop the stopping.
    for name in STOPPING:
        signal.signal(name, signal.SIG_IGN)
    _received.append(number)
    if not _noting:
        raise Interrupted(number)
    os.write(_noting[-1], b"!")
