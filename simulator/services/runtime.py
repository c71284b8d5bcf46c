"""SageMaker Runtime: InvokeEndpoint, held for as long as the plant takes to serve it."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from simulator.plant.account import Account
from simulator.plant.errors import NO_CAPACITY
from simulator.plant.requests import Outcome, Request
from simulator.services.caller import Caller
from simulator.services.errors import NotModelled, ServiceError

MAX_BODY = 6_291_456
"""Bytes, aws-facts 3.5."""


class Invocation(NamedTuple):
    """How a held request ended: an answer in botocore's output shape, or the refusal."""

    output: dict[str, Any] | None
    error: ServiceError | None
    outcome: Outcome


class SageMakerRuntime:
    """A request without InferenceComponentName goes to the endpoint's first variant, and is refused without one.

    The body is JSON and says what the request takes: {"service_s": 1.5}, or {"input_tokens": 900,
    "output_tokens": 120} by the plant's law.
    """

    action_prefix = "sagemaker"

    def __init__(self, account: Account) -> None:
        self._account = account
        self.operations: dict[str, Callable[[Mapping[str, Any], Caller], dict[str, Any]]] = {
            "InvokeEndpoint": self._not_here
        }

    def resources(self, operation: str, params: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        return [self._account.arn("endpoint", str(params["EndpointName"]))]

    def conditions(self, params: Mapping[str, Any]) -> dict[str, str]:
        target = params.get("TargetModel")
        return {"sagemaker:TargetModel": target} if target else {}

    def invoke(self, params: Mapping[str, Any], done: Callable[[Invocation], object]) -> None:
        name, endpoint = params.get("InferenceComponentName"), params["EndpointName"]
        variants = self._account.variants_of(endpoint)
        if not name and variants:
            # One variant at a time is modelled: weights are not.
            variants[0].invoke(
                Request(self.service_s(params.get("Body") or b"")), lambda outcome: done(_ended(outcome))
            )
            return
        if not name:
            raise _invalid("Inference Component Name header is required for endpoints to which you plan to deploy "
                           "inference components.")  # fmt: skip
        component = self._account.components.get(name)
        if component is None or component.endpoint_name != endpoint:
            # Wording assumed after InvokeEndpoint's answer for an unknown endpoint.
            raise _invalid(f"Inference Component {name} of endpoint {endpoint} of account "
                           f"{self._account.account_id} not found.")  # fmt: skip
        request = Request(self.service_s(params.get("Body") or b""))
        component.invoke(request, lambda outcome: done(_ended(outcome)))

    def service_s(self, body: bytes | str) -> float:
        """Seconds of one slot. Raises ServiceError for a body that does not say."""
        if len(body) > MAX_BODY:
            raise _invalid(f"Request body of {len(body)} bytes exceeds {MAX_BODY}.")
        try:
            said = json.loads(body)
            if "service_s" in said:
                seconds = float(said["service_s"])
            else:
                law = self._account.spec.service
                taken = float(said["input_tokens"]) / law.input_tokens_per_s
                seconds = law.fixed_s + taken + float(said["output_tokens"]) * law.output_token_s
        except (ValueError, TypeError, KeyError) as error:
            raise _invalid('The body must be JSON: {"service_s"} or {"input_tokens", "output_tokens"}.') from error
        if not 0 <= seconds < 86_400:
            raise _invalid(f"A service time of {seconds} s is impossible.")
        return seconds

    def _not_here(self, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        raise NotModelled("InvokeEndpoint through call(): it is held, use Services.invoke, it")


def _ended(outcome: Outcome) -> Invocation:
    if outcome.status == "served":
        return Invocation(_answer(outcome), None, outcome)
    if outcome.status == "no_capacity":
        return Invocation(None, _invalid(NO_CAPACITY), outcome)
    # aws-facts 3.5: a container has 60 s to answer. The wording is that of SageMaker's own time-out.
    text = (
        "Received server error (0) from primary with message "
        '"Your invocation timed out while waiting for a response from container primary."'
    )
    return Invocation(None, ServiceError("ModelError", text, 424), outcome)


def _answer(outcome: Outcome) -> dict[str, Any]:
    started = outcome.started_at if outcome.started_at is not None else outcome.finished_at
    body = {
        "waited_s": round(started - outcome.attempted_at, 3),
        "service_s": round(outcome.finished_at - started, 3),
        "copy": outcome.copy_id,
    }
    return {
        "Body": json.dumps(body).encode(),
        "ContentType": "application/json",
        "InvokedProductionVariant": "AllTraffic",
    }


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationError", message)
