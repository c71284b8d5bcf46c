"""A small fleet under the deployed reconcile function, as `make fleet` measures large ones."""

from datetime import timedelta

import pytest

from headstart.app.pace import QUOTAS
from simulator.perf.fleet import Measured, measure
from simulator.perf.fleet_world import LIMITED, OTHER_S, Fleet

SIZES = (60, 120)


@pytest.fixture(scope="module")
def measured() -> dict[int, Measured]:
    """Without processor time of our own, so that every run is the same."""
    return {size: measure(size, hours=0.25, slowdown=0.0) for size in SIZES}


def test_all_are_enrolled_as_fast_as_alarms_may_be_put(measured: dict[int, Measured]) -> None:
    for size, found in measured.items():
        alarms_a_minute = QUOTAS["PutMetricAlarm"] * 60
        assert found.failed == 0
        assert timedelta(minutes=2 * size / alarms_a_minute) <= found.settled_after <= timedelta(minutes=size / 30)


def test_no_second_has_more_calls_than_a_quota(measured: dict[int, Measured]) -> None:
    for found in measured.values():
        unused = {"ChangeScaling", "DescribeEndpoint"}  # native scaling is there already, and nobody tags endpoints
        assert set(found.busiest) == QUOTAS.keys() - unused
        assert all(most <= QUOTAS[quota] for quota, most in found.busiest.items())


def test_twice_the_components_are_no_more_than_twice_the_calls(measured: dict[int, Measured]) -> None:
    small, large = (measured[size] for size in SIZES)
    assert large.calls.total() <= 2 * small.calls.total()
    turns = large.calls["PutItem"] - large.calls["GetMetricData"]  # what a history taught is written once a day
    assert 4 <= turns / large.size / large.hours <= 7, "a turn every ten minutes"
    assert large.calls["PutMetricAlarm"] == large.calls["DescribeInferenceComponent"] == 0


def test_everybodys_settings_are_read_in_time(measured: dict[int, Measured]) -> None:
    for found in measured.values():
        assert found.oldest_bounds <= timedelta(minutes=12)
        assert found.oldest_target <= timedelta(minutes=12)


def test_a_run_takes_as_long_as_its_calls_and_its_waiting() -> None:
    first = next(Fleet(1, slowdown=0.0).ticks())
    limited = sum(count for operation, count in first.calls.items() if operation in LIMITED)
    assert first.calls["PutMetricAlarm"] == 2
    at_least = limited * OTHER_S
    assert at_least < first.duration_s < at_least + 2.0, "and some waiting for quotas"
    assert first.done["enrolled"] == first.done["imported"] == 1
