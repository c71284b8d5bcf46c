"""What CloudFormation asks of a custom resource, and what it is answered."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from headstart.app.errors import InvalidInput

REASON_LENGTH = 1000
"""The whole answer may have 4096 bytes."""


class _Properties(BaseModel):
    part: Literal["tombstone", "cleanup"] = Field(alias="Part")


class ResourceRequest(BaseModel):
    """One of the two custom resources is created, updated or deleted."""

    kind: Literal["Create", "Update", "Delete"] = Field(alias="RequestType")
    response_url: str = Field(alias="ResponseURL", pattern="^https?://")
    stack_id: str = Field(alias="StackId", min_length=1)
    request_id: str = Field(alias="RequestId", min_length=1)
    logical_id: str = Field(alias="LogicalResourceId", min_length=1)
    physical_id: str | None = Field(default=None, alias="PhysicalResourceId")
    properties: _Properties = Field(alias="ResourceProperties")

    def answer(self, *, done: bool, reason: str = "") -> bytes:
        """The body of the answer. The physical ID never changes: a changed one would have the resource deleted."""
        return json.dumps(
            {
                "Status": "SUCCESS" if done else "FAILED",
                "Reason": reason[:REASON_LENGTH] or "done",
                "PhysicalResourceId": self.physical_id or f"headstart-{self.properties.part}",
                "StackId": self.stack_id,
                "RequestId": self.request_id,
                "LogicalResourceId": self.logical_id,
            }
        ).encode()


def parse_resource_request(event: Mapping[str, Any]) -> ResourceRequest:
    """Raises InvalidInput: there may not even be a URL to answer to."""
    try:
        return ResourceRequest.model_validate(event)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InvalidInput(".".join(str(part) for part in first["loc"]) or "event", first["msg"]) from error
