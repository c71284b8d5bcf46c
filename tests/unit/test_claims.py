"""Two stacks and one component: one of them acts, and both know which."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.domain.claims import rival
from headstart.domain.model import Mode, OutcomeKind, SignalKind
from tests.support.builders import NOW
from tests.support.world import NAME, World

LOWER, HIGHER = "alpha", "omega"


@pytest.mark.parametrize(
    ("stack", "claimants", "acts_instead"),
    [
        pytest.param("beta", (), None, id="nobody has claimed it"),
        pytest.param("beta", ("beta",), None, id="we have"),
        pytest.param("beta", ("omega",), "omega", id="another has: its name does not matter"),
        pytest.param("beta", ("alpha", "omega"), "alpha", id="two others have"),
        pytest.param("beta", ("beta", "omega"), None, id="both at once, ours is the lower name"),
        pytest.param("omega", ("beta", "omega"), "beta", id="both at once, theirs is"),
    ],
)
def test_who_acts(stack: str, claimants: tuple[str, ...], acts_instead: str | None) -> None:
    assert rival(stack, claimants) == acts_instead


def stacks(lower: Mode = Mode.ACT, higher: Mode = Mode.ACT) -> tuple[World, World]:
    """Two stacks that know nothing yet, and the component between them."""
    worlds = (World(stack=LOWER, highest_mode=lower), World(stack=HIGHER, highest_mode=higher))
    for world, other in (worlds, worlds[::-1]):
        world.components = worlds[0].components
        world.enrolments.components = worlds[0].components
        world.component = worlds[0].component
        world.alarms.neighbours = [other.alarms]
        world.store.states.clear()
        world.alarms.thresholds.clear()
        world.alarms.claimed.clear()
    return worlds


def run(*worlds: World, minutes: int = 1) -> None:
    for _ in range(minutes):
        for world in worlds:
            world.reconcile()
        for world in worlds:
            world.pass_(60)


def acting(*worlds: World) -> list[str]:
    policies = [(world.stack, world.state.policy) for world in worlds if NAME in world.store.states]
    return [stack for stack, policy in policies if policy is not None and policy.mode is Mode.ACT]


@pytest.mark.parametrize("order", ["lower name first", "higher name first"])
def test_first_come_first_served(order: str) -> None:
    first, second = stacks() if order == "lower name first" else stacks()[::-1]
    run(first)
    run(first, second, minutes=30)
    assert acting(first, second) == [first.stack]
    assert second.state.rival == first.stack
    assert second.state.problem is not None
    assert f"stack {first.stack} acts on it already" in second.state.problem
    assert [notice.field for notice in second.events.told] == ["headstart:mode"]
    assert first.events.told == []


def test_the_stack_that_came_second_observes_and_says_why() -> None:
    first, second = stacks()
    run(first, second)
    second.metrics.concurrency = (9, 9, 9)
    second.alarm()
    assert second.outcomes == [OutcomeKind.OBSERVED]
    assert second.records[0].observes_because == f"stack {LOWER} had claimed it first"
    assert second.alarms.thresholds.keys() == first.alarms.thresholds.keys(), "it observes with alarms of its own"
    assert first.writes == []


@pytest.mark.parametrize("order", ["lower name first", "higher name first"])
def test_a_component_recreated_under_its_name_stays_with_the_stack_that_acts_on_it(order: str) -> None:
    first, second = stacks() if order == "lower name first" else stacks()[::-1]
    run(first, second, minutes=17)
    first.component.created = first.clock.at
    acted: list[list[str]] = []
    for _ in range(30):
        for world in (second, first):
            world.reconcile()
            acted.append(acting(second))
        for world in (first, second):
            world.pass_(60)
    assert all(who == [] for who in acted)
    assert acting(first) == [first.stack]


def test_stacks_that_start_at_the_same_moment_agree_within_a_minute() -> None:
    lower, higher = stacks()
    # Each has found no claim when the other makes one.
    lower.alarms.before_ensure = higher.reconcile
    higher.alarms.before_ensure = lambda: None
    lower.reconcile()
    assert acting(lower, higher) == [LOWER, HIGHER]
    for world in (lower, higher):
        world.pass_(60)
    run(lower, higher)
    assert acting(lower, higher) == [LOWER]
    assert higher.alarms.claimed == set()
    run(lower, higher, minutes=30)
    assert acting(lower, higher) == [LOWER]


@pytest.mark.parametrize("leaves", ["untagged", "stopped"])
def test_a_claim_given_up_is_taken_over_within_ten_minutes(leaves: str) -> None:
    first, second = stacks()
    run(first, second, minutes=5)
    if leaves == "stopped":
        first.highest_mode = Mode.OBSERVE
    else:
        first.alarms.remove(NAME)
        first.alarms.claimed.clear()
    run(*((second,) if leaves == "untagged" else (first, second)), minutes=20)
    assert acting(second) == [HIGHER]
    assert [notice.cleared for notice in second.events.told] == [False, True]
    assert second.alarms.claimed == {NAME}


def test_a_stack_that_may_only_observe_claims_nothing() -> None:
    watching, working = stacks(lower=Mode.OBSERVE)
    run(watching)
    run(watching, working, minutes=15)
    assert acting(watching, working) == [HIGHER]
    assert watching.alarms.claims_listed == 0
    assert watching.events.told == []


def test_claims_are_listed_for_newcomers_and_now_and_then() -> None:
    world = World(stack=LOWER)
    run(world, minutes=60)
    settled = world.alarms.claims_listed
    assert 6 < settled <= 6 + 5, "every ten minutes, and until the first claim is five minutes old"
    world.components.by_name["new"] = type(world.component)("new", tags=dict(world.component.tags))
    run(world, minutes=10)
    assert 5 <= world.alarms.claims_listed - settled <= 1 + 5


def test_for_many_newcomers_one_listing_does_for_three_minutes() -> None:
    world = World(stack=LOWER)
    world.keep_to_quotas()
    for number in range(400):
        name = f"c{number:03}"
        world.components.by_name[name] = type(world.component)(name, tags=dict(world.component.tags))
    listed = []
    for minute in range(1, 7):
        world.reconcile()
        world.clock.at = NOW + timedelta(minutes=minute)
        listed.append(world.alarms.claims_listed)
    assert listed == [1, 1, 1, 2, 2, 2]
    assert len(world.store.states) > 200


@given(st.lists(st.sampled_from([0, 1]), min_size=1, max_size=20), st.booleans())
def test_however_runs_interleave_one_stack_acts_in_the_end(turns: list[int], overlap: bool) -> None:
    both = stacks()
    if overlap:
        both[turns[0]].alarms.before_ensure = both[1 - turns[0]].reconcile
    for turn in turns:
        both[turn].reconcile()
        for world in both:
            world.pass_(60 / 2)
    run(*both, minutes=12)
    assert len(acting(*both)) == 1
    run(*both, minutes=12)
    (winner,) = acting(*both)
    assert {world.state.rival for world in both} == {None, winner}


@pytest.mark.parametrize("kind", [SignalKind.WAKE, SignalKind.PRESSURE])
def test_tags_that_say_observe_are_no_conflict(kind: SignalKind) -> None:
    first, second = stacks()
    first.component.tags["headstart:mode"] = "observe"
    run(first, second, minutes=12)
    assert second.events.told == []
    assert second.state.policy is not None
    assert second.state.policy.observes_because == ""
    assert (NAME, kind) in second.alarms.thresholds
