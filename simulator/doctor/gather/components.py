"""The enrolled components: what they are, what their owner set up, what Headstart knows of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from headstart.adapters.cloudwatch import KINDS
from headstart.adapters.dynamodb import DynamoStore
from headstart.adapters.enrolments import AwsEnrolments
from headstart.adapters.resources import NAMESPACE, resource_id, scalable_dimension
from headstart.adapters.sagemaker import SageMakerComponents
from headstart.adapters.scaling import AwsScaling
from headstart.app.errors import ComponentGone
from headstart.app.ports import Alarm, Description
from headstart.domain.capacity import capacity_of, variant_of
from headstart.domain.model import Native, SignalKind
from simulator.doctor.facts import ComponentFacts, EndpointFacts, MetricFacts, ScalingFacts, Seen, Unseen, WakeAlarm
from simulator.doctor.gather.session import Clients, look, look_for, pages

WAKE_METRIC = "NoCapacityInvocationFailures"
SUSPENSIONS = {
    "in": "DynamicScalingInSuspended",
    "out": "DynamicScalingOutSuspended",
    "scheduled": "ScheduledScalingSuspended",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What is needed of a component's own description beside `Description`."""

    description: Description
    changed_at: datetime
    endpoint: str
    accelerators: int | None


def enrolments(clients: Clients) -> AwsEnrolments:
    return AwsEnrolments(clients("resourcegroupstaggingapi"), clients("application-autoscaling"), clients("sagemaker"))


def enrolled(clients: Clients) -> dict[str, dict[str, str]]:
    """Components by their tags, and the variants of endpoints by the endpoint's."""
    ours = enrolments(clients)
    found = ours.tagged()
    for endpoint, tags in ours.tagged_endpoints().items():
        variants = SageMakerComponents(clients("sagemaker")).endpoint(endpoint).variants
        found |= dict.fromkeys(variants, tags)
    return found


def our_alarms(clients: Clients, stack: str) -> tuple[Alarm, ...]:
    """All alarms named as ours are, of whatever component."""
    prefix = f"headstart/{stack}/"
    found = pages(
        clients("cloudwatch"), "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"]
    )
    named = [(one["AlarmName"].removeprefix(prefix).partition("/"), one) for one in found]
    return tuple(Alarm(name, SignalKind(kind), settings) for (name, _, kind), settings in named if kind in KINDS)


def store(clients: Clients, table: str) -> DynamoStore:
    return DynamoStore(clients("dynamodb"), table, timedelta(days=1))  # the retention matters to writes only


def component(
    clients: Clients, stack: str, name: str, tags: Mapping[str, str], table: str | None, metrics: MetricFacts
) -> ComponentFacts:
    found = look(lambda: _found(clients, name))
    described = found if isinstance(found, Found) else None
    ours = enrolments(clients)
    own: Seen[Mapping[str, str] | None] = Unseen("its ARN is not known")
    endpoint: Seen[EndpointFacts | None] = Unseen("its endpoint is not known")
    if described is not None:
        own = look(lambda: ours.tags(described.description.arn))
        endpoint = look_for(lambda: _endpoint(clients, described))
    return ComponentFacts(
        name=name,
        tags=tags,
        native=look(lambda: _native(ours, name)),
        own_tags=own,
        description=found.description if isinstance(found, Found) else found,
        changed_at=described.changed_at if described else None,
        scaling=look(lambda: _scaling(clients, name)),
        release=look(lambda: AwsScaling(clients("application-autoscaling"), stack).booked_release(name)),
        endpoint=endpoint,
        state=look(lambda: store(clients, table).load(name)) if table else Unseen("the table is not known"),
        metrics=metrics,
    )


def _native(ours: AwsEnrolments, name: str) -> Native:
    """As reconcile reads them."""
    return replace(ours.bounds([name]).get(name, Native()), target=ours.target(name))


def tags_of(clients: Clients, name: str) -> Mapping[str, str] | None:
    """By the component itself, for one that no listing has; None where there is no such component."""
    try:
        arn = SageMakerComponents(clients("sagemaker")).describe(name).arn
    except ComponentGone:
        return None
    return enrolments(clients).tags(arn)


