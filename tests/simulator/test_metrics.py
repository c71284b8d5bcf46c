"""What CloudWatch would show of a component, and when."""

from dataclasses import replace

import pytest

from simulator.engine import Engine
from simulator.plant.errors import NoCapacity, ValidationFailed
from simulator.plant.metrics import Bin, MetricStore, component_metric, metric_key
from tests.simulator.stage import STANDARD, Stage

CONCURRENCY = "ConcurrentRequestsPerCopy"
KEY = component_metric(CONCURRENCY, "chat")
BASE = 1_700_000_040.0  # a whole minute


def test_a_bin_shows_its_largest_level_and_only_after_the_lag() -> None:
    stage = Stage(2, slots=4)
    stage.run(3)
    stage.send(4.0, count=6)
    stage.run(26.9)
    assert stage.metric(CONCURRENCY) == []
    stage.run(0.1)
    assert stage.metric(CONCURRENCY) == [(0.0, 3.0)]
    stage.run(10)
    assert stage.metric(CONCURRENCY) == [(0.0, 3.0), (10.0, 0.0)]


def test_the_level_at_a_bins_start_counts_and_is_carried_over_bins_without_events() -> None:
    stage = Stage(1, slots=4)
    stage.run(5)
    stage.send(30.0, count=2)
    stage.run(65)
    assert stage.metric(CONCURRENCY) == [(0.0, 2.0), (10.0, 2.0), (20.0, 2.0), (30.0, 2.0), (40.0, 0.0)]


def test_the_queue_inside_the_containers_is_counted() -> None:
    stage = Stage(1, slots=1)
    stage.send(1.0, count=9)
    stage.run(30)
    assert stage.metric(CONCURRENCY) == [(0.0, 9.0)]


def test_losing_a_copy_raises_what_each_carries() -> None:
    stage = Stage(2, slots=8)
    stage.send(100.0, count=4)
    stage.run(15)
    stage.component.set_desired(1)
    stage.run(25)
    assert stage.metric(CONCURRENCY) == [(0.0, 2.0), (10.0, 4.0)]


