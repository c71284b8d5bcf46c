"""How long copies take: what a look finds out about an order, what is learned of it, and what is expected next."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.domain.decide import decide
from headstart.domain.model import CopiesSeen, Instances, Order, SignalKind, StartKind, StartUp, State, Status
from headstart.domain.startup import PRIORS, REMEMBERED, expected, horizon, times, wants_instances
from headstart.domain.startup import settle as follow
from tests.support.builders import NOW, points, policy, seen, signal, state
from tests.support.world import NAME, World

FREE, NEW = StartKind.FREE_PLACE, StartKind.NEW_INSTANCE
KINDS = st.sampled_from([FREE, NEW, None])
STARTS = st.lists(
    st.builds(StartUp, st.just(NOW), st.just(1), st.floats(1, 3600), st.none(), KINDS), max_size=REMEMBERED
)


def started(*seconds: float, kind: StartKind | None = FREE) -> tuple[StartUp, ...]:
    return tuple(StartUp(NOW, 1, one, one, kind) for one in seconds)


def looked_at(*instances: Instances | None) -> StartKind | None:
    """What looks that saw these instances, ten seconds apart, make of an order of two copies on two."""
    order: Order | None = Order("id", 2, 4, NOW, NOW, 2)
    for number, one in enumerate(instances, 1):
        assert order is not None
        at = NOW + timedelta(seconds=10 * number)
        look = seen(2, at=at, desired_copies=4, status=Status.UPDATING, instances=one)
        order, _ = follow(order, look, at)
    assert order is not None
    return order.kind


# ---- what looks tell of an order


@pytest.mark.parametrize(
    ("instances", "kind"),
    [
        pytest.param([Instances(1, 1), Instances(1, 1)], FREE, id="nothing is launched"),
        pytest.param([Instances(1, 2)], NEW, id="one is on its way"),
        pytest.param([Instances(1, 1), Instances(1, 2)], NEW, id="one is on its way a look later"),
        pytest.param([Instances(1, 2), Instances(2, 2)], NEW, id="one came meanwhile"),
        pytest.param([Instances(0, 0)], NEW, id="there is none yet"),
        pytest.param([Instances(1, 1), None], FREE, id="a look that saw nothing changes nothing"),
        pytest.param([None, None], None, id="nobody could look"),
    ],
)
def test_where_copies_start(instances: list[Instances | None], kind: StartKind | None) -> None:
    assert looked_at(*instances) is kind


def test_the_first_copy_and_the_last_are_both_noted() -> None:
    order = Order("id", 2, 5, NOW, NOW, 2, kind=NEW)
    first = NOW + timedelta(seconds=100)
    partly = seen(3, at=first, desired_copies=5, status=Status.UPDATING)
    memory = decide(policy(), state(order=order), partly, signal(SignalKind.FOLLOW), first).next_state
    last = NOW + timedelta(seconds=260)
    decision = decide(policy(), memory, seen(5, at=last), signal(SignalKind.FOLLOW), last)
    assert decision.next_state.start_ups == (StartUp(last, 3, 260.0, 100.0, NEW),)
    assert decision.resolution is not None
    assert (decision.resolution.first_in_service_at, decision.resolution.start_kind) == (first, NEW)


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        pytest.param(None, False, id="no order"),
        pytest.param(Order("id", 2, 3, NOW, None, 2), False, id="an intention"),
        pytest.param(Order("id", 2, 3, NOW, NOW, 2), True, id="a new order"),
        pytest.param(Order("id", 2, 3, NOW, NOW, 2, kind=FREE), True, id="a launch may still come"),
        pytest.param(Order("id", 2, 3, NOW, NOW, 2, kind=NEW), False, id="the launch was seen"),
        pytest.param(Order("id", 2, 3, NOW, NOW - timedelta(seconds=70), 2), False, id="too late to teach anything"),
    ],
)
def test_instances_are_looked_at_only_while_that_teaches_something(order: Order | None, wanted: bool) -> None:
    assert wants_instances(order, NOW + timedelta(seconds=10)) is wanted


# ---- the chain of looks


@pytest.fixture
def world() -> World:
    world = World(copies=2)
    world.metrics.concurrency = (30, 30, 30)
    return world


def test_instances_are_never_read_before_the_write_and_until_the_launch_is_seen_after_it(world: World) -> None:
    world.alarm()
    assert (len(world.writes), world.components.hosts_seen) == (1, [])
    world.follow_when_due()
    world.component.instances = Instances(3, 4)
    world.follow_when_due()
    world.follow_when_due()
    assert len(world.components.hosts_seen) == 2
    world.pass_(200)
    world.component.copies_come()
    world.follow()
    assert [one.kind for one in world.state.start_ups] == [NEW]
    assert (world.records[0].start_kind, world.records[0].first_in_service_at) == (NEW, world.clock.at)


def test_where_no_launch_shows_within_a_minute_the_looks_leave_the_endpoint_alone(world: World) -> None:
    world.alarm()
    for _ in range(20):
        world.follow_when_due()
    assert len(world.components.hosts_seen) == 6
    world.component.copies_come()
    world.follow_when_due()
    assert [one.kind for one in world.state.start_ups] == [FREE]


def test_an_endpoint_that_cannot_be_described_costs_the_kind_alone(world: World) -> None:
    world.components.unreachable.add("endpoint")
    world.alarm()
    world.follow_when_due()
    world.component.copies_come()
    world.follow_when_due()
    assert [(one.seconds, one.kind) for one in world.state.start_ups] == [(20.0, None)]


def test_a_message_of_the_version_before_looks_all_the_same(world: World) -> None:
    world.alarm()
    world.follow(replace(world.message, host=None))
    assert world.components.hosts_seen == []
    assert world.message.component == NAME


# ---- what is expected


def test_without_evidence_the_priors_stand() -> None:
    assert [(times((), kind).p50, times((), kind).p90, times((), kind).measured) for kind in (FREE, NEW)] == [
        (100.0, 180.0, 0),
        (258.0, 330.0, 0),
    ]


def test_one_start_outweighs_the_prior_and_five_are_without_it() -> None:
    assert times(started(360.0), FREE).p50 == 360.0
    assert times(started(20.0), FREE).p90 == 180.0
    five = times(started(20.0, 21.0, 22.0, 23.0, 24.0), FREE)
    assert (five.p50, five.p90, five.measured) == (22.0, 24.0, 5)


def test_kinds_are_kept_apart_and_a_start_that_nobody_saw_counts_for_both() -> None:
    both = started(90.0, 95.0, 100.0, 105.0, 110.0) + started(300.0, 310.0, 320.0, 330.0, 340.0, kind=NEW)
    assert (horizon(both, FREE), horizon(both, NEW), horizon(both)) == (100.0, 320.0, 110.0)
    assert [times(started(500.0, kind=None), kind).measured for kind in (FREE, NEW, None)] == [1, 1, 1]


def watched(*spans: tuple[int, float]) -> State:
    """So many copies were in service until so many minutes ago."""
    ago = [(copies, NOW - timedelta(minutes=minutes)) for copies, minutes in spans]
    return state(copies_history=tuple(CopiesSeen(at, copies, at) for copies, at in ago))


@pytest.mark.parametrize(
    ("memory", "copies", "kind"),
    [
        pytest.param(watched((6, 5.0), (3, 0.0)), 6, FREE, id="six stood five minutes ago"),
        pytest.param(watched((6, 5.0), (3, 0.0)), 7, None, id="a seventh never stood"),
        pytest.param(watched((6, 9.5), (3, 0.0)), 4, None, id="their instances may be gone"),
        pytest.param(state(), 1, None, id="nothing was ever seen"),
    ],
)
def test_places_that_were_left_lately_are_expected_to_be_free(
    memory: State, copies: int, kind: StartKind | None
) -> None:
    assert expected(memory, copies, NOW).kind is kind


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        pytest.param([FREE, FREE], FREE, id="never has one been launched"),
        pytest.param([FREE, NEW, FREE], NEW, id="one has been launched"),
        pytest.param([None, None], None, id="nobody saw"),
    ],
)
def test_beyond_those_places_it_goes_by_earlier_starts(kinds: list[StartKind | None], kind: StartKind | None) -> None:
    starts = tuple(StartUp(NOW, 1, 100.0, 100.0, one) for one in kinds)
    memory = replace(watched((3, 0.0)), start_ups=starts)
    assert expected(memory, 4, NOW).kind is kind
    assert expected(memory, 3, NOW).kind is FREE


def test_a_decision_says_how_long_its_copies_will_take() -> None:
    memory = state(start_ups=started(90.0, 95.0, 100.0, 105.0, 200.0))
    decision = decide(policy(), memory, seen(2, concurrency=points(9, 9, 9)), signal(), NOW)
    assert decision.expected == times(memory.start_ups, FREE)
    assert decision.reason.endswith(
        " In service in about 100 s, 200 s at most nine times in ten (5 starts in free places)."
    )
    calm = decide(policy(), memory, seen(2, concurrency=points(3, 3, 3)), signal(), NOW)
    assert calm.expected is None


@given(STARTS, KINDS)
def test_a_time_expected_is_one_that_was_measured_or_a_prior(starts: list[StartUp], kind: StartKind | None) -> None:
    found = times(starts, kind)
    known = {one.seconds for one in starts} | {one for values in PRIORS.values() for one in values}
    assert found.p50 <= found.p90
    assert {found.p50, found.p90} <= known


@given(STARTS, KINDS, st.floats(0, 600))
def test_slower_starts_are_never_expected_sooner(starts: list[StartUp], kind: StartKind | None, more: float) -> None:
    slower = [replace(one, seconds=one.seconds + more) for one in starts]
    assert times(slower, kind).p50 >= times(starts, kind).p50
    assert times(slower, kind).p90 >= times(starts, kind).p90
