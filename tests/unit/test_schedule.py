"""Minimums by the clock, in tag values and in the time zone they are meant in."""

import re
import zoneinfo
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.domain.model import Mode, ScheduleWindow, Term
from headstart.domain.schedule import SCHEDULE_TAG, schedule_from, schedule_minimum
from headstart.domain.tags import PolicyProblem
from tests.support.builders import NOW, policy
from tests.support.world import NAME, World

OFFICE = "mon-fri 08:00-18:00 Europe/Berlin min 4"


def copies(text: str, at: str) -> int | None:
    """What the schedule asks for at that time."""
    windows = schedule_from({SCHEDULE_TAG: text})
    term = schedule_minimum(policy(schedule=windows), datetime.fromisoformat(at).astimezone(UTC))
    return None if term is None else term.copies


def test_a_tag_is_read_into_windows() -> None:
    assert schedule_from({SCHEDULE_TAG: f"{OFFICE} + sat/sun 22:30-06:00 America/New_York min 1"}) == (
        ScheduleWindow(days=(0, 1, 2, 3, 4), start=480, end=1080, zone="Europe/Berlin", copies=4),
        ScheduleWindow(days=(5, 6), start=1350, end=360, zone="America/New_York", copies=1),
    )
    assert schedule_from({"headstart:mode": "act"}) == ()


