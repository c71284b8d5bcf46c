"""The floor: how high it may be, how it is kept and given back, and what a crash or an owner makes of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from headstart.app.floors import FloorKeeper, lowered
from headstart.app.records import Kept
from headstart.domain.floor import LASTS, OTHERS_PLAN, STALE, announced, is_due, owners_minimum, stands, wanted
from headstart.domain.model import Episode, Floor, Mode, OutcomeKind, Policy, SignalKind, Status
from tests.support.builders import NOW, policy
from tests.support.fakes import Crash, FakeScaling
from tests.support.world import NAME, World

FLOOR = Floor(copies=5, own=1, booked_at=NOW, until=NOW + LASTS, before=3)
RELEASED = Floor(copies=1, own=1, booked_at=NOW - LASTS, until=NOW, before=5)


def allowed(**changes: object) -> Policy:
    return policy(**{"floor_allowed": True, "min_copies": 1, "max_copies": 8} | changes)


# ---- how high


@pytest.mark.parametrize(
    ("settings", "standing", "blind", "active", "kept", "desired", "floor"),
    [
        pytest.param(allowed(), None, False, True, 5, 5, 5, id="what is kept"),
        pytest.param(allowed(), None, False, True, 5, 4, 4, id="never more than is asked for"),
        pytest.param(allowed(), None, False, True, 12, 12, 8, id="never above the owner's maximum"),
        pytest.param(allowed(), None, False, True, 1, 5, None, id="the owner's minimum is the owner's"),
        pytest.param(allowed(mode=Mode.OBSERVE), FLOOR, False, True, 5, 5, None, id="observe keeps nothing"),
        pytest.param(allowed(floor_allowed=False), FLOOR, False, True, 5, 5, None, id="nothing would release it"),
        pytest.param(allowed(), FLOOR, False, False, 5, 5, None, id="no longer active"),
        pytest.param(allowed(), FLOOR, True, True, 1, 6, 5, id="nothing seen: what stands is not lowered"),
        pytest.param(allowed(), FLOOR, True, True, 7, 7, 7, id="nothing seen, but a schedule wants more"),
        pytest.param(allowed(), FLOOR, True, True, 1, 4, 4, id="nothing seen, and the count is lower"),
        pytest.param(allowed(), None, True, True, 1, 6, None, id="nothing seen, nothing stands"),
        pytest.param(allowed(), RELEASED, True, True, 1, 6, None, id="nothing seen, and it was released"),
        pytest.param(allowed(), FLOOR, True, False, 1, 6, None, id="nothing seen, and no load for a while"),
    ],
)
def test_how_high_the_floor_is_to_be(
    settings: Policy,
    standing: Floor | None,
    blind: bool,
    active: bool,
    kept: int,
    desired: int,
    floor: int | None,
) -> None:
    assert wanted(settings, standing, blind, active, kept, desired) == floor


@pytest.mark.parametrize(("asked", "floor"), [(3, 3), (9, 5)])
def test_what_was_not_granted_is_not_held(asked: int, floor: int) -> None:
    assert lowered(5, asked) == floor
    assert lowered(None, asked) is None


@pytest.mark.parametrize(
    ("until", "due"),
    [
        pytest.param(NOW + timedelta(minutes=30), False, id="just booked"),
        pytest.param(NOW + timedelta(minutes=15), False, id="half time"),
        pytest.param(NOW + timedelta(seconds=899), True, id="past half time"),
        pytest.param(NOW - timedelta(minutes=1), True, id="it has run"),
    ],
)
def test_when_the_release_is_booked_anew(until: datetime, due: bool) -> None:
    assert is_due(replace(FLOOR, booked_at=until - LASTS, until=until), NOW) is due


@pytest.mark.parametrize(
    ("shown", "standing", "age", "own"),
    [
        pytest.param(4, None, 0, 4, id="nothing of ours"),
        pytest.param(5, FLOOR, 0, 1, id="our floor"),
        pytest.param(3, FLOOR, 0, 1, id="read before it was raised further"),
        pytest.param(1, FLOOR, 0, 1, id="released by its booking, or not raised yet"),
        pytest.param(2, FLOOR, 0, None, id="the owner's newest word"),
        pytest.param(2, replace(FLOOR, lost=True), 0, 2, id="known to be lost"),
        pytest.param(5, RELEASED, 0, 1, id="read before it was released"),
        pytest.param(5, RELEASED, STALE.total_seconds() + 1, None, id="the owner came to like the number"),
        pytest.param(1, RELEASED, 86_400, 1, id="released long ago"),
        pytest.param(2, replace(FLOOR, begun=(2,)), 86_400, 1, id="begun, and nobody knows whether it came to be"),
    ],
)
def test_the_owners_minimum_behind_what_shows(shown: int, standing: Floor | None, age: float, own: int | None) -> None:
    assert owners_minimum(shown, standing, NOW + timedelta(seconds=age)) == own


@pytest.mark.parametrize(
    ("standing", "minimums", "begun"),
    [
        pytest.param(FLOOR, (3,), (3,), id="lower"),
        pytest.param(FLOOR, (7, 4), (4, 7), id="higher, or what is granted"),
        pytest.param(FLOOR, (None,), (1,), id="the owner's own"),
        pytest.param(FLOOR, (5,), (), id="as it is"),
        pytest.param(replace(FLOOR, begun=(2,)), (3,), (2, 3), id="the one before is not known yet"),
        pytest.param(RELEASED, (4,), (4,), id="raised again"),
        pytest.param(RELEASED, (None,), (), id="stays released"),
    ],
)
def test_a_minimum_is_noted_before_it_is_set(
    standing: Floor, minimums: tuple[int | None, ...], begun: tuple[int, ...]
) -> None:
    noted = announced(standing, *minimums)
    assert noted == replace(standing, begun=begun)
    assert stands(noted) or not begun


def test_the_first_floor_of_all_is_noted_by_its_booking() -> None:
    assert announced(None, 4) is None


# ---- how it is kept


@pytest.fixture
def scaling() -> FakeScaling:
    """The owner's bounds are 1 and 8."""
    return FakeScaling(registered=True, minimum=1, maximum=8)


