"""What the limits know and no controller can: the trace's own load, and how long each copy will take to start."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate
from math import ceil
from typing import Protocol, runtime_checkable

from simulator.plant.draws import lognormal
from simulator.plant.offered import Demand, loads
from simulator.replay.world import World


@runtime_checkable
class Foreseeing(Protocol):
    """A policy that is shown the trace before it is installed."""

    def foresee(self, known: "Foresight") -> None: ...


class Foresight:
    """The most requests busy in each second of the trace, were servers unlimited.

    Memory is a few numbers a second of the trace: the most of any two, four, eight ... seconds, as far as asked for.
    """

    def __init__(self, demands: Iterable[Demand]) -> None:
        self.peaks = array("I", (load.peak for load in loads(demands, 1.0)))
        self._doubled = [self.peaks]

    def most(self, begin: float, end: float) -> int:
        """The most of the seconds from the one ``begin`` is in until ``end``; 0 outside the trace."""
        first, last = max(0, int(begin)), min(len(self.peaks), ceil(end))
        if last <= first:
            return 0
        # Two stretches of the largest power of two that fits cover the whole.
        power = (last - first).bit_length() - 1
        stretches = self._of(power)
        return max(stretches[first], stretches[last - (1 << power)])

    def _of(self, power: int) -> "array[int]":
        while len(self._doubled) <= power:
            half = self._doubled[-1]
            self._doubled.append(array("I", map(max, half, half[1 << len(self._doubled) - 1 :])))
        return self._doubled[power]


class StartUps:
    """How long the next copies will take, from the plant's own draws (which are keyed by seed and ordinal)."""

    def __init__(self, world: World) -> None:
        self._spec = world.spec
        self._seed = world.seed
        self._fleet = world.account.endpoints[world.component.endpoint_name].fleet
        self._next = world.component.desired_copies
        self._known: dict[tuple[int, int], list[float]] = {}
        world.component.on_change(self._count)

    def now(self, copies: int) -> list[float]:
        """Until the first, the first two, ... of so many further copies are in service, were they asked for now.

        While nothing is launching. Instances without a copy are about to go: their places do not count.
        """
        places = self._spec.instances.places
        free = sum(places - one.used for one in self._fleet.instances if one.running and one.used)
        return self._seconds(copies, free, 0)

    def cold(self, copies: int, after: int = 0) -> list[float]:
        """The same with no place free on a running instance, and ``after`` so many others."""
        return self._seconds(copies, 0, after)

    def _seconds(self, copies: int, free: int, after: int) -> list[float]:
        if (known := self._known.get((free, after))) is None or len(known) < copies:
            known = self._known[free, after] = list(accumulate(self._singly(copies, free, after), max))
        return known[:copies]

    def _singly(self, copies: int, free: int, after: int) -> Iterator[float]:
        launch = 0.0
        for number in range(copies):
            drawn_launch, start = self._draw(self._next + after + number)
            if number < free:
                yield start
                continue
            if (number - free) % self._spec.instances.places == 0:
                launch = drawn_launch
            yield launch + start

    def _draw(self, ordinal: int) -> tuple[float, float]:
        spec, key = self._spec, (self._seed, 0)
        launch = lognormal(spec.instances.launch_median_s, spec.instances.launch_sigma, *key, "launch", ordinal)
        return launch, lognormal(spec.start.median_s, spec.start.sigma, *key, "start", ordinal)

    def _count(self, now: float, kind: str, detail: dict[str, object]) -> None:  # noqa: ARG002  an observer's signature
        if kind == "copy_starting":
            self._next = int(str(detail["copy"])) + 1
            self._known.clear()
