"""Switching off one rule of the controller for the time of a replay."""

from functools import cache
from random import Random

import pytest

from simulator.bench.ablations import ABLATIONS, ablated, switched_off
from simulator.plant.sizing import derive_for
from simulator.plant.spec import load_plant
from simulator.replay.journal import Decision
from simulator.replay.policies import Headstart
from simulator.replay.run import run
from simulator.traces.trace import Row, Trace, TraceWriter

SPEC = load_plant("standard")


@cache
def trace() -> Trace:
    """Three bursts, each with a rush in it, with silences from which a component wakes."""
    writer, random = TraceWriter("bursts", timed=True), Random(1)
    for begin, end, rate in ((0, 300, 2.0), (300, 400, 8.0), (400, 700, 3.0), (1700, 2300, 5.0), (3500, 3900, 6.0)):
        at = begin + random.expovariate(rate)
        while at < end:
            writer.append(Row(at, 1, 1, random.expovariate(1 / 8)))
            at += random.expovariate(rate)
    return writer.finish()


@cache
def as_deployed() -> tuple[Decision, ...]:
    return decisions(Headstart())


def decisions(policy: Headstart) -> tuple[Decision, ...]:
    found = run(trace(), SPEC, derive_for(trace(), SPEC), policy, seed=1, in_detail=True)
    assert found.failures == ()
    return found.decisions


@pytest.mark.parametrize("name", ABLATIONS)
def test_each_ablation_changes_what_is_decided_and_is_undone(name: str) -> None:
    before = [getattr(one.module, one.name) for one in ABLATIONS[name].replaced]
    with switched_off(name):
        without = decisions(ablated(name))
    assert [one.desired for one in without] != [one.desired for one in as_deployed()]
    assert [getattr(one.module, one.name) for one in ABLATIONS[name].replaced] == before


def test_an_ablation_that_fails_half_way_leaves_the_rules_as_they_were() -> None:
    name = next(iter(ABLATIONS))
    [one] = ABLATIONS[name].replaced
    before = getattr(one.module, one.name)
    with pytest.raises(RuntimeError, match="broke"), switched_off(name):
        raise RuntimeError("the replay broke")
    assert getattr(one.module, one.name) == before
