"""Headstart's own policies: beside native scaling, alone, and with other reserves."""

import pytest

from simulator.plant.sizing import derive, derive_for
from simulator.plant.spec import load_plant
from simulator.replay.choose import chosen, maker
from simulator.replay.world import World
from simulator.traces import generate

SPEC = load_plant("standard")


def installed(policy: str, shape: str = "onoff") -> World:
    world = World.make(SPEC, derive(generate(shape, 1, scale=0.1), SPEC.service), seed=1, start_copies=0)
    maker(policy)().install(world)
    return world


def enrolled(world: World) -> dict[str, object]:
    assert world.stack is not None
    policy = world.stack.table.items["component#component", "state"]["policy"]["M"]
    return {name: next(iter(value.values())) for name, value in policy.items()}


@pytest.mark.parametrize("shape", ["onoff", "steady"])
def test_alone_it_acts_by_its_tags_within_the_same_bounds_as_beside_native(shape: str) -> None:
    alone = installed("headstart-alone", shape)
    assert not alone.account.autoscaling.targets
    # Without a scalable target there is no MinCapacity to raise.
    assert enrolled(alone) == {**enrolled(installed("headstart", shape)), "floor_allowed": False}


def test_a_reserve_of_its_own_is_the_only_difference() -> None:
    usual, more = enrolled(installed("headstart")), enrolled(installed("headstart-reserve-6"))
    assert more == {**usual, "reserve": "6"} != usual


def test_a_burst_of_its_own_is_the_only_difference() -> None:
    usual, more = enrolled(installed("headstart")), enrolled(installed("headstart-burst-20"))
    assert more == {**usual, "burst": "20"} != usual


def test_slots_of_its_own_are_the_only_difference() -> None:
    usual, more = enrolled(installed("headstart")), enrolled(installed("headstart-slots-20"))
    assert more == {**usual, "slots": "20"} != usual


def test_a_plant_may_serve_more_than_anybody_takes_it_to() -> None:
    """Its size, and what native scaling and Headstart are told, stay those of the standard plant."""
    spec, trace = load_plant("more-slots"), generate("onoff", 1, scale=0.1)
    usual, more = derive_for(trace, SPEC), derive_for(trace, spec)
    assert (more.slots, more.target, more.start_copies) == (usual.slots, usual.target, usual.start_copies)
    assert World.make(spec, more, seed=1, start_copies=0).component.slots == 2 * usual.slots
    assert World.make(SPEC, usual, seed=1, start_copies=0).component.slots == usual.slots


def test_the_reserves_are_a_group() -> None:
    assert list(chosen(["reserves"]))[:2] == ["headstart-reserve-0", "headstart-reserve-1"]
