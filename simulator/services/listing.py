"""ListInferenceComponents: filters, order and pages (aws-facts 3.3)."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.plant.account import Account
from simulator.plant.component import Description
from simulator.plant.timefmt import epoch
from simulator.services.paging import page
from simulator.services.sagemaker_view import VARIANT, summary_output

DEFAULT_PAGE = 10

type Filter = Callable[[Description, Any], bool]

FILTERS: dict[str, Filter] = {
    "NameContains": lambda found, wanted: wanted in found.name,
    "StatusEquals": lambda found, wanted: bool(found.status == wanted),
    "EndpointNameEquals": lambda found, wanted: bool(found.endpoint_name == wanted),
    "VariantNameEquals": lambda _, wanted: bool(wanted == VARIANT),
    "CreationTimeBefore": lambda found, wanted: found.created < epoch(wanted),
    "CreationTimeAfter": lambda found, wanted: found.created > epoch(wanted),
    "LastModifiedTimeBefore": lambda found, wanted: found.last_modified < epoch(wanted),
    "LastModifiedTimeAfter": lambda found, wanted: found.last_modified > epoch(wanted),
}

ORDERS: dict[str, Callable[[Description], Any]] = {
    "Name": lambda found: found.name,
    "CreationTime": lambda found: (found.created, found.name),
    "Status": lambda found: (found.status, found.name),
}


def list_components(account: Account, params: Mapping[str, Any]) -> dict[str, Any]:
    found = [component.describe() for component in account.components.values()]
    for member, holds in FILTERS.items():
        if member in params:
            found = [one for one in found if holds(one, params[member])]
    found.sort(key=ORDERS[params.get("SortBy", "CreationTime")], reverse=params.get("SortOrder") != "Ascending")
    size = params.get("MaxResults", DEFAULT_PAGE)
    shown, following = page(found, size, params.get("NextToken"), "ValidationException")
    output: dict[str, Any] = {"InferenceComponents": [summary_output(account, one) for one in shown]}
    return output | ({"NextToken": following} if following else {})
