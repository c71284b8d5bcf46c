"""Giving back what is ours: when, how much, and what becomes of it when something goes wrong on the way."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from headstart.domain.decide import decide
from headstart.domain.model import (
    Action,
    CopiesSeen,
    Decision,
    Mode,
    NeedAt,
    Observation,
    Order,
    OutcomeKind,
    SignalKind,
    State,
    Status,
)
from tests.support.builders import NOW, points, policy, seen, signal, state
from tests.support.fakes import Crash
from tests.support.world import NAME, World


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def ours(added: int, standing: int = 6, **changes: Any) -> State:
    """``standing`` copies have been watched for five minutes, so many of them ours; load a minute ago."""
    remembered: dict[str, Any] = {
        "added": added,
        "known_desired": standing,
        "copies_history": (CopiesSeen(ago(300), standing, ago(10)),),
        "load_at": ago(60),
    }
    return state(**(remembered | changes))


def look(known: State, observation: Observation, kind: SignalKind = SignalKind.FOLLOW, **settings: Any) -> Decision:
    return decide(policy(**settings), known, observation, signal(kind), NOW)


INTENTION = Order("my-llama.20261122T125900000Z.00000000", 6, 8, ago(5), None, 6)
LOW = seen(6, concurrency=points(1, 1, 1))
"""Six requests in six copies: one copy is needed."""


@pytest.mark.parametrize(
    ("known", "observation", "settings", "desired"),
    [
        pytest.param(ours(3), LOW, {}, 3, id="all of ours: need is one"),
        pytest.param(ours(5), LOW, {}, 1, id="down to need"),
        pytest.param(ours(5), LOW, {"reserve": 2}, 3, id="need and reserve stay"),
        pytest.param(ours(5), LOW, {"min_copies": 4}, 4, id="the owner's minimum stays"),
        pytest.param(ours(5, needs=(NeedAt(ago(100), 4),)), LOW, {}, 4, id="what was needed lately stays"),
        pytest.param(ours(0), LOW, {}, 6, id="nothing of ours"),
        pytest.param(ours(5), seen(6, concurrency=points(0, 0, 0)), {}, 1, id="the last copy stays while active"),
        pytest.param(
            ours(6, load_at=ago(900)), seen(6, concurrency=points(0, 0, 0)), {}, 0, id="not beyond: back to zero"
        ),
        # A mean of 6 needs one; the newest 18 would make native scaling ask for 18 / 7.
        pytest.param(ours(5), seen(6, concurrency=points(0, 0, 3)), {}, 3, id="native's own wish stays"),
        pytest.param(ours(5), seen(6), {}, 6, id="no data"),
        pytest.param(ours(5), seen(6, concurrency=points(1, last_seconds_ago=100)), {}, 6, id="data too old"),
        pytest.param(ours(5), seen(6, status=Status.UPDATING, concurrency=LOW.concurrency), {}, 6, id="update lock"),
        pytest.param(ours(5), seen(6, status=Status.FAILED, concurrency=LOW.concurrency), {}, 6, id="failed"),
        pytest.param(ours(5, 8), seen(6, desired_copies=8, concurrency=LOW.concurrency), {}, 8, id="copies pending"),
        pytest.param(ours(5, order=INTENTION), LOW, {}, 6, id="another look is just writing"),
        pytest.param(
            ours(5, copies_history=(CopiesSeen(ago(100), 6, ago(10)),)), LOW, {}, 6, id="watched for under two minutes"
        ),
        pytest.param(
            ours(5, copies_history=(CopiesSeen(ago(900), 6, ago(200)),)), LOW, {}, 6, id="the chain was interrupted"
        ),
        pytest.param(ours(3, 8), LOW, {}, 5, id="somebody took two of ours"),
        pytest.param(ours(3, 4), LOW, {}, 3, id="somebody added two"),
        pytest.param(ours(5), LOW, {"max_copies": 4}, 1, id="above a lowered maximum"),
        pytest.param(
            ours(5), seen(6, concurrency=points(6, 6, 6)), {"max_copies": 4}, 6, id="needed, though above the maximum"
        ),
    ],
)
def test_how_much_is_given_back(known: State, observation: Observation, settings: dict[str, Any], desired: int) -> None:
    decision = look(known, observation, **settings)
    assert decision.desired == desired
    assert decision.action is (Action.HOLD if desired == observation.desired_copies else Action.WRITE)


def test_growth_that_is_due_wins_over_surplus() -> None:
    """Whatever was surplus before, nine are needed now."""
    decision = look(ours(5), seen(6, concurrency=points(12, 12, 12)))
    # 60 slots are busy, 12 wait: 60 / 7 = 8.6
    assert (decision.action, decision.desired, decision.binding) == (Action.WRITE, 9, "load")


@pytest.mark.parametrize("kind", SignalKind)
def test_an_alarm_is_no_reason_to_keep_surplus_and_none_to_grow(kind: SignalKind) -> None:
    assert look(ours(5), LOW, kind).desired == 1


def test_the_reason_says_whose_copies_go_and_why() -> None:
    lately = ours(3, needs=(NeedAt(ago(100), 2),))
    assert look(lately, LOW).reason == (
        "Gives back 3 of its own copies (6 in service): an offered load of 6.0, "
        "and 2 copies were needed within the last two minutes."
    )
    assert look(lately, LOW, mode=Mode.OBSERVE).reason == (
        "Would give back 3 of its own copies (6 in service), but only observes: an offered load of 6.0, "
        "and 2 copies were needed within the last two minutes."
    )
    assert look(ours(5), LOW, reserve=2).reason == (
        "Gives back 3 of its own copies (6 in service): an offered load of 6.0 over a target of "
        "7 a copy; 2 copies' worth of slots are kept free while the component is active."
    )


def test_a_reserve_is_kept_beyond_need_while_the_component_is_active() -> None:
    decision = look(state(), seen(2, concurrency=points(5, 5, 5)), reserve=2)
    assert [(t.name, t.copies) for t in decision.terms] == [
        ("load", 2),
        ("backlog", 1),
        ("minimum", 0),
        ("hold", 2),
        ("reserve", 4),
    ]
    assert (decision.action, decision.desired, decision.binding) == (Action.WRITE, 4, "reserve")


@pytest.mark.parametrize(
    ("known", "observation", "settings"),
    [
        pytest.param(state(load_at=ago(900)), seen(2, concurrency=points(0, 0, 0)), {"reserve": 4}, id="not active"),
        pytest.param(state(load_at=ago(60)), seen(2), {"reserve": 4}, id="no data asks for nothing"),
        pytest.param(state(load_at=ago(60)), seen(0), {"reserve": 4}, id="nor at zero, where somebody put it"),
        pytest.param(state(load_at=ago(60)), seen(2, concurrency=points(1, 1, 1)), {"reserve": 0}, id="none wanted"),
        pytest.param(state(needs=(NeedAt(ago(60), 9),)), seen(2), {}, id="what is held grows nothing without data"),
    ],
)
def test_no_growth_for_the_sake_of_the_reserve(
    known: State, observation: Observation, settings: dict[str, Any]
) -> None:
    assert look(known, observation, **settings).action is Action.HOLD


# ---- through the whole look


@pytest.fixture
def world() -> World:
    """Two copies became four at 13:00, for a queue that has gone; it is 100 s later, and one copy is needed."""
    world = World(copies=2)
    world.metrics.concurrency = (100, 100, 100)
    world.alarm()
    assert world.writes == [4]
    world.pass_(40)
    world.component.copies_come()
    world.metrics.concurrency = (1, 1, 1)
    world.follow()
    world.pass_(60)
    world.follow()
    assert world.clock.at == NOW + timedelta(seconds=100)
    assert (world.state.added, world.writes) == (2, [4])
    return world


def crash() -> None:
    raise Crash


def test_a_give_back_is_recorded_like_any_write_and_teaches_no_start_up(world: World) -> None:
    learned = world.state.start_ups
    assert [s.seconds for s in learned] == [40.0]
    world.pass_(20)
    world.follow()
    assert world.writes == [4, 2]
    assert (world.outcomes[-1], world.records[-1].desired, world.records[-1].action) == (
        OutcomeKind.APPLIED,
        2,
        "write",
    )
    assert world.records[-1].reason.startswith("Gives back 2 of its own copies")
    assert (world.state.added, world.state.order) == (0, None)
    world.follow_when_due()
    world.component.copies_come()
    for _ in range(10):
        world.follow_when_due()
    assert world.writes == [4, 2]
    assert world.state.start_ups == learned
    assert {r.in_service_at for r in world.records if r.desired == 2} == {None}


@pytest.mark.parametrize("there_already", [True, False], ids=["done", "still updating"])
@pytest.mark.parametrize("how", ["crash", "lost answer"])
def test_a_give_back_that_arrived_unnoticed_is_found_out_and_counts_once(
    world: World, how: str, there_already: bool
) -> None:
    world.pass_(20)
    if how == "crash":
        world.store.crash_before_complete = True
        with pytest.raises(Crash):
            world.follow()
    else:
        world.components.next_answer_is_lost = True
        world.follow()
    assert (world.component.desired, world.state.added) == (2, 2)
    if there_already:
        world.component.copies_come()
    world.pass_(75)
    world.reconcile()
    world.follow()
    assert world.outcomes[-2] is OutcomeKind.APPLIED
    assert (world.state.added, world.state.order, world.writes) == (0, None, [4, 2])


def test_a_give_back_that_never_arrived_is_made_again(world: World) -> None:
    world.pass_(20)
    world.components.before_write = crash
    with pytest.raises(Crash):
        world.follow()
    assert (world.writes, world.outcomes[-1]) == ([4], OutcomeKind.INTENDED)
    world.pass_(75)
    world.reconcile()
    world.follow()
    assert world.outcomes[-2:] == [OutcomeKind.INTERRUPTED, OutcomeKind.APPLIED]
    assert (world.writes, world.state.added) == ([4, 2], 0)


def test_a_give_back_that_met_the_lock_is_tried_again(world: World) -> None:
    world.pass_(20)
    world.components.before_write = lambda: world.components.set_copies(NAME, 5, NOW)
    world.follow()
    assert world.outcomes[-1] is OutcomeKind.BLOCKED
    assert (world.state.added, world.state.order) == (2, None)
    world.component.copies_come()
    world.follow_when_due()
    assert world.writes == [4, 5, 3]  # the fifth is native's, and stays


@pytest.mark.parametrize("look_between", [SignalKind.PRESSURE, SignalKind.WAKE])
@pytest.mark.parametrize("to", ["grow", "give back"])
def test_a_look_between_write_and_record_does_not_count_it_twice(
    world: World, look_between: SignalKind, to: str
) -> None:
    world.pass_(20)
    if to == "grow":
        world.metrics.concurrency = (100, 100, 100)
        world.follow()
        world.pass_(10)
    world.components.after_write = lambda: world.alarm(look_between, "between")
    world.follow()
    assert (world.state.added, world.writes) == {"grow": (5, [4, 7]), "give back": (0, [4, 2])}[to]
    assert world.outcomes.count(OutcomeKind.APPLIED) == 2


def test_an_answer_that_was_lost_does_not_undo_what_a_look_in_between_found_out(world: World) -> None:
    world.pass_(20)
    world.components.next_answer_is_lost = True
    world.components.after_write = lambda: world.alarm(event_id="between")
    world.follow()
    assert OutcomeKind.UNCERTAIN not in world.outcomes
    assert (world.state.added, world.state.order, world.writes) == (0, None, [4, 2])


def test_what_the_owner_lowers_by_hand_is_not_lowered_again(world: World) -> None:
    world.component.current = world.component.desired = 3
    world.pass_(20)
    world.follow()
    assert (world.writes, world.state.added) == ([4, 2], 0)


def test_what_the_owner_raises_by_hand_stays(world: World) -> None:
    world.component.current = world.component.desired = 9
    world.pass_(20)
    world.follow()
    assert world.writes == [4, 7]


def test_observe_gives_nothing_back_says_what_it_would_and_comes_to_an_end(world: World) -> None:
    world.component.tags["headstart:mode"] = "observe"
    world.reconcile()
    world.metrics.concurrency = (0, 0, 0)
    world.pass_(20)
    world.follow()
    assert world.outcomes[-1] is OutcomeKind.OBSERVED
    assert world.records[-1].reason.startswith("Would give back 2 of its own copies")
    while world.state.episode is not None:
        world.follow_when_due()
    assert world.writes == [4]
    assert world.clock.at < NOW + timedelta(minutes=20)
    assert world.reconcile().chains_started == 0


def test_act_again_gives_back_what_was_watched_all_the_time(world: World) -> None:
    world.component.tags["headstart:mode"] = "observe"
    world.reconcile()
    for _ in range(5):
        world.follow_when_due()
    world.component.tags["headstart:mode"] = "act"
    world.reconcile()
    world.follow_when_due()
    assert world.writes == [4, 2]


def test_act_again_after_an_hour_leaves_to_native_scaling_what_nobody_watched(world: World) -> None:
    world.component.tags["headstart:mode"] = "observe"
    world.reconcile()
    world.metrics.concurrency = (0, 0, 0)
    while world.state.episode is not None:
        world.follow_when_due()
    world.pass_(3600)
    world.component.tags["headstart:mode"] = "act"
    assert world.reconcile().chains_started == 1
    for _ in range(8):
        world.follow_when_due()
    assert (world.writes, world.state.added, world.state.episode) == ([4], 0, None)


def test_copies_of_ours_without_an_episode_get_one_from_reconcile(world: World) -> None:
    """As after a chain that met its own bound."""
    world.store.save(state(version=world.state.version, added=2, known_desired=4))
    assert world.reconcile().chains_started == 1
    assert world.episode.opened_by is SignalKind.FOLLOW


@pytest.mark.parametrize("how", ["left", "recreated"])
def test_a_component_that_left_or_was_recreated_has_nothing_of_ours(world: World, how: str) -> None:
    if how == "left":
        del world.component.tags["headstart:mode"]
        world.reconcile()
        world.component.tags["headstart:mode"] = "act"
    else:
        world.component.created = NOW
        assert "recreated" in world.follow().ignored
    world.reconcile()
    assert world.state.added == 0
    world.alarm(event_id="event-2")
    for _ in range(20):
        world.follow_when_due()
    assert world.writes == [4]
