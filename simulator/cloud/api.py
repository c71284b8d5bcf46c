"""Calls to a deployed API Gateway stage, by the address the stack's output gives, signed or not."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from simulator.cloud.remote import DIRECT, REQUEST_SECONDS
from simulator.cloud.settings import REGION
from simulator.cloud.untyped import Payload


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """`body` is decoded JSON where it is JSON, else text."""

    status: int
    headers: dict[str, str]
    body: Payload


def call(
    gateway_url: str, stage_url: str, path: str, query: dict[str, str], credentials: Credentials | None
) -> ApiResponse:
    """GETs `path` of the stage; without credentials the request goes out unsigned.

    The host is API Gateway's with the gateway's in place of `REGION.amazonaws.com`, since no name resolution is ours.
    """
    stage = urlsplit(stage_url)
    gateway = urlsplit(gateway_url)
    host = f"{stage.netloc.split('.')[0]}.execute-api.{gateway.netloc}"
    target = f"{stage.path.rstrip('/')}/{path.lstrip('/')}" + (f"?{urlencode(query)}" if query else "")
    request = AWSRequest("GET", f"http://{host}{target}", headers={"Host": host})
    if credentials is not None:
        SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    sent = urllib.request.Request(f"{gateway_url}{target}", headers=dict(request.headers.items()))  # noqa: S310 - our own address
    try:
        with DIRECT.open(sent, timeout=REQUEST_SECONDS) as response:
            return _read(response.status, response)
    except urllib.error.HTTPError as refusal:
        return _read(refusal.code, refusal)


def _read(status: int, response: http.client.HTTPResponse | urllib.error.HTTPError) -> ApiResponse:
    text = response.read().decode()
    try:
        body = json.loads(text)
    except ValueError:
        body = text
    return ApiResponse(status, {name.lower(): value for name, value in response.headers.items()}, body)
