"""A variant's instances: the same need as for copies, asked for through the floor, and never taken back by us."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.app.errors import Unavailable
from headstart.app.floors import FloorKeeper
from headstart.app.ports import Endpoint
from headstart.app.survey import LASTS, READ_A_RUN, Survey
from headstart.domain.decide import decide
from headstart.domain.enrolment import policy_from
from headstart.domain.hold import accepted
from headstart.domain.model import (
    Action,
    Capacity,
    CopiesSeen,
    Decision,
    Floor,
    Mode,
    Native,
    Order,
    OutcomeKind,
    SignalKind,
    StartKind,
    State,
    Status,
)
from headstart.domain.startup import expected, settle, times, wants_instances
from headstart.domain.tags import PolicyProblem
from headstart.entry.answers import component_answer
from tests.support.builders import CREATED, NOW, points, policy, seen, signal, state
from tests.support.fakes import Crash, FakeComponents, FakeScaling
from tests.support.world import World

NAME = "my-endpoint.AllTraffic"
OF_VARIANT: dict[str, Any] = {"capacity": Capacity.VARIANT, "floor_allowed": True, "min_copies": 1}
ASKED = Order("id", 2, 5, NOW - timedelta(seconds=10), NOW - timedelta(seconds=10), 2, by_floor=True)


def decided(concurrency: float | None, memory: State | None = None, slots: float = 10.0, **observed: Any) -> Decision:
    """By a variant's policy; concurrency is that of the newest three points, an instance."""
    values = () if concurrency is None else (concurrency,) * 3
    copies = {"current_copies": 2, "desired_copies": 2} | observed
    known = memory or state(short_since=NOW - timedelta(minutes=1))
    return decide(
        policy(**OF_VARIANT, slots=slots),
        known,
        seen(concurrency=points(*values), **copies),
        signal(SignalKind.FOLLOW),
        NOW,
    )


# ---- deciding


def test_what_is_asked_for_is_the_floor() -> None:
    found = decided(14.0)
    assert (found.action, found.desired, found.floor) == (Action.WRITE, 3, 3)


@given(
    concurrency=st.none() | st.floats(0, 40),
    current=st.integers(1, 10),
    asked=st.integers(1, 10),
    status=st.sampled_from(list(Status)),
    standing=st.none() | st.integers(2, 10),
    ours=st.integers(0, 10),
)
def test_instances_are_never_taken_back_and_the_floor_never_asks_in_an_update(
    concurrency: float | None, current: int, asked: int, status: Status, standing: int | None, ours: int
) -> None:
    floor = None if standing is None else Floor(standing, 1, NOW, NOW + timedelta(minutes=30), 1, changed_at=NOW)
    memory = state(floor=floor, added=ours, known_desired=asked, short_since=NOW - timedelta(minutes=1))
    found = decided(concurrency, memory, current_copies=current, desired_copies=asked, status=status)
    assert found.desired >= asked
    if found.action is Action.WRITE:
        assert status is Status.IN_SERVICE
        assert found.floor == found.desired
    else:
        assert (found.floor or 0) <= asked


def test_without_a_floor_to_raise_it_only_says_what_it_would() -> None:
    known = state(short_since=NOW - timedelta(minutes=1))
    rules = replace(policy(**OF_VARIANT), floor_allowed=False)
    look = seen(concurrency=points(14.0, 14.0, 14.0), current_copies=2, desired_copies=2)
    found = decide(rules, known, look, signal(SignalKind.FOLLOW), NOW)
    assert (found.action, found.floor) == (Action.OBSERVE, None)


def test_until_native_scaling_has_asked_for_them_the_floor_stays_and_nothing_is_written() -> None:
    floor = Floor(5, 1, NOW, NOW + timedelta(minutes=30), 1, changed_at=NOW)
    found = decided(40.0, state(order=ASKED, floor=floor, short_since=NOW - timedelta(minutes=1)), slots=50.0)
    assert (found.action, found.floor) == (Action.WAIT, 5)
    assert found.desired > 5


def test_the_order_stands_for_a_minute_and_its_start_up_is_learned() -> None:
    waiting = seen(current_copies=2, desired_copies=2)
    assert settle(ASKED, waiting, NOW) == (ASKED, None)
    assert settle(ASKED, waiting, NOW + timedelta(minutes=2)) == (None, None)
    arrived = seen(current_copies=5, desired_copies=5)
    order, found = settle(ASKED, arrived, NOW)
    assert order is None
    assert found is not None
    assert found.in_service_at == arrived.at
    assert ASKED.adds == 0


def test_copies_that_native_scaling_never_asked_for_were_refused_by_nobody() -> None:
    late = replace(ASKED, asked_at=NOW - timedelta(minutes=2), accepted_at=NOW - timedelta(minutes=2))
    found = decided(40.0, accepted(watched(late, known_desired=2), late))
    assert found.next_state.refusals is None
    assert (found.action, found.desired) == (Action.WRITE, 3), "the whole need is asked for once more"


