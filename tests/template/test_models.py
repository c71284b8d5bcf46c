"""The reduced service models: for exactly the calls the roles allow, and no different from botocore's own."""

import ast
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from headstart.adapters.operations import OPERATIONS
from headstart.adapters.session import MODELS, aws_session
from reduce_models import write_models
from tests.template.calls import Call, answered, client, described, example
from tests.template.facts import ROOT
from tests.template.test_roles import MAY

# IAM's words for calls whose action is not the operation, and actions that no operation of ours stands for.
SERVICE_OF_PREFIX = {"tag": "resourcegroupstaggingapi"}
WITHOUT_OPERATION = {
    "cloudwatch:TagResource": "part of PutMetricAlarm",
    "iam:CreateServiceLinkedRole": "AWS's own, with the first scalable target of an account",
    "logs:CreateLogStream": "Lambda's own",
    "logs:PutLogEvents": "Lambda's own",
    "sqs:DeleteMessage": "Lambda's own",
    "sqs:GetQueueAttributes": "Lambda's own",
    "sqs:ReceiveMessage": "Lambda's own",
}
TRANSACTION = ("dynamodb", "TransactWriteItems")  # authorised as the puts and updates in it
CALLS: list[Call] = [(service, operation) for service, operations in OPERATIONS.items() for operation in operations]
UNDECLARED = "ValidationException"

Session = boto3.session.Session
each_call = pytest.mark.parametrize("call", CALLS, ids=".".join)
each_service = pytest.mark.parametrize("service", OPERATIONS)


@pytest.fixture(scope="module")
def reduced(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("layer") / "models"
    write_models(folder)
    return aws_session(folder)


@pytest.fixture(scope="module")
def whole() -> Session:
    return Session()


def full_parameters(whole: Session, call: Call) -> dict[str, Any]:
    shape = client(whole, call[0]).meta.service_model.operation_model(call[1]).input_shape
    # A global endpoint is signed with a library that neither we nor Lambda have.
    return {name: value for name, value in example(shape).items() if name != "EndpointId"}


def called_by_adapters() -> Iterator[str]:
    """What the adapters take from their clients, and the names they give to get_paginator."""
    for file in (ROOT / "layers/headstart/headstart/adapters").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(attr="get_paginator"), args=[ast.Constant(value=str(name))]):
                    yield name
                case ast.Attribute(value=ast.Attribute(attr="_client" | "_sagemaker" | "_scaling" | "_tagging")):
                    yield node.attr


def test_a_source_tree_uses_botocores_own_models() -> None:
    assert not MODELS.exists()
    assert "CreateEndpoint" in client(aws_session(), "sagemaker").meta.service_model.operation_names


def test_operations_are_what_the_roles_allow() -> None:
    allowed = {action for actions in MAY.values() for action in actions} - WITHOUT_OPERATION.keys()
    in_roles = {
        (SERVICE_OF_PREFIX.get(prefix, prefix), operation)
        for prefix, _, operation in (action.partition(":") for action in allowed)
    }
    assert set(CALLS) == in_roles | {TRANSACTION}


def test_operations_are_what_the_adapters_call() -> None:
    assert {xform_name(operation) for _, operation in CALLS} == set(called_by_adapters()) - {"get_paginator"}


@each_service
def test_a_client_knows_our_operations_only(reduced: Session, service: str) -> None:
    assert sorted(client(reduced, service).meta.service_model.operation_names) == sorted(OPERATIONS[service])


@each_service
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1"])
def test_endpoints_and_signatures_are_botocores(reduced: Session, whole: Session, service: str, region: str) -> None:
    ours, theirs = (client(session, service, region) for session in (reduced, whole))
    assert ours.meta.endpoint_url == theirs.meta.endpoint_url
    assert ours.meta.partition == theirs.meta.partition
    for name in ("_signature_version", "_signing_name", "_region_name"):
        assert getattr(ours._request_signer, name) == getattr(theirs._request_signer, name)


def test_endpoint_rules_outrank_the_shortened_list(monkeypatch: pytest.MonkeyPatch, reduced: Session) -> None:
    """The rules know DynamoDB's endpoints by account; the list does not."""
    monkeypatch.setattr(reduced._session.get_credentials(), "account_id", "123456789012")
    key = {"TableName": "table", "Key": {"pk": {"S": "component#my-llama"}}}
    request, _ = answered(client(reduced, "dynamodb"), "GetItem", key, 200, {})
    assert request.url == "https://123456789012.ddb.us-east-1.amazonaws.com/"


@each_call
def test_requests_are_botocores(reduced: Session, whole: Session, call: Call) -> None:
    parameters = full_parameters(whole, call)
    ours, theirs = (answered(client(session, call[0]), call[1], parameters, 200, {})[0] for session in (reduced, whole))
    assert (ours.method, ours.url, ours.body) == (theirs.method, theirs.url, theirs.body)
    for header in ("Content-Type", "X-Amz-Target", "x-amzn-query-mode"):
        assert ours.headers.get(header) == theirs.headers.get(header)


@each_call
def test_answers_are_read_as_botocore_reads_them(reduced: Session, whole: Session, call: Call) -> None:
    ours, theirs = (
        client(session, call[0]).meta.service_model.operation_model(call[1]) for session in (reduced, whole)
    )
    assert described(ours.output_shape, set()) == described(theirs.output_shape, set())
    assert ours.input_shape.required_members == theirs.input_shape.required_members


@each_call
def test_errors_are_botocores(reduced: Session, whole: Session, call: Call) -> None:
    parameters = full_parameters(whole, call)
    operation = client(whole, call[0]).meta.service_model.operation_model(call[1])
    for code in (*(shape.name for shape in operation.error_shapes), UNDECLARED):
        body = {"__type": code, "message": "while it is in state UPDATE_RC_IN_PROGRESS"}
        ours, theirs = (
            answered(client(session, call[0]), call[1], parameters, 400, body)[1] for session in (reduced, whole)
        )
        assert isinstance(ours, ClientError)
        assert ours.response["Error"] == theirs.response["Error"]
        # What an operation does not declare, another operation of the service may.
        assert code == UNDECLARED or type(ours).__name__ == type(theirs).__name__


@each_service
def test_paginators_are_botocores(reduced: Session, whole: Session, service: str) -> None:
    ours, theirs = (client(session, service) for session in (reduced, whole))
    for name in map(xform_name, OPERATIONS[service]):
        assert ours.can_paginate(name) == theirs.can_paginate(name)
        if theirs.can_paginate(name):
            assert ours.get_paginator(name)._pagination_cfg == theirs.get_paginator(name)._pagination_cfg
