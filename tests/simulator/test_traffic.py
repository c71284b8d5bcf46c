"""A trace's arrivals on the plant, and the honest count of their waits."""

import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.plant import clients
from simulator.plant.draws import uniform
from simulator.plant.offered import Demand
from simulator.replay.timeline import Moment, Timeline
from simulator.replay.traffic import Traffic
from simulator.replay.waits import Episode, Waits, WaitStatistics
from tests.simulator.stage import STANDARD, Stage

NO_RETRY = replace(STANDARD, clients=replace(STANDARD.clients, retries=False))
DRAIN_S = 1800.0


def _send(stage: Stage, demands: Iterable[Demand], *, by_gaps: bool = True, seed: int = 1) -> Traffic:
    return Traffic(stage.engine, stage.component, demands, stage.account.spec, seed, by_gaps=by_gaps)


def _replay(stage: Stage, demands: list[Demand], *, by_gaps: bool = True, seed: int = 1) -> Waits:
    traffic = _send(stage, demands, by_gaps=by_gaps, seed=seed)
    stage.run(demands[-1][0] + DRAIN_S)
    return traffic.finish()


def test_waits_run_from_the_first_attempt_to_the_start_of_service() -> None:
    waits = _replay(Stage(1), [(0, 5), (1, 5), (2, 15), (3, 1)])
    assert (waits.requests, waits.served, waits.gave_up) == (4, 4, 0)
    assert waits.mean_wait_s == pytest.approx((0 + 4 + 8 + 22) / 4)
    assert (waits.p50_wait_s, waits.p95_wait_s, waits.p99_wait_s) == (4, 22, 22)
    assert (waits.slow_1s_share, waits.slow_10s_share, waits.slow_intervals_share) == (0.75, 0.25, 1.0)
    assert (waits.refused_attempts, waits.timed_out_attempts) == (0, 0)


def test_attempts_that_time_out_belong_to_one_wait() -> None:
    """The second arrives behind a request of 100 s, times out after 60 s, and is first in the queue again."""
    waits = _replay(Stage(1), [(0, 100), (0, 5)])
    assert waits.requests == 2
    assert waits.mean_wait_s == pytest.approx(50)
    assert waits.p99_wait_s == 100
    assert (waits.refused_attempts, waits.timed_out_attempts) == (0, 1)


def test_who_gives_up_counts_as_six_hundred_seconds() -> None:
    stage = Stage(0)
    waits = _replay(stage, [(0, 1), (700, 1)])
    assert (waits.served, waits.gave_up, waits.gave_up_share) == (0, 2, 1.0)
    assert (waits.mean_wait_s, waits.p50_wait_s, waits.p99_wait_s) == (600, 600, 600)
    assert waits.refused_attempts == stage.component.refused_attempts > 2 * 600 / 15
    assert waits.slow_intervals_share == pytest.approx(2 / 71)


def test_without_retries_the_first_failure_is_the_last() -> None:
    waits = _replay(Stage(0, spec=NO_RETRY), [(0, 1), (1, 1)])
    assert (waits.gave_up, waits.refused_attempts, waits.mean_wait_s) == (2, 2, 600)


def test_nobody_is_dropped_at_the_end() -> None:
    """The drain ends while a request is still running: it was served all the same, after a wait of 10 s."""
    stage = Stage(1)
    traffic = _send(stage, [(0, 10), (0, 9000)])
    stage.run(DRAIN_S)
    assert (traffic.arrived, traffic.open) == (2, 1)
    waits = traffic.finish()
    assert (waits.served, waits.mean_wait_s) == (2, 5)
    assert stage.engine.now == stage.begin + 9010


def test_a_replay_cut_short_is_finished_or_refused() -> None:
    statistics = WaitStatistics(600, by_gaps=True)
    with pytest.raises(ValueError, match="0 of 0 arrivals"):
        statistics.summary()
    statistics.arrive(0)
    with pytest.raises(ValueError, match="1 of 1 arrivals are not settled"):
        statistics.summary()
    assert _send(Stage(1), [(0, 10), (500, 1)]).finish().requests == 2


def test_arrivals_are_taken_from_the_trace_one_ahead() -> None:
    taken: list[float] = []

    def demands() -> Iterator[Demand]:
        for at in range(100):
            taken.append(at)
            yield 10.0 * at, 1.0

    stage = Stage(1)
    traffic = _send(stage, demands())
    assert len(taken) == 1
    stage.run(50)
    assert (traffic.arrived, len(taken)) == (6, 7)


