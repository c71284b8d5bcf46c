"""What a controller beside SageMaker can do: ask for counts, read metrics as late as they are, write a copy count."""

from collections.abc import Callable
from contextlib import suppress
from math import ceil
from typing import NamedTuple

from simulator.replay.world import COMPONENT, World
from simulator.services.caller import Caller
from simulator.services.errors import ServiceError

NAME = {"InferenceComponentName": COMPONENT}


class Counts(NamedTuple):
    """As DescribeInferenceComponent tells them: copies in service, copies asked for, a change in flight."""

    ready: int
    desired: int
    updating: bool


class Controls:
    """``least`` and ``most`` bound every write."""

    def __init__(self, world: World, name: str, min_copies: int | None) -> None:
        self.least = world.derived.min_copies if min_copies is None else min_copies
        self.most = world.derived.max_copies
        self._world = world
        self._caller = Caller(access_key=name)
        self._desired: int | None = None

    @property
    def now(self) -> float:
        return self._world.engine.now

    def counts(self) -> Counts:
        answer = self._world.services.call("sagemaker", "DescribeInferenceComponent", NAME, self._caller)
        config = answer["RuntimeConfig"]
        self._desired = config["DesiredCopyCount"]
        updating = answer["InferenceComponentStatus"] != "InService"
        return Counts(config["CurrentCopyCount"], config["DesiredCopyCount"], updating)

    def ask(self, copies: int) -> None:
        """Write the count, within the bounds, unless it is what the last look saw desired.

        A write that is refused (a change in flight, a quota) is dropped: the next tick asks again.
        """
        wanted = max(self.least, min(self.most, copies))
        if wanted == self._desired:
            return
        params = {**NAME, "DesiredRuntimeConfig": {"CopyCount": wanted}}
        with suppress(ServiceError):
            self._world.services.call("sagemaker", "UpdateInferenceComponentRuntimeConfig", params, self._caller)
            self._desired = wanted

    def every(self, period_s: float, tick: Callable[[], object]) -> None:
        self.again(tick, lambda: period_s)

    def again(self, tick: Callable[[], object], period_s: Callable[[], float]) -> None:
        """Call ``tick`` for ever; ``period_s`` is asked after each how long to wait."""

        def run() -> None:
            tick()
            self._world.engine.after(period_s(), run)

        self._world.engine.after(period_s(), run)


def copies_for(load: float, per_copy: float) -> int:
    # A little less, so that 49 / 4.9, which is a little more than 10, is 10.
    return max(0, ceil(load / per_copy - 1e-9))
