"""One short story told twice: by real clients to the local cloud, and in virtual time to the same plant.

Ten requests are refused at zero copies: three copies, as for three to twenty of them. Eleven at once then find these,
with four slots each; whether a look sees one or three points of that load, it asks for four, the most allowed, or more.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from simulator.cloud import LocalCloud
from simulator.engine import Engine
from simulator.plant.account import Account
from simulator.plant.errors import NoCapacity
from simulator.plant.requests import Request
from simulator.plant.spec import load_plant
from simulator.replay.stack import Stack, quiet
from simulator.services.registry import Services

PLANT = Path(__file__).parent / "exact.toml"
CLOCKS, CLOCKS_ENDPOINT = "clocks", "clocks"
CLOCKS_TAGS = {
    "headstart:mode": "act", "headstart:target": "1.5", "headstart:slots": "4", "headstart:service-seconds": "5",
    "headstart:max": "4",
}  # fmt: skip
SLOTS, MOST, NATIVE_TARGET = 4, 8, 3.0
ENDS_WITH = 4
"""Copies in service when the story is over."""


class Act(NamedTuple):
    """`requests` at once, `at_s` after a whole ten seconds, each taking `service_s` of one slot."""

    at_s: float
    requests: int
    service_s: float


STORY = (Act(2.0, 10, 5.0), Act(85.0, 11, 18.0))

type Counts = list[tuple[int, int]]


def counts(entries: Iterator[dict[str, Any]]) -> Counts:
    """(desired, in service) after each change of either, oldest first."""
    found: Counts = []
    for entry in entries:
        now = (entry["desired"], entry["in_service"])
        if not found or found[-1] != now:
            found.append(now)
    return found


def begin(cloud: LocalCloud) -> None:
    """In real time, in threads that end with the process; returns at once."""
    threading.Thread(target=_play, args=(cloud,), daemon=True).start()


def _play(cloud: LocalCloud) -> None:
    begun = (time.time() // 10 + 1) * 10
    for act in STORY:
        time.sleep(max(0.0, begun + act.at_s - time.time()))
        for _ in range(act.requests):
            threading.Thread(target=_invoke, args=(cloud, act.service_s), daemon=True).start()


def _invoke(cloud: LocalCloud, service_s: float) -> None:
    body = f'{{"service_s": {service_s}}}'.encode()
    client = cloud.client("sagemaker-runtime")
    with suppress(ClientError):
        client.invoke_endpoint(EndpointName=CLOCKS_ENDPOINT, InferenceComponentName=CLOCKS, Body=body)


def in_virtual_time(seconds: float) -> Counts:
    """The same story under the same handlers, wired by the template."""
    engine = Engine(1_767_225_600.0)
    account = Account(engine, load_plant(PLANT), seed=1)
    services = Services(account)
    component = account.create_component(CLOCKS, CLOCKS_ENDPOINT, 0, slots=SLOTS, tags=CLOCKS_TAGS)
    entries: list[dict[str, Any]] = []
    component.on_change(lambda _now, _kind, detail: entries.append(dict(detail)))
    _track(services)

    def play(act: Act) -> None:
        for _ in range(act.requests):
            with suppress(NoCapacity):
                component.invoke(Request(act.service_s), lambda _: None)

    with quiet():
        Stack(account, services).reconcile()
        for act in STORY:
            engine.after(60 + act.at_s, lambda act=act: play(act))  # type: ignore[misc]
        engine.run_until(engine.now + 60 + seconds)
    return counts(iter(entries))


def _track(services: Services) -> None:
    """Native target tracking as scene.register sets it up."""
    resource = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"inference-component/{CLOCKS}",
        "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
    }
    metric = {"PredefinedMetricType": "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"}
    tracking = {"PredefinedMetricSpecification": metric, "TargetValue": NATIVE_TARGET}
    scaling = "application-autoscaling"
    services.call(scaling, "RegisterScalableTarget", resource | {"MinCapacity": 0, "MaxCapacity": MOST})
    services.call(
        scaling,
        "PutScalingPolicy",
        resource
        | {
            "PolicyName": f"{CLOCKS}-tracking",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking,
        },
    )
