"""Every peer and limit on the plant: it scales out, stays within its bounds, and the lock holds for it too."""

from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.plant.sizing import Derived, derive
from simulator.plant.spec import load_plant
from simulator.replay.peers import PEERS, static, static_named
from simulator.replay.peers.foresight import Foreseeing, Foresight, StartUps
from simulator.replay.run import Run, run
from simulator.replay.world import Policy, World
from simulator.traces.trace import Row, Trace, TraceWriter

SPEC = load_plant("standard")
MOST = 24
RISE_S = 900.0


def trace_of(*parts: tuple[float, float, float]) -> Trace:
    """Poisson arrivals at (begin, end, rate), each served for twenty seconds on average."""
    writer, random = TraceWriter("test", timed=True), Random(1)
    for begin, end, rate in parts:
        at = begin + random.expovariate(rate)
        while at < end:
            writer.append(Row(at, 1, 1, random.expovariate(1 / 20)))
            at += random.expovariate(rate)
    return writer.finish()


STEP = trace_of((0, RISE_S, 0.5), (RISE_S, 2700, 3.0))
WAKE = trace_of((0, 60, 0.5), (600, 1500, 3.0))
names = pytest.mark.parametrize("name", PEERS)


class Watched:
    """A policy, and what its component saw: (seconds, kind, copies asked for, status before)."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.name = policy.name
        self.min_copies = policy.min_copies
        self.seen: list[tuple[float, str, int, int]] = []

    def install(self, world: World) -> None:
        begin = world.engine.now

        def see(now: float, kind: str, detail: dict[str, object]) -> None:
            seen = (now - begin, kind, int(str(detail["desired"])), int(str(detail["in_service"])))
            self.seen.append(seen)

        world.component.on_change(see)
        self.policy.install(world)

    def desired(self) -> list[int]:
        return [desired for _, kind, desired, _ in self.seen if kind == "status"]


def replay(trace: Trace, policy: Policy) -> tuple[Run, Watched, Derived]:
    derived = derive(trace, SPEC.service)
    if isinstance(policy, Foreseeing):
        policy.foresee(Foresight(trace.demands(SPEC.service, derived.factor)))
    watched = Watched(policy)
    return run(trace, SPEC, derived, watched, seed=1), watched, derived


@cache
def stepped(name: str) -> tuple[Run, Watched, Derived]:
    return replay(STEP, PEERS[name]())


@names
def test_each_scales_out_for_a_step_within_its_bounds(name: str) -> None:
    done, watched, derived = stepped(name)
    assert derived.min_copies == 1
    counts = watched.desired()
    assert all(1 <= count <= MOST for count in counts)
    assert max(counts) >= 10
    assert done.writes >= 1
    assert counts[-1] < max(counts)


@names
def test_no_write_goes_through_while_one_is_in_flight(name: str) -> None:
    _, watched, _ = stepped(name)
    accepted = [at for at, kind, _, _ in watched.seen if kind == "write"]
    turns = [at for at, kind, _, _ in watched.seen if kind == "status"]
    began, ended = turns[::2], turns[1::2]
    assert accepted == began
    assert all(end <= begin for end, begin in zip(ended, began[1:], strict=False))


@names
def test_each_wakes_as_its_original_does(name: str) -> None:
    _, watched, derived = replay(WAKE, PEERS[name]())
    assert derived.min_copies == derived.start_copies == 0
    first = watched.desired()[0]
    match name:
        case "hpa" | "dynamo-load":
            assert watched.min_copies == 1
            assert min(watched.desired()) == 1
        case "keda" | "ray-serve" | "present":
            assert first == 1
        case "max-on-trigger":
            assert first == MOST
        case _:
            assert first > 1
    if watched.min_copies is None:
        assert watched.desired()[-1] == 0


@names
def test_the_same_seed_gives_the_same_run(name: str) -> None:
    (first, one, _), (second, two, _) = stepped(name), replay(STEP, PEERS[name]())
    assert (first, one.seen) == (second, two.seen)


def test_the_clairvoyant_makes_nobody_wait_and_costs_less_than_who_only_sees_the_present() -> None:
    clairvoyant, _, _ = stepped("clairvoyant")
    present, _, _ = stepped("present")
    assert clairvoyant.waits.slow_1s_share == 0
    assert clairvoyant.copy_hours < present.copy_hours


def test_static_keeps_its_count() -> None:
    done, watched, derived = replay(STEP, static(13))
    assert not watched.desired()
    assert done.copy_hours == pytest.approx(13 * (STEP.last_s + 1800) / 3600)
    assert derived.start_copies < 13


def test_a_limit_that_was_not_shown_the_trace_refuses_to_guess() -> None:
    derived = derive(STEP, SPEC.service)
    with pytest.raises(RuntimeError, match="was not shown the trace"):
        run(STEP, SPEC, derived, PEERS["present"](), seed=1)


def test_start_up_times_foretold_are_those_that_come() -> None:
    derived = derive(STEP, SPEC.service)
    world = World.make(SPEC, derived, 3, 3)
    foretold = StartUps(world)
    came: list[float] = []
    world.component.on_change(lambda now, kind, _: came.append(now) if kind == "copy_in_service" else None)
    for copies in (5, 9):
        begin, expected = world.engine.now, foretold.now(copies - world.component.desired_copies)[-1]
        world.component.set_desired(copies)
        world.engine.run_until(begin + 1000)
        assert came[-1] - begin == pytest.approx(expected)


def test_foresight_is_the_most_busy_in_each_second() -> None:
    known = Foresight([(0.5, 1.0), (0.6, 0.2), (3.0, 2.0)])
    assert list(known.peaks) == [2, 1, 0, 1, 1]
    assert [known.most(0, 1), known.most(1, 3.5), known.most(2, 3), known.most(9, 20)] == [2, 1, 0, 0]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.integers(-5, 45), st.integers(1, 60))
def test_the_most_of_a_stretch_is_the_most_of_its_seconds(levels: list[int], begin: int, length: int) -> None:
    known = Foresight((second + 0.1, 0.5) for second, level in enumerate(levels) for _ in range(level))
    seconds = [level for second, level in enumerate(levels) if begin <= second < begin + length]
    assert known.most(begin, begin + length) == max(seconds, default=0)


def test_a_fraction_of_a_static_copy_is_rounded_up() -> None:
    assert (static(5.2).name, static(5.2).min_copies, static(6.0).name) == ("static-6", 6, "static-6")
    named = static_named("static-7")
    assert named is not None
    assert named.min_copies == 7
    assert static_named("keda") is None