def _peak_bytes(requests: int) -> int:
    tracemalloc.start()
    stage = Stage(2, slots=4)
    _send(stage, ((0.5 * number, 3.0) for number in range(requests)))
    stage.run(0.5 * requests + 60)
    return tracemalloc.get_traced_memory()[1]


def test_memory_grows_with_what_is_in_flight() -> None:
    try:
        short, long = _peak_bytes(1000), _peak_bytes(6000)
    finally:
        tracemalloc.stop()
    assert long - short < 5000 * 40


def test_the_same_seed_gives_the_same_waits() -> None:
    demands = [(0.1 * number, 3.0) for number in range(300)]

    def told(seed: int) -> Waits:
        stage = Stage(0)
        stage.component.set_desired(4)
        return _replay(stage, demands, seed=seed)

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_jitter_is_keyed_by_the_place_in_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third request draws the same numbers, whether or not those before it had to try again."""

    def drawn(copies: int) -> list[float]:
        draws: list[float] = []

        def spy(seed: int, *key: object) -> float:
            number = uniform(seed, *key)
            if key[:2] == ("retry", 2):
                draws.append(number)
            return number

        monkeypatch.setattr(clients, "uniform", spy)
        stage = Stage(copies, slots=2)
        stage.engine.at(stage.begin + 50, lambda: stage.component.set_desired(0))
        _replay(stage, [(0, 1), (1, 1), (100, 1)])
        return draws

    assert drawn(0)[:20] == drawn(1)[:20]
    assert len(drawn(1)) > 20


def test_episodes_are_runs_without_a_long_gap() -> None:
    waits = _replay(Stage(1), [(100, 1), (390, 30), (391, 1), (691.5, 2)])
    assert waits.episodes == (
        Episode(100, requests=3, total_wait_s=29, longest_wait_s=29, slow_10s=1),
        Episode(691.5, requests=1),
    )
    assert waits.episodes[0].mean_wait_s == pytest.approx(29 / 3)


def test_without_gaps_episodes_are_hours() -> None:
    waits = _replay(Stage(1), [(200.0 * number, 1) for number in range(37)], by_gaps=False)
    assert [(episode.start_s, episode.requests) for episode in waits.episodes] == [(0, 18), (3600, 18), (7200, 1)]


def test_slow_intervals_are_those_of_the_first_attempt() -> None:
    statistics = WaitStatistics(600, by_gaps=True)
    tickets = [(at, statistics.arrive(at)) for at in (9.0, 10.0, 19.9, 39.0, 40.0)]
    for (at, episode), wait in zip(reversed(tickets), (10.0, 10.1, 300.0, 11.0, 0.0), strict=True):
        statistics.serve(at, episode, wait)
    assert statistics.summary().slow_intervals_share == 2 / 5


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 600_000).map(lambda ms: ms / 1000), min_size=1, max_size=50))
def test_percentiles_by_nearest_rank(waits: list[float]) -> None:
    statistics = WaitStatistics(600, by_gaps=True)
    for wait in waits:
        statistics.serve(0.0, statistics.arrive(0.0), wait)
    told = statistics.summary()
    ranked = sorted(waits)
    for share, found in ((0.5, told.p50_wait_s), (0.95, told.p95_wait_s), (0.99, told.p99_wait_s)):
        assert found == pytest.approx(ranked[ceil(round(share * len(waits), 9)) - 1], abs=1e-9)
    assert told.mean_wait_s == pytest.approx(sum(waits) / len(waits))


def test_the_timeline_looks_every_ten_seconds() -> None:
    stage = Stage(1, slots=1)
    traffic = _send(stage, [(5, 12), (6, 12), (7, 12)])
    timeline = Timeline(stage.engine, stage.component, traffic, 35)
    stage.component.set_desired(3)
    stage.run(100)
    assert list(timeline.moments()) == [
        Moment(0, waiting=0, queued=0, in_service=1, starting=2, draining=0, desired=3),
        Moment(10, waiting=2, queued=2, in_service=1, starting=2, draining=0, desired=3),
        Moment(20, waiting=1, queued=1, in_service=1, starting=2, draining=0, desired=3),
        Moment(30, waiting=0, queued=0, in_service=1, starting=2, draining=0, desired=3),
    ]


def test_clients_between_attempts_are_waiting_too() -> None:
    stage = Stage(0)
    traffic = _send(stage, [(0, 1), (0, 1)])
    stage.run(100)
    assert (traffic.open, traffic.waiting) == (2, 2)
