"""Reads template.yaml as written, and as CloudFormation gets it after the SAM transform."""

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, cast

import boto3
from cfnlint.decode.cfn_yaml import load
from moto.events.models import EventPattern
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

ROOT = Path(__file__).parents[2]
Resource = dict[str, Any]

PSEUDO = {
    "AWS::StackName": "headstart",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
}


@cache
def _written() -> dict[str, Any]:
    return cast(dict[str, Any], load(str(ROOT / "template.yaml")))


def written() -> dict[str, Any]:
    """The template as it stands in the repository."""
    return copy.deepcopy(_written())


@cache
def _translated() -> dict[str, Any]:
    template = written()
    for resource in template["Resources"].values():
        for uri in {"CodeUri", "ContentUri"} & set(resource["Properties"]):
            resource["Properties"][uri] = "s3://bucket/key"
    session = boto3.session.Session(region_name=PSEUDO["AWS::Region"])
    return cast(dict[str, Any], Translator(None, Parser(), boto_session=session).translate(template, {}))


def translated() -> dict[str, Any]:
    """The template after the SAM transform, with parameter defaults and before CloudFormation resolves it."""
    return copy.deepcopy(_translated())


def of_type(template: dict[str, Any], kind: str) -> dict[str, Resource]:
    """Logical id to properties of every resource of one type."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def resolve(value: Any) -> Any:
    """Replace pseudo parameters, and ``Ref`` and ``Fn::Sub`` of them; other functions stay as they are."""
    if isinstance(value, list):
        return [resolve(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"} and value["Ref"] in PSEUDO:
        return PSEUDO[value["Ref"]]
    if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        return re.sub(r"\$\{([\w:]+)\}", lambda name: PSEUDO.get(name[1], name[0]), value["Fn::Sub"])
    return {key: resolve(item) for key, item in value.items()}


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether an EventBridge pattern matches an event (moto's matcher: its service API has no working answer)."""
    return bool(EventPattern.load(json.dumps(pattern)).matches_event(cast(Any, event)))
