"""How clients try again, and when they give up."""

from dataclasses import replace

import pytest

from simulator.plant.clients import Clients, Settled
from tests.simulator.stage import STANDARD, Stage


def _clients(stage: Stage, *, retries: bool = True, seed: int = 1) -> Clients:
    spec = replace(STANDARD.clients, retries=retries)
    return Clients(stage.engine, stage.component, spec, seed)


def test_a_refused_client_tries_again_until_a_copy_serves_it() -> None:
    stage = Stage(0)
    settled: list[Settled] = []
    _clients(stage).send(0, 2.0, settled.append)
    stage.component.set_desired(1)
    stage.run(1000)
    (one,) = settled
    came = stage.begin + stage.times("copy_in_service")[0]
    assert one.started_at is not None
    assert came <= one.started_at <= came + 15
    assert one.attempts == one.refused + 1
    assert one.settled_at == one.started_at + 2.0


def test_at_six_hundred_seconds_a_client_gives_up() -> None:
    stage = Stage(0)
    settled: list[Settled] = []
    _clients(stage).send(0, 2.0, settled.append)
    stage.finish()
    assert settled == [Settled(stage.begin, None, stage.begin + 600, settled[0].attempts, settled[0].attempts)]
    assert 600 / 15 < settled[0].attempts < 600 / 15 * 3


def test_in_a_queue_too() -> None:
    stage = Stage(1)
    stage.send(5000.0)
    settled: list[Settled] = []
    _clients(stage).send(0, 2.0, settled.append)
    stage.run(600)
    assert [one.settled_at - stage.begin for one in settled] == [600.0]
    assert settled[0].refused == 0
    assert 600 / 75 <= settled[0].attempts <= 11


def test_a_client_that_does_not_retry_leaves_at_its_first_failure() -> None:
    stage = Stage(1)
    stage.send(100.0)
    settled: list[Settled] = []
    _clients(stage, retries=False).send(0, 2.0, settled.append)
    stage.run(70)
    assert settled == [Settled(stage.begin, None, stage.begin + 60, 1, 0)]


@pytest.mark.parametrize(("seed", "same"), [(1, True), (2, False)])
def test_the_jitter_is_keyed_by_seed_arrival_and_attempt(seed: int, *, same: bool) -> None:
    attempts = []
    for key in (1, seed):
        stage = Stage(0)
        settled: list[Settled] = []
        _clients(stage, seed=key).send(7, 1.0, settled.append)
        stage.run(60)
        stage.component.set_desired(1)
        stage.finish()
        attempts.append(settled)
    assert (attempts[0] == attempts[1]) is same
