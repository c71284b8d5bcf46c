"""How AWS calls what we scale: a component, or a variant of an endpoint."""

from collections.abc import Iterable
from typing import Any, Final

from headstart.domain.capacity import Variant, capacity_of, variant_of
from headstart.domain.model import Capacity

NAMESPACE: Final = "AWS/SageMaker"
COMPONENT_DIMENSION: Final = "InferenceComponentName"
RESOURCE: Final = "inference-component/"
DIMENSION: Final = "sagemaker:inference-component:DesiredCopyCount"
VARIANT_DIMENSION: Final = "sagemaker:variant:DesiredInstanceCount"
CONCURRENCY_PER_COPY: Final = (
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    "ConcurrentRequestsPerCopy",
)
CONCURRENCY_PER_MODEL: Final = (
    "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    "ConcurrentRequestsPerModel",
)


def scalable_dimension(capacity: Capacity) -> Any:  # noqa: ANN401  its stubs list every literal
    """Which number of it Application Auto Scaling changes."""
    return DIMENSION if capacity is Capacity.COMPONENT else VARIANT_DIMENSION


def resource_id(name: str) -> str:
    """Its name in Application Auto Scaling."""
    variant = variant_of(name)
    return RESOURCE + name if variant is None else f"endpoint/{variant.endpoint}/variant/{variant.name}"


def name_of(resource: str) -> str:
    """The name behind a ResourceId."""
    match resource.split("/"):
        case ["endpoint", endpoint, "variant", variant]:
            return str(Variant(endpoint, variant))
        case _:
            return resource.removeprefix(RESOURCE)


def scalable(name: str) -> Any:  # noqa: ANN401
    """What names its scalable target in every call about one."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": resource_id(name),
        "ScalableDimension": scalable_dimension(capacity_of(name)),
    }


def by_capacity(names: Iterable[str]) -> dict[Capacity, list[str]]:
    """A call is about one scalable dimension."""
    found: dict[Capacity, list[str]] = {}
    for name in names:
        found.setdefault(capacity_of(name), []).append(name)
    return found


def concurrency(name: str) -> tuple[str, str]:
    """The predefined metric that target tracking goes by, and its name in CloudWatch."""
    return CONCURRENCY_PER_COPY if variant_of(name) is None else CONCURRENCY_PER_MODEL


def metric_dimensions(name: str) -> Any:  # noqa: ANN401
    """Under which dimensions its metrics come (aws-facts 2.1)."""
    variant = variant_of(name)
    if variant is None:
        return [{"Name": COMPONENT_DIMENSION, "Value": name}]
    return [{"Name": "EndpointName", "Value": variant.endpoint}, {"Name": "VariantName", "Value": variant.name}]
