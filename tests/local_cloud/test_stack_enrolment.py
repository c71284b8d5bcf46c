"""Enrolment by the deployed stack, with its own role: native scaling on request, problems as events, no trace left."""

import json
from typing import Any

import pytest

from tests.local_cloud.helpers import eventually, received
from tests.local_cloud.scene import ENDPOINT, STACK, Scene

pytestmark = pytest.mark.local_cloud

NAME = "asks-for-native"
TAGS = {"mode": "act", "native": "create", "min": "0", "max": "6", "target": "3"}


def dump(scene: Scene) -> dict[str, Any]:
    """All that is there of alarms, scalable targets, policies and scheduled actions of the component."""
    scaling, found = scene.cloud.client("application-autoscaling"), {}
    for what, read in (
        ("ScalableTargets", scaling.describe_scalable_targets),
        ("ScalingPolicies", scaling.describe_scaling_policies),
        ("ScheduledActions", scaling.describe_scheduled_actions),
    ):
        found[what] = [
            one for one in read(ServiceNamespace="sagemaker")[what] if one["ResourceId"].endswith(f"/{NAME}")
        ]
    alarms = scene.cloud.client("cloudwatch").get_paginator("describe_alarms").paginate()
    found["Alarms"] = [a["AlarmName"] for page in alarms for a in page["MetricAlarms"] if f"/{NAME}" in a["AlarmName"]]
    return found


def reconciled(scene: Scene, targets: int) -> dict[str, Any] | None:
    """What is there after a round, if that is all there should be.

    The schedule runs once a minute: a round of its own may be under way, with the tags of a moment ago.
    """
    scene.reconcile()
    found = dump(scene)
    whole = {"ScalableTargets": targets, "ScalingPolicies": 2 * targets, "ScheduledActions": 0}
    return found if whole.items() <= {what: len(there) for what, there in found.items()}.items() else None


def tag(scene: Scene, arn: str, **tags: str) -> None:
    pairs = [{"Key": f"headstart:{key}", "Value": value} for key, value in tags.items()]
    scene.cloud.client("sagemaker").add_tags(ResourceArn=arn, Tags=pairs)


def problems_queue(scene: Scene) -> str:
    """A queue that hears of problems, as an operator would set it up."""
    sqs, events = scene.cloud.client("sqs"), scene.cloud.client("events")
    url: str = sqs.create_queue(QueueName="problems")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="problems", EventPattern=json.dumps({"source": ["headstart"]}))
    events.put_targets(Rule="problems", Targets=[{"Id": "1", "Arn": arn}])
    return url


def told(scene: Scene, queue: str) -> dict[str, Any] | None:
    """An event about our component; others of this stack may have problems of their own."""
    events: list[dict[str, Any]] = [json.loads(message["Body"]) for message in received(scene.cloud, queue)]
    return next((event for event in events if event["detail"]["component"] == NAME), None)


def test_from_tag_to_native_scaling_problems_told_and_no_trace_left(scene: Scene) -> None:
    queue = problems_queue(scene)
    arn = scene.cloud.plant.create_component(NAME, ENDPOINT)
    before = dump(scene)

    tag(scene, arn, **TAGS)
    there = eventually("native scaling and alarms", lambda: reconciled(scene, 1))
    assert [(t["MinCapacity"], t["MaxCapacity"]) for t in there["ScalableTargets"]] == [(0, 6)]
    assert {policy["PolicyName"] for policy in there["ScalingPolicies"]} == {
        f"headstart-{STACK}-tracking",
        f"headstart-{STACK}-wake",
    }
    assert {f"headstart/{STACK}/{NAME}/wake", f"headstart-native/{STACK}/{NAME}/wake"} <= set(there["Alarms"])
    component = scene.component(NAME)
    assert (component["problem"], component["policy"]["max_copies"]) == (None, 6)

    tag(scene, arn, max="plenty")
    scene.reconcile()
    event = eventually("the problem's event", lambda: told(scene, queue))
    assert (event["detail-type"], event["detail"]["field"]) == ("Headstart Problem", "headstart:max")

    scene.cloud.client("sagemaker").delete_tags(ResourceArn=arn, TagKeys=["headstart:mode"])
    assert eventually("no trace", lambda: reconciled(scene, 0)) == before
