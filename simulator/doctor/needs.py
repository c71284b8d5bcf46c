"""What template.yaml gives the roles, as questions to IAM's policy simulator."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from simulator.doctor.facts import Resource

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
MODE_KEY = "aws:ResourceTag/headstart:mode"
EXAMPLE = "headstart-doctor"
"""In the place of a `*` at the end of a resource."""
ARNS = {
    "AWS::DynamoDB::Table": "arn:{partition}:dynamodb:{region}:{account}:table/{id}",
    "AWS::SQS::Queue": "arn:{partition}:sqs:{region}:{account}:{id}",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account}:log-group:{id}:*",
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{id}",
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role/{id}",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the stack is, what it is made of, and the parameters it was deployed with."""

    stack: str
    partition: str
    region: str
    account: str
    resources: Mapping[str, Resource]
    parameters: Mapping[str, str]

    def arn(self, logical: str) -> str | None:
        """None for a resource that is not there, or of a kind no role is about."""
        found = self.resources.get(logical)
        if found is None or found.kind not in ARNS:
            return None
        physical = found.id.rpartition("/")[2] if found.kind == "AWS::SQS::Queue" else found.id
        return ARNS[found.kind].format(partition=self.partition, region=self.region, account=self.account, id=physical)


@dataclass(frozen=True, slots=True)
class Need:
    """Actions on one resource under the same condition keys; `wanted`: whether the role should be allowed them."""

    role: str
    actions: tuple[str, ...]
    resource: str
    context: tuple[tuple[str, str], ...]
    wanted: bool = True


def needs(place: Place, template: Path = TEMPLATE) -> Iterator[Need]:
    """Of every role in the stack. A condition on the mode tag is asked about thrice: act, observe and no tag."""
    written: Mapping[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))
    resources: Mapping[str, Any] = written["Resources"]
    for logical, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role" and logical in place.resources:
            for statement, condition in _statements(resource["Properties"], resources):
                stands = condition is None or holds({"Condition": condition}, written, place.parameters)
                yield from _of_statement(logical, statement, stands, place)


def holds(condition: Mapping[str, Any], template: Mapping[str, Any], parameters: Mapping[str, str]) -> bool:
    """Whether a condition of the template does, with these parameters, or their defaults."""

    def value(said: Any) -> str:  # noqa: ANN401
        if isinstance(said, Mapping):
            return str(parameters.get(said["Ref"], template["Parameters"][said["Ref"]].get("Default", "")))
        return str(said)

    ((kind, said),) = condition.items()
    match kind:
        case "Condition":
            return holds(template["Conditions"][said], template, parameters)
        case "Fn::Equals":
            return value(said[0]) == value(said[1])
        case "Fn::And":
            return all(holds(one, template, parameters) for one in said)
        case "Fn::Not":
            return not holds(said[0], template, parameters)
        case _:
            raise ValueError(f"{kind} is no condition that the template uses")


def _statements(
    role: Mapping[str, Any], resources: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Statements of the role's inline and managed policies, and the condition under which they stand."""
    documents = [policy["PolicyDocument"] for policy in role.get("Policies", ())]
    managed = [one["Ref"] for one in role.get("ManagedPolicyArns", ()) if "Ref" in one]
    documents += [resources[name]["Properties"]["PolicyDocument"] for name in managed]
    for document in documents:
        for statement in document["Statement"]:
            if "Fn::If" in statement:
                yield statement["Fn::If"][1], statement["Fn::If"][0]
            else:
                yield statement, None


def _of_statement(role: str, statement: Mapping[str, Any], stands: bool, place: Place) -> Iterator[Need]:
    actions = tuple(_listed(statement["Action"]))
    context = dict(_context(statement.get("Condition", {}), place))
    for resource in _listed(statement["Resource"]):
        arn = _arn(resource, place)
        if arn is None:
            continue
        if stands or MODE_KEY in context:  # what is not asked for may be allowed by another statement
            yield Need(role, actions, arn, tuple(context.items()), wanted=stands)
        if MODE_KEY in context:
            others = {key: value for key, value in context.items() if key != MODE_KEY}
            yield Need(role, actions, arn, tuple((others | {MODE_KEY: "observe"}).items()), wanted=False)
            yield Need(role, actions, arn, tuple(others.items()), wanted=False)


def _context(condition: Mapping[str, Any], place: Place) -> Iterator[tuple[str, str]]:
    """A value for each condition key with which the statement holds, where there is one to name."""
    for operator, keys in condition.items():
        if "Not" not in operator and operator != "Null":
            for key, value in keys.items():
                found = _arn(_listed(value)[0], place)
                if found is not None:
                    yield key, found


def _arn(value: Any, place: Place) -> str | None:  # noqa: ANN401
    """The text of a resource or value; None where it says something this cannot follow."""
    match value:
        case str():
            found: str | None = value
        case {"Fn::GetAtt": [logical, "Arn"]} | {"Fn::GetAtt": str(logical)}:
            found = place.arn(str(logical).removesuffix(".Arn"))
        case {"Fn::Sub": str(text)}:
            parts = [_name(name, place) for name in re.findall(r"\$\{([^}]+)\}", text)]
            found = None if None in parts else re.sub(r"\$\{[^}]+\}", lambda _: str(parts.pop(0)), text)
        case {"Fn::If": ["MakesTable", of_the_table, _]}:
            found = _arn(of_the_table, place)  # what was gathered has the table under that name, whoever made it
        case _:
            found = None
    return found[:-1] + EXAMPLE if found and found.endswith("*") and found != "*" else found


def _name(name: str, place: Place) -> str | None:
    pseudo = {
        "AWS::StackName": place.stack,
        "AWS::Partition": place.partition,
        "AWS::Region": place.region,
        "AWS::AccountId": place.account,
    }
    return pseudo.get(name) or place.arn(name.removesuffix(".Arn"))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    return list(value) if isinstance(value, list) else [value]
