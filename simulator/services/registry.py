"""The AWS operations the plant answers, behind one call that needs no network and no wall clock."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from simulator.plant.account import Account
from simulator.plant.errors import PlantError
from simulator.services.autoscaling import ApplicationAutoScaling
from simulator.services.caller import OWNER, Authorizer, Caller
from simulator.services.cloudwatch import CloudWatch
from simulator.services.errors import NotModelled, ServiceError
from simulator.services.events import EventBridge
from simulator.services.quotas import ServiceQuotas
from simulator.services.runtime import Invocation, SageMakerRuntime
from simulator.services.sagemaker import SageMaker
from simulator.services.tagging import ResourceGroupsTagging

type Params = Mapping[str, Any]


class Service(Protocol):
    """One AWS service. `operations` maps operation names to methods of (params, caller)."""

    action_prefix: str
    operations: dict[str, Callable[[Params, Caller], dict[str, Any]]]

    def resources(self, operation: str, params: Params) -> list[str]:
        """The ARNs the IAM check is about; `*` where the action has no resource type (aws-facts 9)."""
        ...

    def conditions(self, params: Params) -> dict[str, str]:
        """The service's own IAM condition keys."""
        ...


class Services:
    """Service names are botocore's. `calls` counts what was asked for, refusals included."""

    def __init__(self, account: Account, authorizer: Authorizer | None = None) -> None:
        self.account = account
        self.authorizer = authorizer
        self.calls: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[tuple[str, str, str]] = Counter()
        self.runtime = SageMakerRuntime(account)
        self._services: dict[str, Service] = {
            "sagemaker": SageMaker(account),
            "sagemaker-runtime": self.runtime,
            "application-autoscaling": ApplicationAutoScaling(account),
            "cloudwatch": CloudWatch(account),
            "events": EventBridge(account),
            "resourcegroupstaggingapi": ResourceGroupsTagging(account),
            "service-quotas": ServiceQuotas(account),
        }

    def call(self, service: str, operation: str, params: Params, caller: Caller = OWNER) -> dict[str, Any]:
        """Answers as botocore's output shape. Raises ServiceError.

        InvokeEndpoint is not answered here: it is held, see `invoke`.
        """
        self.calls[service, operation] += 1
        try:
            found = self._services[service]
            method = found.operations.get(operation)
            if method is None:
                raise NotModelled(f"{service} {operation}")
            self._authorize(found, operation, params, caller)
            return method(params, caller)
        except PlantError as error:
            refusal = ServiceError.of(error)
            self.refused[service, operation, refusal.code] += 1
            raise refusal from error
        except ServiceError as refusal:
            self.refused[service, operation, refusal.code] += 1
            raise

    def invoke(self, params: Params, caller: Caller, done: Callable[[Invocation], object]) -> None:
        """InvokeEndpoint. Raises ServiceError for a request refused at once, else the engine calls `done` later."""
        self.calls["sagemaker-runtime", "InvokeEndpoint"] += 1
        try:
            self._authorize(self.runtime, "InvokeEndpoint", params, caller)
            self.runtime.invoke(params, done)
        except PlantError as error:
            refusal = ServiceError.of(error)
            self.refused["sagemaker-runtime", "InvokeEndpoint", refusal.code] += 1
            raise refusal from error

    def _authorize(self, service: Service, operation: str, params: Params, caller: Caller) -> None:
        if self.authorizer is None or caller is OWNER:
            return
        for resource in service.resources(operation, params):
            context = service.conditions(params)
            for key, value in self.account.tags.get(resource, {}).items():
                context[f"aws:ResourceTag/{key}"] = value
                if service.action_prefix == "sagemaker":
                    context[f"sagemaker:ResourceTag/{key}"] = value
            self.authorizer(caller, f"{service.action_prefix}:{operation}", resource, context)
