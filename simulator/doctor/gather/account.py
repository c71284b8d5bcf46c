"""Who asks, and what the account allows."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from simulator.doctor.facts import Identity, Verdict
from simulator.doctor.gather.session import Clients, pages
from simulator.doctor.needs import Need

SERVICE_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


def identity(clients: Clients) -> Identity:
    answer = clients("sts").get_caller_identity()
    return Identity(answer["Account"], answer["Arn"])


def service_role_exists(clients: Clients) -> bool:
    iam = clients("iam")
    try:
        iam.get_role(RoleName=SERVICE_ROLE)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def quotas(clients: Clients) -> Mapping[str, float]:
    """SageMaker's quotas by name: AWS's defaults, and over them what was applied to this account.

    The list of applied values leaves out quotas that only have a default.
    """
    client = clients("service-quotas")
    defaults = pages(client, "list_aws_default_service_quotas", "Quotas", ServiceCode="sagemaker")
    applied = pages(client, "list_service_quotas", "Quotas", ServiceCode="sagemaker")
    return {one["QuotaName"]: one["Value"] for one in (*defaults, *applied)}


def verdicts(clients: Clients, role_arns: Mapping[str, str], needs: list[Need]) -> tuple[Verdict, ...]:
    """What IAM says to each need; one call for all actions of a role on one resource."""
    iam = clients("iam")
    found: list[Verdict] = []
    for (role, resource, context, wanted), same in groupby(needs, lambda n: (n.role, n.resource, n.context, n.wanted)):
        results = pages(
            iam,
            "simulate_principal_policy",
            "EvaluationResults",
            PolicySourceArn=role_arns[role],
            ActionNames=[action for need in same for action in need.actions],
            ResourceArns=[resource],
            ContextEntries=[
                {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
                for key, value in context
            ],
        )
        for one in results:
            action, decision = one["EvalActionName"], one["EvalDecision"]
            found.append(Verdict(role, action, resource, context, wanted, decision, _why(one)))
    return tuple(found)


def _why(result: Mapping[str, Any]) -> str:
    """What beside the role's own policies forbids it."""
    if result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations") is False:
        return "a service control policy of the organisation forbids it"
    if result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary") is False:
        return "the role's permissions boundary forbids it"
    return "a policy denies it" if result["EvalDecision"] == "explicitDeny" else "no policy allows it"
