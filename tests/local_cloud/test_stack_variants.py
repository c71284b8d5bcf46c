"""A variant by the deployed stack, with its own roles: enrolled by its endpoint, its minimum raised, no trace left."""

import threading
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.local_cloud.helpers import eventually
from tests.local_cloud.scene import STACK, Scene

pytestmark = pytest.mark.local_cloud

ENDPOINT, NAME = "whole-instances", "whole-instances.AllTraffic"
TAGS = {
    "mode": "act",
    "native": "create",
    "max": "4",
    "target": "2",
    "slots": "10",
    "reserve": "0",
    "service-seconds": "5",
}
REQUESTS = 6


def deploy(scene: Scene) -> str:
    sagemaker = scene.cloud.client("sagemaker")
    variant = {"VariantName": "AllTraffic", "ModelName": "model", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName=ENDPOINT, ProductionVariants=[variant | {"InstanceType": "ml.g5.xlarge"}]
    )
    arn: str = sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)["EndpointArn"]
    return arn


def asked_for(scene: Scene) -> int:
    (variant,) = scene.cloud.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["ProductionVariants"]
    found: int = variant["DesiredInstanceCount"]
    return found


def targets(scene: Scene) -> list[tuple[int, int]]:
    found = scene.cloud.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[f"endpoint/{ENDPOINT}/variant/AllTraffic"]
    )["ScalableTargets"]
    return [(one["MinCapacity"], one["MaxCapacity"]) for one in found]


def alarms(scene: Scene) -> list[str]:
    prefix = f"headstart/{STACK}/{NAME}/"
    answer = scene.cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)
    return [alarm["AlarmName"].removeprefix(prefix) for alarm in answer["MetricAlarms"]]


def press(scene: Scene) -> None:
    """Long requests, each held by a thread of its own."""
    client = scene.cloud.client("sagemaker-runtime")

    def invoke() -> None:
        with suppress(BotoCoreError, ClientError):  # the session may be over before
            client.invoke_endpoint(EndpointName=ENDPOINT, Body=b'{"service_s": 300}')

    for _ in range(REQUESTS):
        threading.Thread(target=invoke, daemon=True).start()


def raised(scene: Scene) -> dict[str, Any] | None:
    answer = scene.api(f"/components/{NAME}/decisions", limit="100")
    found = answer.body["decisions"] if answer.status == 200 else []
    return next((one for one in found if one["outcome"]["kind"] == "applied"), None)


def test_from_the_endpoints_tag_to_a_raised_minimum_and_no_trace_left(scene: Scene) -> None:
    sagemaker, arn = scene.cloud.client("sagemaker"), deploy(scene)
    sagemaker.add_tags(
        ResourceArn=arn, Tags=[{"Key": f"headstart:{key}", "Value": value} for key, value in TAGS.items()]
    )

    def enrolled() -> bool:
        scene.reconcile()
        return targets(scene) == [(1, 4)] and alarms(scene) == ["pressure"]

    eventually("native scaling and one alarm", enrolled)
    press(scene)
    decision = eventually("the decision", lambda: raised(scene))
    assert (decision["outcome"]["kind"], decision["capacity"]) == ("applied", "variant"), decision
    wanted = decision["desired"]
    assert 1 < wanted <= 4, "six requests over a target of 2 are three instances; the first points show less of them"
    assert decision["floor"] == wanted
    eventually("what native scaling asks for", lambda: asked_for(scene) >= wanted)
    ((minimum, _),) = targets(scene)
    assert minimum > 1

    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["headstart:mode"])

    def gone() -> bool:
        scene.reconcile()
        return not targets(scene) and not alarms(scene)

    eventually("no trace", gone)
