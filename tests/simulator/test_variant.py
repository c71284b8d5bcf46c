"""An endpoint whose variant is scaled by its instances, as the simulated services show and scale it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.doctor.checks import judge
from simulator.doctor.findings import Status
from simulator.doctor.gather import components, metrics
from simulator.engine import Engine
from simulator.plant.account import Account
from simulator.plant.spec import load_plant
from simulator.replay.inprocess import InProcessClients
from simulator.services.caller import OWNER
from simulator.services.errors import ServiceError
from simulator.services.registry import Services
from simulator.services.runtime import Invocation
from tests.simulator.doctor_facts import good

RESOURCE = "endpoint/chat/variant/AllTraffic"
OF: Any = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": RESOURCE,
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
UNDER = [{"Name": "EndpointName", "Value": "chat"}, {"Name": "VariantName", "Value": "AllTraffic"}]


class Stage:
    def __init__(self) -> None:
        self.engine = Engine(1_800_000_000.0)
        self.services = Services(Account(self.engine, load_plant("standard"), seed=1))
        self.client = InProcessClients(self.services.call)
        sagemaker = self.client("sagemaker")
        variant = {"VariantName": "AllTraffic", "ModelName": "model", "InitialInstanceCount": 2}
        sagemaker.create_endpoint_config(
            EndpointConfigName="config", ProductionVariants=[variant | {"InstanceType": "ml.g5.xlarge"}]
        )
        sagemaker.create_endpoint(EndpointName="chat", EndpointConfigName="config")

    def described(self) -> tuple[str, int, int]:
        answer = self.client("sagemaker").describe_endpoint(EndpointName="chat")
        (variant,) = answer["ProductionVariants"]
        return answer["EndpointStatus"], variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]

    def invoke(self, service_s: float) -> list[Invocation]:
        done: list[Invocation] = []
        params = {"EndpointName": "chat", "Body": f'{{"service_s": {service_s}}}'.encode()}
        self.services.invoke(params, OWNER, done.append)
        return done

    def pass_(self, seconds: float) -> None:
        self.engine.run_until(self.engine.now + seconds)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_an_endpoint_with_a_model_has_the_instances_of_its_config(stage: Stage) -> None:
    assert stage.described() == ("InService", 2, 2)
    done = stage.invoke(1.5)
    stage.pass_(2)
    assert done[0].outcome.status == "served"


def test_a_raised_minimum_adds_instances_while_the_endpoint_updates(stage: Stage) -> None:
    scaling = stage.client("application-autoscaling")
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=8, **OF)
    assert stage.described() == ("InService", 2, 2)
    scaling.register_scalable_target(MinCapacity=4, **OF)
    assert stage.described() == ("Updating", 2, 4)
    scaling.register_scalable_target(MinCapacity=6, **OF)
    assert stage.described() == ("Updating", 2, 4), "what is not active is not changed"
    stage.pass_(1800)
    assert stage.described() == ("InService", 4, 4)
    scaling.register_scalable_target(MinCapacity=6, **OF)
    assert stage.described() == ("Updating", 4, 6), "the same minimum again brings it into the range"


def test_target_tracking_goes_by_the_requests_of_an_instance(stage: Stage) -> None:
    scaling = stage.client("application-autoscaling")
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=8, **OF)
    metric = {"PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"}
    scaling.put_scaling_policy(
        PolicyName="track",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"PredefinedMetricSpecification": metric, "TargetValue": 2.0},
        **OF,
    )
    alarms = stage.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"TargetTracking-{RESOURCE}-Alarm")
    assert {alarm["MetricName"] for alarm in alarms["MetricAlarms"]} == {"ConcurrentRequestsPerModel"}
    for _ in range(8):
        stage.invoke(3000)
    stage.pass_(300)
    assert stage.described()[2] == 4
    found = stage.client("cloudwatch").list_metrics(Namespace="AWS/SageMaker")["Metrics"]
    assert {metric["MetricName"] for metric in found} == {
        "ConcurrentRequestsPerModel",
        "Invocations",
        "InvocationsPerInstance",
    }
    assert all(metric["Dimensions"] == UNDER for metric in found)


@pytest.mark.parametrize(
    ("resource", "dimension"),
    [
        (RESOURCE, "sagemaker:inference-component:DesiredCopyCount"),
        ("inference-component/chat", "sagemaker:variant:DesiredInstanceCount"),
        ("endpoint/chat/variant/Another", "sagemaker:variant:DesiredInstanceCount"),
    ],
)
def test_resource_and_dimension_belong_together(stage: Stage, resource: str, dimension: str) -> None:
    wrong = {"ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": dimension}
    with pytest.raises(ServiceError) as caught:
        stage.services.call(
            "application-autoscaling", "RegisterScalableTarget", {**wrong, "MinCapacity": 1, "MaxCapacity": 8}
        )
    assert caught.value.code == "ValidationException"


def test_the_doctor_sees_a_variant_as_reconcile_does(stage: Stage) -> None:
    scaling, sagemaker = stage.client("application-autoscaling"), stage.client("sagemaker")
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=8, **OF)
    arn = sagemaker.describe_endpoint(EndpointName="chat")["EndpointArn"]
    tags = {"headstart:mode": "act", "headstart:target": "2"}
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    stage.invoke(3000)
    stage.invoke(1)
    stage.pass_(200)
    clients, name = stage.client, "chat.AllTraffic"
    assert components.enrolled(clients) == {name: tags}
    now = datetime.fromtimestamp(stage.engine.now, UTC)
    seen = metrics.metrics(clients, name, now)
    assert isinstance(seen.names, frozenset)
    assert "ConcurrentRequestsPerModel" in seen.names
    assert isinstance(seen.concurrency, tuple)
    assert seen.concurrency[-1].value == 0.5
    one = components.component(clients, "headstart", name, tags, None, seen)
    facts = replace(good(), components={name: one}, enrolled={name: tags}, alarms=())
    lines = {finding.check: finding for finding in judge(facts) if finding.subject == name}
    assert lines["metrics"].status is Status.OK
    assert "EndpointName and VariantName" in lines["metrics"].seen
    assert lines["component"].seen == "InService, 2 of 2 copies."
    assert lines["tags and settings"].means == "Headstart may raise its MinCapacity."
    assert lines["alarms"].seen == "There is no alarm headstart/headstart/chat.AllTraffic/pressure."
    assert "SageMakerVariantConcurrentRequestsPerModelHighResolution" in lines["native scaling"].do
    assert "instances for the maximum" not in lines
