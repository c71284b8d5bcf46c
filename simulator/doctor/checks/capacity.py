"""Whether the copies the owner allows can exist: instances of the endpoint, quotas of the account."""

from collections.abc import Iterator

from headstart.domain.model import Policy
from simulator.doctor.checks.components import policy
from simulator.doctor.facts import ComponentFacts, EndpointFacts, Facts, Unseen
from simulator.doctor.findings import Finding, fail, ok, unchecked, warn

INSTANCES, QUOTA = "instances for the maximum", "quotas"
PER_ENDPOINT = "Maximum number of instances per endpoint"
READ = "Allow sagemaker:DescribeEndpoint, sagemaker:DescribeEndpointConfig and ec2:DescribeInstanceTypes."


def instances(facts: Facts, one: ComponentFacts) -> Iterator[Finding]:
    """Against managed instance scaling. Other components on the endpoint take places too, and are not counted."""
    wanted, endpoint, name = policy(facts, one), one.endpoint, one.name
    if isinstance(endpoint, Unseen):
        yield unchecked(INSTANCES, endpoint.why, READ, name)
        return
    if not isinstance(wanted, Policy) or endpoint is None or wanted.by_floor:
        return  # the lines on tags and component say it; a variant's instances are what is scaled
    most = endpoint.most_instances if endpoint.most_instances is not None else endpoint.instances
    how = f"{most} at most" if endpoint.most_instances is not None else f"{most}, without managed scaling"
    seen = f"Up to {wanted.max_copies} copies; instances of endpoint {endpoint.name}: {endpoint.instances} now, {how}"
    seen += f", {endpoint.places} copies each." if endpoint.places else ", and how many copies each is not known."
    do = "Raise MaxInstanceCount of the endpoint's managed instance scaling, or lower headstart:max or MaxCapacity."
    if wanted.max_copies <= most * (endpoint.places or 1):
        yield ok(INSTANCES, seen, "The endpoint may grow that far.", name)
    elif endpoint.places:
        means = f"Beyond {most * endpoint.places} copies every write is refused for want of hardware."
        yield fail(INSTANCES, seen, means, do, name)
    else:
        means = f"It fits only if {-(-wanted.max_copies // max(1, most))} copies share an instance."
        yield warn(INSTANCES, seen, means, do, name)


def quota(facts: Facts, one: ComponentFacts) -> Iterator[Finding]:
    """Against the account's quotas. What other endpoints use of them is not counted."""
    wanted, endpoint, name = policy(facts, one), one.endpoint, one.name
    if isinstance(facts.quotas, Unseen):
        yield unchecked(
            QUOTA,
            facts.quotas.why,
            "Allow servicequotas:ListServiceQuotas and servicequotas:ListAWSDefaultServiceQuotas.",
            name,
        )
        return
    if not isinstance(wanted, Policy) or not isinstance(endpoint, EndpointFacts):
        return
    needed = -(-wanted.max_copies // (endpoint.places or 1))
    limits = {quota: facts.quotas[quota] for quota in _about(endpoint) if quota in facts.quotas}
    shown = ", ".join(f"“{quota}” {limit:g}" for quota, limit in limits.items())
    short = [quota for quota, limit in limits.items() if limit < needed]
    if endpoint.instance_type is None or f"{endpoint.instance_type} for endpoint usage" not in limits:
        what = endpoint.instance_type or "the endpoint's type, which is not known"
        yield unchecked(
            QUOTA, f"No quota for {what} is listed{f'; {shown}' if shown else ''}.", "Look in Service Quotas.", name
        )
    elif short:
        seen = f"{needed} instances may be needed for {wanted.max_copies} copies; {shown}."
        means = "Beyond it writes are refused with ResourceLimitExceeded."
        do = f"Ask for more of “{short[0]}” in Service Quotas, or lower headstart:max or MaxCapacity."
        finding = fail if endpoint.places or limits[short[0]] < 1 else warn
        yield finding(QUOTA, seen, means, do, name)
    else:
        yield ok(
            QUOTA, f"{needed} instances may be needed; {shown}.", "The account allows them, if others use none.", name
        )


def _about(endpoint: EndpointFacts) -> tuple[str, ...]:
    return (PER_ENDPOINT, f"{endpoint.instance_type} for endpoint usage")
