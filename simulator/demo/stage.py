"""Setting the scene with the calls an owner makes: endpoint, component at zero copies, native scaling, the tag."""

import json
from dataclasses import dataclass
from typing import Any

from simulator.cloud import CloudError, LocalCloud
from simulator.demo import native
from simulator.demo.window import Window

STACK = "headstart"
ENDPOINT = "assistant"
COMPONENT = "assistant-8b"
MOST_COPIES = 12
ENROL_S = 75.0
"""The schedule's minute, and some for a cold start."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The stack as deployed: outputs, and physical names by logical ones."""

    outputs: dict[str, str]
    names: dict[str, str]

    @property
    def api(self) -> str:
        return self.outputs["ApiUrl"]


def deploy(cloud: LocalCloud) -> Deployed:
    """Builds for this machine and runs `sam deploy`. Raises CloudError."""
    outputs = cloud.deploy(stack=STACK)
    found = cloud.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    return Deployed(outputs, {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found})


def create_component(cloud: LocalCloud, window: Window) -> str:
    """An endpoint whose one component stands at zero copies; returns the component's ARN."""
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_endpoint_config(
        EndpointConfigName=f"{ENDPOINT}-config",
        ExecutionRoleArn=f"arn:aws:iam::{cloud.account_id}:role/endpoint",
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "InstanceType": "ml.g6e.2xlarge",
                "InitialInstanceCount": 1,
                "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": MOST_COPIES},
                "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=f"{ENDPOINT}-config")
    created = sagemaker.create_inference_component(
        InferenceComponentName=COMPONENT,
        EndpointName=ENDPOINT,
        VariantName="AllTraffic",
        Specification={
            "Container": {
                "Image": f"{cloud.account_id}.dkr.ecr.{cloud.region}.amazonaws.com/assistant:1",
                "Environment": {"OPTION_MAX_ROLLING_BATCH_SIZE": str(window.slots)},
            },
            "ComputeResourceRequirements": {"NumberOfAcceleratorDevicesRequired": 1, "MinMemoryRequiredInMb": 16384},
        },
        RuntimeConfig={"CopyCount": 0},
    )
    native.register(cloud, COMPONENT, window.target, MOST_COPIES)
    return str(created["InferenceComponentArn"])


def tags(window: Window) -> dict[str, str]:
    """The mode enrols; the other two are what the owner knows of the model."""
    return {
        "headstart:mode": "act",
        "headstart:slots": str(window.slots),
        "headstart:service-seconds": f"{window.mean_service_s:.1f}",
    }


def enrol(cloud: LocalCloud, deployed: Deployed, arn: str, window: Window) -> None:
    """Tags the component and waits until reconcile has made its alarms. Raises CloudError saying what failed."""
    wanted = [{"Key": key, "Value": value} for key, value in tags(window).items()]
    cloud.client("sagemaker").add_tags(ResourceArn=arn, Tags=wanted)
    # The schedule would do it within a minute; an operator in a hurry runs the function once.
    answer = cloud.client("lambda").invoke(FunctionName=deployed.names["ReconcileFunction"], Payload=b"{}")
    said = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise CloudError(f"the reconcile function failed: {said}")
    done: dict[str, Any] = json.loads(said)
    if done["problems"] or done["failed"]:
        raise CloudError(f"the component was not enrolled: {done['problems'] or done['failed']}")
    prefix = f"headstart/{STACK}/{COMPONENT}/"
    cloud.plant.wait_for(
        f"alarms {prefix}wake and pressure",
        lambda state: {f"{prefix}wake", f"{prefix}pressure"} <= state["alarms"].keys(),
        ENROL_S,
    )
