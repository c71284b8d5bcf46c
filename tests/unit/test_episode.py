"""The chain of looks: how fast, how long, and when it ends."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from headstart.domain.decide import decide
from headstart.domain.episode import MAX_HOPS
from headstart.domain.model import CopiesSeen, Decision, Episode, Mode, Observation, Policy, SignalKind, State, Status
from tests.support.builders import NOW, points, policy, seen, signal, state
from tests.support.world import World

QUICK, STEADY, SLOW = (timedelta(seconds=seconds) for seconds in (10, 30, 60))


def open_episode(**changes: object) -> State:
    episode = Episode(
        token="token-1",
        hop=3,
        opened_at=NOW - timedelta(minutes=2),
        opened_by=SignalKind.PRESSURE,
        next_look_at=NOW,
    )
    return state(episode=replace(episode, **changes))  # type: ignore[arg-type]


def look(observation: Observation, known: State, settings: Policy | None = None) -> Decision:
    return decide(settings or policy(), known, observation, signal(SignalKind.FOLLOW), NOW)


def episode_of(decision: Decision) -> Episode:
    assert decision.next_state.episode is not None
    return decision.next_state.episode


@pytest.mark.parametrize(
    ("observation", "settings", "pace"),
    [
        pytest.param(seen(2, desired_copies=4, status=Status.UPDATING), policy(), QUICK, id="copies are pending"),
        pytest.param(seen(2, concurrency=points(9, 9, 9)), policy(), QUICK, id="just written"),
        pytest.param(seen(2, concurrency=points(11, 11, 11)), policy(max_copies=20), QUICK, id="a queue"),
        pytest.param(seen(2, concurrency=points(3, 3, 3)), policy(), STEADY, id="calm"),
        pytest.param(seen(2), policy(), STEADY, id="nothing to see"),
        pytest.param(
            seen(2, concurrency=points(9, 9, 9)), policy(max_copies=3, reserve=2), QUICK, id="reserve cut off"
        ),
        pytest.param(seen(2, concurrency=points(9, 9, 9)), policy(max_copies=2), SLOW, id="at the owner's maximum"),
        pytest.param(seen(2, concurrency=points(9, 9, 9)), policy(mode=Mode.OBSERVE), SLOW, id="only observing"),
    ],
)
def test_the_pace_of_a_chain(observation: Observation, settings: Policy, pace: timedelta) -> None:
    decision = look(observation, open_episode(), settings)
    assert decision.look_again == pace
    assert episode_of(decision).next_look_at == NOW + pace
    assert episode_of(decision).hop == 4


def test_a_reserve_that_does_not_fit_is_no_need_that_is_not_met() -> None:
    decision = look(seen(3, concurrency=points(5, 5, 5)), open_episode(), policy(max_copies=3, reserve=2))
    assert (decision.limits, decision.look_again) == (("maximum",), STEADY)
    assert episode_of(decision).calm_since == NOW


def test_five_minutes_of_calm_make_the_looks_slower_and_an_alarm_makes_them_quick_again() -> None:
    quiet = seen(2, concurrency=points(3, 3, 3))
    almost = open_episode(calm_since=NOW - timedelta(seconds=299))
    settled = open_episode(calm_since=NOW - timedelta(seconds=300), next_look_at=NOW + SLOW)
    assert look(quiet, almost).look_again == STEADY
    assert look(quiet, settled).look_again == SLOW
    interrupted = decide(policy(), settled, quiet, signal(SignalKind.PRESSURE, token="token-2"), NOW)
    assert interrupted.look_again == QUICK
    assert episode_of(interrupted).token == "token-2"


IDLE = seen(2, concurrency=points(0, 0, 0))


def test_three_minutes_of_calm_without_load_close_the_episode() -> None:
    assert episode_of(look(IDLE, open_episode())).calm_since == NOW
    still = open_episode(calm_since=NOW - timedelta(seconds=170))
    assert episode_of(look(IDLE, still)).calm_since == NOW - timedelta(seconds=170)
    long_enough = open_episode(calm_since=NOW - timedelta(seconds=180))
    assert look(IDLE, long_enough).next_state.episode is None
    assert look(IDLE, long_enough).look_again is None


WATCHED = (CopiesSeen(NOW - timedelta(minutes=3), 2, NOW - timedelta(seconds=30)),)


@pytest.mark.parametrize(
    ("remembered", "mode", "goes_on"),
    [
        pytest.param({"load_at": NOW - timedelta(seconds=899)}, Mode.ACT, True, id="active"),
        pytest.param({"load_at": NOW - timedelta(seconds=900)}, Mode.ACT, False, id="no load for 15 minutes"),
        pytest.param({"added": 1, "copies_history": WATCHED}, Mode.ACT, True, id="something of ours stands"),
        pytest.param({"added": 1, "copies_history": WATCHED}, Mode.OBSERVE, False, id="ours, but only observed"),
    ],
)
def test_an_episode_goes_on_while_there_is_something_left_to_do(
    remembered: dict[str, Any], mode: Mode, goes_on: bool
) -> None:
    calm = open_episode(calm_since=NOW - timedelta(minutes=4))
    decision = look(IDLE, replace(calm, **remembered), policy(mode=mode))
    assert (decision.next_state.episode is not None) == goes_on
    assert (decision.look_again is not None) == goes_on


def test_load_that_comes_back_starts_the_calm_anew() -> None:
    almost = open_episode(calm_since=NOW - timedelta(seconds=170))
    assert episode_of(look(seen(2, concurrency=points(9, 9, 9)), almost)).calm_since is None


def test_a_chain_is_bounded_by_ourselves() -> None:
    endless = open_episode(hop=MAX_HOPS)
    assert look(seen(2, concurrency=points(9, 9, 9)), endless).next_state.episode is None


def test_a_wake_stays_latched_until_a_copy_is_in_service() -> None:
    waking = open_episode(wake=True)
    starting = seen(0, desired_copies=1, status=Status.UPDATING)
    assert episode_of(look(starting, waking)).wake
    assert not episode_of(look(seen(1), waking)).wake


def test_a_wake_that_brings_no_copy_within_half_an_hour_lets_go() -> None:
    silent = seen(0)
    assert episode_of(look(silent, open_episode(wake=True, opened_at=NOW - timedelta(minutes=29)))).wake
    assert not episode_of(look(silent, open_episode(wake=True, opened_at=NOW - timedelta(minutes=30)))).wake


def test_a_wake_outlasts_a_silent_start() -> None:
    world = World(copies=0)
    world.metrics.refused = (3,)
    world.alarm(SignalKind.WAKE)
    world.metrics.refused = ()
    for _ in range(24):
        world.follow_when_due()
        assert world.episode.wake
        assert world.delay == QUICK
    world.component.copies_come()
    world.follow_when_due()
    assert not world.episode.wake
    assert world.writes == [1]


def test_a_chain_of_sixty_hops_goes_on() -> None:
    world = World(copies=2, settings={"max_copies": 2})
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    for _ in range(60):
        world.follow_when_due()
    assert [message.hop for message, _ in world.follow_ups.booked] == list(range(1, 62))
    assert len({message.token for message, _ in world.follow_ups.booked}) == 1


def test_an_episode_ends_some_minutes_after_the_load_and_the_next_alarm_opens_another() -> None:
    world = World(copies=2)
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    world.pass_(60)
    world.component.copies_come()
    world.metrics.concurrency = (0, 0, 0)
    paces = []
    while world.state.episode is not None:
        paces.append(world.delay.total_seconds())
        world.follow_when_due()
        world.component.copies_come()
    # 60 s late. At 70, 100 and 130 s; there the third copy is given back. Calm from 140 s, settled at 440 s; the first
    # look at least 900 s after the last load is at 920 s.
    assert paces == [10.0] + [30.0] * 2 + [10.0] + [30.0] * 10 + [60.0] * 8
    assert world.clock.at == NOW + timedelta(seconds=920)
    assert world.writes == [3, 2]
    first = world.message
    assert world.follow(first).ignored == "its episode is over"
    world.metrics.concurrency = (9, 9, 9)
    world.alarm(event_id="event-2")
    assert (world.records[-1].action, world.message.token != first.token) == ("settle", True)
    world.follow_when_due()
    assert world.writes == [3, 2, 3]
