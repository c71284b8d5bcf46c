"""`make forecast`: traffic with a past."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headstart.domain.model import PastLoad
from simulator.forecast.command import DAYS_SHOWN, SHIFT_H, Options, pasts, verdict
from simulator.forecast.weeks import DAY_S, DAYS_OF_HISTORY, PATTERNS, Weeks
from simulator.replay.options import OptionError
from simulator.replay.world import START
from tests.simulator.small_trace import finished


def requests(weeks: Weeks, day: int) -> list[float]:
    """Requests of each hour, so many days before START."""
    hours = [0.0] * 24
    for one in weeks.past(5.0):
        hour, of_day = divmod(int(one.at.timestamp() - (START - day * DAY_S)), 3600)
        if 0 <= hour < 24 and of_day >= 0:
            hours[hour] += one.completed
    return hours


def test_the_past_goes_on_in_the_day_that_is_replayed() -> None:
    weeks = Weeks("office", 1)
    arrivals = [0] * 24
    for at in weeks.day().arrivals():
        arrivals[int(at // 3600)] += 1
    a_week_ago = requests(weeks, 7)
    for hours in (arrivals, a_week_ago):
        assert min(hours[8:18]) > 5 * max([*hours[:8], *hours[18:]])
    assert sum(arrivals) == pytest.approx(sum(a_week_ago), rel=0.2)


def test_the_past_is_weeks_long_the_same_every_time_and_on_the_hours_of_the_week() -> None:
    past = list(Weeks("office", 1).past(5.0))
    assert past == list(Weeks("office", 1).past(5.0)) != list(Weeks("office", 2).past(5.0))
    assert (past[-1].at - past[0].at).days == DAYS_OF_HISTORY - 1
    sunday = datetime(2025, 12, 28, 12, tzinfo=UTC)
    assert sum(one.completed for one in past if one.at.date() == sunday.date()) < 24 * 3600 * 0.2


def test_a_shift_moves_what_comes_after_it() -> None:
    weeks = Weeks("office", 1, SHIFT_H, 2)
    before, after = requests(weeks, 3), requests(weeks, 2)  # Monday, Tuesday
    assert before[4] > 5 * before[9 + 5]
    assert after[9] > 5 * after[4]


@pytest.mark.parametrize(
    ("pattern", "said"), [("office", "earns"), ("jobs", "earns"), ("smooth", "earns"), ("erratic", "costs")]
)
def test_what_the_back_test_makes_of_each_pattern(pattern: str, said: str) -> None:
    for seed in (1, 2, 3):
        assert verdict(Weeks(pattern, seed)).startswith(said), f"{pattern}, seed {seed}"
    assert set(PATTERNS) == {"office", "jobs", "smooth", "erratic"}


def test_it_turns_itself_off_the_day_after_a_shift_and_on_when_two_weeks_say_the_same() -> None:
    said = [verdict(Weeks("office", 1, SHIFT_H, days)).partition(":")[0] for days in range(DAYS_SHOWN)]
    assert said[0] == "earns"
    assert set(said[1:14]) == {"costs"}
    assert said[15] == "earns"


def test_one_command_shows_it(tmp_path: Path) -> None:
    code, shown, error = finished("simulator.forecast", "LIMIT=jobs", "SEEDS=1", f"OUT={tmp_path}")
    assert (code, error) == (0, "")
    assert "the back-test says: earns" in shown
    figures = json.loads((tmp_path / "jobs.json").read_text())["policies"]
    assert figures["headstart"]["mean_wait_s"] < 0.5 * figures["no-forecast"]["mean_wait_s"]
    assert (tmp_path / "jobs.html").read_text().startswith("<!doctype html>")


def test_a_past_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(OptionError, match="LIMIT=monday: there is no such past; there are office, jobs"):
        Options.of(["LIMIT=monday"], {})
    assert isinstance(next(pasts(1)["jobs"].past(1.0)), PastLoad)
