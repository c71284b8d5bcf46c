"""A scheduled rule really fires."""

import pytest

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import eventually

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]


def test_a_rate_of_one_minute_fires_within_the_first_minute_and_a_bit(cloud: LocalCloud, probe: dict[str, str]) -> None:
    key = {"pk": {"S": "schedule"}}

    def fired() -> bool:
        return "Item" in cloud.client("dynamodb").get_item(TableName=probe["TableName"], Key=key)

    eventually("the schedule", fired, 70)
