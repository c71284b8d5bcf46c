"""Table, parameters and outputs."""

import re
from typing import Any

import pytest

from tests.template.facts import of_type, written

PARAMETERS = written()["Parameters"]


def test_table_outlives_the_stack() -> None:
    table = written()["Resources"]["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_a_table_that_was_kept_takes_the_place_of_a_new_one_everywhere() -> None:
    template = written()
    assert template["Resources"]["Table"]["Condition"] == "MakesTable"
    assert template["Conditions"]["MakesTable"] == {"Fn::Equals": [{"Ref": "ExistingTable"}, ""]}
    named = {"Fn::If": ["MakesTable", {"Ref": "Table"}, {"Ref": "ExistingTable"}]}
    assert template["Globals"]["Function"]["Environment"]["Variables"]["HEADSTART_TABLE"] == named
    assert template["Resources"]["CleanUp"]["Properties"]["Table"] == named
    assert template["Outputs"]["TableName"]["Value"] == named
    kept = str(made_or_kept(template["Resources"], kept=True))
    assert "'Fn::GetAtt': ['Table'" not in kept
    assert "${Table.Arn}" not in kept
    made = made_or_kept(template["Resources"], kept=False)
    assert "ExistingTable" not in str(made)


def made_or_kept(value: Any, *, kept: bool) -> Any:
    """The template's tree with that side of each choice of table."""
    if isinstance(value, list):
        return [made_or_kept(one, kept=kept) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("Fn::If", [""])[0] == "MakesTable":
        return value["Fn::If"][1 + kept]
    return {key: made_or_kept(one, kept=kept) for key, one in value.items()}


def test_table_is_on_demand_recoverable_and_expires_records() -> None:
    (table,) = of_type(written(), "AWS::DynamoDB::Table").values()
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_table_has_the_keys_the_store_uses() -> None:
    (table,) = of_type(written(), "AWS::DynamoDB::Table").values()
    (index,) = table["GlobalSecondaryIndexes"]

    def keys(owner: dict[str, Any]) -> list[str]:
        return [key["AttributeName"] for key in owner["KeySchema"]]

    assert keys(table) == ["pk", "sk"]
    assert (index["IndexName"], keys(index)) == ("by-time", ["ipk", "isk"])
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_is_described_and_its_default_is_valid(name: str) -> None:
    parameter = PARAMETERS[name]
    assert parameter["Description"]
    default = parameter["Default"]
    if "AllowedValues" in parameter:
        assert default in parameter["AllowedValues"]
    if "AllowedPattern" in parameter:
        assert re.fullmatch(parameter["AllowedPattern"], default)
        assert parameter["ConstraintDescription"]
    if "MinValue" in parameter:
        assert parameter["MinValue"] <= default <= parameter["MaxValue"]
    assert {"AllowedValues", "AllowedPattern", "MinValue"} & parameter.keys()


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("NotificationTopicArn", "arn:aws:sns:eu-west-1:123456789012:operations", True),
        ("NotificationTopicArn", "arn:aws:sqs:eu-west-1:123456789012:operations", False),
        ("NotificationTopicArn", "operations", False),
        ("ExistingTable", "headstart-Table-1A2B3C", True),
        ("ExistingTable", "arn:aws:dynamodb:eu-west-1:123456789012:table/headstart", False),
        ("PermissionsBoundaryArn", "arn:aws:iam::123456789012:policy/team/boundary", True),
        ("PermissionsBoundaryArn", "arn:aws-cn:iam::aws:policy/PowerUserAccess", True),
        ("PermissionsBoundaryArn", "arn:aws:iam::123456789012:role/boundary", False),
    ],
)
def test_parameters_with_a_pattern_take_what_is_of_their_kind(name: str, value: str, valid: bool) -> None:
    assert bool(re.fullmatch(PARAMETERS[name]["AllowedPattern"], value)) is valid


def test_every_parameter_is_shown_in_a_group_and_used() -> None:
    template = written()
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(PARAMETERS)
    rest = str({key: value for key, value in template.items() if key not in ("Parameters", "Metadata")})
    assert [name for name in PARAMETERS if f"'{name}'" not in rest] == []


def test_outputs_say_where_to_go_next() -> None:
    outputs = written()["Outputs"]
    assert all(output["Description"] for output in outputs.values())
    assert "headstart:mode" in str(outputs["EnrolCommand"]["Value"])
    assert {"ApiUrl", "TableName", "FollowQueueUrl", "DeadLetterQueueUrl", "DecisionsCommand"} <= outputs.keys()