def keep(scaling: FakeScaling, standing: Floor | None, copies: int | None, minutes: float = 0.0) -> Kept:
    return FloorKeeper(scaling=scaling).keep(NAME, standing, copies, NOW + timedelta(minutes=minutes))


def test_its_release_is_booked_before_it_is_raised(scaling: FakeScaling) -> None:
    kept = keep(scaling, None, 5)
    assert scaling.log == ["booked 1", "minimum 5"]
    assert scaling.booked == (1, NOW + LASTS)
    assert kept == Kept(Floor(5, 1, NOW, NOW + LASTS, before=1, changed_at=NOW))


def test_a_floor_that_stands_as_wanted_costs_no_call(scaling: FakeScaling) -> None:
    kept = keep(scaling, None, 5)
    scaling.down = True
    assert keep(scaling, kept.floor, 5, minutes=15) == kept


def test_it_moves_with_what_is_wanted_and_the_booking_stands(scaling: FakeScaling) -> None:
    higher = keep(scaling, keep(scaling, None, 5).floor, 7, minutes=1)
    lower = keep(scaling, higher.floor, 3, minutes=2)
    assert scaling.log == ["booked 1", "minimum 5", "minimum 7", "minimum 3"]
    assert lower == Kept(Floor(3, 1, NOW, NOW + LASTS, before=7, changed_at=NOW + timedelta(minutes=2)))


def test_the_booking_is_moved_at_half_time(scaling: FakeScaling) -> None:
    first = keep(scaling, None, 5).floor
    renewed = keep(scaling, first, 5, minutes=16).floor
    assert scaling.log == ["booked 1", "minimum 5", "booked 1"]
    assert renewed is not None
    assert scaling.booked == (1, renewed.until) == (1, NOW + timedelta(minutes=46))


