"""The event heap, and the same heap driven by a wall clock."""

import threading
import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.engine import Engine, RealTime


def _note(engine: Engine, ran: list[tuple[float, int]], order: int) -> None:
    ran.append((engine.now, order))


@given(st.lists(st.integers(0, 5)))
def test_actions_run_by_time_and_then_in_the_order_booked(delays: list[int]) -> None:
    engine = Engine(100.0)
    ran: list[tuple[float, int]] = []
    for order, delay in enumerate(delays):
        engine.after(delay, partial(_note, engine, ran, order))
    engine.run_until(200.0)
    assert ran == sorted((100.0 + delay, order) for order, delay in enumerate(delays))
    assert engine.now == 200.0
    assert engine.next_time() is None


def test_a_cancelled_action_does_not_run_and_is_not_waited_for() -> None:
    engine = Engine()
    ran: list[str] = []
    first = engine.at(1.0, lambda: ran.append("first"))
    engine.at(2.0, lambda: ran.append("second"))
    first.cancel()
    first.cancel()
    assert engine.next_time() == 2.0
    assert engine.run_next()
    assert ran == ["second"]
    assert not engine.run_next()


def test_an_action_booked_for_now_by_an_action_still_runs() -> None:
    engine = Engine()
    ran: list[float] = []
    engine.at(5.0, lambda: engine.after(0.0, lambda: ran.append(engine.now)))
    engine.run_until(5.0)
    assert ran == [5.0]


@pytest.mark.parametrize("when", [9.0, float("nan")])
def test_the_past_cannot_be_booked(when: float) -> None:
    with pytest.raises(ValueError, match=r"it is 10\.0 already"):
        Engine(10.0).at(when, lambda: None)


def test_time_never_goes_back() -> None:
    engine = Engine(10.0)
    engine.run_until(5.0)
    assert engine.now == 10.0


def test_real_time_runs_actions_when_they_are_due_and_wakes_for_a_nearer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.engine.LONGEST_SLEEP_S", 3600.0)
    driver = RealTime(Engine(time.time()))
    nearer, later = threading.Event(), threading.Event()
    driver.start()
    try:
        with driver.locked() as engine:
            began = engine.now
            engine.after(1800.0, later.set)
        with driver.locked() as engine, driver.locked():
            engine.after(0.05, nearer.set)
        assert nearer.wait(60.0)
        assert not later.is_set()
        with driver.locked() as engine:
            assert engine.now >= began + 0.05
    finally:
        driver.stop()


def test_real_time_catches_up_before_anyone_looks() -> None:
    clock = iter([10.0, 20.0])
    engine = Engine(5.0)
    seen: list[float] = []
    engine.at(15.0, lambda: seen.append(engine.now))
    driver = RealTime(engine, clock=lambda: next(clock))
    with driver.locked():
        assert seen == []
    with driver.locked():
        assert seen == [15.0]
        assert engine.now == 20.0


def test_a_plant_in_which_an_action_failed_is_not_used_any_further() -> None:
    def fail() -> None:
        raise KeyError("no such copy")

    engine = Engine()
    engine.at(1.0, fail)
    driver = RealTime(engine, clock=lambda: 2.0)
    with pytest.raises(KeyError), driver.locked():
        pass
    with pytest.raises(RuntimeError, match="the plant stopped"), driver.locked():
        pass


def test_the_driver_starts_once() -> None:
    driver = RealTime(Engine(time.time()))
    driver.start()
    try:
        with pytest.raises(RuntimeError):
            driver.start()
    finally:
        driver.stop()
    driver.start()
    driver.stop()