def test_there_is_no_concurrency_at_zero_copies() -> None:
    stage = Stage(0)
    stage.component.set_desired(1)
    stage.run(3605)
    stage.component.set_desired(0)
    stage.run(3600)
    up, gone = stage.times("copy_in_service")[0], 3605.0
    starts = [start for start, _ in stage.metric(CONCURRENCY, back=7205)]
    assert starts == [float(start) for start in range(int(up // 10) * 10, int(gone), 10)]


def test_refused_attempts_are_summed_by_ten_seconds_and_absent_without() -> None:
    stage = Stage(0)
    for _ in range(3):
        with pytest.raises(NoCapacity):
            stage.send(1.0)
        stage.run(4)
    stage.run(28)
    assert stage.metric("NoCapacityInvocationFailures", "Sum") == [(0.0, 3.0)]
    assert stage.metric("NoCapacityInvocationFailures", "Maximum") == [(0.0, 1.0)]


def test_the_minute_metrics() -> None:
    stage = Stage(2, slots=1, begin=BASE)
    stage.send(2.0, count=3)  # the third waits two seconds
    stage.run(79.9)
    assert stage.metric("Invocations", "Sum", 60) == []
    stage.run(0.1)
    assert stage.metric("Invocations", "Sum", 60) == [(0.0, 3.0)]
    assert stage.metric("InvocationsPerCopy", "Sum", 60) == [(0.0, 1.5)]
    latency = {s: stage.metric("ModelLatency", s, 60)[0][1] for s in ("Minimum", "Maximum", "Sum", "Average")}
    assert latency == {"Minimum": 2e6, "Maximum": 4e6, "Sum": 8e6, "Average": pytest.approx(8e6 / 3)}
    assert stage.metric("ModelLatency", "SampleCount", 60) == [(0.0, 3.0)]


def test_a_share_of_the_points_can_be_lost_always_the_same_ones() -> None:
    spec = replace(STANDARD, metrics=replace(STANDARD.metrics, lost_share=0.2))
    seen = []
    for _ in range(2):
        stage = Stage(1, spec=spec)
        stage.run(10_020)
        seen.append(stage.metric(CONCURRENCY, back=10_020))
    assert seen[0] == seen[1]
    assert len(seen[0]) == pytest.approx(800, abs=40)


# The store


def test_half_a_bin_is_not_shown() -> None:
    engine = Engine(BASE)
    store = MetricStore(engine, lag_s=20.0)
    for offset in (0, 10, 20, 30, 40, 50):
        store.put(KEY, BASE + offset, offset)
    assert [start for start, _ in store.query(KEY, BASE, BASE + 60, 10, "Sum", BASE + 45)] == [BASE, BASE + 10]
    assert store.query(KEY, BASE, BASE + 60, 60, "Sum", BASE + 79) == []
    assert store.query(KEY, BASE, BASE + 60, 60, "Sum", BASE + 80) == [(BASE, 150.0)]


@pytest.mark.parametrize(
    ("start", "end", "bins"),
    [
        (0, 60, [0, 10, 20, 30, 40, 50]),
        (5, 60, [0, 10, 20, 30, 40, 50]),  # the start is rounded down
        (10, 50, [10, 20, 30, 40]),  # the end is exclusive
        (10, 45, [10, 20, 30, 40]),
        (60, 120, []),
    ],
)
def test_the_window_of_a_query(start: float, end: float, bins: list[int]) -> None:
    store = MetricStore(Engine(BASE + 600))
    for offset in range(0, 60, 10):
        store.put(KEY, BASE + offset, 1)
    found = store.query(KEY, BASE + start, BASE + end, 10, "Sum", BASE + 600)
    assert [at - BASE for at, _ in found] == bins


def test_a_put_can_say_when_it_is_visible_and_how_many_samples_it_stands_for() -> None:
    store = MetricStore(Engine(BASE), lag_s=20.0)
    key = metric_key("Headstart", "Decisions", {"service": "headstart", "component": "chat"})
    assert key.dimensions == (("component", "chat"), ("service", "headstart"))
    store.put(key, BASE + 3, 2.0, visible_at=BASE + 3, count=4)
    assert store.query(key, BASE, BASE + 10, 10, "Sum", BASE + 9.9) == []
    assert store.query(key, BASE, BASE + 10, 10, "Sum", BASE + 10) == [(BASE, 8.0)]
    assert store.query(key, BASE, BASE + 10, 10, "SampleCount", BASE + 10) == [(BASE, 4)]
    assert store.keys() == [key]


def test_ten_second_data_is_kept_three_hours_and_lives_on_in_minutes() -> None:
    engine = Engine(BASE)
    store = MetricStore(engine)
    for step in range(25 * 360):
        engine.now = BASE + step * 10
        store.put(KEY, engine.now, 1)
    now = engine.now + 10
    assert len(store.query(KEY, BASE, now, 10, "Sum", now)) == pytest.approx(3 * 360, abs=1)
    minutes = store.query(KEY, BASE, now, 60, "Sum", now)
    assert len(minutes) == pytest.approx(24 * 60, abs=7)
    assert {value for _, value in minutes[1:]} == {6.0}
    series = store.series(KEY)
    assert series is not None
    assert len(series.fine) + len(series.coarse) < 3 * 360 + 24 * 60


@pytest.mark.parametrize(("stat", "period"), [("p99", 10), ("Maximum", 0), ("Maximum", 15)])
def test_what_the_store_cannot_answer(stat: str, period: int) -> None:
    with pytest.raises(ValidationFailed):
        MetricStore(Engine()).query(KEY, 0, 60, period, stat, 60)


def test_an_unknown_metric_has_no_points() -> None:
    assert MetricStore(Engine()).query(KEY, 0, 60, 10, "Maximum", 60) == []


# ---- long ago


def test_minutes_of_long_ago_are_told_by_the_five_minutes() -> None:
    """A day of one-minute data is kept, then the five minutes they fall in, which no shorter period can tell."""
    begin = BASE - BASE % 3600
    engine = Engine(begin)
    store = MetricStore(engine)
    for minute in range(3 * 24 * 60):
        engine.run_until(begin + 60 * minute)
        store.put(KEY, engine.now, minute % 5, resolution=60)
    now = engine.now + 60
    told = store.query(KEY, begin, now, 300, "Sum", now)
    assert len(told) == 3 * 24 * 12
    assert {value for _, value in told} == {10.0}
    assert len(store.query(KEY, begin, now, 60, "Sum", now)) == pytest.approx(24 * 60, abs=5)
    assert store.query(KEY, begin, begin + 3600, 60, "Sum", now) == []
    assert store.query(KEY, begin, begin + 7200, 3600, "SampleCount", now) == [(begin, 60.0), (begin + 3600, 60.0)]


def test_what_was_before_the_simulation_can_be_asked_for_like_what_is() -> None:
    store = MetricStore(Engine(BASE))
    start = int(BASE - BASE % 300) - 20 * 86_400
    store.remember(KEY, start, Bin(1.0, 3.0, 8.0, 4.0, 0.0))
    found = {stat: store.query(KEY, start, BASE, 300, stat, BASE) for stat in ("Average", "SampleCount", "Maximum")}
    assert found == {"Average": [(start, 2.0)], "SampleCount": [(start, 4.0)], "Maximum": [(start, 3.0)]}
    assert store.query(KEY, start, BASE, 60, "Average", BASE) == []
