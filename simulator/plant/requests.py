"""A request as the plant sees it, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from simulator.engine import Handle
    from simulator.plant.copies import Copy


@dataclass(slots=True)
class Request:
    """One InvokeEndpoint attempt: seconds of one slot it needs, and after how many the client stops waiting for it to
    begin (the plant's own time-out holds as well)."""

    service_s: float
    patience_s: float = inf


class Outcome(NamedTuple):
    """Times in seconds since the epoch. `started_at` is None for an attempt that was never served."""

    status: Literal["served", "timed_out", "no_capacity"]
    attempted_at: float
    started_at: float | None
    finished_at: float
    copy_id: int | None


type OnDone = Callable[[Outcome], object]


class Job:
    """A request inside the plant. `copy` is None once it left its queue unserved."""

    __slots__ = ("attempted_at", "copy", "on_done", "patience", "request", "started_at")

    def __init__(self, request: Request, on_done: OnDone, attempted_at: float) -> None:
        self.request = request
        self.on_done: OnDone | None = on_done
        self.attempted_at = attempted_at
        self.started_at: float | None = None
        self.copy: Copy | None = None
        self.patience: Handle | None = None
