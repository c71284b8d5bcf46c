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
from headstart.domain.model import CopiesSeen, Observation, Point, ServiceTime
from tests.support.builders import NOW, points, policy, seen, state


@pytest.mark.parametrize(
    ("observation", "load", "queue", "growth"),
    [
        pytest.param(seen(2, concurrency=points(5, 5, 5)), 10.0, 0.0, 0.0, id="below saturation: concurrency is load"),
        pytest.param(seen(2, concurrency=points(2, 5, 8)), 10.0, 0.0, 0.0, id="smoothed over three points"),
        # 20 busy, 4 done a second: a standard deviation is sqrt(2 x 4 x 10 + 1) = 9 requests in 10 s, 15.524 in 30 s.
        # More than three of them are growth, less those three.
        pytest.param(seen(2, concurrency=points(11, 14, 17)), 20.0, 14.0, 0.0, id="saturated: 6 more may be noise"),
        pytest.param(seen(2, concurrency=points(11, 31, 51)), 26.5, 82.0, 1.3, id="a step: (40 - 27) / 10 s"),
        pytest.param(seen(2, concurrency=points(10, 22, 34)), 20.0, 48.0, 0.0, id="two steps of 24 are no ramp yet"),
        pytest.param(
            seen(2, concurrency=points(10, 22, 34, 46)), 24.238, 72.0, 0.8476, id="a ramp: 24 / 10 s less 46.573 / 30 s"
        ),
        pytest.param(seen(2, concurrency=points(10, 40, 40, 40)), 20.0, 60.0, 0.0, id="a batch 30 s ago is no ramp"),
        pytest.param(seen(2, concurrency=points(0, 0, 10)), 6.667, 0.0, 0.0, id="not saturated: 20 more may be noise"),
        pytest.param(seen(1, concurrency=points(0, 0, 1)), 0.333, 0.0, 0.0, id="a lone arrival is no trend"),
        pytest.param(seen(2, concurrency=points(15, 15, 15)), 20.0, 10.0, 0.0, id="a queue that stands still"),
        pytest.param(seen(2, concurrency=points(60, 30, 12)), 15.5, 4.0, -0.9, id="a queue that drains"),
        pytest.param(seen(2, concurrency=points(40, 20, 12)), 20.0, 4.0, 0.0, id="16 fewer may be noise"),
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


def usual(change: float, *last: float) -> Observation:
    """Two copies, in which five minutes of points went up and down by so much, and then these came."""
    return seen(2, concurrency=points(*[30.0, 30.0 + change] * 13, *last))


@pytest.mark.parametrize(
    ("observation", "growth"),
    [
        # Per copy; in both 2 more. Median change m in 10 s: a deviation of 1.4826 m, or 9 by Poisson if that is more.
        pytest.param(usual(0.0, 30, 30, 50), 1.3, id="quiet until now: (40 - 27) / 10 s"),
        pytest.param(usual(2.0, 30, 30, 50), 1.3, id="quieter than Poisson's noise: (40 - 27) / 10 s"),
        pytest.param(usual(8.0, 30, 30, 50), 0.0, id="usually 16 more or fewer: 40 are below 3 x 23.9"),
        pytest.param(usual(8.0, 30, 30, 70), 0.8773, id="and 80 are not: (80 - 71.2) / 10 s"),
    ],
)
def test_traffic_that_comes_in_clumps_has_to_grow_by_more(observation: Observation, growth: float) -> None:
    _, _, rising = offered_load(observation, (), slots=10.0, service_seconds=5.0)
    assert rising == pytest.approx(growth, abs=0.001)


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


MINUTE = points(2.0, last_seconds_ago=90, period=60)
"""Requests that ended within the newest whole minute took 2 s on average."""
CALM = points(*[4.0] * 12, last_seconds_ago=10)
FULL = points(*[12.0] * 15, last_seconds_ago=10)
"""Every slot busy, from the minute before that to now."""


def known(seconds: float, requests: float = 1.0) -> ServiceTime:
    return ServiceTime(seconds, NOW.replace(hour=12), requests)


@pytest.mark.parametrize(
    ("before", "observation", "seconds", "requests"),
    [
        pytest.param(None, seen(1, concurrency=CALM, latency=MINUTE), 2.0, 1.0, id="first lesson"),
        pytest.param(
            known(4.0, 30),
            seen(1, concurrency=CALM, latency=MINUTE, completed=points(90, last_seconds_ago=90)),
            2.5,
            120.0,
            id="(30 x 4 + 90 x 2) / 120",
        ),
        pytest.param(
            known(4.0, 5000),
            seen(1, concurrency=CALM, latency=MINUTE, completed=points(1000, last_seconds_ago=90)),
            3.0,
            2000.0,
            id="a thousand are remembered: (1000 x 4 + 1000 x 2) / 2000",
        ),
        pytest.param(
            known(4.0, 1000),
            seen(1, concurrency=CALM, latency=MINUTE, completed=points(1, last_seconds_ago=90)),
            3.998,
            1001.0,
            id="a quiet minute's one request hardly counts",
        ),
        pytest.param(
            known(4.0), seen(1, concurrency=CALM, latency=MINUTE), 3.0, 2.0, id="stored before it was counted"
        ),
        pytest.param(
            known(4.0),
            seen(1, concurrency=points(*[4.0] * 8, *[11.0] * 4, last_seconds_ago=40), latency=MINUTE),
            4.0,
            1.0,
            id="a minute with a queue teaches nothing by its latency",
        ),
        pytest.param(
            known(4.0), seen(1, concurrency=CALM, latency=points(0.0, last_seconds_ago=90)), 4.0, 1.0, id="no requests"
        ),
        pytest.param(known(4.0), seen(1, latency=MINUTE), 4.0, 1.0, id="nobody knows whether there was a queue"),
    ],
)
def test_learning_the_service_time(
    before: ServiceTime | None, observation: Observation, seconds: float, requests: float
) -> None:
    after = learn_service_time(policy(), state(service_time=before), observation)
    assert after is not None
    assert (after.seconds, after.requests) == pytest.approx((seconds, requests), abs=0.001)


def test_nothing_seen_nothing_learned() -> None:
    assert learn_service_time(policy(), state(), seen(1)) is None


@pytest.mark.parametrize(
    ("concurrency", "completed", "seconds"),
    [
        pytest.param(FULL, 80.0, 15.0, id="20 busy slots over 80 / 60 a second"),
        pytest.param(FULL, 4.0, None, id="four requests say little of their mean"),
        pytest.param(points(*[12.0] * 8, last_seconds_ago=40), 80.0, None, id="points are missing"),
        pytest.param(
            points(9.0, *[12.0] * 15, last_seconds_ago=10), 80.0, 15.0, id="a free slot before those two minutes"
        ),
        pytest.param(
            points(*[12.0] * 3, 9.0, *[12.0] * 11, last_seconds_ago=10), 80.0, None, id="a free slot the minute before"
        ),
    ],
)
def test_a_minute_of_full_slots_teaches_by_littles_law(
    concurrency: tuple[Point, ...], completed: float, seconds: float | None
) -> None:
    """Its latency, 40 s, is mostly the wait."""
    observation = seen(
        2,
        concurrency=concurrency,
        latency=points(40.0, last_seconds_ago=90, period=60),
        completed=points(completed, last_seconds_ago=90, period=60),
    )
    after = learn_service_time(policy(), state(), observation)
    assert (after.seconds if after else None) == (None if seconds is None else pytest.approx(seconds))


def test_littles_law_counts_the_copies_of_that_minute() -> None:
    joined = NOW - timedelta(seconds=60)
    history = (
        CopiesSeen(NOW - timedelta(minutes=5), 2, joined),
        CopiesSeen(joined, 4, NOW),
    )
    observation = seen(
        4,
        concurrency=FULL,
        latency=points(40.0, last_seconds_ago=90, period=60),
        completed=points(80.0, last_seconds_ago=90, period=60),
    )
    after = learn_service_time(policy(), state(copies_history=history), observation)
    assert after is not None
    # Of the minute's six points, from 90 s ago on, the last three are those of four copies.
    assert after.seconds == pytest.approx(10 * (3 * 2 + 3 * 4) / 6 * 60 / 80)


def test_the_same_minute_teaches_once() -> None:
    observation = seen(1, concurrency=CALM, latency=MINUTE)
    once = learn_service_time(policy(), state(service_time=known(4.0)), observation)
    assert learn_service_time(policy(), state(service_time=once), observation) == once


def test_the_prior_serves_until_something_was_learned() -> None:
    assert measure(policy(service_seconds=8.0), state(), seen()).service_seconds == 8.0
    learned = state(service_time=ServiceTime(3.0, NOW))
    assert measure(policy(service_seconds=8.0), learned, seen()).service_seconds == 3.0
