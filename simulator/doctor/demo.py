"""`make doctor DEMO=1`: a local cloud with the stack and one component in observe, and the doctor on it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from simulator.cloud import CloudError, LocalCloud
from simulator.demo import native, stage
from simulator.doctor.command import command
from simulator.doctor.gather.everything import wall_clock
from simulator.doctor.options import Options

PLANT = "demo"
COMPONENT, ENDPOINT = "assistant-8b", "assistant"
INSTANCE_TYPE, MOST_COPIES, TARGET = "ml.g6e.2xlarge", 4, 3.0
TAGS = {"headstart:mode": "observe", "headstart:slots": "4", "headstart:service-seconds": "2"}
REQUEST = b'{"service_s": 2}'
METRICS_S = 180.0
"""A whole minute of requests, and the time until its metrics can be read."""
START_S = 90.0


def demo(options: Options, console: Console) -> int:
    """Exit codes of the doctor; 1 as well where the local cloud breaks."""
    log = options.out / "local-cloud.log"
    try:
        console.print("starting a local cloud, deploying the stack (half a minute, and one for metrics) ...")
        with LocalCloud.start(PLANT, log=log) as cloud:
            names = stage.deploy(cloud).names
            set_up(cloud)
            invoke(cloud, names["ReconcileFunction"])
            cloud.plant.wait_for("a copy in service", in_service, START_S)
            with traffic(cloud):
                wait_for_metrics(cloud)
                there = replace(
                    options, endpoint=cloud.gateway_url, region=cloud.region, component=COMPONENT, probe=True
                )
                return command(there, console)
    except CloudError as error:
        console.print(
            f"doctor: {error}\ndoctor: the local cloud's log is {log}", style="red", markup=False, soft_wrap=True
        )
        return 1


def in_service(state: dict[str, Any]) -> bool:
    return bool(state["components"][COMPONENT]["in_service"])


def wait_for_metrics(cloud: LocalCloud, component: str = COMPONENT) -> None:
    """Until a minute's metrics of the component can be read. Raises CloudError."""
    deadline = time.monotonic() + METRICS_S
    while not model_latency(cloud, component):
        if time.monotonic() > deadline:
            raise CloudError(f"no ModelLatency of {component} within {METRICS_S:.0f} s")
        time.sleep(1.0)


def model_latency(cloud: LocalCloud, component: str) -> list[Any]:
    now = wall_clock()
    found: list[Any] = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="ModelLatency",
        Dimensions=[{"Name": "InferenceComponentName", "Value": component}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now,
        Period=60,
        Statistics=["Average"],
    )["Datapoints"]
    return found


def set_up(cloud: LocalCloud, component: str = COMPONENT, copies: int = 1) -> str:
    """As a careful owner does it: quota, target tracking, a late wake step, observe first. Returns the ARN."""
    cloud.plant.set_quotas({f"{INSTANCE_TYPE} for endpoint usage": MOST_COPIES})
    sagemaker = cloud.client("sagemaker")
    scaling = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": MOST_COPIES}
    variant = {"VariantName": "AllTraffic", "InstanceType": INSTANCE_TYPE, "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName=f"{ENDPOINT}-config", ProductionVariants=[variant | {"ManagedInstanceScaling": scaling}]
    )
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=f"{ENDPOINT}-config")
    created = sagemaker.create_inference_component(
        InferenceComponentName=component,
        EndpointName=ENDPOINT,
        VariantName="AllTraffic",
        Specification={
            "Container": {"Image": "assistant:1", "Environment": {"OPTION_MAX_ROLLING_BATCH_SIZE": "4"}},
            "ComputeResourceRequirements": {"NumberOfAcceleratorDevicesRequired": 1, "MinMemoryRequiredInMb": 16384},
        },
        RuntimeConfig={"CopyCount": copies},
        Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
    )
    native.register(cloud, component, TARGET, MOST_COPIES)
    late_wake(cloud, component)
    return str(created["InferenceComponentArn"])


def late_wake(cloud: LocalCloud, component: str, points: int = 4) -> None:
    """The owner's own wake step, from one refused period on to as many as Headstart wants to go first."""
    cloudwatch, name = cloud.client("cloudwatch"), native.wake_alarm(component)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    kept = ("Namespace", "MetricName", "Dimensions", "Statistic", "Period", "Threshold", "ComparisonOperator")
    wanted = {key: alarm[key] for key in (*kept, "TreatMissingData", "AlarmActions", "AlarmDescription")}
    cloudwatch.put_metric_alarm(AlarmName=name, EvaluationPeriods=points, DatapointsToAlarm=points, **wanted)


def invoke(cloud: LocalCloud, function: str) -> None:
    """Runs a function once, as an operator in a hurry does with reconcile. Raises CloudError."""
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    if answer.get("FunctionError"):
        raise CloudError(f"{function} failed: {answer['Payload'].read().decode()}")


@contextmanager
def traffic(cloud: LocalCloud, component: str = COMPONENT) -> Iterator[None]:
    """Two clients that ask again and again: below the target, so that no alarm comes of it."""
    stopping = threading.Event()
    client = cloud.client("sagemaker-runtime")

    def ask() -> None:
        while not stopping.is_set():
            try:
                client.invoke_endpoint(EndpointName=ENDPOINT, InferenceComponentName=component, Body=REQUEST)
            except ClientError:  # no copy yet
                stopping.wait(1.0)

    clients = [threading.Thread(target=ask, daemon=True) for _ in range(2)]
    for one in clients:
        one.start()
    try:
        yield
    finally:
        stopping.set()
        for one in clients:
            one.join(5.0)
