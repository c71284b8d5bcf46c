"""Little's law (1961) on whole replays: requests inside on average = rate of arrival x mean time inside."""

from functools import cache
from random import Random

import pytest

from simulator.plant.clients import Settled
from simulator.plant.gauges import ConcurrencyGauge
from simulator.plant.sizing import derive_for
from simulator.plant.spec import load_plant
from simulator.replay.choose import maker
from simulator.replay.run import Run, run
from simulator.replay.traffic import Traffic
from simulator.replay.waits import Episode
from simulator.traces.trace import Row, Trace, TraceWriter


def poisson(*parts: tuple[float, float, float]) -> Trace:
    """Arrivals at (begin, end, rate), each served for ten seconds on average."""
    writer, random = TraceWriter("test", timed=True), Random(2)
    for begin, end, rate in parts:
        at = begin + random.expovariate(rate)
        while at < end:
            writer.append(Row(at, 1, 1, random.expovariate(1 / 10)))
            at += random.expovariate(rate)
    return writer.finish()


@cache
def trace(name: str) -> Trace:
    parts = {"step": ((0, 600, 0.5), (600, 1500, 4.0)), "wake": ((0, 60, 2.0), (500, 1100, 3.0))}
    return poisson(*parts[name])


def replayed(policy: str, name: str, plant: str = "standard") -> Run:
    spec = load_plant(plant)
    return run(trace(name), spec, derive_for(trace(name), spec), maker(policy)(), seed=1)


@pytest.mark.parametrize("name", ["step", "wake"])
@pytest.mark.parametrize("policy", ["native-high-res", "native-min-1", "headstart", "static-3", "keda"])
def test_the_law_holds_under_every_policy(policy: str, name: str) -> None:
    """Every replay checks it in the plant, exactly up to the rounding of sums, and raises where it does not hold."""
    assert replayed(policy, name).waits.requests == trace(name).requests


@pytest.mark.parametrize("plant", ["abandoned-served", "no-retry", "starts-short", "lossy-metrics"])
def test_the_law_holds_in_the_variants(plant: str) -> None:
    found = replayed("native-high-res", "wake", plant)
    assert found.waits.refused_attempts + found.waits.timed_out_attempts > 0


@pytest.mark.parametrize("policy", ["native-high-res", "static-3"])
def test_the_law_holds_for_the_clients_too(policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From first attempt to last byte, over all attempts: level and stays are counted apart."""
    area = stays = since = 0.0
    inside = 0
    arrive, settle = Traffic._arrive, Traffic._settle

    def level(now: float, by: int) -> None:
        nonlocal area, since, inside
        area, since, inside = area + inside * (now - since), now, inside + by

    def arrived(self: Traffic) -> None:
        level(self._engine.now, 1)
        arrive(self)

    def settled(self: Traffic, arrival_s: float, episode: Episode, one: Settled) -> None:
        nonlocal stays
        stays += one.settled_at - one.first_attempt
        level(self._engine.now, -1)
        settle(self, arrival_s, episode, one)

    monkeypatch.setattr(Traffic, "_arrive", arrived)
    monkeypatch.setattr(Traffic, "_settle", settled)
    found = replayed(policy, "wake")
    assert found.waits.requests == trace("wake").requests
    assert inside == 0
    assert area == pytest.approx(stays, rel=1e-9)


def test_a_plant_that_loses_track_of_a_request_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    leave = ConcurrencyGauge.leave

    def late(gauge: ConcurrencyGauge, now: float, arrived: float) -> None:
        leave(gauge, now, arrived - 0.001)

    monkeypatch.setattr(ConcurrencyGauge, "leave", late)
    with pytest.raises(ArithmeticError, match="Little's law does not hold"):
        replayed("static-3", "step")
