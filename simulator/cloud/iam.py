"""Who may do what: MiniStack's IAM engine asked on behalf of the services that are ours.

Function roles come from the deployed stack; a function's credentials resolve to its role, and the policies of that
role decide, with the resource's tags as `aws:ResourceTag/...`. The access key of the account's root may do anything,
as on AWS.
"""

from collections.abc import Mapping

from simulator.cloud.settings import ACCOUNT_ID, REGION
from simulator.cloud.untyped import MiniStack, Payload


class AccessControl:
    """Answers authorisation questions from MiniStack's users, roles and sessions."""

    def __init__(self, evaluator: MiniStack, sqs: MiniStack, iam: MiniStack) -> None:
        self._evaluator = evaluator
        self._iam = iam
        self._sqs = sqs

    def refusal(self, access_key: str, action: str, resource: str, keys: Mapping[str, str]) -> str | None:
        """None when allowed, else the message AWS gives with AccessDenied; `keys` are condition keys and values."""
        principal = self._evaluator.resolve_principal(access_key, ACCOUNT_ID)
        if isinstance(principal, self._evaluator.AuthError):
            return "The security token included in the request is invalid."
        if principal.policies is None:  # root
            return None
        context = {key.lower(): value for key, value in keys.items()}
        request = self._context(principal.arn, action, resource, context)
        result = self._evaluator.evaluate(request, principal.policies, *principal.limits)
        if result.decision == "Allow":
            return None
        reason = (
            "with an explicit deny in an identity-based policy"
            if result.decision == "Deny"
            else f"because no identity-based policy allows the {action} action"
        )
        return f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource} {reason}"

    def role_of(self, access_key: str) -> str | None:
        """ARN of the role behind a session's access key; None for root and users."""
        principal = self._evaluator.resolve_principal(access_key, ACCOUNT_ID)
        if isinstance(principal, self._evaluator.AuthError) or principal.type != "AssumedRole":
            return None
        return f"arn:aws:iam::{ACCOUNT_ID}:role/{principal.arn.split('/')[1]}"

    def role_may(self, role_arn: str, action: str, resource: str) -> bool:
        """Whether a service acting with the role may do this (Lambda's destinations, for one)."""
        name = role_arn.rsplit("/", 1)[-1]
        policies = self._evaluator._gather_role_policies(name, ACCOUNT_ID)
        request = self._context(role_arn, action, resource, {})
        return bool(self._evaluator.evaluate(request, policies).decision == "Allow")

    def role_decision(self, role_arn: str, action: str, resource: str, keys: Mapping[str, str]) -> str:
        """As IAM's policy simulator words it; `keys` are condition keys and values. A boundary limits it."""
        name = role_arn.rsplit("/", 1)[-1]
        policies = self._evaluator._gather_role_policies(name, ACCOUNT_ID)
        limits = self._evaluator._permissions_boundary(self._iam._roles, name, ACCOUNT_ID)
        context = {key.lower(): value for key, value in keys.items()}
        decision = self._evaluator.evaluate(self._context(role_arn, action, resource, context), policies, *limits)
        return {"Allow": "allowed", "Deny": "explicitDeny"}.get(decision.decision, "implicitDeny")

    def service_may_invoke(self, policy: Payload, function_arn: str, service: str, source_arn: str) -> bool:
        """Whether the function's resource policy lets the service invoke it for that source."""
        request = self._context("*", "lambda:InvokeFunction", function_arn, _source(source_arn))
        return bool(self._evaluator.evaluate_resource_policy(policy, request, service=service).decision == "Allow")

    def service_may_send(self, queue_arn: str, service: str, source_arn: str) -> bool:
        """Whether the queue's policy lets the service send to it for that source."""
        return bool(self._sqs.queue_policy_allows(queue_arn, service, source_arn, ACCOUNT_ID))

    def _context(self, principal_arn: str, action: str, resource: str, keys: Mapping[str, str]) -> MiniStack:
        return self._evaluator.EvalContext(
            principal_arn=principal_arn,
            principal_type="AssumedRole",
            principal_account=ACCOUNT_ID,
            action=action,
            resource_arn=resource,
            region=REGION,
            service_context=dict(keys),
        )


def _source(arn: str) -> dict[str, str]:
    return {"aws:sourcearn": arn, "aws:sourceaccount": ACCOUNT_ID}
