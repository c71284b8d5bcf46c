"""What happened, every 10 s, for charts and timeline.csv."""

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from simulator.engine import Engine
from simulator.plant.component import Component
from simulator.replay.traffic import Traffic

STEP_S = 10.0


class Moment(NamedTuple):
    """`at_s` from the trace's start. `waiting`: clients whose service has not begun; `queued`: those in containers."""

    at_s: float
    waiting: int
    queued: int
    in_service: int
    starting: int
    draining: int
    desired: int


class Timeline:
    """Looks every 10 s from the engine's now, the trace's time 0, until `duration_s` later: 28 bytes a look."""

    def __init__(self, engine: Engine, component: Component, traffic: Traffic, duration_s: float) -> None:
        self._engine = engine
        self._component = component
        self._traffic = traffic
        self._begin = engine.now
        self._last = int(duration_s // STEP_S)
        self._looks = 0
        self._columns = tuple(array("i") for _ in Moment._fields[1:])
        engine.at(engine.now, self._look)

    def moments(self) -> Iterator[Moment]:
        for number, values in enumerate(zip(*self._columns, strict=True)):
            yield Moment(number * STEP_S, *values)

    def _look(self) -> None:
        component = self._component
        values = (
            self._traffic.waiting,
            component.queued,
            component.in_service,
            component.starting,
            component.draining,
            component.desired_copies,
        )
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)
        self._looks += 1
        if self._looks <= self._last:
            self._engine.at(self._begin + self._looks * STEP_S, self._look)
