"""Variants as the adapters see them: over the simulated services, and over moto where it knows variants."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from headstart.adapters.cloudwatch import CloudWatchMetrics
from headstart.adapters.enrolments import AwsEnrolments
from headstart.adapters.loads import CloudWatchLoads
from headstart.adapters.natives import AwsNatives
from headstart.adapters.resources import name_of, resource_id
from headstart.adapters.sagemaker import SageMakerComponents
from headstart.adapters.scaling import AwsScaling
from headstart.adapters.variants import STATUSES
from headstart.app.errors import ComponentGone, Unavailable
from headstart.app.ports import BookedRelease, Components, Endpoint, Host, ScalableTarget
from headstart.domain.capacity import NAME as ANY_NAME
from headstart.domain.capacity import PART, Variant, capacity_of, variant_of
from headstart.domain.model import Capacity, Instances, Native, PastLoad, Status
from headstart.domain.native import NativePlan, begun
from simulator.plant.metrics import NAMESPACE, Bin, metric_key
from tests.support.aws import Plant, client
from tests.support.builders import NOW, points
from tests.support.fakes import FakeComponent, FakeComponents

ENDPOINT, NAME = "my-endpoint", "my-endpoint.AllTraffic"
OF: Any = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@given(st.from_regex(PART, fullmatch=True), st.from_regex(PART, fullmatch=True))
def test_names_of_components_and_variants_never_meet(one: str, other: str) -> None:
    variant = Variant(one, other)
    assert variant_of(str(variant)) == variant
    assert (capacity_of(one), capacity_of(str(variant))) == (Capacity.COMPONENT, Capacity.VARIANT)
    assert [name_of(resource_id(name)) for name in (one, str(variant))] == [one, str(variant)]


@given(st.from_regex(ANY_NAME, fullmatch=True))
def test_every_name_has_a_resource_of_its_own(name: str) -> None:
    assert name_of(resource_id(name)) == name


@dataclass
class Stage:
    """An endpoint with two instances."""

    components: Components
    scaling: Any


def on_moto() -> Stage:
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_model(ModelName="model", ExecutionRoleArn="arn:aws:iam::123456789012:role/model")
    sagemaker.create_endpoint_config(
        EndpointConfigName="config",
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": "model",
                "InitialInstanceCount": 2,
                "InstanceType": "ml.g4dn.xlarge",
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="config")
    return Stage(SageMakerComponents(sagemaker), boto3.client("application-autoscaling"))


def simulated(plant: Plant) -> Stage:
    plant.create_variant(ENDPOINT, 2)
    return Stage(SageMakerComponents(client("sagemaker")), client("application-autoscaling"))


def fake() -> Stage:
    found = FakeComponents({NAME: FakeComponent(NAME, current=2, desired=2)})
    found.endpoints[ENDPOINT] = Endpoint(created=NOW, variants={NAME: ""})
    return Stage(found, None)


@pytest.fixture(params=["fake", "simulated", "moto"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "moto":
        with mock_aws():
            yield on_moto()
    else:
        yield fake() if request.param == "fake" else simulated(request.getfixturevalue("plant"))


@pytest.fixture(params=["simulated", "moto"])
def service(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "moto":
        with mock_aws():
            yield on_moto()
    else:
        yield simulated(request.getfixturevalue("plant"))


# ---- a look


def test_its_instances_count_as_copies(stage: Stage) -> None:
    found = stage.components.describe(NAME)
    assert (found.name, found.status) == (NAME, Status.IN_SERVICE)
    assert (found.current_copies, found.desired_copies) == (2, 2)


@pytest.mark.parametrize("name", ["nowhere.AllTraffic", f"{ENDPOINT}.Another"])
def test_an_endpoint_or_a_variant_that_is_not_there_is_gone(stage: Stage, name: str) -> None:
    with pytest.raises(ComponentGone):
        stage.components.describe(name)


def test_an_endpoint_that_is_not_there_has_no_variants(stage: Stage) -> None:
    with pytest.raises(ComponentGone):
        stage.components.endpoint("nowhere")


def test_the_tags_are_on_the_endpoint(service: Stage) -> None:
    assert service.components.describe(NAME).arn.endswith(f":endpoint/{ENDPOINT}")


class Answering:
    """DescribeEndpoint with an answer of its own; an endpoint without inference components."""

    def __init__(self, **answer: Any) -> None:
        self._answer = {"EndpointArn": "arn", "CreationTime": NOW, "EndpointStatus": "InService", **answer}

    def describe_endpoint(self, **_: Any) -> Any:
        return self._answer

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: Any) -> Any:
        return [{"InferenceComponents": []}]


def components(**answer: Any) -> SageMakerComponents:
    answering: Any = Answering(**answer)
    return SageMakerComponents(answering)


COUNTED = {"VariantName": "AllTraffic", "CurrentInstanceCount": 2, "DesiredInstanceCount": 3}


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("Creating", Status.CREATING),
        ("Updating", Status.UPDATING),
        ("SystemUpdating", Status.UPDATING),
        ("RollingBack", Status.UPDATING),
        ("Deleting", Status.DELETING),
        ("Failed", Status.FAILED),
        ("OutOfService", Status.FAILED),
        ("UpdateRollbackFailed", Status.FAILED),
    ],
)
def test_while_an_endpoint_changes_nothing_can_be_asked_of_it(told: str, status: Status) -> None:
    assert components(EndpointStatus=told, ProductionVariants=[COUNTED]).describe(NAME).status is status


def test_every_status_of_an_endpoint_is_known() -> None:
    shape: Any = client("sagemaker").meta.service_model.shape_for("EndpointStatus")
    assert STATUSES.keys() == set(shape.enum)


def test_counts_that_are_not_told_are_not_zero() -> None:
    with pytest.raises(Unavailable, match="no instance counts"):
        components(EndpointStatus="Creating", ProductionVariants=[{"VariantName": "AllTraffic"}]).describe(NAME)


def test_a_serverless_variant_cannot_be_scaled_by_instances() -> None:
    serverless = {"VariantName": "AllTraffic", "CurrentServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5}}
    found = components(ProductionVariants=[serverless])
    assert "serverless" in found.endpoint(ENDPOINT).variants[NAME]
    assert found.describe(NAME).arn == "arn", "it can leave all the same"


def test_an_endpoint_with_components_is_not_scaled_by_instances(plant: Plant) -> None:
    plant.create("my-llama", 1)
    plant.create_variant(ENDPOINT, 1)
    found = SageMakerComponents(client("sagemaker"))
    assert found.endpoint(ENDPOINT).variants == {NAME: ""}
    assert "inference components" in found.endpoint("endpoint").variants["endpoint.AllTraffic"]


def test_instances_and_a_look_are_read_by_the_same_call_at_the_same_pace(plant: Plant) -> None:
    plant.create_variant(ENDPOINT, 2)
    calls: list[str] = []
    found = SageMakerComponents(client("sagemaker"), calls.append)
    assert found.instances(Host(ENDPOINT, "AllTraffic")) == Instances(2, 2)
    assert found.instances(Host("nowhere", "AllTraffic")) is None
    assert found.describe(NAME).host is None, "every start is a new instance: there is nothing to find out"
    assert calls == ["DescribeEndpoint"] * 3


# ---- its scalable target


def test_bounds_floor_and_release(service: Stage) -> None:
    scaling, enrolments = AwsScaling(service.scaling, "headstart"), AwsEnrolments(None, service.scaling, None)  # type: ignore[arg-type]
    assert scaling.target(NAME) is None
    service.scaling.register_scalable_target(MinCapacity=1, MaxCapacity=8, **OF)
    assert scaling.target(NAME) == ScalableTarget(1, 8)
    scaling.set_minimum(NAME, 3)
    assert enrolments.bounds([NAME])[NAME] == Native(min_copies=3, max_copies=8)
    scaling.book_release(NAME, 1, NOW + timedelta(minutes=30))
    assert scaling.booked_release(NAME) == BookedRelease(1)
    assert not scaling.has_plans(NAME)
    scaling.cancel_release(NAME)
    scaling.cancel_release(NAME)
    assert scaling.booked_release(NAME) is None


def test_native_scaling_is_made_on_the_metric_of_variants_and_taken_away(service: Stage) -> None:
    made = begun("headstart", NAME, NativePlan(min_copies=1, max_copies=8, target=5.0))
    natives = AwsNatives(service.scaling, _Quiet(), "headstart")  # type: ignore[arg-type]
    enrolments = AwsEnrolments(None, service.scaling, None)  # type: ignore[arg-type]
    natives.set_up(NAME, made)
    (policy,) = service.scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    }
    assert enrolments.target(NAME) == 5.0
    natives.remove(NAME, made)
    assert enrolments.bounds([NAME]) == {}


class _Quiet:
    """CloudWatch without an alarm of ours."""

    def describe_alarms(self, **_: Any) -> Any:
        return {"MetricAlarms": []}


def test_components_and_variants_are_read_in_a_call_each(plant: Plant) -> None:
    plant.create("my-llama", 1)
    stage = simulated(plant)
    stage.scaling.register_scalable_target(MinCapacity=1, MaxCapacity=8, **OF)
    stage.scaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="inference-component/my-llama",
        ScalableDimension="sagemaker:inference-component:DesiredCopyCount",
        MinCapacity=0,
        MaxCapacity=4,
    )
    enrolments = AwsEnrolments(client("resourcegroupstaggingapi"), stage.scaling, client("sagemaker"))
    assert enrolments.bounds([NAME, "my-llama"]) == {
        NAME: Native(min_copies=1, max_copies=8),
        "my-llama": Native(min_copies=0, max_copies=4),
    }
    assert plant.services.calls["application-autoscaling", "DescribeScalableTargets"] == 2


def test_endpoints_are_listed_apart_from_components(plant: Plant) -> None:
    plant.create(ENDPOINT, 1, mode="observe")
    plant.create_variant(ENDPOINT, 1, mode="act")
    plant.create_variant("untagged", 1)
    enrolments = AwsEnrolments(
        client("resourcegroupstaggingapi"), client("application-autoscaling"), client("sagemaker")
    )
    assert enrolments.tagged() == {ENDPOINT: {"headstart:mode": "observe"}}
    assert enrolments.tagged_endpoints() == {ENDPOINT: {"headstart:mode": "act"}}


# ---- its metrics


def test_its_points_come_under_endpoint_and_variant(plant: Plant) -> None:
    under = {"EndpointName": ENDPOINT, "VariantName": "AllTraffic"}
    key = metric_key(NAMESPACE, "ConcurrentRequestsPerModel", under)
    with plant.realtime.locked():
        for seconds_ago, value in ((50, 4.0), (40, 9.0)):
            at = (plant.clock.at - timedelta(seconds=seconds_ago)).timestamp()
            plant.account.metrics.put(key, at, value, visible_at=0.0)
    plant.measure(NAME, "ConcurrentRequestsPerCopy", 99.0, seconds_ago=30)
    series = CloudWatchMetrics(client("cloudwatch")).recent(NAME, plant.clock.at)
    assert [p.value for p in series.concurrency] == [p.value for p in points(4.0, 9.0)]
    assert series.refused == ()


def test_its_weeks_gone_by_come_under_endpoint_and_variant(plant: Plant) -> None:
    under = {"EndpointName": ENDPOINT, "VariantName": "AllTraffic"}
    for dimensions, completed in ((under, 12.0), ({"InferenceComponentName": NAME}, 99.0)):
        samples = Bin(2.5e6, 2.5e6, 2.5e6 * completed, completed, 0.0)
        at = int((NOW - timedelta(days=7)).timestamp())
        plant.account.metrics.remember(metric_key(NAMESPACE, "ModelLatency", dimensions), at, samples)
    found = CloudWatchLoads(client("cloudwatch")).of(NAME, NOW - timedelta(days=8), NOW)
    assert found == (PastLoad(NOW - timedelta(days=7), completed=12.0, seconds=2.5),)
