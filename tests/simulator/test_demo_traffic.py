"""The demo's clients: when they go out, and when they try again."""

import threading
from dataclasses import replace

from simulator.demo.traffic import Reply, Traffic
from simulator.demo.window import Offer
from simulator.engine import WALL_CLOCK
from simulator.plant.spec import ClientSpec
from tests.support.waiting import eventually

LAW = ClientSpec(retries=True, retry_cap_s=0.05, give_up_after_s=600.0)


class Component:
    """Refuses the first `refusals` attempts, serves the others."""

    def __init__(self, refusals: int) -> None:
        self._left = refusals
        self._lock = threading.Lock()

    def __call__(self, service_s: float) -> tuple[Reply, str]:
        with self._lock:
            self._left -= 1
            return (Reply.REFUSED, "no capacity") if self._left >= 0 else (Reply.SERVED, "")


def play(traffic: Traffic) -> None:
    traffic.start()
    try:
        eventually("the end of the traffic", traffic.finished)
    finally:
        traffic.stop()


def test_a_refused_client_tries_again_until_it_is_served() -> None:
    start = WALL_CLOCK()
    traffic = Traffic([Offer(0.02 * n, 0.0) for n in range(10)], start, Component(refusals=15), LAW, seed=1)
    play(traffic)
    counts = traffic.counts()
    assert (counts.arrived, counts.served, counts.refused, counts.held, counts.retrying) == (10, 10, 15, 0, 0)
    for journey in traffic.journeys:
        assert journey.attempts == journey.refused + 1
        assert journey.served_at is not None
        assert journey.served_at >= journey.arrives_at


def test_a_client_gives_up_after_its_time() -> None:
    impatient = replace(LAW, give_up_after_s=0.0)
    traffic = Traffic([Offer(0.0, 0.0)], WALL_CLOCK(), Component(refusals=9), impatient, seed=1)
    play(traffic)
    assert traffic.counts().gave_up == 1
    assert traffic.journeys[0].attempts == 1


def test_an_error_of_the_connection_is_kept_and_tried_again() -> None:
    replies = iter([(Reply.FAILED, "connection refused"), (Reply.SERVED, "")])
    traffic = Traffic([Offer(0.0, 0.0)], WALL_CLOCK(), lambda _: next(replies), LAW, seed=1)
    play(traffic)
    assert traffic.trouble == "connection refused"
    assert traffic.counts().served == 1


def test_requests_are_held_side_by_side() -> None:
    together = threading.Barrier(20, timeout=60)

    def send(service_s: float) -> tuple[Reply, str]:
        together.wait()
        return Reply.SERVED, ""

    traffic = Traffic([Offer(0.0, 0.0)] * 20, WALL_CLOCK(), send, LAW, seed=1)
    play(traffic)
    assert traffic.counts().served == 20
