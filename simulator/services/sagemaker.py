"""SageMaker: inference components, endpoints as far as they carry them, and tags."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.plant.account import Account
from simulator.plant.component import Component
from simulator.services import tags
from simulator.services.caller import Caller
from simulator.services.endpoints import Endpoints
from simulator.services.errors import ServiceError
from simulator.services.listing import list_components
from simulator.services.paging import page
from simulator.services.sagemaker_view import component_output, slots_of

type Params = Mapping[str, Any]
type Answer = dict[str, Any]


class SageMaker:
    """How many requests a copy serves at once comes from its container's environment, see `slots_of`."""

    action_prefix = "sagemaker"

    def __init__(self, account: Account) -> None:
        self._account = account
        self._specifications: dict[str, dict[str, Any]] = {}
        endpoints = Endpoints(account)
        self.operations: dict[str, Callable[[Params, Caller], Answer]] = {
            "CreateInferenceComponent": self.create_inference_component,
            "DescribeInferenceComponent": self.describe_inference_component,
            "ListInferenceComponents": self.list_inference_components,
            "UpdateInferenceComponentRuntimeConfig": self.update_inference_component_runtime_config,
            "DeleteInferenceComponent": self.delete_inference_component,
            "CreateEndpointConfig": endpoints.create_endpoint_config,
            "CreateEndpoint": endpoints.create_endpoint,
            "DescribeEndpoint": endpoints.describe_endpoint,
            "DescribeEndpointConfig": endpoints.describe_endpoint_config,
            "AddTags": self.add_tags,
            "DeleteTags": self.delete_tags,
            "ListTags": self.list_tags,
        }

    def resources(self, operation: str, params: Params) -> list[str]:
        if operation == "ListInferenceComponents":
            return ["*"]
        if "ResourceArn" in params:
            return [str(params["ResourceArn"])]
        for kind, member in (
            ("inference-component", "InferenceComponentName"),
            ("endpoint", "EndpointName"),
            ("endpoint-config", "EndpointConfigName"),
        ):
            if member in params:
                return [self._account.arn(kind, str(params[member]))]
        return ["*"]

    def conditions(self, params: Params) -> dict[str, str]:
        return {f"aws:RequestTag/{key}": value for key, value in tags.from_list(params.get("Tags")).items()}

    def create_inference_component(self, params: Params, caller: Caller) -> Answer:  # noqa: ARG002
        if params["EndpointName"] not in self._account.endpoints:
            raise _unknown("endpoint", self._account.arn("endpoint", params["EndpointName"]))
        specification = params.get("Specification")
        if specification is None or "RuntimeConfig" not in params:
            # Instance pools (Specifications) and adapters without a copy count are not modelled.
            raise ServiceError("ValidationException", "Specification and RuntimeConfig are required.")
        created = self._account.create_component(
            params["InferenceComponentName"],
            params["EndpointName"],
            params["RuntimeConfig"]["CopyCount"],
            slots=slots_of(specification, self._account.spec.service.slots),
            tags=tags.from_list(params.get("Tags")),
        )
        self._specifications[created.name] = dict(specification)
        return {"InferenceComponentArn": created.arn}

    def describe_inference_component(self, params: Params, caller: Caller) -> Answer:  # noqa: ARG002
        component = self._component(params)
        specification = self._specifications.get(component.name)
        return component_output(self._account, component.describe(), specification)

    def list_inference_components(self, params: Params, caller: Caller) -> Answer:  # noqa: ARG002
        return list_components(self._account, params)

    def update_inference_component_runtime_config(self, params: Params, caller: Caller) -> Answer:
        component = self._component(params)
        component.set_desired(params["DesiredRuntimeConfig"]["CopyCount"], caller.name)
        return {"InferenceComponentArn": component.arn}

    def delete_inference_component(self, params: Params, caller: Caller) -> Answer:  # noqa: ARG002
        self._account.delete_component(params["InferenceComponentName"])
        return {}

    def add_tags(self, params: Params, caller: Caller) -> Answer:  # noqa: ARG002
        arn = self._taggable(params["ResourceArn"])
        return {"Tags": tags.as_list(tags.add(self._account, arn, tags.from_list(params["Tags"])))}

    def delete_tags(self, params: Params, caller: Caller) -> Answer:  # noqa: ARG002
        tags.remove(self._account, self._taggable(params["ResourceArn"]), params["TagKeys"])
        return {}

    def list_tags(self, params: Params, caller: Caller) -> Answer:  # noqa: ARG002
        arn = self._taggable(params["ResourceArn"])
        carried = tags.as_list(self._account.tags.get(arn, {}))
        found, following = page(carried, params.get("MaxResults", 50), params.get("NextToken"), "ValidationException")
        return {"Tags": found} | ({"NextToken": following} if following else {})

    def _component(self, params: Params) -> Component:
        return self._account.component(params["InferenceComponentName"])

    def _taggable(self, arn: str) -> str:
        if not tags.exists(self._account, arn):
            raise _unknown(arn.rpartition(":")[2].partition("/")[0].replace("-", " "), arn)
        return arn


def _unknown(kind: str, arn: str) -> ServiceError:
    """SageMaker answers for unknown names with a ValidationException; wording as for its other resources."""
    return ServiceError("ValidationException", f'Could not find {kind} "{arn}".')
