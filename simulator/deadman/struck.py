"""Headstart beside the owner's own native scaling, on a bad day."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from simulator.deadman.schedule import Crash, Schedule
from simulator.engine import Engine
from simulator.replay.fate import Answer, Killed, Lost
from simulator.replay.policies import deploy, set_up_native
from simulator.replay.world import COMPONENT, World
from simulator.services.errors import ServiceError


class BadDay:
    """Implements ``simulator.replay.fate.Fate``. `told`: what happened how often."""

    def __init__(self, engine: Engine, schedule: Schedule) -> None:
        self.told: Counter[str] = Counter()
        self.begun = False
        self._engine = engine
        self._begin = engine.now
        self._schedule = schedule
        self._random = Random(f"bad day/{schedule.number}")
        self._crashes = deque(schedule.crashes)
        self._calls = 0
        self._dead_until = 0.0

    def is_dead(self) -> bool:
        now = self._engine.now - self._begin
        dead = now < self._dead_until or any(begin <= now < end for begin, end in self._schedule.outages)
        self.told["not run"] += dead
        return dead

    def loses(self, what: Lost) -> bool:
        share = self._schedule.lost_events if what == "event" else self._schedule.lost_messages
        lost = self._random.random() < share
        self.told[f"lost {what}s"] += lost
        return lost

    def call(self, operation: str, answered: Callable[[], Answer]) -> Answer:
        if not self.begun:
            return answered()
        if self._random.random() < self._schedule.throttled:
            self.told["throttled calls"] += 1
            raise ServiceError("ThrottlingException", "Rate exceeded")
        crash = self._crash(operation)
        if crash is None:
            return answered()
        self.told["killed"] += 1
        self._dead_until = self._engine.now - self._begin + crash.dead_for_s
        if crash.answered:
            answered()
        raise Killed

    def _crash(self, operation: str) -> Crash | None:
        """The one that this call meets."""
        if not self._crashes or self._engine.now - self._begin < self._crashes[0].at_s:
            return None
        if self._crashes[0].operation not in (None, operation):
            return None
        self._calls += 1
        if self._calls < self._crashes[0].calls:
            return None
        self._calls = 0
        return self._crashes.popleft()


@dataclass
class Struck:
    """Headstart under a schedule; enrolled in peace, before the traffic begins. None: a good day."""

    schedule: Schedule | None
    name: str = "headstart"
    min_copies: int | None = None
    day: BadDay | None = field(default=None, init=False)
    world: World | None = field(default=None, init=False)

    def install(self, world: World) -> None:
        # The very set-up that native scaling alone has: its owner changed nothing for Headstart.
        set_up_native(world, self.min_copies, 0.7, 1, high_resolution=True)
        self.world = world
        if self.schedule is None:
            deploy(world, {})
            return
        self.day = BadDay(world.engine, self.schedule)
        deploy(world, {}, self.day)
        self.day.begun = True

    def floor_for_ever(self) -> bool:
        """Whether the owner's minimum is still raised, with nothing booked that would give it back."""
        if self.world is None:
            return False
        target = self.world.account.autoscaling.targets[COMPONENT]
        return target.minimum != self.world.derived.min_copies and not target.scheduled
