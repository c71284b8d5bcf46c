"""The enrolled components: tags, state, what Headstart knows of them."""

from collections.abc import Iterator
from dataclasses import replace

from headstart.domain.enrolment import Limits, with_policy
from headstart.domain.model import Mode, Policy, State, Status
from headstart.domain.tags import MODE_TAG
from simulator.doctor.facts import ComponentFacts, Facts, Unseen
from simulator.doctor.findings import Finding, fail, ok, sentence, unchecked, warn

ENROLLED, TAGS, COMPONENT, KNOWN = "enrolled", "tags and settings", "component", "Headstart's view"
TAG_IT = "Tag the component, or an endpoint that has none, in this Region: the stack's output EnrolCommand."


def highest_mode(facts: Facts) -> Mode:
    parameters = facts.known_stack.parameters if facts.known_stack else {}
    return Mode(parameters.get("MaximumMode", "act"))


def policy(facts: Facts, one: ComponentFacts) -> Policy | str | None:
    """The policy as reconcile would read it, what is wrong with it, or None where it cannot be told."""
    if isinstance(one.native, Unseen) or MODE_TAG not in one.tags:
        return None
    unknown = State(component=one.name, created=facts.now, version=0, enrolled=True, policy=None)
    known = one.state if isinstance(one.state, State) else unknown
    limits = Limits(highest_mode=highest_mode(facts), creates_native=True)
    read = with_policy(replace(known, native=one.native), one.tags, limits, facts.now)
    return read.policy or read.problem


def enrolled(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.enrolled, Unseen):
        yield unchecked(ENROLLED, facts.enrolled.why, "Allow tag:GetResources.")
    elif not facts.enrolled:
        means = "Headstart looks at nothing and touches nothing."
        yield warn(ENROLLED, f"No component in {facts.region} carries the tag {MODE_TAG}.", means, TAG_IT)
    else:
        names, looked = sorted(facts.enrolled), len(facts.components)
        rest = f" {looked} are looked at below; for another: COMPONENT=name." if looked < len(names) > 1 else ""
        listed = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        yield ok(ENROLLED, f"{len(names)}: {listed}.{rest}", "They are found by their tag.")


def tags(facts: Facts, one: ComponentFacts) -> Iterator[Finding]:
    name = one.name
    if MODE_TAG not in one.tags:
        yield fail(TAGS, f"It carries no tag {MODE_TAG}.", "Headstart does not touch it.", TAG_IT, name)
        return
    if isinstance(one.native, Unseen):
        do = "Allow application-autoscaling:DescribeScalableTargets and DescribeScalingPolicies."
        yield unchecked(TAGS, one.native.why, do, name)
        return
    found = policy(facts, one)
    if isinstance(found, Policy):
        bounds = f"{found.min_copies} to {found.max_copies} copies, target {found.target:g}, slots {found.slots:g}"
        seen = f"Mode {found.mode}, {bounds}, reserve {found.reserve}."
        if found.observes_because:
            means = f"It is tagged act and only observed: {found.observes_because}."
            yield warn(TAGS, seen, means, "If that is not meant, change what it names.", name)
        else:
            write = "may raise its MinCapacity" if found.by_floor else "may write its copy count"
            said = write if found.mode is Mode.ACT else "only records what it would do"
            yield ok(TAGS, seen, f"Headstart {said}.", name)
    else:
        do = "Correct the tag it names, or what it is imported from; the tags are in the README, Deploy."
        yield fail(TAGS, sentence(str(found)), "It is enrolled and not acted on.", do, name)
    if isinstance(own := one.own_tags, dict) and dict(own) != dict(one.tags):
        changed = ", ".join(sorted(key for key, _ in dict(own).items() ^ dict(one.tags).items()))
        means = "Reconcile goes by the listing, and sees the change when that does."
        do = "Wait a minute or two, and look again."
        yield warn(TAGS, f"Its own tags and the listing of Resource Groups Tagging differ: {changed}.", means, do, name)


def component(_: Facts, one: ComponentFacts) -> Iterator[Finding]:
    name, found = one.name, one.description
    if isinstance(found, Unseen):
        yield unchecked(COMPONENT, found.why, "Allow sagemaker:DescribeInferenceComponent and DescribeEndpoint.", name)
    elif found is None:
        do = "Correct COMPONENT; aws sagemaker list-inference-components names those there are."
        yield fail(
            COMPONENT,
            "There is no inference component or variant of that name.",
            "It was deleted, or is elsewhere.",
            do,
            name,
        )
    elif found.status is Status.FAILED or found.failure:
        seen = sentence(
            f"{found.status}, {found.current_copies} of {found.desired_copies} copies. {found.failure or ''}"
        )
        do = "Mend what the message names; Headstart tries again while there is demand."
        yield fail(COMPONENT, seen, "Its last change did not succeed.", do, name)
    elif found.status in (Status.UPDATING, Status.CREATING):
        seen = f"{found.status}, {found.current_copies} of {found.desired_copies} copies."
        yield ok(COMPONENT, seen, "A change is in flight; another is refused until it ends.", name)
    else:
        seen = f"{found.status}, {found.current_copies} of {found.desired_copies} copies."
        yield ok(COMPONENT, seen, "Its copy count can be changed.", name)


def known(facts: Facts, one: ComponentFacts) -> Iterator[Finding]:
    """What is in the table, beside what tags and settings say now."""
    name, wanted = one.name, policy(facts, one)
    if isinstance(one.state, Unseen):
        yield unchecked(KNOWN, one.state.why, "Allow dynamodb:GetItem on the table (output TableName).", name)
        return
    if not isinstance(wanted, Policy):
        return  # the line on tags says it
    state = one.state
    if state is None or not state.enrolled:
        do = "Wait a minute; if the line stays, see the lines on reconcile, its rule and its errors."
        yield warn(KNOWN, "It is not in the table yet.", "Reconcile has not enrolled it.", do, name)
    elif state.policy != wanted:
        do = "Wait: tags count in a minute, scaling settings in ten; if it stays, see the lines on reconcile."
        yield warn(KNOWN, _difference(state, wanted), "Reconcile has not read the change yet.", do, name)
    else:
        at = f"an episode since {state.episode.opened_at:%H:%M:%S} UTC" if state.episode else "no episode"
        yield ok(KNOWN, f"Enrolled as its tags and settings say; {at}.", "Alarms lead to decisions.", name)


def _difference(state: State, wanted: Policy) -> str:
    if state.policy is None:
        return sentence(f"The table has a problem in place of a policy: {state.problem}")
    fields = [field for field in Policy.__slots__ if getattr(state.policy, field) != getattr(wanted, field)]
    return f"The table has another {', '.join(field.replace('_', ' ') for field in fields)} than tags and settings."
