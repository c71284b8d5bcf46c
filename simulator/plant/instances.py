"""The instances under an endpoint: places for copies, launching, release, shortage."""

from collections.abc import Callable
from functools import partial

from simulator.engine import Engine, Handle
from simulator.plant.gauges import Integral
from simulator.plant.spec import InstanceSpec, ShortageSpec

type Hook = Callable[[str, dict[str, object]], None]


class Instance:
    """`used` places hold a copy, or are promised to one while the instance launches."""

    __slots__ = ("number", "release", "running", "used", "waiting")

    def __init__(self, number: int) -> None:
        self.number = number
        self.running = False
        self.used = 0
        self.release: Handle | None = None
        self.waiting: list[Wish] = []


class Wish:
    """A copy that wants a place: `launch_s` is how long an instance launched for it would take."""

    __slots__ = ("expiry", "launch_s", "on_failed", "on_place")

    def __init__(self, launch_s: float, on_place: Callable[[Instance], None], on_failed: Callable[[], None]) -> None:
        self.launch_s = launch_s
        self.on_place = on_place
        self.on_failed = on_failed
        self.expiry: Handle | None = None


class Fleet:
    """Instances are filled fullest first: running ones, then those on their way, then a new one."""

    def __init__(self, engine: Engine, spec: InstanceSpec, shortage: ShortageSpec | None, hook: Hook) -> None:
        self._engine = engine
        self._spec = spec
        self._shortage = shortage
        self._hook = hook
        self._launched = 0
        self._wishes: list[Wish] = []
        self.instances: list[Instance] = []
        self._alive = Integral(engine.now)
        for _ in range(spec.minimum):
            self._up(self._new())

    @property
    def running(self) -> int:
        return sum(instance.running for instance in self.instances)

    def instance_seconds(self) -> float:
        """From launch to release, over all instances so far."""
        return self._alive.value(self._engine.now)

    def needed_for(self, copies: int) -> int:
        """How many instances `copies` further copies would launch."""
        free = sum(self._spec.places - instance.used for instance in self.instances)
        return max(0, -(-(copies - free) // self._spec.places))

    def place(self, wish: Wish) -> None:
        """Calls `on_place` once the copy's instance runs (at once where one does), or `on_failed`."""
        instance = self._fullest()
        if instance is None:
            if self._shortage is not None and len(self.instances) >= self._shortage.instances:
                self._wishes.append(wish)
                wish.expiry = self._engine.after(self._shortage.timeout_s, partial(self._fail, wish))
                return
            instance = self._new()
            self._engine.after(wish.launch_s, partial(self._up, instance))
        self._give(instance, wish)

    def place_now(self) -> Instance:
        """A place on a running instance, as if it had been there for long."""
        instance = self._fullest()
        if instance is None or not instance.running:
            instance = self._new()
            self._up(instance)
        self._hold(instance)
        return instance

    def give_back(self, instance: Instance) -> None:
        instance.used -= 1
        if self._wishes:
            wish = self._wishes.pop(0)
            if wish.expiry is not None:
                wish.expiry.cancel()
            self._give(instance, wish)
        elif instance.used == 0:
            self._book_release(instance)

    def _fullest(self) -> Instance | None:
        best: Instance | None = None
        for instance in self.instances:
            if instance.used >= self._spec.places:
                continue
            if best is None or (instance.running, instance.used) > (best.running, best.used):
                best = instance
        return best

    def _give(self, instance: Instance, wish: Wish) -> None:
        self._hold(instance)
        if instance.running:
            wish.on_place(instance)
        else:
            instance.waiting.append(wish)

    def _hold(self, instance: Instance) -> None:
        instance.used += 1
        if instance.release is not None:
            instance.release.cancel()
            instance.release = None

    def _new(self) -> Instance:
        self._launched += 1
        instance = Instance(self._launched)
        self.instances.append(instance)
        self._alive.step(self._engine.now, 1)
        self._hook("instance_launching", {"instance": instance.number, "instances": len(self.instances)})
        return instance

    def _up(self, instance: Instance) -> None:
        instance.running = True
        self._hook("instance_running", {"instance": instance.number, "instances": len(self.instances)})
        waiting, instance.waiting = instance.waiting, []
        for wish in waiting:
            wish.on_place(instance)

    def _book_release(self, instance: Instance) -> None:
        instance.release = self._engine.after(self._spec.release_after_s, partial(self._release, instance))

    def _release(self, instance: Instance) -> None:
        instance.release = None
        if len(self.instances) <= self._spec.minimum:
            return
        self.instances.remove(instance)
        self._alive.step(self._engine.now, -1)
        self._hook("instance_released", {"instance": instance.number, "instances": len(self.instances)})

    def _fail(self, wish: Wish) -> None:
        self._wishes.remove(wish)
        wish.on_failed()