def test_instances_that_were_asked_for_and_never_came_are_asked_for_in_a_smaller_number_later() -> None:
    late = replace(ASKED, asked_at=NOW - timedelta(minutes=9), accepted_at=NOW - timedelta(minutes=9))
    found = decided(40.0, watched(late, known_desired=5), failure="InsufficientInstanceCapacity")
    assert found.next_state.refusals is not None
    assert (found.next_state.refusals.copies, found.next_state.refusals.late) == (5, True)
    assert (found.action, found.limits, found.floor) == (Action.HOLD, ("refused",), 2)


def watched(order: Order, known_desired: int) -> State:
    """A memory in which a look came every ten seconds."""
    history = (CopiesSeen(NOW - timedelta(minutes=9), 2, NOW - timedelta(seconds=10)),)
    return state(
        order=order, known_desired=known_desired, copies_history=history, short_since=NOW - timedelta(minutes=1)
    )


def test_its_starts_are_those_of_new_instances() -> None:
    world = variant_world()
    world.alarm()
    order = world.state.order
    assert order is not None
    assert (order.kind, wants_instances(order, NOW)) == (StartKind.NEW_INSTANCE, False)
    history = (CopiesSeen(NOW - timedelta(minutes=1), 6, NOW),)
    assert expected(state(component=NAME, copies_history=history), 4, NOW) == times((), StartKind.NEW_INSTANCE)
    assert [one.kind for one in component_answer(state(component=NAME)).start_times] == [StartKind.NEW_INSTANCE]


# ---- asking


def test_a_floor_that_stands_is_asked_for_again() -> None:
    scaling = FakeScaling(registered=True, minimum=1)
    floors = FloorKeeper(scaling=scaling)
    kept, outcome = floors.ask(NAME, None, 4, NOW)
    assert (outcome.kind, scaling.log) == (OutcomeKind.APPLIED, ["booked 1", "minimum 4"])
    kept, outcome = floors.ask(NAME, kept.floor, 4, NOW)
    assert (outcome.kind, scaling.log[2:]) == (OutcomeKind.APPLIED, ["minimum 4"])
    assert kept.floor is not None
    assert kept.floor.own == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("", OutcomeKind.UNCERTAIN),
        ("InternalServiceException", OutcomeKind.UNCERTAIN),
        ("ConcurrentUpdateException", OutcomeKind.BLOCKED),
        ("AccessDeniedException", OutcomeKind.REFUSED),
    ],
)
def test_what_became_of_it_is_told_by_the_answer(code: str, kind: OutcomeKind, monkeypatch: pytest.MonkeyPatch) -> None:
    scaling = FakeScaling(registered=True, minimum=1)

    def broken(name: str, copies: int) -> None:
        raise Unavailable("RegisterScalableTarget: because", code)

    monkeypatch.setattr(scaling, "set_minimum", broken)
    kept, outcome = FloorKeeper(scaling=scaling).ask(NAME, None, 4, NOW)
    assert (outcome.kind, kept.floor) == (kind, None)
    assert "because" in outcome.detail
    assert scaling.booked is not None, "the release was booked first; a later look finds it by that"


def test_a_count_below_the_owners_own_minimum_is_brought_to_it_by_registering_that_again() -> None:
    scaling = FakeScaling(registered=True, minimum=4)
    _, outcome = FloorKeeper(scaling=scaling).ask(NAME, None, 3, NOW)
    assert (outcome.kind, outcome.detail) == (OutcomeKind.APPLIED, "MinCapacity is 4")
    assert "minimum 4" in scaling.log


@pytest.mark.parametrize("maximum", [0, 3])
def test_who_has_no_room_for_it_is_told_so(maximum: int) -> None:
    scaling = FakeScaling(registered=maximum > 0, minimum=1, maximum=maximum)
    _, outcome = FloorKeeper(scaling=scaling).ask(NAME, None, 4, NOW)
    assert outcome.kind is OutcomeKind.REFUSED
    assert outcome.detail


# ---- enrolling

TAGS = {"headstart:mode": "act", "headstart:target": "7", "headstart:max": "8"}


@pytest.mark.parametrize(
    ("native", "because"),
    [
        (Native(min_copies=1, max_copies=8), ""),
        (Native(), "it has no scalable target"),
        (Native(min_copies=1, max_copies=8, scheduled_suspended=True), "scheduled scaling is suspended"),
    ],
)
def test_a_variant_is_acted_on_only_where_its_floor_can_be_raised_and_released(native: Native, because: str) -> None:
    found = policy_from(TAGS, native, Mode.ACT, NOW, Capacity.VARIANT)
    assert (found.mode is Mode.ACT) == (not because)
    assert because in found.observes_because
    assert policy_from(TAGS, native, Mode.ACT, NOW).mode is Mode.ACT, "a component has its copy count"


def test_a_variant_always_has_an_instance() -> None:
    with pytest.raises(PolicyProblem, match="headstart:min is '0'; it must be a number from 1 to 10000"):
        policy_from(TAGS | {"headstart:min": "0"}, Native(), Mode.ACT, NOW, Capacity.VARIANT)


