"""From bytes to operation and parameters, and back, by botocore's own service models.

moto's parsers and serialisers do the protocols. boto3 1.43 speaks JSON to all of them (rest-json to the runtime); the
query protocol of older clients works for CloudWatch as well, CBOR does not.
"""

import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote

from botocore.validate import ParamValidator
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict

from simulator.services.errors import ServiceError

if TYPE_CHECKING:
    from email.message import Message

INVOKE = re.compile(r"/endpoints/([^/]+)/invocations")
CREDENTIAL = re.compile(r"Credential=([^/,]+)/\d{8}/[^/]+/([^/]+)/aws4_request")

BY_SIGNING_NAME = {
    "sagemaker": "sagemaker",
    "application-autoscaling": "application-autoscaling",
    "events": "events",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "servicequotas": "service-quotas",
}
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class WireRequest:
    """Headers are looked up without regard to case."""

    method: str
    path: str
    headers: "Message[str, str]"
    body: bytes


@dataclass(frozen=True, slots=True)
class WireCall:
    service: str
    operation: str
    protocol: str
    access_key: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WireAnswer:
    status: int
    headers: dict[str, str]
    body: bytes


def parse(request: WireRequest) -> WireCall:
    """Raises ServiceError for a request that is unsigned, or not for one of the services here."""
    access_key, service = _credential(request)
    invoked = INVOKE.fullmatch(request.path)
    if invoked and service == "sagemaker":
        found = ("sagemaker-runtime", "InvokeEndpoint", "rest-json")
        return _call(request, found, access_key, {"EndpointName": unquote(invoked[1])})
    return _call(request, (service, *_operation(request)), access_key, {})


def _credential(request: WireRequest) -> tuple[str, str]:
    match = CREDENTIAL.search(request.headers.get("Authorization") or "")
    if match is None:
        raise ServiceError("MissingAuthenticationTokenException", "Request is missing Authentication Token", 403)
    service = BY_SIGNING_NAME.get(match[2])
    if service is None:
        raise ServiceError("UnknownServiceException", f"Nothing here answers for the service {match[2]}", 404)
    return match[1], service


def _operation(request: WireRequest) -> tuple[str, str]:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2], "json"
    if (request.headers.get("Content-Type") or "").startswith(FORM):
        return dict(parse_qsl(request.body.decode())).get("Action", ""), "query"
    raise ServiceError("UnknownOperationException", f"No operation in {request.method} {request.path}", 404)


def _call(request: WireRequest, found: tuple[str, str, str], access_key: str, uri: dict[str, str]) -> WireCall:
    service, operation, protocol = found
    model = _operation_model(service, operation)
    raw = {
        "method": request.method,
        "headers": request.headers,
        "url_path": request.path,
        "url_params": uri,
        "body": request.body,
        "values": MultiDict(parse_qsl(request.body.decode(), keep_blank_values=True) if protocol == "query" else ()),
    }
    try:
        params: dict[str, Any] = PROTOCOL_PARSERS[protocol](model).parse(cast(Any, raw))
    except (RequestParserError, ValueError) as error:
        raise ServiceError("SerializationException", "The request body could not be read.") from error
    report = ParamValidator().validate(params, model.input_shape)
    if report.has_errors():
        runtime = service in ("sagemaker-runtime", "cloudwatch")
        raise ServiceError("ValidationError" if runtime else "ValidationException", report.generate_report())
    return WireCall(service, operation, protocol, access_key, params)


@cache
def _service_model(service: str) -> Any:  # noqa: ANN401
    return get_service_model(service)


@cache
def _operation_model(service: str, operation: str) -> Any:  # noqa: ANN401
    model = _service_model(service)
    if operation not in model.operation_names:
        raise ServiceError("UnknownOperationException", f"{service} has no operation {operation!r}", 404)
    return model.operation_model(operation)


def answer(call: WireCall, output: Mapping[str, Any], request_id: str) -> WireAnswer:
    model = _operation_model(call.service, call.operation)
    context = SerializationContext(request_id=request_id)
    made = get_serializer_class(call.service, call.protocol)(model, context=context).serialize(output)
    body = made["body"]
    headers = {str(name): str(value) for name, value in made["headers"].items()}
    if call.protocol == "rest-json":
        headers["Content-Type"] = output.get("ContentType", "application/json")
    return WireAnswer(made["status_code"], headers, body if isinstance(body, bytes) else str(body).encode())


def refusal(call: WireCall | None, error: ServiceError, request_id: str) -> WireAnswer:
    if call is not None and call.protocol == "query":
        return _query_refusal(call, error, request_id)
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "x-amzn-ErrorType": error.code,
        # CloudWatch was a query service: its codes travel in a header of their own, and botocore reads them there.
        "x-amzn-query-error": f"{error.code};{'Sender' if error.status < 500 else 'Receiver'}",
    }
    body = json.dumps({"__type": error.code, "message": error.message})
    return WireAnswer(error.status, headers, body.encode())


def _query_refusal(call: WireCall, error: ServiceError, request_id: str) -> WireAnswer:
    model = _operation_model(call.service, call.operation)
    context = SerializationContext(request_id=request_id)
    with warnings.catch_warnings():
        # moto warns of codes that are not in the model; AWS's common errors are in none.
        warnings.simplefilter("ignore")
        made = get_serializer_class(call.service, "query")(model, context=context).serialize(error)
    return WireAnswer(error.status, {"Content-Type": "text/xml"}, str(made["body"]).encode())
