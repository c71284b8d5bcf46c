"""Lambda's recursion stop: by default about 16 rounds through a queue, none with `RecursiveLoop: Allow`."""

import time

import pytest

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import eventually, logged, start_chain

pytestmark = pytest.mark.local_cloud


def test_a_chain_through_a_queue_is_stopped_unless_the_function_allows_it(
    cloud: LocalCloud, probe: dict[str, str]
) -> None:
    start_chain(cloud, probe["LoopQueueUrl"], "stopped")
    start_chain(cloud, probe["AllowedQueueUrl"], "allowed")

    eventually("60 hops", lambda: len(logged(cloud, probe["AllowedName"], "allowed")) >= 60)
    eventually("16 hops", lambda: len(logged(cloud, probe["LoopName"], "stopped")) >= 16)
    time.sleep(2)  # a seventeenth would have come by now

    assert [hop for hop, _ in logged(cloud, probe["AllowedName"], "allowed")] == list(range(1, 61))
    assert [hop for hop, _ in logged(cloud, probe["LoopName"], "stopped")] == list(range(1, 17))


def test_unrelated_messages_are_not_taken_for_a_chain(cloud: LocalCloud, probe: dict[str, str]) -> None:
    for number in range(20):
        start_chain(cloud, probe["LoopQueueUrl"], f"single{number}", last=1)

    def done() -> bool:
        return all(logged(cloud, probe["LoopName"], f"single{number}") for number in range(20))

    eventually("20 messages", done)


def test_a_delayed_message_waits(cloud: LocalCloud, probe: dict[str, str]) -> None:
    start_chain(cloud, probe["AllowedQueueUrl"], "delayed", last=2, delay=2)
    eventually("two hops", lambda: len(logged(cloud, probe["AllowedName"], "delayed")) == 2)
    (_, first), (_, second) = logged(cloud, probe["AllowedName"], "delayed")
    assert second - first >= 1900
