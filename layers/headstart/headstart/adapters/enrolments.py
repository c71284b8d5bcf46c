"""Which components are enrolled, by tag, and what their owners set up natively."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from headstart.adapters.aws import Wait, code_and_message, paced, unavailable_on_error, unpaced
from headstart.adapters.resources import by_capacity, concurrency, name_of, resource_id, scalable, scalable_dimension
from headstart.domain.model import Native
from headstart.domain.tags import MODE_TAG

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_application_autoscaling.type_defs import ScalableTargetTypeDef
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_sagemaker import SageMakerClient

COMPONENTS: Final = "sagemaker:inference-component"
ENDPOINTS: Final = "sagemaker:endpoint"


class AwsEnrolments:
    """Implements ``ports.Enrolments`` with Resource Groups Tagging and Application Auto Scaling."""

    def __init__(
        self,
        tagging: "ResourceGroupsTaggingAPIClient",
        scaling: "ApplicationAutoScalingClient",
        sagemaker: "SageMakerClient",
        wait: Wait = unpaced,
    ) -> None:
        self._tagging = tagging
        self._scaling = scaling
        self._sagemaker = sagemaker
        self._wait = wait
        self._spelled: dict[str, str] = {}

    def tagged(self) -> dict[str, dict[str, str]]:
        found = self._tagged(COMPONENTS)
        if any(_lost_capitals(arn) and arn not in self._spelled for arn in found):
            self._spelled = self._spelling()
        return {self._spelled.get(arn, _last_part(arn)): tags for arn, tags in found.items()}

    def tagged_endpoints(self) -> dict[str, dict[str, str]]:
        return {_last_part(arn): tags for arn, tags in self._tagged(ENDPOINTS).items()}

    def _spelling(self) -> dict[str, str]:
        """Names of all components by ARN. SageMaker's ARNs are in lower case; metrics and targets go by the name."""
        with unavailable_on_error("ListInferenceComponents"):
            pages = self._sagemaker.get_paginator("list_inference_components").paginate(
                PaginationConfig={"PageSize": 100}
            )
            return {
                component["InferenceComponentArn"].lower(): component["InferenceComponentName"]
                for page in paced(pages, self._wait, "DescribeComponent")
                for component in page["InferenceComponents"]
            }

    def _tagged(self, kind: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        with unavailable_on_error("GetResources"):
            pages = self._tagging.get_paginator("get_resources").paginate(
                TagFilters=[{"Key": MODE_TAG}],
                ResourceTypeFilters=[kind],
                PaginationConfig={"PageSize": 100},
            )
            for page in paced(pages, self._wait, "GetResources"):
                for resource in page["ResourceTagMappingList"]:
                    found[resource["ResourceARN"]] = {tag["Key"]: tag["Value"] for tag in resource["Tags"]}
        return found

    def tags(self, arn: str) -> dict[str, str] | None:
        self._wait("DescribeComponent")
        with unavailable_on_error("ListTags"):
            try:
                pages = list(self._sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn))
            except ClientError as error:
                if "could not find" in code_and_message(error)[1].lower():
                    return None
                raise
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def bounds(self, names: Sequence[str]) -> dict[str, Native]:
        found: dict[str, Native] = {}
        for capacity, some in by_capacity(names).items():
            self._wait("DescribeScaling")
            with unavailable_on_error("DescribeScalableTargets"):
                answer = self._scaling.describe_scalable_targets(
                    ServiceNamespace="sagemaker",
                    ResourceIds=[resource_id(name) for name in some],
                    ScalableDimension=scalable_dimension(capacity),
                )
            found |= {name_of(target["ResourceId"]): _native(target) for target in answer["ScalableTargets"]}
        return found

    def target(self, name: str) -> float | None:
        with unavailable_on_error("DescribeScalingPolicies"):
            pages = self._scaling.get_paginator("describe_scaling_policies").paginate(**scalable(name))
            for page in paced(pages, self._wait, "DescribeScaling"):
                for policy in page["ScalingPolicies"]:
                    tracking: Any = policy.get("TargetTrackingScalingPolicyConfiguration", {})
                    predefined = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
                    customized = tracking.get("CustomizedMetricSpecification", {}).get("MetricName")
                    if predefined in concurrency(name) or customized in concurrency(name):
                        return float(tracking["TargetValue"])
        return None


def _last_part(arn: str) -> str:
    return arn.rpartition("/")[2]


def _lost_capitals(arn: str) -> bool:
    """Whether the name in the ARN may have been spelled with capitals."""
    name = _last_part(arn)
    return name == name.lower()


def _native(target: "ScalableTargetTypeDef") -> Native:
    suspended = target.get("SuspendedState", {})
    return Native(
        min_copies=target["MinCapacity"],
        max_copies=target["MaxCapacity"],
        out_suspended=suspended.get("DynamicScalingOutSuspended", False),
        scheduled_suspended=suspended.get("ScheduledScalingSuspended", False),
    )
