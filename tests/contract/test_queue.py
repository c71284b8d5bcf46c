"""What is booked is what the follow function reads."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from headstart.adapters.queue import SqsFollowUps
from headstart.app.errors import Unavailable
from headstart.app.ports import FollowUp, Host
from headstart.entry.events import parse_message
from tests.support.aws import client
from tests.support.builders import NOW

MESSAGE = FollowUp("my-llama", "5c0a7d1e9b3f4826", 3, NOW + timedelta(seconds=10))


@pytest.fixture
def sqs() -> Iterator[Any]:
    with mock_aws():
        yield client("sqs")


@pytest.fixture
def queue(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="follow")["QueueUrl"])


def received(sqs: Any, queue: str) -> list[str]:
    return [message["Body"] for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0).get("Messages", [])]


@pytest.mark.parametrize("host", [None, Host("endpoint", "AllTraffic")])
def test_a_booked_look_is_read_back_as_it_was(sqs: Any, queue: str, host: Host | None) -> None:
    message = replace(MESSAGE, host=host)
    SqsFollowUps(sqs, queue).book(message, timedelta(0))
    (body,) = received(sqs, queue)
    assert parse_message(body) == message


def test_a_booked_attempt_carries_the_whole_event(sqs: Any, queue: str) -> None:
    event = {"id": "event-1", "detail": {"state": {"reasonData": '{"version":"1.0"}'}}}
    SqsFollowUps(sqs, queue).book_retry(event, 2, timedelta(0))
    (body,) = received(sqs, queue)
    assert parse_message(body) == (event, 2)


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        pytest.param(timedelta(seconds=-3), 0, id="overdue"),
        pytest.param(timedelta(0), 0, id="now"),
        pytest.param(timedelta(milliseconds=9001), 10, id="never too early"),
        pytest.param(timedelta(seconds=60), 60, id="a minute"),
        pytest.param(timedelta(minutes=15), 900, id="the longest there is"),
        pytest.param(timedelta(hours=2), 900, id="beyond the longest"),
    ],
)
def test_delays_are_whole_seconds_within_what_the_queue_allows(
    sqs: Any, queue: str, delay: timedelta, seconds: int
) -> None:
    asked: list[int] = []

    def note(params: dict[str, Any], **_: object) -> None:
        asked.append(params["DelaySeconds"])

    event = "before-parameter-build.sqs.SendMessage"
    sqs.meta.events.register(event, note)
    SqsFollowUps(sqs, queue).book(MESSAGE, delay)
    sqs.meta.events.unregister(event, note)
    assert asked == [seconds]
    assert len(received(sqs, queue)) == (seconds == 0)


def test_a_queue_that_is_not_there_is_unavailable(sqs: Any, queue: str) -> None:
    with pytest.raises(Unavailable, match="SendMessage"):
        SqsFollowUps(sqs, f"{queue}-gone").book(MESSAGE, timedelta(0))
