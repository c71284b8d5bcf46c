"""The real handlers over the real adapters: table and queue on moto, the rest on the simulator's services."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from moto import mock_aws

from functions.alarm.handler import lambda_handler as alarm_handler
from functions.cleanup.handler import lambda_handler as cleanup_handler
from functions.follow.handler import lambda_handler as follow_handler
from functions.history.handler import lambda_handler as history_handler
from functions.reconcile.handler import lambda_handler as reconcile_handler
from headstart.adapters.dynamodb import DynamoStore
from headstart.domain.model import State
from headstart.entry.bootstrap import App
from headstart.entry.settings import Settings
from tests.support.aws import Plant, client, create_table
from tests.support.fakes import FakeClock, inline
from tests.support.lambda_context import Context

NAME = "my-llama"
CONTEXT: Any = Context()


def lasting(seconds: float) -> Any:
    """The context of a function that has so much time."""
    return Context(seconds=seconds)


@dataclass
class Stack:
    """The deployed stack, as far as Python goes."""

    plant: Plant
    app: App
    sqs: Any
    store: DynamoStore

    def alarm(self, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = alarm_handler(event, CONTEXT, self.app)
        return answer

    def follow(self, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = follow_handler(event, CONTEXT, self.app)
        return answer

    def reconcile(self, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = reconcile_handler(event, CONTEXT, self.app)
        return answer

    def history(self, event: dict[str, Any]) -> dict[str, Any]:
        return history_handler(event, CONTEXT, self.app)

    def cloudformation(self, event: dict[str, Any], seconds: float = 600) -> dict[str, Any]:
        """What CloudFormation is answered."""
        answers: list[tuple[str, bytes]] = []
        app = replace(self.app, answer=lambda url, body: answers.append((url, body)))
        cleanup_handler(event, lasting(seconds), app)
        ((url, body),) = answers
        assert url == event["ResponseURL"]
        answer: dict[str, Any] = json.loads(body)
        assert (answer["RequestId"], answer["StackId"]) == (event["RequestId"], event["StackId"])
        assert len(body) < 4096
        return answer

    def enrol(self, **changes: Any) -> State:
        """Let reconcile enrol what is tagged; then change what is remembered of my-llama."""
        self.reconcile({})
        known = self.store.load(NAME)
        assert known is not None
        return self.store.save(replace(known, **changes)) if changes else known

    def state(self) -> State:
        known = self.store.load(NAME)
        assert known is not None
        return known

    def copies_asked_for(self) -> int:
        return self.plant.account.component(NAME).describe().desired_copies

    def deliver(self) -> None:
        """Wait for the message of the chain that is due next, and hand it over."""
        due = self.state().episode
        assert due is not None
        body = {"kind": "follow", "component": NAME, "token": due.token, "hop": due.hop, "due": f"{due.next_look_at}"}
        assert self.messages() > 0
        assert self.follow({"Records": [{"messageId": "1", "body": json.dumps(body)}]}) == {"batchItemFailures": []}

    def messages(self) -> int:
        """Messages in the follow queue, delayed ones included."""
        counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed")
        url = self.app.settings.follow_queue_url
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(counts))["Attributes"]
        return sum(int(answer[name]) for name in counts)


@pytest.fixture
def stack() -> Iterator[Stack]:
    """It is just after the alarms in ``events/`` rang."""
    with mock_aws(), Plant(FakeClock(datetime(2026, 11, 22, 12, 9, tzinfo=UTC))) as plant:
        dynamodb, sqs = client("dynamodb"), client("sqs")
        create_table(dynamodb, "table")
        settings = Settings.from_env(
            {
                "HEADSTART_STACK": "headstart",
                "HEADSTART_TABLE": "table",
                "HEADSTART_FOLLOW_QUEUE_URL": sqs.create_queue(QueueName="follow")["QueueUrl"],
                "HEADSTART_MAX_MODE": "act",
                "HEADSTART_RETENTION_DAYS": "90",
                "HEADSTART_NATIVE_CREATE": "true",
            }
        )
        app = App(settings=settings, clients=client, clock=plant.clock, gather=inline, sleep=plant.clock.pass_)
        yield Stack(plant, app, sqs, DynamoStore(dynamodb, "table", settings.retention))
