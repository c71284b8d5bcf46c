"""Native scaling set up for who asks for it: once, only where there is none, and never over what the owner does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from headstart.domain.model import Floor, Mode, Native
from headstart.domain.native import NativePlan, Step, begun, next_step, plan_from
from headstart.domain.tags import PolicyProblem
from tests.support.fakes import Crash
from tests.support.world import NAME, World

PLAN = NativePlan(min_copies=0, max_copies=8, target=5.0)
BEGUN = begun("headstart", NAME, PLAN)
MADE = replace(BEGUN, complete=True)
OURS, THEIRS, NONE = Native(min_copies=0, max_copies=8), Native(min_copies=1, max_copies=8), Native()


def tags(**values: str) -> dict[str, str]:
    return {f"headstart:{name}": value for name, value in values.items()}


# ---- what is asked for


def test_nothing_is_asked_for_without_the_tag() -> None:
    assert plan_from(tags(mode="act", max="8", target="5")) is None


def test_bounds_and_target_are_the_tags_and_zero_copies_are_asked_for_or_not_to_be_had() -> None:
    assert plan_from(tags(native="create", min="0", max="8", target="5")) == PLAN
    assert plan_from(tags(native="create", max="8", target="5")) == replace(PLAN, min_copies=1)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (tags(native="yes"), "headstart:native is 'yes'; it must be create"),
        (tags(native="create", target="5"), "headstart:max is missing (1 to 10000); headstart:native needs it"),
        (tags(native="create", max="8"), "headstart:target is missing (0.1 to 10000); headstart:native needs it"),
        (tags(native="create", max="lots", target="5"), "headstart:max is 'lots'"),
    ],
)
def test_what_is_missing_or_impossible_is_named(asked: dict[str, str], message: str) -> None:
    with pytest.raises(PolicyProblem) as problem:
        plan_from(asked)
    assert message in str(problem.value)


@pytest.mark.parametrize(
    ("plan", "made", "native", "step"),
    [
        pytest.param(None, None, NONE, Step.NOTHING, id="not asked for"),
        pytest.param(PLAN, None, THEIRS, Step.NOTHING, id="the owner has set it up"),
        pytest.param(PLAN, None, OURS, Step.NOTHING, id="the owner has, and just like that"),
        pytest.param(PLAN, None, NONE, Step.SET_UP, id="asked for, and not there"),
        pytest.param(PLAN, BEGUN, NONE, Step.SET_UP, id="nothing came of the first attempt"),
        pytest.param(PLAN, BEGUN, OURS, Step.SET_UP, id="the first attempt broke off"),
        pytest.param(PLAN, BEGUN, THEIRS, Step.FORGET, id="meanwhile the owner has set it up"),
        pytest.param(PLAN, MADE, OURS, Step.NOTHING, id="done"),
        pytest.param(PLAN, MADE, THEIRS, Step.NOTHING, id="the owner changed it by hand"),
        pytest.param(PLAN, MADE, NONE, Step.SET_UP, id="somebody took it away"),
        pytest.param(replace(PLAN, max_copies=9), MADE, OURS, Step.SET_UP, id="the tags have changed"),
        pytest.param(replace(PLAN, target=6.0), MADE, OURS, Step.SET_UP, id="the target has"),
        pytest.param(replace(PLAN, max_copies=9), MADE, THEIRS, Step.NOTHING, id="both have changed it"),
        pytest.param(None, MADE, OURS, Step.NOTHING, id="no longer asked for"),
    ],
)
def test_what_is_to_be_done(plan: NativePlan | None, made: object, native: Native, step: Step) -> None:
    assert next_step(plan, made, native) is step  # type: ignore[arg-type]


# ---- as it goes


@pytest.fixture
def world() -> World:
    """Tagged, and never seen before."""
    world = World(copies=2)
    world.store.states.clear()
    world.alarms.thresholds.clear()
    world.component.tags = tags(mode="act", native="create", min="0", max="8", target="5")
    return world


def turn(world: World) -> None:
    """The next time its settings are read."""
    world.pass_(660)
    world.reconcile()


def test_one_run_enrols_and_sets_up(world: World) -> None:
    world.reconcile()
    assert world.enrolments.natives[NAME] == Native(min_copies=0, max_copies=8, target=5.0)
    assert world.natives.policies[NAME] == {MADE.tracking_policy, MADE.wake_policy}
    assert world.natives.alarms[NAME] == {MADE.wake_alarm}
    assert world.state.created_native == MADE
    assert world.state.native == OURS
    assert world.state.policy is not None
    assert (world.state.policy.min_copies, world.state.policy.max_copies) == (0, 8)
    assert world.state.problem is None


def test_it_is_done_once(world: World) -> None:
    world.reconcile()
    turn(world)
    turn(world)
    assert world.natives.calls == 1


def test_who_has_native_scaling_keeps_it_as_it_is(world: World) -> None:
    theirs = Native(min_copies=1, max_copies=4, target=7.0)
    world.enrolments.natives[NAME] = theirs
    world.reconcile()
    turn(world)
    assert (world.natives.calls, world.enrolments.natives[NAME]) == (0, theirs)
    assert world.state.created_native is None
    assert world.state.policy is not None
    assert world.state.policy.max_copies == 4
    assert world.events.told == []


def test_changed_tags_change_it_and_a_wake_no_longer_needed_goes(world: World) -> None:
    world.reconcile()
    world.component.tags |= tags(min="1", max="10")
    world.reconcile()
    assert world.enrolments.natives[NAME] == Native(min_copies=1, max_copies=10, target=5.0)
    assert world.natives.policies[NAME] == {MADE.tracking_policy}
    assert world.natives.alarms[NAME] == set()
    assert world.state.policy is not None
    assert world.state.policy.max_copies == 10


def test_what_the_owner_changed_by_hand_stays(world: World) -> None:
    world.reconcile()
    by_hand = Native(min_copies=2, max_copies=8, target=5.0)
    world.enrolments.natives[NAME] = by_hand
    world.component.tags |= tags(max="10")
    world.reconcile()
    assert (world.natives.calls, world.enrolments.natives[NAME]) == (1, by_hand)
    del world.component.tags["headstart:mode"]
    world.reconcile()
    assert not world.state.enrolled
    assert world.enrolments.natives[NAME] == by_hand


@pytest.mark.parametrize("leaves", ["untagged", "deleted"])
def test_what_was_set_up_leaves_with_the_component(world: World, leaves: str) -> None:
    world.reconcile()
    if leaves == "deleted":
        del world.components.by_name[NAME]
    else:
        del world.component.tags["headstart:mode"]
    assert world.reconcile().departed == (NAME,)
    assert NAME not in world.enrolments.natives
    assert (world.natives.policies[NAME], world.natives.alarms[NAME]) == (set(), set())
    assert world.state.created_native is None


def raised(world: World) -> None:
    """Our own floor stands before the minimum."""
    now = world.clock.now()
    floor = Floor(copies=3, own=0, booked_at=now, until=now + timedelta(minutes=30), before=0)
    world.store.states[NAME] = replace(world.state, floor=floor)
    world.enrolments.natives[NAME] = Native(min_copies=3, max_copies=8, target=5.0)
    world.scaling.registered, world.scaling.minimum, world.scaling.maximum = True, 3, 8
    world.scaling.booked = (0, floor.until)


def test_a_floor_of_ours_does_not_make_it_the_owners(world: World) -> None:
    world.reconcile()
    raised(world)
    del world.component.tags["headstart:mode"]
    world.reconcile()
    assert NAME not in world.enrolments.natives


def test_changed_tags_wait_until_a_floor_of_ours_is_down(world: World) -> None:
    world.reconcile()
    raised(world)
    world.component.tags |= tags(max="10")
    world.reconcile()
    assert world.natives.calls == 1
    world.store.states[NAME] = replace(world.state, floor=None)
    world.scaling.registered = False
    world.enrolments.natives[NAME] = Native(min_copies=0, max_copies=8, target=5.0)
    turn(world)
    assert world.enrolments.natives[NAME] == Native(min_copies=0, max_copies=10, target=5.0)


def test_what_was_not_set_up_by_us_stays_when_the_component_leaves(world: World) -> None:
    theirs = Native(min_copies=0, max_copies=8, target=5.0)
    world.enrolments.natives[NAME] = theirs
    world.reconcile()
    del world.component.tags["headstart:mode"]
    world.reconcile()
    assert (world.natives.calls, world.enrolments.natives[NAME]) == (0, theirs)


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param({"mode": "observe"}, id="observe"),
        pytest.param({"paused-until": "2026-12-01T00:00Z"}, id="paused"),
    ],
)
def test_who_may_not_act_sets_nothing_up(world: World, forbidden: dict[str, str]) -> None:
    world.component.tags |= tags(**forbidden)
    world.reconcile()
    assert world.natives.calls == 0
    assert world.state.problem is None
    world.component.tags |= tags(mode="act")
    world.component.tags.pop("headstart:paused-until", None)
    world.reconcile()
    assert world.natives.calls == 1


def test_the_global_stop_sets_nothing_up(world: World) -> None:
    world.highest_mode = Mode.OBSERVE
    world.reconcile()
    assert world.natives.calls == 0


def test_a_stack_that_may_not_says_so_once_and_acts_all_the_same(world: World) -> None:
    world.creates_native = False
    world.reconcile()
    turn(world)
    assert world.natives.calls == 0
    assert [notice.field for notice in world.events.told] == ["headstart:native"]
    assert "AllowNativeCreate=true" in world.events.told[0].problem
    assert world.state.policy is not None
    assert world.state.policy.mode is Mode.ACT


def test_what_aws_refuses_is_a_problem_until_it_no_longer_does(world: World) -> None:
    world.natives.refusal = "RegisterScalableTarget: LimitExceededException: 500 targets"
    world.reconcile()
    turn(world)
    assert [notice.cleared for notice in world.events.told] == [False]
    assert "LimitExceededException: 500 targets" in world.events.told[0].problem
    assert world.state.policy is not None
    world.natives.refusal = ""
    turn(world)
    assert [notice.cleared for notice in world.events.told] == [False, True]
    assert world.state.created_native == MADE


def crash() -> None:
    raise Crash


def test_a_crash_in_the_middle_is_made_good(world: World) -> None:
    world.natives.after_register = crash
    with pytest.raises(Crash):
        world.reconcile()
    assert NAME not in world.natives.policies
    turn(world)
    assert world.natives.policies[NAME] == {MADE.tracking_policy, MADE.wake_policy}
    assert world.state.created_native == MADE


def test_a_component_that_leaves_after_a_crash_leaves_nothing_behind(world: World) -> None:
    world.natives.after_register = crash
    with pytest.raises(Crash):
        world.reconcile()
    del world.component.tags["headstart:mode"]
    world.reconcile()
    assert NAME not in world.enrolments.natives
