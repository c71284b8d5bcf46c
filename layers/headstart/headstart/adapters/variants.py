"""Endpoints and their variants: looked at through DescribeEndpoint, and never written."""

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from headstart.adapters.aws import Wait, code_and_message, paced, unavailable_on_error
from headstart.app.errors import ComponentGone, Unavailable
from headstart.app.ports import Description, Endpoint, Host
from headstart.domain.capacity import Variant
from headstart.domain.model import Instances, Status

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

STATUSES: Final = {
    "InService": Status.IN_SERVICE,
    "Creating": Status.CREATING,
    "Updating": Status.UPDATING,
    "SystemUpdating": Status.UPDATING,
    "RollingBack": Status.UPDATING,
    "Deleting": Status.DELETING,
    "OutOfService": Status.FAILED,
    "Failed": Status.FAILED,
    "UpdateRollbackFailed": Status.FAILED,
}
HAS_COMPONENTS: Final = "is on an endpoint that has inference components; tag those instead"
NO_INSTANCES: Final = "is on an endpoint whose variant has no instances to count (a serverless one)"


class SageMakerVariants:
    """The part of ``ports.Components`` that is about endpoints and variants."""

    def __init__(self, client: "SageMakerClient", wait: Wait) -> None:
        self._client = client
        self._wait = wait

    def describe(self, name: str, variant: Variant) -> Description:
        answer = self._endpoint(variant.endpoint)
        found: Any = next((v for v in answer.get("ProductionVariants", ()) if v["VariantName"] == variant.name), None)
        if found is None:
            raise ComponentGone(name)
        counts = [found.get("CurrentInstanceCount"), found.get("DesiredInstanceCount")]
        if _is_serverless(found):
            counts = [0, 0]
        if None in counts:
            # An endpoint that is being created may not say yet; missing is not zero.
            raise Unavailable(f"DescribeEndpoint: {name!r} has no instance counts")
        return Description(
            name=name,
            arn=answer["EndpointArn"],
            created=answer["CreationTime"],
            status=STATUSES[answer["EndpointStatus"]],
            current_copies=counts[0],
            desired_copies=counts[1],
            failure=answer.get("FailureReason"),
        )

    def endpoint(self, name: str) -> Endpoint:
        answer = self._endpoint(name)
        holds_components = self._has_components(name)
        variants: dict[str, str] = {}
        for found in answer.get("ProductionVariants", ()):
            unfit = HAS_COMPONENTS if holds_components else NO_INSTANCES if _is_serverless(found) else ""
            variants[str(Variant(name, found["VariantName"]))] = unfit
        return Endpoint(created=answer["CreationTime"], variants=variants)

    def instances(self, host: Host) -> Instances | None:
        """Those that components run on."""
        try:
            answer = self._endpoint(host.endpoint)
        except ComponentGone:
            return None
        for variant in answer.get("ProductionVariants", ()):
            counted = "CurrentInstanceCount" in variant and "DesiredInstanceCount" in variant
            if variant["VariantName"] == host.variant and counted:
                return Instances(variant["CurrentInstanceCount"], variant["DesiredInstanceCount"])
        return None

    def _endpoint(self, name: str) -> "DescribeEndpointOutputTypeDef":
        self._wait("DescribeEndpoint")
        with unavailable_on_error("DescribeEndpoint"):
            try:
                return self._client.describe_endpoint(EndpointName=name)
            except ClientError as error:
                if "could not find" in code_and_message(error)[1].lower():
                    raise ComponentGone(name) from error
                raise

    def _has_components(self, endpoint: str) -> bool:
        with unavailable_on_error("ListInferenceComponents"):
            pages = self._client.get_paginator("list_inference_components").paginate(
                EndpointNameEquals=endpoint, PaginationConfig={"PageSize": 1, "MaxItems": 1}
            )
            return any(page["InferenceComponents"] for page in paced(pages, self._wait, "DescribeComponent"))


def _is_serverless(variant: Any) -> bool:  # noqa: ANN401
    return "CurrentServerlessConfig" in variant or "DesiredServerlessConfig" in variant
