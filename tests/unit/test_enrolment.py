"""From tags and native settings to a policy."""

import re
from dataclasses import replace

import pytest

from headstart.domain.enrolment import policy_from
from headstart.domain.model import Mode, Native
from headstart.domain.tags import PolicyProblem
from tests.support.builders import NOW, policy

NATIVE = Native(min_copies=1, max_copies=8, target=7.0)


def tags(**values: str) -> dict[str, str]:
    """Keyword ``service_seconds`` is the tag ``headstart:service-seconds``."""
    named = {"mode": "act"} | values
    return {f"headstart:{name.replace('_', '-')}": value for name, value in named.items()}


def test_without_further_tags_everything_is_imported() -> None:
    assert policy_from(tags(), NATIVE, Mode.ACT, NOW) == policy(
        min_copies=1, max_copies=8, reserve=2, service_seconds=10.0, floor_allowed=True
    )


def test_without_native_scaling_two_tags_are_enough() -> None:
    assert policy_from(tags(target="7", max="20"), Native(), Mode.ACT, NOW) == policy(reserve=2, service_seconds=10.0)


@pytest.mark.parametrize(
    ("tag", "highest", "mode"),
    [
        pytest.param("act", Mode.ACT, Mode.ACT, id="act"),
        pytest.param("observe", Mode.ACT, Mode.OBSERVE, id="observe"),
        pytest.param("act", Mode.OBSERVE, Mode.OBSERVE, id="the stack's maximum is the global stop"),
        pytest.param("observe", Mode.OBSERVE, Mode.OBSERVE, id="both observe"),
    ],
)
def test_the_mode_is_the_lower_of_tag_and_stack(tag: str, highest: Mode, mode: Mode) -> None:
    assert policy_from(tags(mode=tag), NATIVE, highest, NOW).mode is mode


@pytest.mark.parametrize(
    ("tag", "native", "highest", "because"),
    [
        pytest.param("act", NATIVE, Mode.ACT, "", id="it acts"),
        pytest.param("observe", NATIVE, Mode.OBSERVE, "", id="its owner says so"),
        pytest.param("act", NATIVE, Mode.OBSERVE, "the stack's MaximumMode is observe", id="the global stop"),
        pytest.param(
            "act",
            replace(NATIVE, out_suspended=True),
            Mode.ACT,
            "dynamic scaling out is suspended on its scalable target",
            id="suspended",
        ),
    ],
)
def test_why_it_only_observes_is_said(tag: str, native: Native, highest: Mode, because: str) -> None:
    assert policy_from(tags(mode=tag), native, highest, NOW).observes_because == because


@pytest.mark.parametrize(
    ("until", "mode"),
    [
        pytest.param("2026-11-22T13:00:01Z", Mode.OBSERVE, id="a second left"),
        pytest.param("2026-11-22T13:00Z", Mode.ACT, id="over"),
        pytest.param("2026-11-22T15:30+01:00", Mode.OBSERVE, id="in another zone, later"),
        pytest.param("2026-11-22T13:30+01:00", Mode.ACT, id="in another zone, earlier"),
        pytest.param("20261130T1800Z", Mode.OBSERVE, id="without separators"),
        pytest.param("2020-01-01T00:00Z", Mode.ACT, id="long ago"),
    ],
)
def test_a_pause_lasts_until_its_time(until: str, mode: Mode) -> None:
    assert policy_from(tags(paused_until=until), NATIVE, Mode.ACT, NOW).mode is mode


def test_a_pause_says_until_when_in_one_zone() -> None:
    paused = policy_from(tags(paused_until="2026-11-30T19:00+01:00"), NATIVE, Mode.ACT, NOW)
    assert paused.observes_because == "it is paused until 2026-11-30T18:00Z"


@pytest.mark.parametrize("suspended", [True, False])
def test_a_minimum_that_no_scheduled_action_could_release_is_not_to_be_raised(suspended: bool) -> None:
    found = policy_from(tags(), replace(NATIVE, scheduled_suspended=suspended), Mode.ACT, NOW)
    assert (found.mode, found.floor_allowed) == (Mode.ACT, not suspended)


@pytest.mark.parametrize(
    ("values", "lowest", "most"),
    [
        pytest.param({}, 1, 8, id="imported"),
        pytest.param({"min": "3", "max": "5"}, 3, 5, id="narrowed by tags"),
        pytest.param({"min": "0", "max": "50"}, 1, 8, id="never widened by tags"),
    ],
)
def test_bounds_only_get_narrower(values: dict[str, str], lowest: int, most: int) -> None:
    found = policy_from(tags(**values), NATIVE, Mode.ACT, NOW)
    assert (found.min_copies, found.max_copies) == (lowest, most)


@pytest.mark.parametrize(
    ("values", "target", "slots"),
    [
        pytest.param({}, 7.0, 10.0, id="slots follow the imported target"),
        pytest.param({"target": "1"}, 1.0, 1.0, id="at least one slot"),
        pytest.param({"target": "4", "slots": "16"}, 4.0, 16.0, id="both said"),
        pytest.param({"target": "2.5", "slots": "2.5"}, 2.5, 2.5, id="slots as low as the target"),
    ],
)
def test_target_and_slots(values: dict[str, str], target: float, slots: float) -> None:
    found = policy_from(tags(**values), NATIVE, Mode.ACT, NOW)
    assert (found.target, found.slots) == (target, slots)


