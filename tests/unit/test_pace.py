"""How fast AWS is called, and when a run ends."""

from datetime import timedelta
from itertools import count

import pytest

from headstart.app.errors import OutOfTime
from headstart.app.pace import QUOTAS, SHARE, Pace
from tests.support.builders import NOW
from tests.support.fakes import FakeClock


def pace(clock: FakeClock, seconds: float = 50) -> Pace:
    made = Pace(clock, clock.pass_)
    made.begin(clock.now() + timedelta(seconds=seconds))
    return made


@pytest.mark.parametrize("operation", QUOTAS)
def test_no_second_has_more_calls_than_the_quota_takes(operation: str) -> None:
    clock = FakeClock()
    calls = []
    limited = pace(clock, seconds=100)
    for _ in range(60):
        limited.wait(operation)
        calls.append(clock.now())
    for begin in calls:
        within = [at for at in calls if begin <= at < begin + timedelta(seconds=1)]
        assert len(within) <= QUOTAS[operation]
    taken = 59 / (calls[-1] - calls[0]).total_seconds()
    assert taken == pytest.approx(QUOTAS[operation] * SHARE, rel=0.06), "what we take of it is used"


def test_operations_do_not_wait_for_each_other() -> None:
    clock = FakeClock()
    limited = pace(clock)
    for operation in QUOTAS:
        limited.wait(operation)
    assert clock.now() == NOW


def spend(limited: Pace, operation: str) -> int:
    """Call until there is no time left; returns how often that was."""
    for made in count():
        try:
            limited.wait(operation)
        except OutOfTime:
            return made
    raise AssertionError("unreachable")


def test_a_run_that_has_no_time_for_a_call_says_so_instead_of_waiting() -> None:
    limited = pace(FakeClock(), seconds=10)
    spend(limited, "PutMetricAlarm")
    assert timedelta(0) < limited.left() < timedelta(seconds=1)


def test_what_one_run_spent_the_next_cannot() -> None:
    clock = FakeClock()
    limited = pace(clock, seconds=10)
    spend(limited, "PutMetricAlarm")
    spent = clock.now()
    limited.begin(spent + timedelta(seconds=10))
    limited.wait("PutMetricAlarm")
    assert clock.now() > spent


def test_where_no_time_passes_it_is_reckoned_all_the_same() -> None:
    """In a replay a handler runs in no time; it must not get more calls done than on AWS."""
    limited = Pace(FakeClock(), lambda _: None)
    limited.begin(NOW + timedelta(seconds=10))
    assert spend(limited, "PutMetricAlarm") == pytest.approx(3 * SHARE * 10, abs=1.5)
