"""Which components are enrolled, by tag, and what their owners set up natively."""

from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from headstart.adapters.aws import code_and_message, unavailable_on_error
from headstart.domain.enrolment import MODE_TAG, Native

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_sagemaker import SageMakerClient

DIMENSION: Final = "sagemaker:inference-component:DesiredCopyCount"
CONCURRENCY_PER_COPY = (
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    "ConcurrentRequestsPerCopy",
)
RESOURCE_IDS_A_CALL = 50


class AwsEnrolments:
    """Implements ``ports.Enrolments`` with Resource Groups Tagging and Application Auto Scaling."""

    def __init__(
        self,
        tagging: "ResourceGroupsTaggingAPIClient",
        scaling: "ApplicationAutoScalingClient",
        sagemaker: "SageMakerClient",
    ) -> None:
        self._tagging = tagging
        self._scaling = scaling
        self._sagemaker = sagemaker

    def tagged(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        with unavailable_on_error("GetResources"):
            for page in self._tagging.get_paginator("get_resources").paginate(
                TagFilters=[{"Key": MODE_TAG}], ResourceTypeFilters=["sagemaker:inference-component"]
            ):
                for resource in page["ResourceTagMappingList"]:
                    name = resource["ResourceARN"].rpartition("/")[2]
                    found[name] = {tag["Key"]: tag["Value"] for tag in resource["Tags"]}
        return found

    def tags(self, arn: str) -> dict[str, str] | None:
        with unavailable_on_error("ListTags"):
            try:
                pages = list(self._sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn))
            except ClientError as error:
                if "could not find" in code_and_message(error)[1].lower():
                    return None
                raise
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def native(self, names: Sequence[str]) -> dict[str, Native]:
        if not names:
            return {}
        targets = self._targets()
        found: dict[str, Native] = {}
        with unavailable_on_error("DescribeScalableTargets"):
            for some in batched(names, RESOURCE_IDS_A_CALL, strict=False):
                for page in self._scaling.get_paginator("describe_scalable_targets").paginate(
                    ServiceNamespace="sagemaker",
                    ResourceIds=[f"inference-component/{name}" for name in some],
                    ScalableDimension=DIMENSION,
                ):
                    for target in page["ScalableTargets"]:
                        name = target["ResourceId"].rpartition("/")[2]
                        found[name] = Native(
                            min_copies=target["MinCapacity"], max_copies=target["MaxCapacity"], target=targets.get(name)
                        )
        return found

    def _targets(self) -> dict[str, float]:
        """Target values of the policies that track concurrency per copy, by component."""
        found: dict[str, float] = {}
        with unavailable_on_error("DescribeScalingPolicies"):
            for page in self._scaling.get_paginator("describe_scaling_policies").paginate(
                ServiceNamespace="sagemaker", ScalableDimension=DIMENSION
            ):
                for policy in page["ScalingPolicies"]:
                    tracking: Any = policy.get("TargetTrackingScalingPolicyConfiguration", {})
                    predefined = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
                    customized = tracking.get("CustomizedMetricSpecification", {}).get("MetricName")
                    if predefined in CONCURRENCY_PER_COPY or customized in CONCURRENCY_PER_COPY:
                        found[policy["ResourceId"].rpartition("/")[2]] = tracking["TargetValue"]
        return found