def test_beside_the_owners_own_plans_it_is_short(scaling: FakeScaling) -> None:
    scaling.others_plans = True
    kept = keep(scaling, None, 5)
    assert scaling.booked == (1, NOW + OTHERS_PLAN)
    assert keep(scaling, kept.floor, 5, minutes=3).floor == Floor(
        5, 1, NOW + timedelta(minutes=3), NOW + timedelta(minutes=3) + OTHERS_PLAN, before=5, changed_at=NOW
    )


def test_it_is_given_back_and_that_is_that(scaling: FakeScaling) -> None:
    released = keep(scaling, keep(scaling, None, 5).floor, None, minutes=4)
    assert scaling.log[2:] == ["minimum 1", "cancelled"]
    assert scaling.minimum == 1
    assert not scaling.booked
    scaling.down = True
    assert keep(scaling, released.floor, None, minutes=5) == Kept(released.floor)


def test_the_owners_edit_wins_and_the_release_is_called_off(scaling: FakeScaling) -> None:
    standing = keep(scaling, None, 5).floor
    scaling.minimum = 2
    dropped = keep(scaling, standing, 6, minutes=1)
    assert dropped == Kept(None, "the owner set MinCapacity to 2; the floor is dropped")
    assert (scaling.minimum, scaling.booked) == (2, None)
    anew = keep(scaling, dropped.floor, 6, minutes=2)
    assert anew.floor is not None
    assert (anew.floor.own, scaling.booked) == (2, (2, NOW + timedelta(minutes=32)))


def test_what_a_stale_reader_took_for_an_edit_is_not_lost(scaling: FakeScaling) -> None:
    standing = keep(scaling, None, 5).floor
    assert standing is not None
    kept = keep(scaling, replace(standing, lost=True), 5, minutes=1)
    assert kept.floor == replace(standing, before=5)
    assert scaling.booked == (1, NOW + LASTS)


def test_a_crash_between_raising_and_remembering_is_recognised_by_the_booking(scaling: FakeScaling) -> None:
    keep(scaling, None, 5)
    kept = keep(scaling, None, 6, minutes=1)
    assert kept.floor is not None
    assert (kept.floor.own, scaling.booked) == (1, (1, NOW + timedelta(minutes=31)))
    keep(scaling, kept.floor, None, minutes=2)
    assert scaling.minimum == 1


def test_a_crash_between_booking_and_raising_leaves_nothing_raised(scaling: FakeScaling) -> None:
    scaling.broken = {"RegisterScalableTarget"}
    kept = keep(scaling, None, 5)
    assert kept == Kept(None, "the floor stays as it is: RegisterScalableTarget")
    assert scaling.log == ["booked 1"]
    scaling.broken = set()
    assert keep(scaling, None, 5, minutes=1).floor == Floor(
        5, 1, NOW + timedelta(minutes=1), NOW + timedelta(minutes=31), before=1, changed_at=NOW + timedelta(minutes=1)
    )


@pytest.mark.parametrize(("minutes", "owners"), [(1, False), (3, True)])
def test_what_stood_before_is_the_owners_number_once_nobody_can_have_read_it(
    scaling: FakeScaling, minutes: float, owners: bool
) -> None:
    standing = keep(scaling, keep(scaling, None, 4).floor, 6).floor
    scaling.minimum = 4
    kept = keep(scaling, standing, 7, minutes=minutes)
    assert (kept.floor is None, scaling.minimum == 4) == (owners, owners)


@pytest.mark.parametrize("operation", ["PutScheduledAction", "DescribeScheduledActions", "DescribeScalableTargets"])
def test_what_cannot_be_booked_is_not_raised(scaling: FakeScaling, operation: str) -> None:
    scaling.broken = {operation}
    assert keep(scaling, None, 5) == Kept(None, f"the floor stays as it is: {operation}")
    assert scaling.minimum == 1


