"""The deployed stack with components of all kinds beside each other, and what can be seen of them from outside."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from simulator.cloud import ApiResponse, CloudError, LocalCloud
from simulator.plant.errors import NO_CAPACITY
from tests.local_cloud import clocks
from tests.local_cloud.helpers import eventually, invoke, user

STACK = "headstart"
ENDPOINT = "models"
ACT = {
    "headstart:mode": "act",
    "headstart:slots": "4",
    "headstart:service-seconds": "5",
    "headstart:reserve": "0",
}
OBSERVE = ACT | {"headstart:mode": "observe"}
WAKE, WATCHED, UNTAGGED, LOST, TWICE, BOUND = "wake", "watched", "untagged", "lost", "twice", "bound"
TAGS = {WAKE: ACT, LOST: ACT, TWICE: ACT, BOUND: ACT, WATCHED: OBSERVE, UNTAGGED: {}, clocks.CLOCKS: clocks.CLOCKS_TAGS}
ALARM_RULE, SCHEDULE = "AlarmFunctionStateChange", "ReconcileFunctionTick"
TARGET, MOST = 3.0, 8
REFUSALS = 30
COPIES = 3
"""For 30 refusals within 10 s: 30 / 3.7 = 8.1 clients, 0.81/s; at 5 s each a load of 4.05, and 48.6 waiting that are
drained in 60 s add 4.05; over 4 slots a copy 2.03 copies."""


@dataclass(frozen=True)
class Scene:
    """The stack as deployed: `names` are physical names by logical ones."""

    cloud: LocalCloud
    outputs: dict[str, str]
    names: dict[str, str]
    reader: Credentials

    def role(self, logical: str) -> str:
        return f"arn:aws:iam::{self.cloud.account_id}:role/{self.names[logical]}"

    # The API

    def api(self, path: str, **query: str) -> ApiResponse:
        """A signed GET by a user who may read the API and nothing else."""
        return self.cloud.call_api(self.outputs["ApiUrl"], path, query, credentials=self.reader)

    def component(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.api("/components").body["components"] if one["name"] == name)
        return found

    def decisions(self, name: str) -> list[dict[str, Any]]:
        """Oldest first."""
        answer = self.api(f"/components/{name}/decisions", limit="100")
        assert answer.status == 200, answer
        found: list[dict[str, Any]] = answer.body["decisions"]
        return found[::-1]

    # The plant

    def journal(self, kind: str, name: str) -> list[dict[str, Any]]:
        return [e for e in self.cloud.plant.journal() if e["kind"].startswith(kind) and e.get("component") == name]

    def writes(self, name: str) -> list[tuple[str, int | None]]:
        """Who tried to write the component's copy count, and what it asked for (None: it was refused)."""
        return [(entry["caller"], entry.get("asked")) for entry in self.journal("write", name)]

    def alarm_events(self, name: str) -> list[dict[str, Any]]:
        """Events of the component's wake alarm going to ALARM, as they were put on the bus."""
        events = [entry["event"] for entry in self.cloud.plant.journal() if entry["kind"] == "event"]
        return [e for e in events if e["detail"]["alarmName"] == wake_alarm(name) and is_alarm(e)]

    def published(self) -> list[str]:
        """Ids of the events that the rules have been asked about."""
        return [entry["event_id"] for entry in self.cloud.plant.journal() if entry["kind"] == "published"]

    # The functions

    def reconcile(self) -> dict[str, Any]:
        done: dict[str, Any] = invoke(self.cloud, self.names["ReconcileFunction"], {})
        return done

    def send_alarm(self, event: dict[str, Any]) -> None:
        """As EventBridge does it: an asynchronous invocation."""
        self.cloud.client("lambda").invoke(
            FunctionName=self.names["AlarmFunction"], InvocationType="Event", Payload=json.dumps(event)
        )

    def log(self, function: str) -> Iterator[str]:
        """The function's log, an entry at a time."""
        group = f"/headstart/{STACK}/{function}"
        for page in self.cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group):
            yield from (event["message"] for event in page["events"])

    def ignored(self, function: str, name: str) -> list[str]:
        """Why signals about the component led to no decision."""
        lines = [json.loads(message) for message in self.log(function) if message.startswith("{")]
        return [line["why"] for line in lines if line.get("component") == name and "why" in line]


def wake_alarm(name: str) -> str:
    return f"headstart/{STACK}/{name}/wake"


def is_alarm(event: dict[str, Any]) -> bool:
    return bool(event["detail"]["state"]["value"] == "ALARM")


def set_scene(cloud: LocalCloud, outputs: dict[str, str]) -> Scene:
    """Components at zero copies, enrolled; then the refused requests that begin the long stories."""
    resources = cloud.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
    scene = Scene(cloud, outputs, names, user(cloud, "history-reader", outputs["ApiReadArn"]))
    for rule in (ALARM_RULE, SCHEDULE):
        cloud.client("events").disable_rule(Name=names[rule])
    for name, tags in TAGS.items():
        endpoint = clocks.CLOCKS_ENDPOINT if name == clocks.CLOCKS else ENDPOINT
        cloud.plant.create_component(name, endpoint, slots=4, tags=tags)
        register(cloud, name)
    reconciled = scene.reconcile()
    assert reconciled["enrolled"] == len([tags for tags in TAGS.values() if tags])
    assert not reconciled["problems"]
    assert not reconciled["failed"]
    refuse(cloud, LOST)
    threading.Thread(target=hear_again, args=(scene,), daemon=True).start()
    return scene


def register(cloud: LocalCloud, name: str) -> None:
    """Native target tracking, as the owner sets it up."""
    scaling = cloud.client("application-autoscaling")
    resource = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"inference-component/{name}",
        "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
    }
    scaling.register_scalable_target(**resource, MinCapacity=0, MaxCapacity=MOST)
    metric = {"PredefinedMetricType": "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"}
    scaling.put_scaling_policy(
        **resource,
        PolicyName=f"{name}-tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"PredefinedMetricSpecification": metric, "TargetValue": TARGET},
    )


def hear_again(scene: Scene) -> None:
    """Enables the rule when the alarm event of `LOST` has gone nowhere; then the other stories begin.

    The schedule waits until their alarms are answered: on a slow machine it could be first to look at one.
    """
    with suppress(CloudError, BotoCoreError, OSError):  # a session whose tests need none of it may be over before
        (lost,) = eventually("the alarm nobody hears", lambda: scene.alarm_events(LOST))
        eventually("its way through the bus", lambda: lost["id"] in scene.published())
        scene.reconcile()
        scene.cloud.client("events").enable_rule(Name=scene.names[ALARM_RULE])
        clocks.begin(scene.cloud)
        refuse(scene.cloud, WAKE, WATCHED, UNTAGGED)
        for name in (WAKE, WATCHED, clocks.CLOCKS):
            eventually(f"an answer to the alarm of {name}", partial(scene.decisions, name))
        scene.cloud.client("events").enable_rule(Name=scene.names[SCHEDULE])


def refuse(cloud: LocalCloud, *names: str) -> None:
    """Requests that find no copy, within one period of the metric, so that the demand is the same every time."""
    client = cloud.client("sagemaker-runtime")
    for name in names:
        if time.time() % 10 > 2:
            time.sleep(10 - time.time() % 10)
        for _ in range(REFUSALS):
            with pytest.raises(ClientError) as refusal:
                client.invoke_endpoint(EndpointName=ENDPOINT, InferenceComponentName=name, Body=b'{"service_s": 5}')
            error = refusal.value.response
            assert (error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]) == (NO_CAPACITY, 400)