def test_limits_are_the_owners_and_there_are_none_by_default() -> None:
    free = policy_from(tags(), NATIVE, Mode.ACT, NOW)
    assert (free.max_step, free.daily_copy_hours) == (None, None)
    bound = policy_from(tags(max_step="3", daily_copy_hours="0.5"), NATIVE, Mode.ACT, NOW)
    assert (bound.max_step, bound.daily_copy_hours) == (3, 0.5)


@pytest.mark.parametrize(("tag", "reserve"), [("0", 0), ("1", 1), ("100", 100), ("2.0", 2)])
def test_the_reserve_is_the_owners_and_none_at_all_is_a_reserve_too(tag: str, reserve: int) -> None:
    assert policy_from(tags(reserve=tag), NATIVE, Mode.ACT, NOW).reserve == reserve


@pytest.mark.parametrize(
    ("values", "native", "message"),
    [
        pytest.param({"mode": "on"}, NATIVE, "headstart:mode is 'on'; it must be observe or act", id="unknown mode"),
        pytest.param({"maximum": "9"}, NATIVE, "headstart:maximum is not a setting; there are", id="misspelt"),
        pytest.param({"mode": ""}, NATIVE, "headstart:mode is ''", id="empty mode"),
        pytest.param({}, Native(max_copies=3), "headstart:target is missing", id="no target anywhere"),
        pytest.param({}, Native(target=7.0), "headstart:max is missing (1 to 10000)", id="no maximum anywhere"),
        pytest.param({"target": "much"}, NATIVE, "headstart:target is 'much'; it must be a number from", id="a word"),
        pytest.param({"target": "nan"}, NATIVE, "headstart:target is 'nan'", id="not a number"),
        pytest.param({"target": "0"}, NATIVE, "headstart:target is '0'", id="a target of nothing"),
        pytest.param({"target": "-3"}, NATIVE, "headstart:target is '-3'", id="negative"),
        pytest.param({"max": "inf"}, NATIVE, "headstart:max is 'inf'", id="endless"),
        pytest.param({"max": "0"}, NATIVE, "headstart:max is '0'", id="no copies at all"),
        pytest.param({"max": "2.5"}, NATIVE, "headstart:max is 2.5; it must be a whole number", id="half a copy"),
        pytest.param({"min": "-1"}, NATIVE, "headstart:min is '-1'", id="negative minimum"),
        pytest.param({"min": "9"}, NATIVE, "headstart:min is 9, above the maximum of 8", id="minimum above maximum"),
        pytest.param(
            {"reserve": "-1"}, NATIVE, "headstart:reserve is '-1'; it must be a number from 0 to 100", id="owed"
        ),
        pytest.param({"reserve": "101"}, NATIVE, "headstart:reserve is '101'", id="more reserve than makes sense"),
        pytest.param(
            {"reserve": "1.5"}, NATIVE, "headstart:reserve is 1.5; it must be a whole number", id="half of one"
        ),
        pytest.param({"reserve": "two"}, NATIVE, "headstart:reserve is 'two'", id="reserve in words"),
        pytest.param(
            {"max_step": "0"}, NATIVE, "headstart:max-step is '0'; it must be a number from 1 to 10000", id="no step"
        ),
        pytest.param({"max_step": "1.5"}, NATIVE, "headstart:max-step is 1.5; it must be a whole", id="half a step"),
        pytest.param(
            {"daily_copy_hours": "0"},
            NATIVE,
            "headstart:daily-copy-hours is '0'; it must be a number from 0.1 to 240000",
            id="no budget",
        ),
        pytest.param({"daily_copy_hours": "inf"}, NATIVE, "headstart:daily-copy-hours is 'inf'", id="endless budget"),
        pytest.param(
            {"paused_until": "2026-11-30T18:00"},
            NATIVE,
            "headstart:paused-until is '2026-11-30T18:00'; it must be a time with a zone such as 2026-11-30T18:00Z",
            id="no zone",
        ),
        pytest.param({"paused_until": "2026-11-30"}, NATIVE, "headstart:paused-until is '2026-11-30'", id="a day"),
        pytest.param({"paused_until": "tomorrow"}, NATIVE, "headstart:paused-until is 'tomorrow'", id="in words"),
        pytest.param({"paused_until": ""}, NATIVE, "headstart:paused-until is ''", id="no time at all"),
        pytest.param(
            {"paused_until": "0001-01-01T00:00+14:00"}, NATIVE, "headstart:paused-until is '0001", id="before time"
        ),
        pytest.param({"mode": "observe", "paused_until": "x"}, NATIVE, "headstart:paused-until is 'x'", id="unused"),
        pytest.param({"slots": "6"}, NATIVE, "headstart:slots is 6, below the target of 7", id="slots below target"),
        pytest.param({"service_seconds": "0"}, NATIVE, "headstart:service-seconds is '0'", id="no time at all"),
    ],
)
def test_impossible_tags_are_named(values: dict[str, str], native: Native, message: str) -> None:
    with pytest.raises(PolicyProblem) as problem:
        policy_from(tags(**values), native, Mode.ACT, NOW)
    assert message in str(problem.value)
    assert str(problem.value).startswith(f"{problem.value.field} ")
    assert re.fullmatch("headstart:[a-z-]+", problem.value.field)
