"""What the deployed roles may do, as IAM's policy simulator says."""

from collections.abc import Iterator

from simulator.doctor.facts import Facts, ScalingFacts, Unseen, Verdict
from simulator.doctor.findings import Finding, fail, ok, unchecked, warn
from simulator.doctor.needs import MODE_KEY

PERMISSIONS, TAG, SERVICE_ROLE = "permissions", "permission by tag", "service-linked role"
ROLE_NAME = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
SIMULATE = "Allow iam:SimulatePrincipalPolicy; a decision with AccessDenied in its detail would show the same."


def permissions(facts: Facts) -> Iterator[Finding]:
    """All that a role needs whatever a component's tag says."""
    if isinstance(facts.verdicts, Unseen):
        yield unchecked(PERMISSIONS, facts.verdicts.why, SIMULATE)
        return
    asked = [one for one in facts.verdicts if one.wanted]
    refused = [one for one in asked if not one.allowed]
    for role in sorted({one.role for one in refused}):
        of_role = [one for one in refused if one.role == role]
        actions = ", ".join(sorted({one.action for one in of_role}))
        seen = f"{role} may not {actions}: {of_role[0].why}."
        do = "Deploy this version again; if the line stays, have the boundary or the organisation's policy changed."
        yield fail(PERMISSIONS, seen, "The function meets AccessDenied where it needs them.", do)
    if asked and not refused:
        roles = ", ".join(sorted({one.role for one in asked}))
        yield ok(PERMISSIONS, f"{roles}: all {len(asked)} actions are allowed.", "They may do what the functions call.")


def tag(facts: Facts) -> Iterator[Finding]:
    """That nothing is written where the owner does not say act."""
    if isinstance(facts.verdicts, Unseen):
        yield unchecked(TAG, facts.verdicts.why, SIMULATE)
        return
    unwanted = [one for one in facts.verdicts if not one.wanted]
    open_ones = [one for one in unwanted if one.allowed]
    if open_ones:
        first = open_ones[0]
        seen = f"{first.role} may {first.action} {_where(first)}."
        means = "Nothing but Headstart's own rule keeps it from writing there."
        do = "Find the policy that was attached to the role beside the stack's own, and detach it."
        yield fail(TAG, seen, means, do)
    elif unwanted:
        actions = ", ".join(sorted({one.action for one in unwanted}))
        yield ok(
            TAG, f"Denied where the tag says observe, and without the tag: {actions}.", "IAM enforces the owner's word."
        )


def _where(verdict: Verdict) -> str:
    mode = dict(verdict.context).get(MODE_KEY)
    return f"where headstart:mode is {mode}" if mode else "without the tag headstart:mode = act"


def service_role(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.service_role, Unseen):
        yield unchecked(SERVICE_ROLE, facts.service_role.why, "Allow iam:GetRole.")
        return
    if facts.service_role:
        yield ok(SERVICE_ROLE, f"{ROLE_NAME} exists.", "Application Auto Scaling may change copy counts.")
        return
    scaled = [one.name for one in facts.components.values() if isinstance(one.scaling, ScalingFacts)]
    seen = f"There is no role {ROLE_NAME}."
    do = "aws iam create-service-linked-role --aws-service-name sagemaker.application-autoscaling.amazonaws.com."
    if scaled:
        yield fail(SERVICE_ROLE, seen, f"Native scaling of {', '.join(scaled)} cannot act: no safety net.", do)
    else:
        means = (
            "It comes with the first scalable target, for which whoever registers it needs iam:CreateServiceLinkedRole."
        )
        yield warn(SERVICE_ROLE, seen, means, do)
