"""CloudWatch's own tables of missing data, row by row.

Source: DOC AmazonCloudWatch/latest/monitoring/alarms-and-missing-data. X breaches, 0 does not, - is missing; the
newest point is on the right.
"""

import pytest

from simulator.plant.alarm_rules import Missing, Rule, Run, State, evaluation_range, judge

OK, ALARM, NONE, KEEP = State.OK, State.ALARM, State.INSUFFICIENT_DATA, None
VALUES = {"X": 10.0, "0": 1.0, "-": None}


def _points(drawn: str) -> list[float | None]:
    return [VALUES[mark] for mark in reversed(drawn.split())]


def _judged(drawn: str, needed: int, periods: int = 3) -> list[State | None]:
    """By treatment: missing, ignore, breaching, notBreaching."""
    order = (Missing.MISSING, Missing.IGNORE, Missing.BREACHING, Missing.NOT_BREACHING)
    rules = [Rule("GreaterThanThreshold", 5.0, needed, periods, missing) for missing in order]
    return [judge(rule, _points(drawn)) for rule in rules]


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("0 - X - X", [OK, OK, OK, OK]),
        ("0 - - - -", [OK, OK, OK, OK]),
        ("- - - - -", [NONE, KEEP, ALARM, OK]),
        ("0 X X - X", [ALARM, ALARM, ALARM, ALARM]),
        ("- - X - -", [ALARM, KEEP, ALARM, OK]),
    ],
)
def test_the_documented_table_for_three_of_three(drawn: str, expected: list[State | None]) -> None:
    assert _judged(drawn, 3) == expected


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("0 - X - X", [ALARM, ALARM, ALARM, ALARM]),
        ("0 0 X 0 X", [ALARM, ALARM, ALARM, ALARM]),
        ("0 - X - -", [OK, OK, ALARM, OK]),
        ("- - - - 0", [OK, OK, ALARM, OK]),
        ("- - - X -", [ALARM, KEEP, ALARM, OK]),
    ],
)
def test_the_documented_table_for_two_of_three(drawn: str, expected: list[State | None]) -> None:
    assert _judged(drawn, 2) == expected


@pytest.mark.parametrize("drawn", ["- - - - X", "- - - X -"])
def test_a_young_breach_alone_is_not_an_alarm_yet(drawn: str) -> None:
    assert _judged(drawn, 3)[0] is not ALARM


def test_one_of_one_alarms_on_the_newest_point_there_is() -> None:
    assert _judged("X - -", 1, 1) == [ALARM] * 4
    assert _judged("X 0 -", 1, 1) == [OK] * 4
    assert _judged("- - -", 1, 1) == [NONE, KEEP, ALARM, OK]


@pytest.mark.parametrize(
    ("comparison", "at_threshold", "above", "below"),
    [
        ("GreaterThanOrEqualToThreshold", ALARM, ALARM, OK),
        ("GreaterThanThreshold", OK, ALARM, OK),
        ("LessThanThreshold", OK, OK, ALARM),
        ("LessThanOrEqualToThreshold", ALARM, OK, ALARM),
    ],
)
def test_every_comparison(comparison: str, at_threshold: State, above: State, below: State) -> None:
    rule = Rule(comparison, 5.0, 1, 1, Missing.MISSING)
    assert [judge(rule, [value]) for value in (5.0, 5.1, 4.9)] == [at_threshold, above, below]


@pytest.mark.parametrize(
    ("drawn", "expected"), [("X X X", ALARM), ("X - X", OK), ("- X X", OK), ("X X -", OK), ("- - -", NONE)]
)
def test_a_missing_point_breaks_a_contiguous_run(drawn: str, expected: State) -> None:
    run = Run(Rule("GreaterThanThreshold", 5.0, 3, 3, Missing.MISSING))
    for start, value in enumerate(reversed(_points(drawn))):
        run.add(start, value)
    assert run.state is expected


def test_the_evaluation_range_is_five_for_three_and_outlasts_a_minute_at_ten_seconds() -> None:
    assert evaluation_range(300, 3) == 5
    assert evaluation_range(10, 3) == 9
