"""Nobody is there any more while a floor is up: the booked action gives the owner's minimum back by itself."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from headstart.domain.floor import LASTS
from simulator.engine import Engine
from simulator.plant.account import Account
from simulator.replay.stack import Stack, quiet
from tests.simulator.test_stack import START, knock, world

OWN = 0


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


def scalable_target(stack: Stack) -> dict[str, Any]:
    (found,) = stack._services.call(
        "application-autoscaling", "DescribeScalableTargets", {"ServiceNamespace": "sagemaker"}
    )["ScalableTargets"]
    return dict(found)


def booked(stack: Stack) -> list[Any]:
    asked = {"ServiceNamespace": "sagemaker"}
    answer = stack._services.call("application-autoscaling", "DescribeScheduledActions", asked)
    return list(answer["ScheduledActions"])


def with_a_floor_up() -> tuple[Engine, Account, Stack]:
    engine, account, stack = world()
    knock(engine, account, every_s=0.3)
    engine.run_until(START + 600)
    assert scalable_target(stack)["MinCapacity"] > OWN
    return engine, account, stack


def test_every_function_dead_the_owners_minimum_is_back_within_half_an_hour() -> None:
    engine, _, stack = with_a_floor_up()
    raised = scalable_target(stack)["MinCapacity"]
    stack.down = True
    died_at = engine.now
    engine.run_until(died_at + 60)
    assert scalable_target(stack)["MinCapacity"] == raised
    engine.run_until(died_at + LASTS.total_seconds())
    assert scalable_target(stack)["MinCapacity"] == OWN
    assert booked(stack) == []


def test_alive_it_moves_the_release_on_for_as_long_as_the_floor_is_needed() -> None:
    engine, _, stack = with_a_floor_up()
    engine.run_until(START + 2 * LASTS.total_seconds())
    assert scalable_target(stack)["MinCapacity"] > OWN
    (action,) = booked(stack)
    assert action["Schedule"].startswith("at(")


@pytest.mark.parametrize("dead_for", [timedelta(minutes=2), timedelta(minutes=45)])
def test_back_from_the_dead_it_goes_on_with_the_floor(dead_for: timedelta) -> None:
    engine, _, stack = with_a_floor_up()
    stack.down = True
    engine.run_until(engine.now + dead_for.total_seconds())
    stack.down = False
    engine.run_until(engine.now + 240)
    assert scalable_target(stack)["MinCapacity"] > OWN
    assert len(booked(stack)) == 1
