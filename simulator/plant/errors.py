"""What the plant refuses, with the AWS error code and text a caller would see."""


class PlantError(Exception):
    """Base of every refusal. `code` and `status` are what the AWS API answers with."""

    code = "InternalFailure"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SpecError(PlantError):
    """A plant file that cannot be used: names the file, the key and what would be right."""

    code = "PlantSpecification"
    status = 400


class ValidationFailed(PlantError):
    """A parameter SageMaker does not take. Code: assumed, as for its other operations."""

    code = "ValidationException"
    status = 400


class NotFound(ValidationFailed):
    """SageMaker answers for an unknown name with a ValidationException, not with a 404 (assumed for components)."""


class UpdateInProgress(ValidationFailed):
    """A second copy-count write while one is in flight is refused, not queued (aws-facts 0.1; the code is assumed)."""

    def __init__(self, verb: str, arn: str, state: str) -> None:
        super().__init__(f'Cannot {verb} inference component "{arn}" while it is in state {state}.')


class ResourceLimitExceeded(PlantError):
    """The only error modelled for UpdateInferenceComponentRuntimeConfig (aws-facts 3.1)."""

    code = "ResourceLimitExceeded"
    status = 400

    def __init__(self, limit: int, used: int, delta: int) -> None:
        super().__init__(
            "The account-level service limit 'instances for endpoint usage' is "
            f"{limit} Instances, with current utilization of {used} Instances and a request delta of {delta} "
            "Instances. Please use AWS Service Quotas to request an increase for this quota."
        )


# aws-facts 3.1: the reason an update fails with when a copy cannot be placed.
UNPLACEABLE = (
    "There is not enough hardware resources on the instances for this endpoint to create a copy of the "
    "inference component."
)

# aws-facts 3.5
NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress "
    "(if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
)


class NoCapacity(PlantError):
    """InvokeEndpoint with no copy in service (aws-facts 3.5)."""

    code = "ValidationError"
    status = 400

    def __init__(self) -> None:
        super().__init__(NO_CAPACITY)
