"""What is scaled: look at one, and write a component's copy count."""

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from headstart.adapters.aws import Wait, code_and_message, paced, unavailable_on_error, unpaced
from headstart.adapters.variants import SageMakerVariants
from headstart.app.errors import ComponentGone, Unavailable
from headstart.app.ports import Description, Endpoint, Host
from headstart.domain.capacity import variant_of
from headstart.domain.model import Instances, Outcome, OutcomeKind, Status

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

IN_FLIGHT = ("UPDATE_RC_IN_PROGRESS", "while it is in state", "in-progress")
"""A write during an update is refused with a plain client error; only the message tells it apart (assumed)."""
THROTTLED = ("ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException")
NO_ANSWER = ("InternalFailure", "InternalServerException", "ServiceUnavailable")


class SageMakerComponents:
    """Implements ``ports.Components``."""

    def __init__(self, client: "SageMakerClient", wait: Wait = unpaced) -> None:
        self._client = client
        self._wait = wait
        self._variants = SageMakerVariants(client, wait)

    def describe(self, name: str) -> Description:
        if (variant := variant_of(name)) is not None:
            return self._variants.describe(name, variant)
        self._wait("DescribeComponent")
        with unavailable_on_error("DescribeInferenceComponent"):
            try:
                answer = self._client.describe_inference_component(InferenceComponentName=name)
            except ClientError as error:
                if "could not find" in code_and_message(error)[1].lower():
                    raise ComponentGone(name) from error
                raise
        runtime = answer.get("RuntimeConfig")
        if runtime is None:
            # A component that is being created may not say yet; missing is not zero.
            raise Unavailable(f"DescribeInferenceComponent: {name!r} has no RuntimeConfig yet")
        return Description(
            name=name,
            arn=answer["InferenceComponentArn"],
            created=answer["CreationTime"],
            status=Status(answer["InferenceComponentStatus"]),
            current_copies=runtime["CurrentCopyCount"],
            desired_copies=runtime["DesiredCopyCount"],
            failure=answer.get("FailureReason"),
            host=Host(answer["EndpointName"], answer["VariantName"]) if "VariantName" in answer else None,
        )

    def endpoint(self, name: str) -> Endpoint:
        return self._variants.endpoint(name)

    def instances(self, host: Host) -> Instances | None:
        return self._variants.instances(host)

    def created_since(self, at: datetime) -> dict[str, datetime]:
        with unavailable_on_error("ListInferenceComponents"):
            pages = self._client.get_paginator("list_inference_components").paginate(
                CreationTimeAfter=at, PaginationConfig={"PageSize": 100}
            )
            return {
                component["InferenceComponentName"]: component["CreationTime"]
                for page in paced(pages, self._wait, "DescribeComponent")
                for component in page["InferenceComponents"]
            }

    def set_copies(self, name: str, copies: int, now: datetime) -> Outcome:
        try:
            self._client.update_inference_component_runtime_config(
                InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": copies}
            )
        except ClientError as error:
            code, message = code_and_message(error)
            return Outcome(_kind(code, message), now, f"{code}: {message}")
        except BotoCoreError as error:
            # A time-out says nothing about whether the write arrived.
            return Outcome(OutcomeKind.UNCERTAIN, now, str(error))
        return Outcome(OutcomeKind.APPLIED, now)


def _kind(code: str, message: str) -> OutcomeKind:
    if code in THROTTLED or any(part in message for part in IN_FLIGHT):
        return OutcomeKind.BLOCKED
    return OutcomeKind.UNCERTAIN if code in NO_ANSWER else OutcomeKind.REFUSED
