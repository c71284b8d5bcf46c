"""What each function may do, and no more."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.facts import of_type, resolve, written

WRITE = "sagemaker:UpdateInferenceComponentRuntimeConfig"
COMPONENTS = "arn:aws:sagemaker:us-east-1:123456789012:inference-component/*"
OWN_ALARMS = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:headstart/headstart/*"
ANY_RESOURCE = {
    "application-autoscaling:DescribeScalableTargets": "reads have no resource type",
    "application-autoscaling:DescribeScalingPolicies": "reads have no resource type",
    "application-autoscaling:DescribeScheduledActions": "reads have no resource type",
    "cloudwatch:DescribeAlarms": "listing by name prefix is authorised on all alarms",
    "cloudwatch:GetMetricData": "metrics have no ARN",
    "sagemaker:ListInferenceComponents": "lists have no resource type",
    "tag:GetResources": "the search has no resource type",
}
FLOOR = {
    "application-autoscaling:DeleteScheduledAction",
    "application-autoscaling:PutScheduledAction",
    "application-autoscaling:RegisterScalableTarget",
}
SCALABLE_TARGETS = "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/*"
DIMENSIONS = ["sagemaker:inference-component:DesiredCopyCount", "sagemaker:variant:DesiredInstanceCount"]
MAY = {
    "Alarm": FLOOR
    | {
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScheduledActions",
        "cloudwatch:GetMetricData",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeInferenceComponent",
        "sqs:SendMessage",
        WRITE,
    },
    "Reconcile": {
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:RegisterScalableTarget",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "events:PutEvents",
        "iam:CreateServiceLinkedRole",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeInferenceComponent",
        "sagemaker:ListInferenceComponents",
        "sagemaker:ListTags",
        "sqs:SendMessage",
        "tag:GetResources",
    },
    "Cleanup": {
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "application-autoscaling:RegisterScalableTarget",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "dynamodb:BatchGetItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    },
    "History": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    },
}
MAY["Follow"] = MAY["Alarm"] | {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: str) -> Iterator[dict[str, Any]]:
    """Statements of a role's inline and managed policies, conditional ones included."""
    template = written()
    properties = of_type(template, "AWS::IAM::Role")[f"{role}Role"]
    documents = [policy["PolicyDocument"] for policy in properties["Policies"]]
    managed = of_type(template, "AWS::IAM::ManagedPolicy")
    documents += [managed[policy["Ref"]]["PolicyDocument"] for policy in properties.get("ManagedPolicyArns", [])]
    for document in documents:
        for statement in document["Statement"]:
            yield dict(resolve(statement["Fn::If"][1] if "Fn::If" in statement else statement))


@pytest.mark.parametrize("role", MAY)
def test_role_allows_what_its_function_calls_and_nothing_else(role: str) -> None:
    allowed = [action for statement in statements(role) for action in listed(statement["Action"])]
    assert set(allowed) == MAY[role]
    assert all(statement["Effect"] == "Allow" for statement in statements(role))


@pytest.mark.parametrize("role", MAY)
def test_actions_are_named_in_full(role: str) -> None:
    assert not [action for s in statements(role) for action in listed(s["Action"]) if "*" in action]


@pytest.mark.parametrize("role", MAY)
def test_only_calls_without_a_resource_reach_everything(role: str) -> None:
    everywhere = {a for s in statements(role) if s["Resource"] == "*" for a in listed(s["Action"])}
    assert everywhere <= ANY_RESOURCE.keys()


@pytest.mark.parametrize("role", ["Alarm", "Follow"])
def test_copy_counts_are_written_only_where_the_owner_says_act(role: str) -> None:
    (write,) = [s for s in statements(role) if WRITE in listed(s["Action"])]
    assert listed(write["Action"]) == [WRITE]
    assert write["Resource"] == COMPONENTS
    assert write["Condition"] == {"StringEquals": {"aws:ResourceTag/headstart:mode": "act"}}


@pytest.mark.parametrize("role", ["Alarm", "Follow"])
def test_the_floor_is_kept_under_copies_and_instances_only(role: str) -> None:
    (keep,) = [s for s in statements(role) if FLOOR & set(listed(s["Action"]))]
    assert set(listed(keep["Action"])) == FLOOR
    assert keep["Resource"] == SCALABLE_TARGETS
    assert keep["Condition"] == {
        "StringEquals": {
            "application-autoscaling:service-namespace": "sagemaker",
            "application-autoscaling:scalable-dimension": DIMENSIONS,
        }
    }


def test_the_global_stop_leaves_the_permission_to_release_a_floor() -> None:
    (policy,) = of_type(written(), "AWS::IAM::ManagedPolicy").values()
    always = [s for s in policy["PolicyDocument"]["Statement"] if "Fn::If" not in s]
    assert {action for s in always for action in listed(s["Action"])} >= FLOOR


