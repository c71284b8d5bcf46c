"""Deliveries that come several times and out of order: one copy-count write, one chain."""

import json
from datetime import timedelta

import pytest

from tests.local_cloud.helpers import eventually
from tests.local_cloud.scene import COPIES, REFUSALS, TWICE, Scene
from tests.local_cloud.signals import alarm_event

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]


def test_an_alarm_event_three_times_and_a_follow_up_twice_write_once_and_leave_one_chain(scene: Scene) -> None:
    alarm = alarm_event(TWICE, "in-alarm", "ALARM", REFUSALS)
    later = alarm_event(TWICE, "calm-again", "OK", age=-timedelta(seconds=30))
    silent = alarm_event(TWICE, "silent", "INSUFFICIENT_DATA", age=timedelta(seconds=30))
    for event in (later, alarm, silent, alarm, later, alarm):
        scene.send_alarm(event)

    eventually("six deliveries", lambda: len(scene.ignored("alarm", TWICE)) == 5 and scene.writes(TWICE))
    assert sorted(scene.ignored("alarm", TWICE)) == [
        *["alarm is INSUFFICIENT_DATA", "alarm is OK", "alarm is OK"],
        *["duplicate delivery", "duplicate delivery"],
    ]
    assert scene.writes(TWICE) == [(scene.role("AlarmRole"), COPIES)]

    episode = scene.component(TWICE)["episode"]
    hop = {"component": TWICE, "token": episode["token"], "hop": episode["hop"], "due": episode["next_look_at"]}
    for _ in range(2):  # beside the one that is booked
        scene.cloud.client("sqs").send_message(
            QueueUrl=scene.outputs["FollowQueueUrl"], MessageBody=json.dumps({"kind": "follow"} | hop)
        )

    eventually("three deliveries of one hop", lambda: len(scene.ignored("follow", TWICE)) == 2)
    eventually("the hop after it", lambda: len(hops(scene)) > episode["hop"])
    assert scene.ignored("follow", TWICE) == ["not the current hop of its chain"] * 2
    seen = hops(scene)
    assert seen == [f"{episode['token']}/{number}" for number in range(1, len(seen) + 1)]
    assert scene.component(TWICE)["episode"]["token"] == episode["token"]
    first, *later = scene.writes(TWICE)
    assert first == (scene.role("AlarmRole"), COPIES)
    # Two minutes after the last need the chain gives back what is ours.
    assert all(caller == scene.role("FollowRole") and asked is not None and asked < COPIES for caller, asked in later)


def hops(scene: Scene) -> list[str]:
    """Hops of the component's chain that led to a decision, in the order of the decisions."""
    return [decision["signal_id"] for decision in scene.decisions(TWICE) if decision["signal"] == "follow"]
