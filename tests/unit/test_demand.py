from datetime import timedelta

import pytest

from headstart.domain.demand import (
    copies_at,
    learn_service_time,
    measure,
    offered_load,
    refused_clients,
    remember_copies,
)
from headstart.domain.model import CopiesSeen, Observation, ServiceTime
from tests.support.builders import NOW, points, policy, seen, state


@pytest.mark.parametrize(
    ("observation", "load", "queue", "growth"),
    [
        pytest.param(seen(2, concurrency=points(5, 5, 5)), 10.0, 0.0, 0.0, id="below saturation: concurrency is load"),
        pytest.param(seen(2, concurrency=points(2, 5, 8)), 10.0, 0.0, 0.0, id="smoothed over three points"),
        # 20 busy, 4 done a second: over 20 s three standard deviations are 3 sqrt(2 x 4 x 20 + 1) = 38.066 requests.
        pytest.param(seen(2, concurrency=points(11, 14, 17)), 20.0, 14.0, 0.0, id="saturated: 12 more may be noise"),
        pytest.param(
            seen(2, concurrency=points(11, 31, 51)), 30.484, 82.0, 2.0967, id="saturated: capacity plus growth"
        ),
        pytest.param(seen(2, concurrency=points(0, 0, 10)), 6.667, 0.0, 0.0, id="not saturated: 20 more may be noise"),
        pytest.param(seen(2, concurrency=points(15, 15, 15)), 20.0, 10.0, 0.0, id="a queue that stands still"),
        # 80 to 24 are 56 less, of which 17.934 are beyond the noise: 20 - 5 x 0.8967.
        pytest.param(seen(2, concurrency=points(40, 20, 12)), 15.516, 4.0, -0.8967, id="a queue that drains"),
        pytest.param(seen(2, concurrency=points(None, None, 14)), 20.0, 8.0, 0.0, id="one point has no growth"),
        pytest.param(seen(2), None, 0.0, 0.0, id="no points: could not see, not zero"),
        pytest.param(seen(2, concurrency=points(9, last_seconds_ago=200)), None, 0.0, 0.0, id="too old to speak"),
        pytest.param(seen(0, concurrency=points(9)), None, 0.0, 0.0, id="normalised by no copies: says nothing"),
    ],
)
def test_offered_load(observation: Observation, load: float | None, queue: float, growth: float) -> None:
    found, waiting, rising = offered_load(observation, (), slots=10.0, service_seconds=5.0)
    assert found == pytest.approx(load, abs=0.001)
    assert waiting == pytest.approx(queue)
    assert rising == pytest.approx(growth, abs=0.0001)


def test_a_point_is_multiplied_by_the_copies_of_its_own_time() -> None:
    observation = seen(4, concurrency=points(8, 8, 4))
    joined = observation.concurrency[2].at
    four_since_30_seconds = (CopiesSeen(NOW.replace(hour=12), 2, joined), CopiesSeen(joined, 4, NOW))
    load, _, _ = offered_load(observation, four_since_30_seconds, slots=10.0, service_seconds=5.0)
    assert load == pytest.approx(16.0)
    assert copies_at(four_since_30_seconds, observation, observation.concurrency[0].at) == 2


@pytest.mark.parametrize("copies_then", [8, 0])
def test_what_no_look_vouches_for_is_not_taken_from_the_last_episode(copies_then: int) -> None:
    an_hour_ago = NOW - timedelta(hours=1)
    stale = (CopiesSeen(an_hour_ago, copies_then, an_hour_ago),)
    observation = seen(2, concurrency=points(8, 8, 8))
    load, _, _ = offered_load(observation, remember_copies(stale, observation), slots=10.0, service_seconds=5.0)
    assert load == pytest.approx(16.0)


def test_a_count_is_vouched_for_from_look_to_look() -> None:
    first = remember_copies((), seen(2))
    ten_seconds_later = seen(2, at=NOW + timedelta(seconds=10))
    assert remember_copies(first, ten_seconds_later) == (CopiesSeen(NOW, 2, NOW + timedelta(seconds=10)),)
    after_an_hour = seen(2, at=NOW + timedelta(hours=1))
    assert remember_copies(first, after_an_hour) == (CopiesSeen(after_an_hour.at, 2, after_an_hour.at),)


@pytest.mark.parametrize(
    ("refused", "requests", "clients", "seconds"),
    [
        pytest.param(points(1), 1.0, 1.0, 10.0, id="the first refusal is one client"),
        # 14 / 3.7 = 3.78 clients; they make 3.78 x 1.9 = 7.19 of the next 40; the other 32.81 are 8.87 new ones.
        pytest.param(points(14, 40), 54.0, 12.65, 20.0, id="retries of the same clients are deflated"),
        # 10 clients only: 37, then 10 x 1.9, 10 x 1.4, and 10 x 10 / 7.5 from then on.
        pytest.param(points(37, 19, 14, 13, 13), 96.0, 10.0, 50.0, id="the same clients all the time"),
        pytest.param(points(37, None, None, 13), 50.0, 10.0, 40.0, id="a bin without a point was empty"),
        pytest.param(points(37, 0, 0, 50), 87.0, 19.91, 40.0, id="more clients later: (50 - 13.33) / 3.7"),
        pytest.param(points(37, last_seconds_ago=310), 0.0, 0.0, 0.0, id="over five minutes ago"),
        pytest.param(points(0, 0), 0.0, 0.0, 0.0, id="nobody refused"),
        pytest.param((), 0.0, 0.0, 0.0, id="no points"),
    ],
)
def test_refused_clients(refused: tuple, requests: float, clients: float, seconds: float) -> None:  # type: ignore[type-arg]
    found = refused_clients(refused, NOW)
    assert found == pytest.approx((requests, clients, seconds), abs=0.02)


MINUTE_AGO = 90.0


@pytest.mark.parametrize(
    ("known", "concurrency", "expected"),
    [
        pytest.param(None, points(*[4.0] * 12, last_seconds_ago=10), 2.0, id="first lesson"),
        pytest.param(4.0, points(*[4.0] * 12, last_seconds_ago=10), 3.4, id="moves by three tenths"),
        pytest.param(
            4.0, points(*[4.0] * 8, *[11.0] * 4, last_seconds_ago=40), 4.0, id="queued minute teaches nothing"
        ),
        pytest.param(None, (), None, id="nothing seen, nothing learned"),
    ],
)
def test_learning_the_service_time(known: float | None, concurrency: tuple, expected: float | None) -> None:  # type: ignore[type-arg]
    observation = seen(1, concurrency=concurrency, latency=points(2.0, last_seconds_ago=MINUTE_AGO, period=60))
    before = None if known is None else ServiceTime(known, NOW.replace(hour=12))
    after = learn_service_time(policy(), before, observation)
    assert (after.seconds if after else None) == pytest.approx(expected)


def test_the_same_minute_teaches_once() -> None:
    observation = seen(
        1, concurrency=points(*[4.0] * 12, last_seconds_ago=10), latency=points(2.0, last_seconds_ago=90)
    )
    once = learn_service_time(policy(), ServiceTime(4.0, NOW.replace(hour=12)), observation)
    assert learn_service_time(policy(), once, observation) == once


def test_the_prior_serves_until_something_was_learned() -> None:
    assert measure(policy(service_seconds=8.0), state(), seen()).service_seconds == 8.0
    learned = state(service_time=ServiceTime(3.0, NOW))
    assert measure(policy(service_seconds=8.0), learned, seen()).service_seconds == 3.0
