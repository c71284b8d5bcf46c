"""IAM beside authorisation: SimulatePrincipalPolicy with condition keys, and the role Auto Scaling works with.

MiniStack's simulation knows no context entries, one resource, and no permissions boundary.
"""

import json
from collections.abc import Iterator
from itertools import count, product, takewhile
from xml.sax.saxutils import escape

from simulator.cloud.iam import AccessControl
from simulator.cloud.untyped import MiniStack, Record

# aws-facts 9; made by Application Auto Scaling with an account's first scalable target.
SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
SERVICE_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
ANSWER = "SimulatePrincipalPolicy"


def install(iam: MiniStack, access: AccessControl) -> None:
    """Replaces the simulation; the account is one in which something has been scaled before."""

    def simulate(params: Record) -> object:
        role_arn = iam._p(params, "PolicySourceArn")
        name = role_arn.rsplit("/", 1)[-1]
        if ":role/" not in role_arn or name not in iam._roles:
            return iam._error(404, "NoSuchEntity", f"The role with name {name} cannot be found.", ns="iam")
        keys = dict(_context(iam, params))
        resources = list(_listed(iam, params, "ResourceArns")) or ["*"]
        members = "".join(
            _member(action, resource, access.role_decision(role_arn, action, resource, keys))
            for action, resource in product(_listed(iam, params, "ActionNames"), resources)
        )
        results = f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>"
        return iam._xml(200, f"{ANSWER}Response", f"<{ANSWER}Result>{results}</{ANSWER}Result>", ns="iam")

    iam._IAM_HANDLERS[ANSWER] = simulate
    trust = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    role = {
        "RoleName": SERVICE_ROLE,
        "Path": f"/aws-service-role/{SERVICE}/",
        "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    }
    iam._IAM_HANDLERS["CreateRole"](role)


def _listed(iam: MiniStack, params: Record, name: str) -> Iterator[str]:
    """The members of a list in the query protocol: NAME.member.1, NAME.member.2 and so on."""
    return takewhile(bool, (iam._p(params, f"{name}.member.{number}") for number in count(1)))


def _context(iam: MiniStack, params: Record) -> Iterator[tuple[str, str]]:
    for number, key in enumerate(takewhile(bool, _keys(iam, params)), start=1):
        yield key, iam._p(params, f"ContextEntries.member.{number}.ContextKeyValues.member.1")


def _keys(iam: MiniStack, params: Record) -> Iterator[str]:
    return (iam._p(params, f"ContextEntries.member.{number}.ContextKeyName") for number in count(1))


def _member(action: str, resource: str, decision: str) -> str:
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName><EvalDecision>{decision}</EvalDecision>"
        "<MatchedStatements></MatchedStatements><MissingContextValues></MissingContextValues></member>"
    )