def test_a_release_that_fails_is_tried_again_and_the_booking_stands_till_then(scaling: FakeScaling) -> None:
    standing = keep(scaling, None, 5).floor
    scaling.broken = {"RegisterScalableTarget"}
    assert keep(scaling, standing, None, minutes=1).floor == standing
    assert scaling.log == ["booked 1", "minimum 5"]
    scaling.broken = set()
    keep(scaling, standing, None, minutes=2)
    assert scaling.minimum == 1
    assert not scaling.booked


def test_after_the_booked_release_has_run_it_is_raised_and_booked_again(scaling: FakeScaling) -> None:
    standing = keep(scaling, None, 5).floor
    scaling.run_release()
    assert scaling.minimum == 1
    keep(scaling, standing, 5, minutes=31)
    assert (scaling.minimum, scaling.booked) == (5, (1, NOW + timedelta(minutes=61)))


def test_it_is_never_above_max_capacity(scaling: FakeScaling) -> None:
    keep(scaling, None, 9)
    assert scaling.minimum == 8


def test_without_a_scalable_target_there_is_nothing_to_keep(scaling: FakeScaling) -> None:
    scaling.registered = False
    assert keep(scaling, None, 5) == Kept(None)
    assert keep(scaling, FLOOR, None) == Kept(None, "there is no scalable target any more")
    assert scaling.log == []


# ---- in a look


@pytest.fixture
def world() -> World:
    world = World(copies=2)
    world.register()
    return world


def grown(world: World) -> None:
    """Two more copies are asked for, and what is needed is held."""
    world.metrics.concurrency = (11, 14, 17)
    world.change_policy(reserve=1)
    world.alarm()


def test_copies_are_asked_for_first_and_then_held(world: World) -> None:
    held: list[int] = []
    world.components.before_write = lambda: held.append(world.scaling.minimum)
    grown(world)
    assert (world.writes, held, world.scaling.minimum) == ([4], [0], 4)
    assert (world.records[-1].floor, world.records[-1].floor_note) == (4, "")
    assert world.state.floor == Floor(4, 0, NOW, NOW + LASTS, before=0, changed_at=NOW)


def test_copies_that_were_not_granted_are_not_held(world: World) -> None:
    world.component.quota = 3
    grown(world)
    assert (world.outcomes, world.scaling.minimum) == ([OutcomeKind.REFUSED], 2)


def test_the_floor_never_fails_a_look(world: World) -> None:
    world.scaling.down = True
    grown(world)
    assert (world.outcomes, world.writes, world.state.floor) == ([OutcomeKind.APPLIED], [4], None)
    assert world.records[-1].floor_note == "the floor stays as it is: DescribeScalableTargets"
    world.scaling.down = False
    world.follow_when_due()
    assert world.scaling.minimum == 4


def calm(world: World) -> None:
    """The copies have come, and nothing has been needed for the two minutes of the hold."""
    world.component.copies_come()
    world.metrics.concurrency = (0, 0, 0)
    while world.component.desired == 4:
        world.follow_when_due()


def test_what_is_given_back_is_let_go_of_first(world: World) -> None:
    held: list[int] = []
    grown(world)
    world.components.before_write = lambda: held.append(world.scaling.minimum)
    calm(world)
    assert (world.writes, held, world.records[-1].floor) == ([4, 2], [1], 1)


def test_after_the_last_load_the_owners_minimum_is_back(world: World) -> None:
    grown(world)
    calm(world)
    while world.state.episode is not None:
        world.follow_when_due()
        world.component.copies_come()
    assert (world.scaling.minimum, world.scaling.booked) == (0, None)
    assert world.component.desired == 2


def test_a_component_that_may_only_be_observed_keeps_no_floor(world: World) -> None:
    grown(world)
    world.component.tags["headstart:mode"] = "observe"
    world.reconcile()
    world.follow_when_due()
    assert (world.scaling.minimum, world.scaling.booked, world.component.desired) == (0, None, 4)


