"""How copies come and go: places, start-ups, draining, and what is billed."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from simulator.engine import Engine
from simulator.plant.copies import Copy
from simulator.plant.draws import lognormal
from simulator.plant.gauges import Integral
from simulator.plant.instances import Fleet, Instance, Wish
from simulator.plant.spec import PlantSpec

if TYPE_CHECKING:
    from simulator.plant.pool import CopyPool


class CopyHooks(NamedTuple):
    """`changed(kind, copy)`: any step of one copy. `grown(failed)`: the last starting copy is in service or has failed.

    `emptied()`: the last draining copy is gone.
    """

    changed: Callable[[str, Copy], None]
    grown: Callable[[int], None]
    emptied: Callable[[], None]


class CopyLifecycle:
    """Start-up times are keyed by (seed, component, copy ordinal): they are the same under every policy."""

    def __init__(
        self,
        engine: Engine,
        spec: PlantSpec,
        fleet: Fleet,
        draws: tuple[int, int],
        slots: int,
        hooks: CopyHooks,
    ) -> None:
        self._engine = engine
        self._spec = spec
        self._fleet = fleet
        self._draws = draws
        self._slots = slots
        self._hooks = hooks
        self._ordinal = 0
        self._failed = 0
        self._billed = Integral(engine.now)
        self.starting = 0
        self.draining = 0
        self.pool: CopyPool

    def copy_seconds(self) -> float:
        return self._billed.value(self._engine.now)

    def start_warm(self, copies: int) -> None:
        """Copies that are in service and idle at once."""
        for _ in range(copies):
            copy = self._new()
            copy.instance = self._fleet.place_now()
            self.pool.add(copy)

    def grow(self, copies: int) -> None:
        self._failed = 0
        self.starting += copies
        spec = self._spec.instances
        for _ in range(copies):
            copy = self._new()
            self._hooks.changed("copy_starting", copy)
            launch_s = lognormal(spec.launch_median_s, spec.launch_sigma, *self._draws, "launch", copy.ordinal)
            self._fleet.place(Wish(launch_s, partial(self._load, copy), partial(self._fail, copy)))

    def shrink(self, copies: int) -> None:
        leaving = self.pool.remove(copies)
        self.draining += len(leaving)
        for copy in leaving:
            self._hooks.changed("copy_draining", copy)
        for copy in leaving:
            if copy.load == 0:
                self.gone(copy)

    def gone(self, copy: Copy) -> None:
        """A draining copy has finished its last request."""
        self.draining -= 1
        self._billed.step(self._engine.now, -1)
        if copy.instance is not None:
            self._fleet.give_back(copy.instance)
        self._hooks.changed("copy_gone", copy)
        if not self.draining:
            self._hooks.emptied()

    def _new(self) -> Copy:
        copy = Copy(self._ordinal, self._slots)
        self._ordinal += 1
        self._billed.step(self._engine.now, 1)
        return copy

    def _load(self, copy: Copy, instance: Instance) -> None:
        copy.instance = instance
        spec = self._spec.start
        start_s = lognormal(spec.median_s, spec.sigma, *self._draws, "start", copy.ordinal)
        self._engine.after(start_s, partial(self._up, copy))

    def _up(self, copy: Copy) -> None:
        self.starting -= 1
        self.pool.add(copy)
        self._hooks.changed("copy_in_service", copy)
        self._check_grown()

    def _fail(self, copy: Copy) -> None:
        self.starting -= 1
        self._failed += 1
        self._billed.step(self._engine.now, -1)
        self._hooks.changed("copy_failed", copy)
        self._check_grown()

    def _check_grown(self) -> None:
        if not self.starting:
            self._hooks.grown(self._failed)