def test_a_budget_that_cannot_be_kept_is_refused() -> None:
    """Instances that came by the floor are native scaling's: none would be counted."""
    tags = TAGS | {"headstart:daily-copy-hours": "10"}
    with pytest.raises(PolicyProblem, match="headstart:daily-copy-hours is for inference components"):
        policy_from(tags, Native(), Mode.ACT, NOW, Capacity.VARIANT)
    assert policy_from(tags, Native(), Mode.ACT, NOW).daily_copy_hours == 10.0


# ---- finding


def endpoints(count: int) -> FakeComponents:
    found = FakeComponents()
    for number in range(count):
        found.endpoints[f"e{number}"] = Endpoint(created=CREATED, variants={f"e{number}.AllTraffic": ""})
    return found


def test_many_endpoints_are_described_in_turn_and_then_remembered() -> None:
    survey = Survey(components=endpoints(50))
    tagged: dict[str, dict[str, str]] = {f"e{number}": {} for number in range(50)}
    found = [len(survey.of(tagged, (), NOW + timedelta(minutes=minute)).tagged) for minute in range(4)]
    assert found == [READ_A_RUN, 2 * READ_A_RUN, 50, 50]


def test_who_has_not_been_described_yet_goes_by_what_the_table_knows() -> None:
    survey = Survey(components=endpoints(READ_A_RUN + 1))
    tagged = {f"e{number}": {"headstart:mode": "act"} for number in range(READ_A_RUN + 1)}
    names = [f"e{number}.AllTraffic" for number in range(READ_A_RUN + 1)]
    assert sorted(survey.of(tagged, names, NOW).tagged) == sorted(names)


def test_a_variant_that_comes_with_an_update_is_found_within_ten_minutes() -> None:
    components = endpoints(1)
    survey = Survey(components=components)
    survey.of({"e0": {}}, (), NOW)
    components.endpoints["e0"] = Endpoint(created=CREATED, variants={"e0.Blue": "", "e0.Green": ""})
    assert set(survey.of({"e0": {}}, (), NOW + LASTS / 2).tagged) == {"e0.AllTraffic"}
    assert set(survey.of({"e0": {}}, (), NOW + LASTS).tagged) == {"e0.Blue", "e0.Green"}


def test_an_endpoint_that_cannot_be_described_is_told_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    components = endpoints(2)
    describe = components.endpoint

    def throttled(name: str) -> Endpoint:
        if name == "e0":
            raise Unavailable("DescribeEndpoint: Throttling")
        return describe(name)

    monkeypatch.setattr(components, "endpoint", throttled)
    found = Survey(components=components).of({"e0": {}, "e1": {}}, (), NOW)
    assert (set(found.tagged), found.failed) == ({"e1.AllTraffic"}, {"e0.*": "DescribeEndpoint: Throttling"})


def test_an_endpoint_that_is_being_created_is_looked_at_again() -> None:
    components = endpoints(1)
    components.endpoints["e0"] = Endpoint(created=CREATED, variants={})
    survey = Survey(components=components)
    assert survey.of({"e0": {}}, (), NOW).tagged == {}
    components.endpoints["e0"] = Endpoint(created=CREATED, variants={"e0.AllTraffic": ""})
    assert set(survey.of({"e0": {}}, (), NOW + timedelta(minutes=1)).tagged) == {"e0.AllTraffic"}


def variant_world() -> World:
    """Two instances at full load beside a minimum of one."""
    world = World(settings=OF_VARIANT | {"min_copies": 0})
    world.register(1, 20)
    world.metrics.concurrency = (14.0, 14.0, 14.0)
    return world


def test_a_crash_between_raising_the_minimum_and_recording_it_is_found_out_by_the_next_look() -> None:
    world = variant_world()
    world.store.crash_before_complete = True
    with pytest.raises(Crash):
        world.alarm()
    assert world.scaling.minimum == 3
    assert world.outcomes[-1] is OutcomeKind.INTENDED
    world.component.desired, world.component.current = 3, 3
    world.pass_(60)
    world.alarm(event_id="event-2")
    assert world.outcomes[-2] is OutcomeKind.APPLIED
    assert world.writes == [], "no copy count was written"


def look_on(world: World) -> None:
    while world.state.episode is not None:
        world.follow_when_due()


def test_who_dies_after_raising_a_floor_that_stood_leaves_one_that_is_known_for_ours() -> None:
    world = variant_world()
    world.alarm()
    assert world.scaling.minimum == 3
    world.component.current = world.component.desired = 3
    world.metrics.concurrency = (40.0, 40.0, 40.0)
    world.store.crash_before_complete = True
    with pytest.raises(Crash):
        look_on(world)
    raised = world.scaling.minimum
    assert raised > 3
    assert world.state.floor is not None
    assert (world.state.floor.copies, raised in world.state.floor.begun) == (3, True)
    world.component.current = world.component.desired = raised
    world.metrics.concurrency = (0.0, 0.0, 0.0)
    world.pass_(10 * 60)
    world.reconcile()
    look_on(world)
    assert (world.scaling.minimum, world.scaling.booked) == (1, None)
