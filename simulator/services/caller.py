"""Who calls, and how it is asked whether they may."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator.services.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Caller:
    """`access_key` as it stands in the request's credential; `role_arn` where the authorizer knows it."""

    access_key: str | None = None
    role_arn: str | None = None

    @property
    def name(self) -> str:
        return self.role_arn or self.access_key or "anonymous"


OWNER = Caller("owner")
"""Whoever runs the simulation: in-process calls that no policy is asked about."""

type Authorizer = Callable[[Caller, str, str, Mapping[str, str]], object]
"""Called as (caller, action, resource ARN, context); raises AccessDenied to refuse. The context holds the
resource's tags as `aws:ResourceTag/KEY` and the service's own condition keys."""


class AccessDenied(ServiceError):
    """AccessDeniedException with the message IAM gives; HTTP 400, as the JSON protocols of AWS answer."""

    def __init__(self, message: str) -> None:
        super().__init__("AccessDeniedException", message, 400)
