"""Makes AWS calls with every parameter there is, without a network: what is sent, and what is made of an answer."""

import json
from typing import Any

import boto3
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from moto.core.botocore_stubber import MockRawResponse

Call = tuple[str, str]
"""Service and operation, as boto3 and AWS name them."""
ONCE = Config(retries={"total_max_attempts": 1})
SCALARS: dict[str, Any] = {"float": 1.5, "double": 1.5, "boolean": True, "blob": b"x", "timestamp": "2026-11-22"}


def client(session: boto3.session.Session, service: str, region: str = "us-east-1") -> Any:
    return session.client(service, region_name=region, config=ONCE)  # type: ignore[call-overload]


def example(shape: Shape, within: tuple[str, ...] = ()) -> Any:
    """A value with every member the shape has, down to where it would contain itself; of a tagged union, the first."""
    inner = (*within, shape.name)
    match shape:
        case StructureShape():
            members = {name: member for name, member in shape.members.items() if member.name not in inner}
            chosen = list(members)[:1] if shape.is_tagged_union else members
            return {name: example(members[name], inner) for name in chosen}
        case ListShape():
            return [] if shape.member.name in inner else [example(shape.member, inner)]
        case MapShape():
            return {} if shape.value.name in inner else {"key": example(shape.value, inner)}
        case StringShape():
            return shape.enum[0] if shape.enum else "x" * max(1, shape.metadata.get("min", 1))
        case _:
            return SCALARS.get(shape.type_name, shape.metadata.get("min", 1))


def answered(
    caller: Any, operation: str, parameters: dict[str, Any], status: int, body: dict[str, Any]
) -> tuple[AWSPreparedRequest, Any]:
    """The request of a call, and what the client returns or raises when it is answered so."""
    seen: list[AWSPreparedRequest] = []

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        seen.append(request)
        headers: Any = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, status, headers, MockRawResponse(json.dumps(body)))

    caller.meta.events.register_first("before-send", answer)
    try:
        result = getattr(caller, xform_name(operation))(**parameters)
    except ClientError as error:
        result = error
    finally:
        caller.meta.events.unregister("before-send", answer)
    return seen[0], result


def described(shape: Shape | None, seen: set[str]) -> dict[str, Any]:
    """A shape and all it is made of, by name, without documentation."""
    if shape is None or shape.name in seen:
        return {}
    seen.add(shape.name)
    members = dict(shape.members) if isinstance(shape, StructureShape) else {}
    parts = [getattr(shape, part) for part in ("member", "key", "value") if hasattr(shape, part)]
    own = {shape.name: (shape.type_name, shape.metadata, shape.serialization, sorted(members))}
    for part in (*members.values(), *parts):
        own |= described(part, seen)
    return own