def test_the_global_stop_takes_the_permission_away() -> None:
    (policy,) = of_type(written(), "AWS::IAM::ManagedPolicy").values()
    (conditional,) = [s for s in policy["PolicyDocument"]["Statement"] if "Fn::If" in s]
    condition, allowed, otherwise = conditional["Fn::If"]
    assert allowed["Action"] == WRITE
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert written()["Conditions"][condition] == {"Fn::Equals": [{"Ref": "MaximumMode"}, "act"]}


CHANGES = {"cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"}
NATIVE_ALARMS = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:headstart-native/headstart/*"


def test_reconcile_changes_this_stacks_alarms_only() -> None:
    kept = [s for s in statements("Reconcile") if CHANGES & set(listed(s["Action"]))]
    assert [s["Resource"] for s in kept] == [OWN_ALARMS, NATIVE_ALARMS]
    assert all(set(listed(s["Action"])) == CHANGES for s in kept)


def conditional(role: str) -> dict[str, list[dict[str, Any]]]:
    """Statements of a role that are there on a condition only, by that condition."""
    (policy,) = of_type(written(), "AWS::IAM::Role")[f"{role}Role"]["Policies"]
    found: dict[str, list[dict[str, Any]]] = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        if "Fn::If" in statement:
            condition, allowed, otherwise = statement["Fn::If"]
            assert otherwise == {"Ref": "AWS::NoValue"}
            found.setdefault(condition, []).append(dict(resolve(allowed)))
    return found


def test_native_scaling_is_set_up_only_by_a_stack_that_was_deployed_for_it() -> None:
    allowed = {action for s in conditional("Reconcile")["MayCreateNative"] for action in listed(s["Action"])}
    assert allowed == {
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:RegisterScalableTarget",
        "iam:CreateServiceLinkedRole",
    }
    assert written()["Parameters"]["AllowNativeCreate"]["Default"] == "false"
    conditions = written()["Conditions"]
    assert conditions["MayCreateNative"] == {"Fn::And": [{"Condition": "MayAct"}, {"Condition": "HasNative"}]}
    assert conditions["HasNative"] == {"Fn::Equals": [{"Ref": "AllowNativeCreate"}, "true"]}


def test_the_global_stop_leaves_the_permission_to_take_created_native_scaling_away() -> None:
    allowed = {action for s in conditional("Reconcile")["HasNative"] for action in listed(s["Action"])}
    assert allowed == CHANGES | {
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeregisterScalableTarget",
    }


def test_native_scaling_is_that_of_copies_and_instances_alone() -> None:
    (change,) = [s for s in statements("Reconcile") if s["Sid"] == "SetUpNativeScaling"]
    assert change["Condition"] == {
        "StringEquals": {
            "application-autoscaling:service-namespace": "sagemaker",
            "application-autoscaling:scalable-dimension": DIMENSIONS,
        }
    }
    (role,) = [s for s in statements("Reconcile") if "iam:CreateServiceLinkedRole" in listed(s["Action"])]
    assert role["Resource"].endswith("/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    assert role["Condition"] == {
        "StringEquals": {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"}
    }


@pytest.mark.parametrize("role", ["Reconcile", "Cleanup"])
def test_scalable_targets_are_changed_for_copies_and_instances_alone(role: str) -> None:
    changes = [s for s in statements(role) if "scalable-target" in str(s["Resource"])]
    assert changes
    key = "application-autoscaling:scalable-dimension"
    assert all(s["Condition"]["StringEquals"][key] == DIMENSIONS for s in changes)


def test_cleanup_deletes_this_stacks_alarms_only() -> None:
    (delete,) = [s for s in statements("Cleanup") if "cloudwatch:DeleteAlarms" in listed(s["Action"])]
    assert delete["Resource"] == [OWN_ALARMS, NATIVE_ALARMS]


def test_problems_go_to_the_default_bus_only() -> None:
    (tell,) = [s for s in statements("Reconcile") if "events:PutEvents" in listed(s["Action"])]
    assert listed(tell["Action"]) == ["events:PutEvents"]
    assert tell["Resource"] == "arn:aws:events:us-east-1:123456789012:event-bus/default"


@pytest.mark.parametrize("role", MAY)
def test_role_is_lambdas_alone_and_may_be_bounded(role: str) -> None:
    properties = of_type(written(), "AWS::IAM::Role")[f"{role}Role"]
    (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert properties["PermissionsBoundary"] == {
        "Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]
    }


@pytest.mark.parametrize("role", ["Alarm", "Reconcile"])
def test_role_may_write_its_failures_to_the_dead_letter_queue(role: str) -> None:
    assert {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]} in [
        s["Resource"] for s in statements(role) if "sqs:SendMessage" in listed(s["Action"])
    ]


def test_no_role_may_change_an_endpoint() -> None:
    """More instances of a variant are asked for through its minimum alone."""
    allowed = {action for role in MAY for s in statements(role) for action in listed(s["Action"])}
    assert not {action for action in allowed if action.startswith("sagemaker:UpdateEndpoint")}
