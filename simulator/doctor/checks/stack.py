"""The stack and its functions."""

from collections.abc import Iterator
from datetime import timedelta

from simulator.doctor.facts import Facts, FunctionFacts, StackFacts, Unseen
from simulator.doctor.findings import Finding, fail, ok, sentence, unchecked, warn

STACK, FUNCTIONS, LOGS, RECONCILE, MODE = "stack", "functions", "function errors", "reconcile", "mode of the stack"
OUTPUTS = ("ApiUrl", "TableName", "FollowQueueUrl", "DeadLetterQueueUrl")
GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
DEPLOY = "Run make build, then .venv/bin/sam deploy."
LATE = timedelta(minutes=3)


def stack(facts: Facts) -> Iterator[Finding]:
    name, where = facts.asked.stack, facts.region
    match facts.stack:
        case Unseen() as unseen:
            do = "Allow cloudformation:DescribeStacks and cloudformation:ListStackResources."
            yield fail(STACK, sentence(unseen.why), "Without the stack nothing of it can be found.", do)
        case None:
            others = f" Stacks here that are Headstart: {', '.join(facts.lookalikes)}." if facts.lookalikes else ""
            yield fail(
                STACK,
                f"There is no stack {name} in {where}.{others}",
                "It was deployed under another name, in another Region or account, or not yet.",
                "Name it (make doctor STACK=name REGION=region), or deploy: make build, then .venv/bin/sam deploy.",
            )
        case found:
            yield _status(name, found)


def _status(name: str, found: StackFacts) -> Finding:
    seen = f"{name} is {found.status}." + "".join(f" {sentence(one)}" for one in found.failures)
    missing = [output for output in OUTPUTS if output not in found.outputs]
    if found.status.endswith("_IN_PROGRESS"):
        return warn(
            STACK, seen, "A deployment is under way; what follows may change.", "Wait for it to end, and look again."
        )
    if found.status not in GOOD:
        do = "Mend what the messages name; delete a stack in ROLLBACK_COMPLETE before deploying it again."
        return fail(STACK, seen if found.failures else f"{seen} {sentence(found.reason)}", "The deployment failed.", do)
    if missing:
        do = "Name the stack of this project with STACK, or deploy this version over it."
        return fail(
            STACK, f"{name} has no output {', '.join(missing)}.", "It is no stack of this version of Headstart.", do
        )
    if "ROLLBACK" in found.status:
        return warn(STACK, seen, "The last update failed, and the version before it runs.", DEPLOY)
    return ok(STACK, f"{seen} Outputs are there.", "The deployment is complete.")


def functions(facts: Facts) -> Iterator[Finding]:
    good = []
    for name, function in facts.functions.items():
        match function:
            case Unseen() as unseen:
                yield unchecked(FUNCTIONS, f"{name}: {unseen.why}", "Allow lambda:GetFunctionConfiguration.")
            case None:
                yield fail(FUNCTIONS, f"{name} does not exist.", "It was deleted past CloudFormation.", DEPLOY)
            case FunctionFacts(state="Active", update="Successful"):
                good.append(name)
            case FunctionFacts(state="Pending") | FunctionFacts(update="InProgress"):
                yield warn(FUNCTIONS, f"{name} is being set up.", "It does not answer yet.", "Look again in a minute.")
            case found:
                seen = sentence(f"{name} is {found.state}, its last update {found.update}. {found.reason}")
                yield fail(FUNCTIONS, seen, "It cannot be invoked as deployed.", DEPLOY)
    if good:
        yield ok(FUNCTIONS, f"{', '.join(good)}: active.", "They can be invoked.")


def errors(facts: Facts) -> Iterator[Finding]:
    quiet = []
    for name, function in facts.functions.items():
        if not isinstance(function, FunctionFacts):
            continue
        match function.errors:
            case Unseen() as unseen:
                yield unchecked(LOGS, f"{name}: {unseen.why}", "Allow logs:FilterLogEvents on the stack's log groups.")
            case ():
                quiet.append(name)
            case found:
                yield _complaint(name, found[-1].text, len(found), facts.now - found[-1].at)
    if quiet:
        yield ok(LOGS, f"{', '.join(quiet)}: none in the log of the last hour.", "They do their work.")


def _complaint(name: str, text: str, number: int, age: timedelta) -> Finding:
    minutes = int(age.total_seconds() // 60)
    seen = sentence(f"{name}: {number} in the last hour, the latest {minutes} min ago: {text[:300]}")
    if "import" in text.lower() or "Runtime.ImportModuleError" in text:
        do = "Build and deploy for one architecture: see Deploy in docs/operations.md."
        return fail(LOGS, seen, "The code or its layer cannot be loaded.", do)
    if "AccessDenied" in text or "not authorized" in text:
        do = "Look for a permissions boundary or service control policy; the lines on permissions say more."
        return fail(LOGS, seen, "The function's role may not do what it has to.", do)
    do = "See the dead-letter queue in docs/operations.md, and the function's log."
    return warn(LOGS, seen, "Each signal that failed is looked at again, or is in the dead-letter queue.", do)


def reconcile(facts: Facts) -> Iterator[Finding]:
    function = facts.functions.get("ReconcileFunction")
    if not isinstance(function, FunctionFacts):
        return
    match function.ran_at:
        case Unseen() as unseen:
            yield unchecked(RECONCILE, unseen.why, "Allow logs:FilterLogEvents on the stack's log groups.")
        case None:
            yield fail(
                RECONCILE,
                "Nothing in its log for ten minutes.",
                "It should run every minute; without it nothing is enrolled, and nothing lost is made good.",
                "See the lines on its rule and on function errors; if they are good, deploy again.",
            )
        case at if facts.now - at > LATE:
            minutes = int((facts.now - at).total_seconds() // 60)
            do = "See the lines on its rule and its errors, and the function's Throttles."
            yield warn(RECONCILE, f"It last ran {minutes} min ago.", "It should run every minute.", do)
        case at:
            seen = f"It last ran {max(0, int((facts.now - at).total_seconds()))} s ago."
            yield ok(RECONCILE, seen, "Tags are seen within a minute, and what was lost is made good.")


def mode(facts: Facts) -> Iterator[Finding]:
    found = facts.known_stack
    if found is None:
        return
    if found.parameters.get("MaximumMode", "act") == "act":
        yield ok(MODE, "MaximumMode is act.", "Each component's own tag decides.")
        return
    seen = "MaximumMode is observe."
    enrolled = {} if isinstance(facts.enrolled, Unseen) else facts.enrolled
    acting = sorted(name for name, tags in enrolled.items() if tags.get("headstart:mode") == "act")
    if not acting:
        yield ok(MODE, seen, "Decisions are recorded and nothing is written, whatever the tags say.")
        return
    means = f"Nothing is written, although {', '.join(acting)} is tagged act."
    do = "When they are to be acted on: .venv/bin/sam deploy --parameter-overrides MaximumMode=act."
    yield warn(MODE, seen, means, do)
