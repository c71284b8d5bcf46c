"""Signals that are malformed, or about components that are not ours to touch: told once, kept, and nothing scaled."""

import json
import time
from typing import Any

import pytest

from tests.local_cloud.helpers import eventually, invoke
from tests.local_cloud.scene import UNTAGGED, Scene
from tests.local_cloud.signals import alarm_event

pytestmark = pytest.mark.local_cloud


def dead_letters(scene: Scene) -> dict[str, dict[str, Any]]:
    """What lies in the stack's dead-letter queue and stays there, by message id."""
    answer = scene.cloud.client("sqs").receive_message(
        QueueUrl=scene.outputs["DeadLetterQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return {message["MessageId"]: json.loads(message["Body"]) for message in answer.get("Messages", [])}


def test_a_bad_alarm_event_goes_to_the_dead_letter_queue_once_and_is_logged_once(scene: Scene) -> None:
    malformed = alarm_event("wake", "malformed", "ALARM")
    malformed["detail"]["state"]["value"] = "LOUD"
    unknown, untagged = (alarm_event(name, f"event-{name}", "ALARM", 9) for name in ("nobody", UNTAGGED))
    said = {
        "malformed": ("InvalidInput", "detail.state.value: Input should be 'OK', 'ALARM' or 'INSUFFICIENT_DATA'"),
        "event-nobody": ("NotEnrolled", "component 'nobody' does not exist"),
        f"event-{UNTAGGED}": (
            "NotEnrolled",
            f"component '{UNTAGGED}' is not enrolled (it carries no headstart:mode tag)",
        ),
    }
    for event in (malformed, unknown, untagged):
        scene.send_alarm(event)

    eventually("three dead letters", lambda: len(dead_letters(scene)) >= 3)
    time.sleep(2.5)  # a second attempt would have failed by now: retries come after a second here
    letters = list(dead_letters(scene).values())
    assert len(letters) == 3
    assert {letter["requestPayload"]["id"] for letter in letters} == said.keys()
    for letter in letters:
        error = letter["responsePayload"]
        assert (error["errorType"], error["errorMessage"]) == said[letter["requestPayload"]["id"]]
        assert letter["requestContext"]["approximateInvokeCount"] == 1
    errors = [line.partition("\n")[0].strip() for line in scene.log("alarm") if line.startswith("[ERROR]")]
    assert sorted(errors) == sorted(f"[ERROR] {kind}: {text}" for kind, text in said.values())
    assert not scene.writes(UNTAGGED)


# On the queue itself it would be received three times, 180 s apart, before the redrive policy takes it.
def test_a_malformed_follow_up_alone_of_its_batch_is_given_back_to_the_queue(scene: Scene) -> None:
    over = {"kind": "follow", "component": UNTAGGED, "token": "gone", "hop": 1, "due": "2026-11-22T12:00:00Z"}
    bodies = {"whole": json.dumps(over), "headless": json.dumps(over | {"hop": 0}), "text": "look again"}
    records = [{"messageId": name, "body": body} for name, body in bodies.items()]
    answer = invoke(scene.cloud, scene.names["FollowFunction"], {"Records": records})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "headless"}, {"itemIdentifier": "text"}]}
    lines = [json.loads(line) for line in scene.log("follow") if line.startswith("{")]
    errors = [(line["message_id"], line["exception_name"], line["exception"]) for line in lines if "exception" in line]
    assert [(name, kind, text.splitlines()[-1].partition(": ")[2]) for name, kind, text in errors] == [
        ("headless", "InvalidInput", "follow.hop: Input should be greater than or equal to 1"),
        ("text", "InvalidInput", "body: is not JSON"),
    ]
