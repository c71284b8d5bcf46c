"""Which part of a trace the demo plays, and how it is scaled."""

from random import Random

import pytest

from simulator.demo.window import BURST_COPIES, MAX_REQUESTS, WINDOW_S, Demand, Offer, choose


def arrivals(rates: list[tuple[float, float]], service_s: float = 1.0, seed: int = 1) -> list[Offer]:
    """Poisson arrivals, by (seconds, requests a second)."""
    random, begin, found = Random(seed), 0.0, []
    for duration, rate in rates:
        at = begin
        while rate and (at := at + random.expovariate(rate)) < begin + duration:
            found.append(Offer(at, service_s))
        begin += duration
    return found


def test_the_burst_after_a_calm_beginning_is_found() -> None:
    trace = arrivals([(600, 0.2), (80, 2.0), (60, 6.0), (600, 0.2)])
    window = choose(trace, slots=4)
    assert 590 <= window.starts_at_s <= 620
    assert window.burst_load / window.wake_load == pytest.approx(3.0, rel=0.25)
    assert window.offers[0].arrival_s == 0.0
    assert window.offers[-1].arrival_s < WINDOW_S


def test_service_times_are_scaled_until_the_burst_needs_its_copies() -> None:
    trace = arrivals([(80, 2.0), (60, 6.0), (60, 1.0)], service_s=0.5)
    window = choose(trace, slots=10)
    assert window.target == 7.0
    assert window.burst_load / window.target == pytest.approx(BURST_COPIES, rel=0.05)
    assert window.offers[0].service_s == pytest.approx(0.5 * window.factor)


def test_a_heavy_trace_is_thinned_and_keeps_its_load() -> None:
    window = choose(arrivals([(80, 20.0), (60, 60.0), (60, 10.0)], service_s=0.1), slots=4)
    assert len(window.offers) <= MAX_REQUESTS
    assert window.kept_one_in > 1
    offered = sum(offer.service_s for offer in window.offers if 80 <= offer.arrival_s < 120) / 40
    assert offered == pytest.approx(window.burst_load, rel=0.2)


@pytest.mark.parametrize(
    "trace",
    [
        pytest.param([Offer(5.0, 1.0)], id="one request"),
        pytest.param([Offer(0.0, 1.0), Offer(4000.0, 1.0)], id="two far apart"),
        pytest.param(arrivals([(30, 1.0)]), id="shorter than a window"),
        pytest.param(arrivals([(600, 1.0)]), id="no burst"),
    ],
)
def test_any_trace_has_a_window(trace: list[Offer]) -> None:
    window = choose(trace, slots=4)
    assert window.offers
    assert window.factor > 0
    assert window.burst_load > 0


def test_the_same_trace_gives_the_same_window() -> None:
    trace = arrivals([(300, 1.0), (80, 2.0), (60, 6.0), (300, 1.0)])
    assert choose(trace, slots=4) == choose(trace, slots=4)


def test_demand_counts_requests_as_if_served_on_arrival() -> None:
    demand = Demand([Offer(0.0, 10.0), Offer(4.0, 2.0), Offer(5.0, 1.0)])
    assert [demand.at(second) for second in (-1, 0, 4, 5, 6, 9.9, 10)] == [0, 1, 2, 3, 1, 1, 0]
