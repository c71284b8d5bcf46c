"""What a component was asked for in weeks gone by, as the adapter reads it and as the fake stands for it."""

from datetime import timedelta
from unittest.mock import MagicMock

import pytest

from headstart.adapters.loads import CloudWatchLoads
from headstart.app.errors import Unavailable
from headstart.app.ports import LoadHistory
from headstart.domain.model import PastLoad
from headstart.domain.season import since
from simulator.plant.metrics import Bin, component_metric
from simulator.services.errors import ServiceError
from tests.support.aws import Plant, client
from tests.support.builders import NOW
from tests.support.fakes import FakeLoadHistory

NAME = "my-llama"
KEPT = tuple(
    PastLoad(NOW - timedelta(days=days, minutes=10), completed=10.0 + days, seconds=2.5) for days in (24, 20, 7, 1, 0)
)


def remember(plant: Plant, name: str, past: tuple[PastLoad, ...]) -> None:
    for one in past:
        us = one.seconds * 1e6
        key = component_metric("ModelLatency", name)
        samples = Bin(us, us, us * one.completed, one.completed, 0.0)
        plant.account.metrics.remember(key, int(one.at.timestamp()), samples)


@pytest.fixture(params=["fake", "simulated"])
def history(request: pytest.FixtureRequest) -> LoadHistory:
    if request.param == "fake":
        return FakeLoadHistory(KEPT)
    plant = request.getfixturevalue("plant")
    remember(plant, NAME, KEPT)
    remember(plant, "another", (PastLoad(NOW - timedelta(days=2), 99.0, 9.0),))
    return CloudWatchLoads(client("cloudwatch"))


def test_weeks_come_oldest_first_without_the_silence_between(history: LoadHistory) -> None:
    assert history.of(NAME, NOW - timedelta(days=25), NOW) == KEPT


def test_the_start_belongs_to_it_and_the_end_does_not(history: LoadHistory) -> None:
    assert history.of(NAME, KEPT[1].at, KEPT[3].at) == KEPT[1:3]


def test_who_had_no_request_has_no_past(history: LoadHistory) -> None:
    assert history.of(NAME, NOW - timedelta(days=6), NOW - timedelta(days=5)) == ()


def test_all_three_weeks_fit_into_one_call_and_more_than_that_comes_page_by_page(plant: Plant) -> None:
    every = tuple(PastLoad(since(NOW) + timedelta(minutes=5 * n), 1.0, 1.0) for n in range(24 * 288))
    remember(plant, NAME, every)
    calls: list[str] = []
    loads = CloudWatchLoads(client("cloudwatch"), calls.append)
    assert loads.of(NAME, since(NOW), NOW) == every
    assert len(calls) <= 2  # the second finds that there is no other page


def test_a_history_that_cannot_be_read_is_not_an_idle_one(plant: Plant) -> None:
    plant.refusals["cloudwatch:GetMetricData"] = ServiceError("Throttling", "Rate exceeded")
    with pytest.raises(Unavailable, match="GetMetricData"):
        CloudWatchLoads(client("cloudwatch")).of(NAME, since(NOW), NOW)


@pytest.mark.parametrize("status", ["InternalError", "Forbidden"])
def test_a_query_that_failed_within_the_call_is_no_silence(status: str) -> None:
    calm = {"Id": "completed", "Timestamps": [KEPT[0].at], "Values": [10.0], "StatusCode": "Complete"}
    failed = {"Id": "latency", "Timestamps": [], "Values": [], "StatusCode": status}
    cloudwatch = MagicMock()
    cloudwatch.get_paginator().paginate.return_value = [{"MetricDataResults": [calm, failed]}]
    with pytest.raises(Unavailable, match=status):
        CloudWatchLoads(cloudwatch).of(NAME, since(NOW), NOW)
