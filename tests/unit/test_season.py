"""The hours of the week: what they need, whether that earns its cost, and what becomes of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.adapters.items import STATES, to_attribute
from headstart.app.forecasting import READ_A_RUN
from headstart.domain.model import Mode, PastLoad, Policy, Season, StartUp, Verdict
from headstart.domain.schedule import schedule_from
from headstart.domain.season import (
    PLANNED_HOURS,
    lead_seconds,
    renewed,
    season_minimum,
    since,
    weight,
)
from headstart.domain.tags import PolicyProblem, switch
from tests.support.builders import CREATED, NOW, policy, state
from tests.support.fakes import FakeComponent
from tests.support.world import NAME, World

SECONDS = 5.0
OWNED = policy(reserve=2)
"""Two copies of reserve, so that a missing copy is worth 20 idle ones."""

type Need = Callable[[datetime], float]
"""Copies needed at a time."""


def past(need: Need, days: float = 26, end: datetime = NOW, policy: Policy = OWNED) -> tuple[PastLoad, ...]:
    """Five-minute points of so many days, without those of no need."""
    found = []
    at = end - timedelta(days=days)
    while at < end:
        if load := need(at) * policy.target:
            found.append(PastLoad(at, load * 300 / SECONDS, SECONDS))
        at += timedelta(minutes=5)
    return tuple(found)


def office(at: datetime) -> float:
    """Eight copies from 8 to 18 on weekdays, a little at other times."""
    return 8.0 if at.weekday() < 5 and 8 <= at.hour < 18 else 0.3


def learned(need: Need, owned: Policy = OWNED, days: float = 26, now: datetime = NOW) -> Season:
    return renewed(owned, state(policy=owned), past(need, days, now, owned), now)


def asked(found: Season, at: datetime, owned: Policy = OWNED) -> int | None:
    term = season_minimum(owned, state(policy=owned, season=found), at)
    return None if term is None else term.copies


# ---- learned and tested


def test_a_pattern_of_the_week_is_found_and_earns_its_cost() -> None:
    found = learned(office)
    assert (found.verdict, found.weeks, len(found.minimums)) == (Verdict.EARNS, 3, PLANNED_HOURS)
    assert found.loss_with is not None
    assert found.loss_without is not None
    assert found.loss_with < 0.5 * found.loss_without
    monday = datetime.fromisoformat("2026-11-23T00:00Z")
    assert [asked(found, monday + timedelta(hours=hour)) for hour in (7, 8, 12, 17, 18)] == [1, 8, 8, 8, 1]


def test_the_copies_are_asked_for_a_start_up_before_the_hour() -> None:
    found, eight = learned(office), datetime.fromisoformat("2026-11-23T08:00Z")
    slow = state(policy=OWNED, season=found, start_ups=(StartUp(NOW, 1, 600.0),))
    at = [eight - timedelta(seconds=s) for s in (601, 600, 0)]
    assert [t and t.copies for t in (season_minimum(OWNED, slow, one) for one in at)] == [1, 8, 8]
    assert [asked(found, eight - timedelta(seconds=s)) for s in (301, 300)] == [1, 8]


def test_busy_hours_at_random_are_no_pattern() -> None:
    def erratic(at: datetime) -> float:
        return 8.0 if Random(f"{at:%Y-%m-%d %H}").random() < 0.3 else 0.3

    found = learned(erratic)
    assert (found.verdict, found.minimums) == (Verdict.COSTS, ())


def test_a_pattern_that_shifts_turns_itself_off_and_is_learned_anew() -> None:
    def shifted(at: datetime) -> float:
        return office(at if at >= NOW else at + timedelta(hours=5))

    def verdict(days: int) -> Verdict:
        return learned(shifted, now=NOW + timedelta(days=days)).verdict

    assert verdict(0) is Verdict.EARNS
    assert [verdict(days) for days in (2, 7)] == [Verdict.COSTS] * 2  # the Monday after this Sunday is the first
    assert verdict(15) is Verdict.EARNS


def test_one_burst_is_no_habit() -> None:
    tuesday = datetime.fromisoformat("2026-11-10T03:00Z")

    def once(at: datetime) -> float:
        return 12.0 if tuesday <= at < tuesday + timedelta(hours=1) else office(at)

    # Two days from the Monday on hold the Tuesday's hour.
    now = NOW + timedelta(days=1)
    assert learned(once, now=now).minimums == learned(office, now=now).minimums


def test_five_minutes_with_a_queue_do_not_count_the_wait_as_load() -> None:
    """Every morning the requests of the first ten minutes waited: their latency is twenty times as long."""
    queued = tuple(
        replace(one, seconds=100.0) if one.at.hour == 8 and one.at.minute < 10 else one for one in past(office)
    )
    found = renewed(OWNED, state(policy=OWNED), queued, NOW)
    assert max(found.minimums) == 16  # at most twice the median


@pytest.mark.parametrize(("days", "weeks"), [(13.9, 1), (14.1, 2), (20.9, 2), (21.1, 3), (26, 3)])
def test_two_whole_weeks_are_needed(days: float, weeks: int) -> None:
    def always(at: datetime) -> float:
        return max(office(at), 0.1)

    found = learned(always, days=days)
    assert found.weeks == weeks
    assert found.verdict is (Verdict.EARNS if weeks >= 2 else Verdict.TOO_LITTLE)
    assert (found.loss_without is None) == (weeks < 2)


def test_a_component_without_a_past_has_too_little_of_it() -> None:
    assert renewed(OWNED, state(), (), NOW) == Season(read_at=NOW, weeks=0, verdict=Verdict.TOO_LITTLE)


def test_a_silent_weekend_does_not_shorten_the_history() -> None:
    def weekdays(at: datetime) -> float:
        return office(at) if at.weekday() < 5 else 0.0

    assert learned(weekdays, now=datetime.fromisoformat("2026-11-23T00:15Z")).weeks == 3


def test_where_the_owners_schedule_has_the_copies_ready_there_is_nothing_to_earn() -> None:
    scheduled = schedule_from({"headstart:schedule": "mon-fri 07:50-18:00 UTC min 8"})
    assert learned(office, replace(OWNED, schedule=scheduled)).verdict is Verdict.COSTS


def test_who_keeps_no_reserve_pays_for_no_forecast() -> None:
    assert learned(office, replace(OWNED, reserve=0)).verdict is Verdict.COSTS
    assert [weight(policy(reserve=copies)) for copies in (0, 1, 2, 5, 100)] == [0, 10, 20, 50, 50]


def test_a_slope_that_the_reserve_can_follow_has_no_need_of_it() -> None:
    def gentle(at: datetime) -> float:
        return 2.0 + 2.0 * (at.hour + at.minute / 60) / 24 if at.hour < 23 else 2.0 + 2.0 * (60 - at.minute) / 60

    assert learned(gentle).verdict is Verdict.COSTS


# ---- the term


def test_the_term_stays_within_the_owners_bounds_and_says_what_it_rests_on() -> None:
    found, at = learned(office), datetime.fromisoformat("2026-11-23T12:00Z")
    assert asked(found, at, replace(OWNED, max_copies=5)) == 5
    assert asked(found, at, replace(OWNED, min_copies=8)) is None
    assert asked(found, at, replace(OWNED, forecast=False)) is None
    term = season_minimum(OWNED, state(season=found), at)
    assert term is not None
    assert term.numbers == {
        "minimum": 8.0,
        "lead_seconds": 300.0,
        "loss_without": found.loss_without,
        "loss_with": found.loss_with,
    }


def test_a_plan_that_nobody_renewed_ends() -> None:
    found = learned(lambda at: 8.0 if 8 <= at.hour < 18 else 0.3)
    last = datetime.fromisoformat("2026-11-24T12:00Z")
    assert asked(found, last - timedelta(minutes=5)) == 8
    assert asked(found, last + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("seconds", "lead"), [((), 300.0), ((100.0, 400.0), 400.0), ((20.0,), 300.0), ((9000.0,), 3600.0)]
)
def test_the_lead_is_what_nine_start_ups_in_ten_take(seconds: tuple[float, ...], lead: float) -> None:
    assert lead_seconds([StartUp(NOW, 1, one) for one in seconds]) == lead


@settings(max_examples=25)  # weeks of points each
@given(
    st.lists(st.floats(0, 30), min_size=24, max_size=24),
    st.integers(0, 5),
    st.integers(1, 20),
    st.integers(0, 47),
)
def test_whatever_the_days_were_like_what_is_asked_for_was_needed_and_is_allowed(
    day: list[float], reserve: int, most: int, hour: int
) -> None:
    owned = replace(OWNED, reserve=reserve, max_copies=most)
    found = learned(lambda at: day[at.hour], owned)
    if found.verdict is not Verdict.EARNS:
        assert found.minimums == ()
    copies = asked(found, NOW + timedelta(hours=hour), owned)
    assert copies is None or 0 < copies <= min(most, max(day) + 1)


def test_what_is_stored_is_small() -> None:
    """A state is read and written at every look."""
    busy = learned(lambda at: 10.0 * office(at) + 11.0, replace(OWNED, max_copies=1000))
    assert (busy.verdict, len(busy.minimums)) == (Verdict.EARNS, PLANNED_HOURS)
    stored = STATES.dump_python(state(season=busy), mode="json")
    assert STATES.validate_python(stored).season == busy
    assert stored_bytes(to_attribute(stored["season"])) < 500


def stored_bytes(attribute: Any) -> int:
    """As DynamoDB counts it, at most: three bytes and one a part for nesting, a byte for two digits and two more."""
    ((kind, value),) = attribute.items()
    match kind:
        case "M":
            return 3 + sum(1 + len(name) + stored_bytes(inner) for name, inner in value.items())
        case "L":
            return 3 + sum(1 + stored_bytes(inner) for inner in value)
        case "N":
            return 2 + (len(value) + 1) // 2
        case _:
            return len(str(value))


# ---- reconcile reads and stores it, looks act on it


def with_past(need: Need = office, days: float = 26) -> World:
    """Two copies, no load, no alarm; a history; Sunday, 13:00 UTC."""
    world = World(copies=2, settings={"reserve": 2})
    world.metrics.concurrency = (0, 0, 0)
    world.past.points = past(need, days)
    return world


def test_the_history_is_read_once_a_day_in_the_components_turn() -> None:
    world = with_past()
    world.reconcile()
    assert world.past.read == []
    for _ in range(7):
        world.pass_(600)
        world.reconcile()
    assert (world.past.read, world.state.season and world.state.season.verdict) == ([NAME], Verdict.EARNS)
    world.pass_(24 * 3600)
    world.reconcile()
    assert len(world.past.read) == 2


def test_a_history_that_cannot_be_read_leaves_the_plan_as_it_is() -> None:
    world = with_past()
    world.pass_(600)
    world.reconcile()
    known = world.state.season
    world.past.unreachable = True
    world.pass_(24 * 3600)
    done = world.reconcile()
    assert "GetMetricData" in done.failed[NAME]
    assert world.state.season == known is not None
    assert done.imported == 1


def test_newcomers_are_enrolled_first() -> None:
    world = with_past()
    world.components.by_name["new"] = FakeComponent("new", created=NOW, tags=dict(world.component.tags))
    world.reconcile()
    assert world.past.read == []
    world.pass_(600)
    world.reconcile()
    assert set(world.past.read) <= {NAME, "new"}


def test_a_run_reads_no_more_histories_than_it_has_time_for() -> None:
    world = with_past()
    for number in range(100):
        name = f"c{number:02}"
        world.components.by_name[name] = FakeComponent(name, tags=dict(world.component.tags))
    world.reconcile(seconds=500)
    world.pass_(600)
    world.reconcile(seconds=500)
    assert len(world.past.read) == READ_A_RUN


def test_an_owner_who_switches_it_off_is_rid_of_it() -> None:
    world = with_past()
    world.pass_(600)
    world.reconcile()
    world.component.tags["headstart:forecast"] = "off"
    for _ in range(2):  # tagged anew, it is as urgent as a newcomer
        world.pass_(600)
        world.reconcile()
    assert world.state.season is None
    assert len(world.past.read) == 1


def test_before_the_busy_hour_the_copies_are_asked_for_and_after_the_last_one_given_back() -> None:
    world = with_past(lambda at: 8.0 if at.hour == 14 else 0.0)
    for _ in range(180):
        world.reconcile()
        next_minute = world.clock.now() + timedelta(minutes=1)
        while world.state.episode is not None and world.episode.next_look_at < next_minute:
            world.clock.at = max(world.clock.now(), world.episode.next_look_at)
            world.follow()
            world.component.copies_come()
        world.clock.at = next_minute
    written = [(f"{record.at:%H:%M}", record.desired) for record in world.records if record.action == "write"]
    assert written == [("13:55", 8), ("15:00", 2)]
    grown = next(record for record in world.records if record.desired == 8)
    assert grown.binding == "season"
    assert "this hour, or the next, needs at least 8" in grown.reason


def test_who_only_observes_sees_the_verdict_and_is_left_alone() -> None:
    world = with_past(lambda at: 8.0 if at.hour == 14 else 0.0)
    world.component.tags["headstart:mode"] = Mode.OBSERVE.value
    world.pass_(600)
    for _ in range(3):
        world.pass_(600)
        world.reconcile()
    assert world.state.season is not None
    assert (world.state.season.verdict, world.writes, world.follow_ups.booked) == (Verdict.EARNS, [], [])


def test_a_state_from_before_there_were_forecasts_is_read() -> None:
    stored = STATES.dump_python(state(), mode="json")
    del stored["season"], stored["policy"]["forecast"]
    known = STATES.validate_python(stored)
    assert known.season is None
    assert known.policy is not None
    assert known.policy.forecast


@pytest.mark.parametrize(("text", "on"), [(None, True), ("auto", True), ("off", False)])
def test_the_switch(text: str | None, on: bool) -> None:
    assert switch({} if text is None else {"headstart:forecast": text}, "forecast") is on


def test_another_word_is_refused_by_name() -> None:
    with pytest.raises(PolicyProblem, match="headstart:forecast is 'on'; it must be auto or off"):
        switch({"headstart:forecast": "on"}, "forecast")


def test_what_is_asked_for_reaches_back_over_three_weeks_and_a_weekend() -> None:
    assert since(NOW) == datetime.fromisoformat("2026-10-29T12:00Z")
    assert CREATED < NOW
