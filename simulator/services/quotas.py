"""Service Quotas: what the account's quotas for SageMaker are. The plant does not enforce them."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.plant.account import QUOTAS, Account
from simulator.services.caller import Caller
from simulator.services.errors import ServiceError
from simulator.services.paging import page

DEFAULT_PAGE = 100
SERVICE = "sagemaker"


class ServiceQuotas:
    action_prefix = "servicequotas"

    def __init__(self, account: Account) -> None:
        self._account = account
        self.operations: dict[str, Callable[[Mapping[str, Any], Caller], dict[str, Any]]] = {
            "ListServiceQuotas": self.list_service_quotas,
            "ListAWSDefaultServiceQuotas": self.list_defaults,
        }

    def resources(self, operation: str, params: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        return ["*"]

    def conditions(self, params: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002
        return {}

    def list_service_quotas(self, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        return _listed(self._account.quotas, params)

    def list_defaults(self, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        return _listed(QUOTAS, params)


def _listed(quotas: Mapping[str, float], params: Mapping[str, Any]) -> dict[str, Any]:
    if params["ServiceCode"] != SERVICE:
        raise ServiceError("NoSuchResourceException", "The request failed because the specified service "
                                                      "does not exist.", 404)  # fmt: skip
    found = [
        {"ServiceCode": SERVICE, "ServiceName": "Amazon SageMaker", "QuotaName": name, "Value": value}
        | {"Adjustable": True, "GlobalQuota": False, "Unit": "None"}
        for name, value in sorted(quotas.items())
    ]
    size = params.get("MaxResults", DEFAULT_PAGE)
    shown, following = page(found, size, params.get("NextToken"), "InvalidPaginationTokenException")
    return {"Quotas": shown} | ({"NextToken": following} if following else {})