@pytest.mark.parametrize(
    ("days", "numbers"),
    [
        ("mon", (0,)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("sat-mon", (0, 5, 6)),
        ("mon/wed/fri-sun", (0, 2, 4, 5, 6)),
        ("daily", (0, 1, 2, 3, 4, 5, 6)),
        ("sun-sun", (6,)),
    ],
)
def test_days(days: str, numbers: tuple[int, ...]) -> None:
    (window,) = schedule_from({SCHEDULE_TAG: f"{days} 08:00-18:00 UTC min 1"})
    assert window.days == numbers


def test_the_term_names_the_minimum() -> None:
    windows = schedule_from({SCHEDULE_TAG: OFFICE})
    monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert schedule_minimum(policy(schedule=windows), monday) == Term("schedule", 4, {"minimum": 4.0})
    assert schedule_minimum(policy(), monday) is None


@pytest.mark.parametrize(
    ("at", "asked"),
    [
        pytest.param("2026-11-23T07:59:59+01:00", None, id="a second before"),
        pytest.param("2026-11-23T08:00:00+01:00", 4, id="it begins"),
        pytest.param("2026-11-23T17:59:59+01:00", 4, id="a second left"),
        pytest.param("2026-11-23T18:00:00+01:00", None, id="it ends"),
        pytest.param("2026-11-22T12:00:00+01:00", None, id="a Sunday"),
        pytest.param("2026-11-23T07:30:00Z", 4, id="half past eight in Berlin"),
        pytest.param("2026-07-06T06:30:00Z", 4, id="half past eight in Berlin, in summer"),
        pytest.param("2026-07-06T16:30:00Z", None, id="half past six, in summer"),
    ],
)
def test_office_hours_in_berlin(at: str, asked: int | None) -> None:
    assert copies(OFFICE, at) == asked


@pytest.mark.parametrize(
    ("at", "asked"),
    [
        pytest.param("2026-11-27T22:00Z", 2, id="Friday night"),
        pytest.param("2026-11-28T05:59Z", 2, id="it goes on into Saturday"),
        pytest.param("2026-11-28T06:00Z", None, id="and ends"),
        pytest.param("2026-11-28T22:00Z", None, id="Saturday night is another"),
        pytest.param("2026-11-27T05:00Z", None, id="Friday morning belongs to Thursday"),
    ],
)
def test_a_night_belongs_to_the_day_it_begins_on(at: str, asked: int | None) -> None:
    assert copies("fri 22:00-06:00 UTC min 2", at) == asked


def test_the_largest_of_windows_that_overlap_counts() -> None:
    text = "daily 00:00-24:00 UTC min 1 + mon 10:00-12:00 UTC min 6 + mon 11:00-13:00 UTC min 3"
    found = [copies(text, f"2026-11-23T{hour}:30Z") for hour in ("09", "10", "11", "12", "13")]
    assert found == [1, 6, 6, 3, 1]


def test_a_minimum_of_zero_is_one_too() -> None:
    assert copies("daily 00:00-24:00 UTC min 0", "2026-11-23T10:00Z") == 0


@pytest.mark.parametrize(
    ("at", "asked"),
    [
        # On 2026-03-29 at 02:00 the clocks in Berlin go to 03:00; on 2026-10-25 at 03:00 back to 02:00.
        pytest.param("2026-03-29T00:59Z", None, id="before the hour that is left out"),
        pytest.param("2026-03-29T01:00Z", None, id="after it: the window was within"),
        pytest.param("2026-10-25T00:15Z", 5, id="the hour that comes twice"),
        pytest.param("2026-10-25T01:15Z", 5, id="for the second time"),
        pytest.param("2026-10-25T01:45Z", None, id="and over"),
    ],
)
def test_clocks_that_are_put_forward_or_back(at: str, asked: int | None) -> None:
    assert copies("sun 02:00-02:30 Europe/Berlin min 5", at) == asked


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has ''; each part must be DAYS HH:MM-HH:MM ZONE min COPIES"),
        ("mon-fri 8:00-18:00 UTC min 4", "each part must be"),
        ("mon-fri 08:00-18:00 min 4", "each part must be"),
        ("mon-fri 08:00-18:00 UTC 4", "each part must be"),
        ("mon-fri 08:00-18:00 UTC min -1", "each part must be"),
        ("mon-fri 08:00-18:00 UTC min 2.5", "each part must be"),
        (f"{OFFICE} sat 10:00-12:00 UTC min 1", "each part must be"),
        (f"{OFFICE} + ", "each part must be"),
        ("mo-fr 08:00-18:00 UTC min 4", "days must be daily, or mon, tue"),
        ("mon- 08:00-18:00 UTC min 4", "days must be daily"),
        ("weekdays 08:00-18:00 UTC min 4", "days must be daily"),
        ("mon-wed-fri 08:00-18:00 UTC min 4", "days must be daily"),
        ("mon 08:60-18:00 UTC min 4", "times must be from 00:00 to 24:00"),
        ("mon 08:00-24:01 UTC min 4", "times must be from 00:00 to 24:00"),
        ("mon 08:00-08:00 UTC min 4", "it must last some time, all day is 00:00-24:00"),
        ("mon 24:00-08:00 UTC min 4", "it must last some time"),
        ("mon 08:00-18:00 UTC min 10001", "copies must be a whole number from 0 to 10000"),
        ("mon 08:00-18:00 Berlin min 4", "Berlin is not a time zone such as Europe/Berlin or UTC"),
        ("mon 08:00-18:00 Europe min 4", "Europe is not a time zone"),
        ("mon 08:00-18:00 ../UTC min 4", "../UTC is not a time zone"),
        ("mon 08:00-18:00 /etc/passwd min 4", "/etc/passwd is not a time zone"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(PolicyProblem) as problem:
        schedule_from({SCHEDULE_TAG: text})
    assert problem.value.field == "headstart:schedule"
    assert message in str(problem.value)


def test_the_grammar_needs_no_character_that_tags_do_not_allow() -> None:
    long = " + ".join(["mon/wed/fri-sun 08:00-18:00 America/Argentina/Buenos_Aires min 10"] * 3)
    assert len(schedule_from({SCHEDULE_TAG: long})) == 3
    assert re.fullmatch(r"[\w\s.:/=+\-@]{1,256}", long)
    assert len(schedule_from({SCHEDULE_TAG: "daily 01:00-02:00 Etc/GMT+5 min 1"})) == 1


def test_zones_are_found_without_the_systems_database() -> None:
    """The layer brings one: whether Lambda has it is not documented."""
    try:
        zoneinfo.reset_tzpath(to=())
        summer = datetime(2026, 7, 6, tzinfo=zoneinfo.ZoneInfo.no_cache("Europe/Berlin"))
        assert summer.utcoffset() == timedelta(hours=2)
    finally:
        zoneinfo.reset_tzpath()


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  made aware
    st.sampled_from(["UTC", "Asia/Kolkata", "Pacific/Apia", "Europe/Berlin"]),
)
def test_a_window_and_its_complement_cover_every_moment_once(at: datetime, zone: str) -> None:
    day = schedule_from({SCHEDULE_TAG: f"daily 06:15-21:45 {zone} min 3"})
    night = schedule_from({SCHEDULE_TAG: f"daily 21:45-06:15 {zone} min 2"})
    found = [schedule_minimum(policy(schedule=windows), at) for windows in (day, night)]
    assert sum(term is not None for term in found) == 1
    both = schedule_minimum(policy(schedule=day + night), at)
    assert both in found


# ---- somebody looks when a window opens


def scheduled(text: str = "sun 13:05-14:00 UTC min 4") -> World:
    """It is Sunday, 13:00 UTC; two copies, no load, no alarm."""
    world = World(copies=2)
    world.component.tags[SCHEDULE_TAG] = text
    world.metrics.concurrency = (0, 0, 0)
    return world


def test_a_window_that_opens_is_a_reason_to_look() -> None:
    world = scheduled()
    world.reconcile()
    assert world.follow_ups.booked == []
    world.pass_(300)
    assert world.reconcile().chains_started == 1
    world.follow()
    (record,) = world.records
    assert (record.signal, record.binding) == ("follow", "schedule")
    assert world.writes == [4]


def test_after_the_window_what_was_added_for_it_goes_again() -> None:
    world = scheduled("sun 13:00-13:10 UTC min 4")
    world.reconcile()
    world.follow()
    world.component.copies_come()
    while world.clock.now() < NOW + timedelta(minutes=9):
        world.follow_when_due()
    assert world.writes == [4]
    while world.clock.now() < NOW + timedelta(minutes=40) and world.state.episode is not None:
        world.follow_when_due()
        world.component.copies_come()
    assert (world.writes[-1], world.component.desired) == (2, 2)


def test_where_the_minimum_is_met_nobody_looks_again_for_ten_minutes() -> None:
    world = scheduled("sun 13:00-14:00 UTC min 2")
    world.reconcile()
    world.follow()
    world.store.states[NAME] = replace(world.state, episode=None)
    for _ in range(9):
        world.pass_(60)
        assert world.reconcile().chains_started == 0
    world.pass_(60)
    assert world.reconcile().chains_started == 1


@pytest.mark.parametrize("mode", [Mode.ACT, Mode.OBSERVE])
def test_only_who_may_act_is_looked_at_for_a_schedule(mode: Mode) -> None:
    world = scheduled("sun 13:00-14:00 UTC min 4")
    world.component.tags["headstart:mode"] = mode.value
    assert world.reconcile().chains_started == (1 if mode is Mode.ACT else 0)


def test_a_schedule_above_the_maximum_is_a_problem() -> None:
    world = scheduled("sun 13:00-14:00 UTC min 21")
    world.reconcile()
    assert world.state.problem == "headstart:schedule asks for 21 copies, above the maximum of 20 copies"
