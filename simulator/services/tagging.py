"""Resource Groups Tagging API: GetResources, TagResources, UntagResources."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.plant.account import Account
from simulator.services import tags
from simulator.services.caller import Caller
from simulator.services.errors import ServiceError
from simulator.services.paging import page

DEFAULT_PAGE = 50
MAX_PAGE = 100


class ResourceGroupsTagging:
    """Sees what `Account.tags` holds. AWS lags a little behind a change of tags; these do not (assumed)."""

    action_prefix = "tag"

    def __init__(self, account: Account) -> None:
        self._account = account
        self.operations: dict[str, Callable[[Mapping[str, Any], Caller], dict[str, Any]]] = {
            "GetResources": self.get_resources,
            "TagResources": self.tag_resources,
            "UntagResources": self.untag_resources,
        }

    def resources(self, operation: str, params: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        return ["*"]

    def conditions(self, params: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002
        return {}

    def get_resources(self, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        size = params.get("ResourcesPerPage", DEFAULT_PAGE)
        if not 1 <= size <= MAX_PAGE:
            raise _invalid(f"ResourcesPerPage must be between 1 and {MAX_PAGE}")
        if params.get("TagsPerPage") is not None:
            raise _invalid("TagsPerPage is not modelled")
        found = [arn for arn in sorted(self._account.tags) if self._matches(arn, params)]
        arns, following = page(found, size, params.get("PaginationToken"), "PaginationTokenExpiredException")
        return {
            "PaginationToken": following or "",
            "ResourceTagMappingList": [
                {"ResourceARN": arn, "Tags": tags.as_list(self._account.tags[arn])} for arn in arns
            ],
        }

    def tag_resources(self, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        return self._each(params, lambda arn: tags.add(self._account, arn, params["Tags"]))

    def untag_resources(self, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        return self._each(params, lambda arn: tags.remove(self._account, arn, params["TagKeys"]))

    def _each(self, params: Mapping[str, Any], change: Callable[[str], object]) -> dict[str, Any]:
        failed: dict[str, Any] = {}
        for arn in params["ResourceARNList"]:
            if tags.exists(self._account, arn):
                change(arn)
            else:
                # The call itself succeeds; each resource has its own answer.
                failed[arn] = {
                    "StatusCode": 400,
                    "ErrorCode": "InvalidParameterException",
                    "ErrorMessage": f"{arn} does not exist",
                }
        return {"FailedResourcesMap": failed}

    def _matches(self, arn: str, params: Mapping[str, Any]) -> bool:
        carried = self._account.tags[arn]
        wanted = params.get("ResourceARNList")
        if not carried or (wanted and arn not in wanted):
            return False
        return _of_type(arn, params.get("ResourceTypeFilters")) and all(
            wanted["Key"] in carried and (not wanted.get("Values") or carried[wanted["Key"]] in wanted["Values"])
            for wanted in params.get("TagFilters") or ()
        )


def _of_type(arn: str, filters: list[str] | None) -> bool:
    """`sagemaker` or `sagemaker:inference-component` against arn:aws:sagemaker:R:A:inference-component/NAME."""
    if not filters:
        return True
    parts = arn.split(":", 5)
    service, kind = parts[2], parts[5].split("/", 1)[0].split(":", 1)[0]
    return any(wanted in (service, f"{service}:{kind}") for wanted in filters)


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message)
