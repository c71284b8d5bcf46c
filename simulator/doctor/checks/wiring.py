"""The way of a signal: rules, targets, queues, table."""

from collections.abc import Iterator

from simulator.doctor.facts import Facts, FunctionFacts, MappingFacts, QueueFacts, RuleFacts, TableFacts, Unseen
from simulator.doctor.findings import Finding, fail, ok, unchecked, warn

ALARM_RULE, TICK, CHAIN, QUEUE = "rule for alarms", "rule for reconcile", "follow-up chain", "follow-up queue"
DEAD_LETTERS, TABLE = "dead letters", "table"
EVENTS = "events.amazonaws.com"
DEPLOY = "Deploy again: .venv/bin/sam deploy."
BACKLOG = 100
"""Messages that wait though they are due: chains look every 10 to 60 s, and 50 at once are worked on."""


def alarm_rule(facts: Facts) -> Iterator[Finding]:
    means = "An alarm reaches the alarm function."
    yield from _rule(
        facts,
        ALARM_RULE,
        "AlarmFunctionStateChange",
        "AlarmFunction",
        means,
        "No alarm is heard; only reconcile sees them, up to a minute late.",
    )


def tick(facts: Facts) -> Iterator[Finding]:
    means = "Reconcile is started every minute."
    yield from _rule(
        facts,
        TICK,
        "ReconcileFunctionTick",
        "ReconcileFunction",
        means,
        "Nothing is enrolled, and nothing lost is made good.",
    )


def _rule(facts: Facts, check: str, rule: str, function: str, good: str, bad: str) -> Iterator[Finding]:
    found = facts.rules.get(rule)
    resource = facts.resource(rule)
    name = resource.id if resource else rule
    if isinstance(found, Unseen):
        yield unchecked(check, found.why, "Allow events:DescribeRule and events:ListTargetsByRule.")
        return
    if found is None:
        yield fail(check, f"The rule {name} does not exist.", bad, DEPLOY)
        return
    if found.state == "DISABLED":
        yield fail(check, f"The rule {name} is disabled.", bad, f"aws events enable-rule --name {name}.")
        return
    target = facts.functions.get(function)
    arn = target.arn if isinstance(target, FunctionFacts) else None
    if arn is not None and arn not in found.targets:
        targets = ", ".join(found.targets) or "nothing"
        yield fail(check, f"The rule {name} goes to {targets}, not to {function}.", bad, DEPLOY)
        return
    yield from _matching(check, name, found, good, bad, target)


def _matching(check: str, name: str, found: RuleFacts, good: str, bad: str, target: object) -> Iterator[Finding]:
    if isinstance(found.matches, Unseen):
        yield unchecked(check, found.matches.why, "Allow events:TestEventPattern.")
        return
    deaf = [alarm for alarm, matched in found.matches.items() if not matched]
    if deaf:
        yield fail(check, f"The pattern of {name} does not match the alarm {deaf[0]}.", bad, DEPLOY)
        return
    callers = target.callers if isinstance(target, FunctionFacts) else Unseen("the function cannot be seen")
    if isinstance(callers, Unseen):
        yield unchecked(check, callers.why, "Allow lambda:GetPolicy.")
    elif EVENTS not in callers:
        yield fail(check, f"The policy of the function does not let {EVENTS} invoke it.", bad, DEPLOY)
    else:
        yield ok(check, f"{name} is enabled and may invoke its function.", good)


def chain(facts: Facts) -> Iterator[Finding]:
    bad = "An episode gets one look and no more until reconcile sees it, a minute or two later."
    match facts.mapping:
        case Unseen() as unseen:
            yield unchecked(CHAIN, unseen.why, "Allow lambda:ListEventSourceMappings.")
        case None:
            yield fail(CHAIN, "The follow function reads no queue.", bad, DEPLOY)
        case MappingFacts(state="Enabled"):
            yield _recursion(facts)
        case MappingFacts() as found:
            do = "Enable the event source mapping of the follow function, or deploy again."
            yield fail(CHAIN, f"The follow function's event source is {found.state}.", bad, do)


def _recursion(facts: Facts) -> Finding:
    function = facts.functions.get("FollowFunction")
    loop = function.recursive_loop if isinstance(function, FunctionFacts) else Unseen("the function cannot be seen")
    if isinstance(loop, Unseen):
        return unchecked(CHAIN, loop.why, "Allow lambda:GetFunctionRecursionConfig.")
    if loop != "Allow":
        means = "Lambda stops a chain after about 16 looks, and its messages end in the dead-letter queue."
        do = "aws lambda put-function-recursion-config --recursive-loop Allow --function-name FOLLOW_FUNCTION."
        return fail(CHAIN, f"RecursiveLoop of the follow function is {loop}.", means, do)
    return ok(CHAIN, "The follow function reads its queue, and RecursiveLoop is Allow.", "Chains of looks go on.")


def queue(facts: Facts) -> Iterator[Finding]:
    match facts.queues.get("FollowQueue"):
        case Unseen() as unseen:
            yield unchecked(QUEUE, unseen.why, "Allow sqs:GetQueueAttributes.")
        case None:
            means = "No look can be booked: an alarm is decided once, then only once a minute or two."
            yield fail(QUEUE, "The follow-up queue does not exist.", means, DEPLOY)
        case QueueFacts(waiting=waiting) if waiting > BACKLOG:
            means = "Looks come late: the follow function is throttled, or fails."
            do = "See the lines on function errors, and the function's Throttles and reserved concurrency."
            yield warn(QUEUE, f"{waiting} messages are due and wait.", means, do)
        case QueueFacts() as found:
            seen = f"{found.waiting} due, {found.in_flight} being worked on, {found.delayed} booked for later."
            yield ok(QUEUE, seen, "Looks come when they are booked.")


def dead_letters(facts: Facts) -> Iterator[Finding]:
    match facts.queues.get("DeadLetterQueue"):
        case Unseen() as unseen:
            yield unchecked(DEAD_LETTERS, unseen.why, "Allow sqs:GetQueueAttributes.")
        case None:
            means = "Signals that fail leave no trace."
            yield fail(DEAD_LETTERS, "The dead-letter queue does not exist.", means, DEPLOY)
        case QueueFacts(waiting=0, in_flight=0, delayed=0):
            yield ok(DEAD_LETTERS, "None.", "No signal was lost on the way.")
        case QueueFacts() as found:
            number = found.waiting + found.in_flight + found.delayed
            means = "So many signals were not delivered or not handled; reconcile has made good what still matters."
            do = "Read them with the table in docs/operations.md (The dead-letter queue), then purge the queue."
            yield warn(DEAD_LETTERS, f"{number} in the dead-letter queue.", means, do)


def table(facts: Facts) -> Iterator[Finding]:
    match facts.table:
        case Unseen() as unseen:
            yield unchecked(TABLE, unseen.why, "Allow dynamodb:DescribeTable.")
        case None:
            means = "No function can decide anything: what is not recorded first is not written."
            do = "Restore it from a backup under its name, or delete the stack and deploy it anew."
            yield fail(TABLE, "The table does not exist.", means, do)
        case TableFacts(status="ACTIVE", index="ACTIVE"):
            yield ok(TABLE, "Table and index are active.", "Decisions are recorded.")
        case found:
            means = "Until both are active decisions fail."
            yield fail(TABLE, f"The table is {found.status}, its index {found.index}.", means, "Wait, or deploy again.")
