"""A component in the shape DescribeInferenceComponent gives it (aws-facts 3.2)."""

from collections.abc import Mapping
from typing import Any

from simulator.plant.account import Account
from simulator.plant.component import Description
from simulator.plant.timefmt import utc
from simulator.services.errors import ServiceError

VARIANT = "AllTraffic"

SLOT_VARIABLES = ("OPTION_MAX_ROLLING_BATCH_SIZE", "SM_VLLM_MAX_NUM_SEQS")
"""Environment variables by which SageMaker's LMI and vLLM containers are told how many requests to batch."""


def slots_of(specification: Mapping[str, Any], default: int) -> int:
    environment = (specification.get("Container") or {}).get("Environment") or {}
    for variable in SLOT_VARIABLES:
        if variable in environment:
            said = str(environment[variable])
            if not said.isdecimal() or int(said) < 1:
                raise ServiceError("ValidationException", f"{variable} must be a whole number of at least 1.")
            return int(said)
    return default


def component_output(
    account: Account, described: Description, specification: Mapping[str, Any] | None
) -> dict[str, Any]:
    output: dict[str, Any] = {
        "InferenceComponentName": described.name,
        "InferenceComponentArn": described.arn,
        "EndpointName": described.endpoint_name,
        "EndpointArn": account.arn("endpoint", described.endpoint_name),
        "VariantName": VARIANT,
        "InferenceComponentStatus": described.status,
        "RuntimeConfig": {
            "DesiredCopyCount": described.desired_copies,
            "CurrentCopyCount": described.current_copies,
        },
        "CreationTime": utc(described.created),
        "LastModifiedTime": utc(described.last_modified),
    }
    if described.failure_reason is not None:
        output["FailureReason"] = described.failure_reason
    if specification is not None:
        output["Specification"] = _deployed(specification)
    return output


def _deployed(specification: Mapping[str, Any]) -> dict[str, Any]:
    """The summary names the image as a deployed one; the rest comes back as it was given."""
    found = {key: value for key, value in specification.items() if key != "Container"}
    container = specification.get("Container")
    if container:
        kept = {key: value for key, value in container.items() if key != "Image"}
        found["Container"] = kept | {"DeployedImage": {"SpecifiedImage": container.get("Image", "")}}
    return found


def summary_output(account: Account, described: Description) -> dict[str, Any]:
    """ListInferenceComponents does not carry copy counts (aws-facts 3.3)."""
    full = component_output(account, described, None)
    return {key: value for key, value in full.items() if key not in ("RuntimeConfig", "FailureReason")}
