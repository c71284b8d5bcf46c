"""The owner's own wake step beside Headstart: who wins the update lock, and what the other one makes of it."""

from random import Random

import pytest

from simulator.plant.autoscaling import CALLER
from simulator.plant.sizing import derive_for
from simulator.plant.spec import load_plant
from simulator.replay.policies import Headstart
from simulator.replay.run import Run, run
from simulator.replay.world import World
from simulator.traces.trace import Row, Trace, TraceWriter

type Write = tuple[str, float, bool, int]
"""Kind, seconds from the second burst, whether native scaling asked, copies asked for (0: refused)."""


class Watched(Headstart):
    """Headstart, and who wrote."""

    writes: list[Write]

    def install(self, world: World) -> None:
        object.__setattr__(self, "writes", [])
        begin = world.engine.now + 1000

        def see(now: float, kind: str, detail: dict[str, object]) -> None:
            if kind.startswith("write"):
                asked = int(str(detail.get("asked", 0)))
                self.writes.append((kind, now - begin, detail["caller"] == CALLER, asked))

        world.component.on_change(see)
        super().install(world)


def two_bursts() -> Trace:
    writer, random = TraceWriter("bursts", timed=True), Random(3)
    for begin in (0.0, 1000.0):
        for number in range(300):
            writer.append(Row(begin + 0.5 * number, 1, 1, random.expovariate(1 / 20)))
    return writer.finish()


def told(plant: str) -> tuple[Run, list[Write]]:
    spec, trace, policy = load_plant(plant), two_bursts(), Watched()
    found = run(trace, spec, derive_for(trace, spec), policy, seed=1)
    return found, policy.writes


@pytest.fixture(scope="module")
def races() -> dict[str, tuple[Run, list[Write]]]:
    return {plant: told(plant) for plant in ("standard", "owners-wake")}


def test_in_the_standard_plant_headstart_is_first(races: dict[str, tuple[Run, list[Write]]]) -> None:
    _, writes = races["standard"]
    kind, _, native, asked = writes[0]
    assert (kind, native) == ("write", False)
    assert asked > 1


def test_a_wake_step_that_wins_the_lock_gets_one_copy_and_headstart_waits_for_it(
    races: dict[str, tuple[Run, list[Write]]],
) -> None:
    _, writes = races["owners-wake"]
    kind, won_at, native, asked = writes[0]
    assert (kind, native, asked) == ("write", True, 1)
    ours = next((at, copies) for kind, at, native, copies in writes if kind == "write" and not native)
    assert ours[0] - won_at > 100  # the instance and the copy of the step come first
    assert ours[1] > 1


def test_it_costs_the_clients(races: dict[str, tuple[Run, list[Write]]]) -> None:
    (standard, _), (owners, _) = races["standard"], races["owners-wake"]
    assert owners.waits.mean_wait_s > standard.waits.mean_wait_s
    assert owners.waits.gave_up > standard.waits.gave_up