def _found(clients: Clients, name: str) -> Found | None:
    sagemaker = clients("sagemaker")
    try:
        description = SageMakerComponents(sagemaker).describe(name)
    except ComponentGone:
        return None
    if (variant := variant_of(name)) is not None:
        raw = sagemaker.describe_endpoint(EndpointName=variant.endpoint)
        return Found(description, raw["LastModifiedTime"], variant.endpoint, None)
    raw = sagemaker.describe_inference_component(InferenceComponentName=name)
    needed = raw.get("Specification", {}).get("ComputeResourceRequirements", {})
    accelerators = needed.get("NumberOfAcceleratorDevicesRequired")
    return Found(description, raw["LastModifiedTime"], raw["EndpointName"], int(accelerators) if accelerators else None)


def _scaling(clients: Clients, name: str) -> ScalingFacts | None:
    scaling = clients("application-autoscaling")
    dimension = scalable_dimension(capacity_of(name))
    where: dict[str, Any] = {"ServiceNamespace": "sagemaker", "ScalableDimension": dimension}
    resource = resource_id(name)
    targets = list(pages(scaling, "describe_scalable_targets", "ScalableTargets", ResourceIds=[resource], **where))
    if not targets:
        return None
    policies = list(pages(scaling, "describe_scaling_policies", "ScalingPolicies", ResourceId=resource, **where))
    suspended = targets[0].get("SuspendedState", {})
    return ScalingFacts(
        role_arn=targets[0].get("RoleARN", ""),
        minimum=targets[0]["MinCapacity"],
        maximum=targets[0]["MaxCapacity"],
        suspended=tuple(short for short, member in SUSPENSIONS.items() if suspended.get(member)),
        tracking=tuple(one["PolicyName"] for one in policies if one["PolicyType"] == "TargetTrackingScaling"),
        wake_alarms=look(lambda: _wake_alarms(clients, policies)),
    )


def _wake_alarms(clients: Clients, policies: list[Any]) -> tuple[WakeAlarm, ...]:
    """Alarms on refused requests that set off one of the owner's step policies."""
    return tuple(
        WakeAlarm(one["AlarmName"], policy["PolicyName"], one["Period"] * _points(one))
        for policy in policies
        if policy["PolicyType"] == "StepScaling"
        for one in pages(clients("cloudwatch"), "describe_alarms", "MetricAlarms", ActionPrefix=policy["PolicyARN"])
        if (one.get("Namespace"), one.get("MetricName")) == (NAMESPACE, WAKE_METRIC)
    )


def _points(alarm: Mapping[str, Any]) -> int:
    """Breaching points it takes: M of M of N."""
    return int(alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"])


def _endpoint(clients: Clients, found: Found) -> EndpointFacts:
    sagemaker = clients("sagemaker")
    described = sagemaker.describe_endpoint(EndpointName=found.endpoint)
    variant = described["ProductionVariants"][0]
    managed = variant.get("ManagedInstanceScaling", {})
    instance_type = look(lambda: _instance_type(sagemaker, described.get("EndpointConfigName")))
    known = instance_type if isinstance(instance_type, str) else None
    places = look(lambda: _places(clients, known, found.accelerators))
    return EndpointFacts(
        name=found.endpoint,
        status=described["EndpointStatus"],
        instance_type=known,
        instances=variant.get("CurrentInstanceCount", 0),
        most_instances=managed.get("MaxInstanceCount") if managed.get("Status") == "ENABLED" else None,
        places=places if isinstance(places, int) else None,
    )


def _instance_type(sagemaker: Any, config: str | None) -> str | None:  # noqa: ANN401
    if config is None:
        return None
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    return str(variants[0]["InstanceType"]) if "InstanceType" in variants[0] else None


def _places(clients: Clients, instance_type: str | None, accelerators: int | None) -> int | None:
    """By the accelerators of EC2's type of the same name; memory and processors are left out."""
    if instance_type is None or accelerators is None:
        return None
    ec2_type = instance_type.removeprefix("ml.")
    (found,) = clients("ec2").describe_instance_types(InstanceTypes=[ec2_type])["InstanceTypes"]
    devices = [*found.get("GpuInfo", {}).get("Gpus", []), *found.get("NeuronInfo", {}).get("NeuronDevices", [])]
    total = sum(device["Count"] for device in devices)
    return total // accelerators or None
