"""A problem is told once when it comes and once when it is gone, whatever happens in between."""

from collections.abc import Callable

import pytest

from headstart.app.errors import Unavailable
from headstart.app.ports import Notice
from tests.support.fakes import FakeComponent
from tests.support.world import NAME, World

LOTS = "headstart:max is 'lots'; it must be a number from 1 to 10000"
MANY = "headstart:min is 'many'; it must be a number from 0 to 10000"


@pytest.fixture
def world() -> World:
    world = World(copies=2)
    world.component.tags["headstart:max"] = "lots"
    return world


def minutes(world: World, number: int) -> None:
    for _ in range(number):
        world.reconcile()
        world.pass_(60)


def came(problem: str, field: str, component: str = NAME) -> Notice:
    return Notice(component=component, problem=problem, field=field, cleared=False)


def gone(problem: str) -> Notice:
    return Notice(component=NAME, problem=problem, field="", cleared=True)


def test_a_problem_is_told_once_however_long_it_lasts(world: World) -> None:
    minutes(world, 25)
    assert world.events.told == [came(LOTS, "headstart:max")]
    assert (world.state.problem, world.state.problem_field) == (LOTS, "headstart:max")


def test_another_problem_is_told_and_so_is_the_end_of_it(world: World) -> None:
    minutes(world, 2)
    world.component.tags |= {"headstart:max": "20", "headstart:min": "many"}
    minutes(world, 2)
    world.component.tags["headstart:min"] = "0"
    minutes(world, 2)
    assert world.events.told == [came(LOTS, "headstart:max"), came(MANY, "headstart:min"), gone(MANY)]


def test_the_end_of_a_problem_is_told_though_its_component_was_recreated(world: World) -> None:
    minutes(world, 2)
    world.component.created = world.clock.at
    minutes(world, 2)
    assert world.events.told == [came(LOTS, "headstart:max")]
    world.component.created = world.clock.at
    world.component.tags["headstart:max"] = "20"
    minutes(world, 2)
    assert world.events.told == [came(LOTS, "headstart:max"), gone(LOTS)]


def test_a_problem_that_comes_back_is_told_again(world: World) -> None:
    minutes(world, 1)
    world.component.tags["headstart:max"] = "20"
    minutes(world, 1)
    world.component.tags["headstart:max"] = "lots"
    minutes(world, 1)
    assert world.events.told == [came(LOTS, "headstart:max"), gone(LOTS), came(LOTS, "headstart:max")]


def test_where_all_is_well_nothing_is_told() -> None:
    world = World(copies=2)
    minutes(world, 25)
    assert world.events.told == []


@pytest.mark.parametrize("how", ["untagged", "deleted"])
def test_a_problem_leaves_with_its_component(world: World, how: str) -> None:
    minutes(world, 1)
    if how == "deleted":
        del world.components.by_name[NAME]
    else:
        del world.component.tags["headstart:mode"]
    minutes(world, 2)
    assert world.events.told == [came(LOTS, "headstart:max"), gone(LOTS)]
    assert world.state.problem is None


def refuse_one(world: World) -> None:
    world.events.refused = {NAME}


def break_down(world: World) -> None:
    world.events.down = True


@pytest.mark.parametrize("trouble", [refuse_one, break_down])
def test_what_the_bus_does_not_take_is_told_later(world: World, trouble: Callable[[World], None]) -> None:
    trouble(world)
    done = world.reconcile()
    assert world.events.told == []
    assert world.state.policy is None, "the problem counts all the same"
    assert done.failed.get(NAME) == ("PutEvents" if world.events.down else None)
    world.events.refused, world.events.down = set(), False
    minutes(world, 2)
    assert world.events.told == [came(LOTS, "headstart:max")]


def test_a_run_that_breaks_off_between_telling_and_noting_tells_again(world: World) -> None:
    save = world.store.save

    def down_once(state: object) -> None:
        world.store.save = save  # type: ignore[method-assign]
        raise Unavailable("PutItem")

    def then_break(notices: list[Notice]) -> list[Notice]:
        world.events.told += notices
        world.store.save = down_once  # type: ignore[method-assign,assignment]
        return notices

    tell, world.events.tell = world.events.tell, then_break  # type: ignore[method-assign,assignment]
    world.reconcile()
    world.events.tell = tell  # type: ignore[method-assign]
    minutes(world, 3)
    assert world.events.told == [came(LOTS, "headstart:max")] * 2


def test_many_problems_at_once_are_told_ten_to_a_call_and_over_several_minutes() -> None:
    world = World()
    for number in range(230):
        name = f"c{number:03}"
        tags = {"headstart:mode": "act", "headstart:max": "lots"}
        world.components.by_name[name] = FakeComponent(name, tags=tags)
    sizes = []
    tell = world.events.tell
    world.events.tell = lambda notices: sizes.append(len(notices)) or tell(notices)  # type: ignore[method-assign,func-returns-value]
    world.reconcile()
    assert (len(world.events.told), max(sizes)) == (200, 10)
    world.reconcile()
    assert len({notice.component for notice in world.events.told}) == len(world.events.told) == 230