def test_without_data_the_floor_stays(world: World) -> None:
    grown(world)
    world.component.copies_come()
    world.metrics.concurrency = ()
    for _ in range(10):
        world.follow_when_due()
    assert (world.scaling.minimum, world.records[-1].floor) == (4, 4)


def test_a_crash_after_the_write_leaves_a_floor_that_the_next_look_takes_up(world: World) -> None:
    grown(world)
    world.store.states[NAME] = replace(world.state, floor=None)
    world.component.copies_come()
    world.metrics.concurrency = (20, 20, 20)
    world.follow_when_due()
    assert world.state.floor is not None
    assert (world.scaling.minimum, world.state.floor.own) == (world.component.desired, 0)


def the_owners_minimum_comes_back(world: World) -> None:
    world.reconcile()
    while world.state.episode is not None:
        world.follow_when_due()
        world.component.copies_come()
        assert world.scaling.booked is not None or world.scaling.minimum == 0
    assert (world.scaling.minimum, world.scaling.booked) == (0, None)


def dies() -> None:
    raise Crash


def test_who_dies_between_lowering_the_floor_and_the_write_leaves_one_that_is_known_for_ours(world: World) -> None:
    grown(world)
    world.components.before_write = dies
    with pytest.raises(Crash):
        calm(world)
    assert world.scaling.minimum == 1
    world.clock.at += 2 * STALE
    the_owners_minimum_comes_back(world)


def test_a_floor_that_was_lowered_without_an_answer_is_still_ours(world: World) -> None:
    """The look writes no copy count; what it sets in Application Auto Scaling arrives, and the answer does not."""
    grown(world)
    world.component.copies_come()
    world.metrics.concurrency = (0, 0, 0)
    world.scaling.silent = True
    while world.scaling.minimum == 4:
        world.follow_when_due()
    assert world.state.floor is not None
    assert world.state.floor.copies == 4
    assert world.scaling.minimum in world.state.floor.begun
    world.scaling.silent = False
    world.clock.at += 2 * STALE
    the_owners_minimum_comes_back(world)


def test_a_look_that_met_another_writer_knows_the_floor_it_has_set_for_its_own(world: World) -> None:
    grown(world)
    world.component.copies_come()
    assert world.state.floor is not None
    lower = replace(world.state.floor, copies=3, before=0)
    world.store.save(replace(world.state, floor=lower))
    world.scaling.minimum = 3
    world.store.after_load = lambda: world.store.save(world.state)  # reconcile, in the middle of the look
    world.follow_when_due()
    assert world.state.floor is not None
    assert (world.scaling.minimum, world.state.floor.copies, world.state.floor.own) == (4, 4, 0)
    assert world.scaling.booked is not None


def test_a_look_whose_component_leaves_in_the_middle_of_it_takes_its_floor_back(world: World) -> None:
    grown(world)
    world.component.copies_come()
    assert world.state.floor is not None
    world.store.save(replace(world.state, floor=replace(world.state.floor, copies=3, before=0)))
    world.scaling.minimum = 3
    world.component.tags = {}
    world.store.after_load = world.reconcile
    looked = world.follow_when_due()
    assert "not enrolled" in looked.ignored
    assert "minimum 4" in world.scaling.log
    assert world.scaling.minimum == 0
    assert not world.scaling.booked
    assert not world.state.floor


def another_look(world: World, *load: float) -> None:
    """An alarm that another process hears of, in the middle of our look."""
    usual, world.metrics.concurrency = world.metrics.concurrency, load
    world.alarm(event_id="another")
    world.metrics.concurrency = usual


def about_to_grow(world: World) -> None:
    """Three copies are held, the owner's minimum is 1, and the next look asks for more."""
    world.register(minimum=1, maximum=8)
    world.component.current = world.component.desired = 3
    world.metrics.concurrency = (6, 6, 6)
    world.alarm()
    world.pass_(30)
    world.metrics.concurrency = (12, 12, 12)
    world.follow()
    assert world.scaling.minimum == 3
    world.pass_(10)


