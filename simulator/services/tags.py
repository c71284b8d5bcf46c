"""Tags in the shapes of the different services, over `Account.tags`."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from simulator.plant.account import Account
from simulator.services.errors import ServiceError

MAX_TAGS = 50
"""Per resource, DOC general/latest/gr/aws_tagging."""


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def from_list(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def add(account: Account, arn: str, tags: Mapping[str, str]) -> dict[str, str]:
    merged = {**account.tags.get(arn, {}), **tags}
    if len(merged) > MAX_TAGS:
        raise ServiceError("ResourceLimitExceeded", f"A resource takes at most {MAX_TAGS} tags.")
    account.tags[arn] = merged
    return merged


def remove(account: Account, arn: str, keys: Iterable[str]) -> None:
    tags = account.tags.get(arn)
    if tags is not None:
        for key in keys:
            tags.pop(key, None)


def exists(account: Account, arn: str) -> bool:
    """Whether the ARN is that of something in the plant that can carry tags."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    owners: dict[str, Collection[str]] = {"inference-component": account.components, "endpoint": account.endpoints}
    return name in owners.get(kind, ()) and arn == account.arn(kind, name)