def after_the_last_load(world: World) -> tuple[int, object]:
    world.clock.at += 2 * STALE
    world.metrics.concurrency = (0, 0, 0)
    for _ in range(80):
        world.pass_(30)
        world.component.copies_come()
        world.reconcile()
        if world.state.episode is not None:
            world.follow()
    return world.scaling.minimum, world.scaling.booked


def test_a_floor_that_another_look_moved_during_a_write_is_not_taken_for_the_owners(world: World) -> None:
    about_to_grow(world)
    world.scaling.after_minimum = lambda: another_look(world)  # one that sees nothing, and keeps what it knows of
    world.follow()
    assert world.scaling.minimum == 3
    assert after_the_last_load(world) == (1, None)


def test_what_a_write_has_announced_is_not_forgotten_by_another_look(world: World) -> None:
    about_to_grow(world)
    world.components.before_write = lambda: another_look(world)
    world.scaling.after_minimum = dies
    with pytest.raises(Crash):
        world.follow()
    assert world.scaling.minimum == 5
    assert after_the_last_load(world) == (1, None)


def test_a_minimum_that_another_look_has_set_meanwhile_is_not_taken_for_the_owners(world: World) -> None:
    about_to_grow(world)
    assert world.state.floor is not None
    due = replace(world.state.floor, until=world.clock.at + timedelta(seconds=30))
    world.store.save(replace(world.state, floor=due))

    world.store.after_load = lambda: another_look(world, 12, 12, 12)
    world.metrics.concurrency = ()  # so that ours would only move the booking
    world.alarm(event_id="ours")
    assert world.scaling.minimum == 5
    assert "cancelled" not in world.scaling.log
    assert world.scaling.booked is not None
    assert after_the_last_load(world) == (1, None)


# ---- beside reconcile


def test_our_own_minimum_is_not_taken_for_the_owners(world: World) -> None:
    grown(world)
    world.pass_(600)
    world.reconcile()
    assert world.state.policy is not None
    assert (world.scaling.minimum, world.state.policy.min_copies, world.state.native.min_copies) == (4, 0, 0)


def test_a_minimum_that_the_owner_sets_meanwhile_counts_and_ends_the_floor(world: World) -> None:
    grown(world)
    world.scaling.minimum = 3
    world.pass_(600)
    world.reconcile()
    known = world.state
    assert known.policy is not None
    assert known.floor is not None
    assert (known.policy.min_copies, known.floor.lost) == (3, True)
    world.follow()
    assert world.scaling.minimum == 3
    assert not world.state.floor
    assert not world.scaling.booked
    assert world.records[-1].floor_note == "the owner set MinCapacity to 3; the floor is dropped"


def test_a_number_that_was_once_a_floor_may_be_the_owners_choice(world: World) -> None:
    grown(world)
    world.store.states[NAME] = replace(world.state, floor=replace(RELEASED, own=0, copies=0, before=4))
    world.scaling.minimum = 4
    world.pass_(600)
    world.reconcile()
    assert world.state.policy is not None
    assert world.state.policy.min_copies == 4


@pytest.mark.parametrize("mode", Mode)
def test_a_floor_that_outlived_its_episode_is_given_back(world: World, mode: Mode) -> None:
    grown(world)
    world.component.copies_come()
    world.component.tags["headstart:mode"] = mode.value
    world.store.states[NAME] = replace(world.state, episode=None, added=0)
    world.metrics.concurrency = (0, 0, 0)
    world.pass_(2000)
    world.reconcile()
    episode: Episode = world.episode
    assert episode.opened_by is SignalKind.FOLLOW
    world.follow()
    assert (world.scaling.minimum, world.component.status) == (0, Status.IN_SERVICE)
