"""Each thing a first deployment can get wrong has a line of its own, with what to do; a good set-up has none."""

from dataclasses import replace
from datetime import timedelta

import pytest

from headstart.app.ports import BookedRelease
from headstart.domain.model import Floor, Native, Point, SignalKind, Status
from simulator.doctor.checks import judge, wiring
from simulator.doctor.facts import (
    Arrival,
    Asked,
    Facts,
    Identity,
    LogError,
    MappingFacts,
    ProbeFacts,
    QueueFacts,
    TableFacts,
    Unseen,
    WakeAlarm,
)
from simulator.doctor.findings import Finding, exit_code
from simulator.doctor.findings import Status as Judged
from tests.simulator.doctor_facts import (
    ENDPOINT_QUOTA,
    NAME,
    NATIVE,
    PRESSURE,
    TYPE_QUOTA,
    WAKE,
    Break,
    alarm,
    alarm_name,
    component,
    function,
    good,
    of_component,
    of_function,
    of_part,
    of_rule,
    of_stack,
    retagged,
    verdict,
    with_,
)
from tests.support.builders import NOW, points

LATE = NOW - timedelta(minutes=5)
FLOOR = Floor(copies=3, own=0, booked_at=LATE, until=NOW + timedelta(minutes=25), before=0)
IMPORT_ERROR = "Runtime.ImportModuleError: Unable to import module 'handler': No module named 'pydantic_core'"
DENIED = "AccessDeniedException: User is not authorized to perform: dynamodb:PutItem"

# What is broken: the line that tells, its verdict, and words of what was seen and of the remedy.
BROKEN: dict[str, tuple[Break, str, Judged, str, str]] = {
    "other account": (
        with_(asked=Asked(stack="headstart", region="us-east-1", account="210987654321")),
        "credentials", Judged.FAIL, "123456789012", "AWS_PROFILE",
    ),
    "failed deployment": (
        of_stack(status="ROLLBACK_COMPLETE", failures=("AlarmRole: not authorized to perform iam:CreateRole",)),
        "stack", Judged.FAIL, "iam:CreateRole", "ROLLBACK_COMPLETE",
    ),
    "update rolled back": (
        of_stack(status="UPDATE_ROLLBACK_COMPLETE"), "stack", Judged.WARN, "UPDATE_ROLLBACK_COMPLETE", "sam deploy",
    ),
    "deployment under way": (of_stack(status="UPDATE_IN_PROGRESS"), "stack", Judged.WARN, "IN_PROGRESS", "Wait"),
    "some other stack": (of_stack(outputs={}), "stack", Judged.FAIL, "no output ApiUrl", "STACK"),
    "function gone": (
        lambda facts: facts.functions.update(HistoryFunction=None),
        "functions", Judged.FAIL, "HistoryFunction does not exist", "sam deploy",
    ),
    "function failed": (
        of_function("HistoryFunction", state="Failed", reason="The layer is gone"),
        "functions", Judged.FAIL, "The layer is gone", "make build",
    ),
    "wrong architecture": (
        of_function("AlarmFunction", errors=(LogError(LATE, IMPORT_ERROR),)),
        "function errors", Judged.FAIL, "pydantic_core", "architecture",
    ),
    "role narrowed": (
        of_function("AlarmFunction", errors=(LogError(LATE, DENIED),)),
        "function errors", Judged.FAIL, "5 min ago", "boundary",
    ),
    "a signal failed": (
        of_function("FollowFunction", errors=(LogError(LATE, "Unavailable: GetItem: timeout"),)),
        "function errors", Judged.WARN, "timeout", "dead-letter queue",
    ),
    "reconcile never runs": (
        of_function("ReconcileFunction", ran_at=None), "reconcile", Judged.FAIL, "Nothing", "rule",
    ),
    "reconcile is late": (of_function("ReconcileFunction", ran_at=LATE), "reconcile", Judged.WARN, "5 min", "rule"),
    "alarm rule disabled": (
        of_rule("AlarmFunctionStateChange", state="DISABLED"),
        "rule for alarms", Judged.FAIL, "disabled", "aws events enable-rule --name alarm-rule",
    ),
    "alarm rule gone": (
        lambda facts: facts.rules.update(AlarmFunctionStateChange=None),
        "rule for alarms", Judged.FAIL, "does not exist", "sam deploy",
    ),
    "alarm rule deaf": (
        of_rule("AlarmFunctionStateChange", matches={alarm_name("wake"): False}),
        "rule for alarms", Judged.FAIL, alarm_name("wake"), "sam deploy",
    ),
    "alarm rule goes elsewhere": (
        of_rule("AlarmFunctionStateChange", targets=("arn:other",)),
        "rule for alarms", Judged.FAIL, "arn:other", "sam deploy",
    ),
    "alarm function lets nobody in": (
        of_function("AlarmFunction", callers=()), "rule for alarms", Judged.FAIL, "does not let", "sam deploy",
    ),
    "schedule disabled": (
        of_rule("ReconcileFunctionTick", state="DISABLED"),
        "rule for reconcile", Judged.FAIL, "disabled", "enable-rule --name tick-rule",
    ),
    "follow reads nothing": (with_(mapping=None), "follow-up chain", Judged.FAIL, "no queue", "sam deploy"),
    "follow is disabled": (
        with_(mapping=MappingFacts("Disabled", "arn:queue")), "follow-up chain", Judged.FAIL, "Disabled", "Enable",
    ),
    "recursion is stopped": (
        of_function("FollowFunction", recursive_loop="Terminate"),
        "follow-up chain", Judged.FAIL, "Terminate", "put-function-recursion-config",
    ),
    "messages pile up": (
        lambda facts: facts.queues.update(FollowQueue=QueueFacts(500, 10, 0)),
        "follow-up queue", Judged.WARN, "500", "Throttles",
    ),
    "dead letters": (
        lambda facts: facts.queues.update(DeadLetterQueue=QueueFacts(2, 1, 0)),
        "dead letters", Judged.WARN, "3 in the dead-letter queue", "docs/operations.md",
    ),
    "table gone": (with_(table=None), "table", Judged.FAIL, "does not exist", "Restore"),
    "index being built": (with_(table=TableFacts("ACTIVE", "CREATING")), "table", Judged.FAIL, "CREATING", "Wait"),
    "role may not write": (
        with_(verdicts=(verdict("act", True), verdict("observe", False))),
        "permissions", Judged.FAIL, "may not sagemaker:UpdateInferenceComponentRuntimeConfig", "boundary",
    ),
    "role may write where it observes": (
        with_(verdicts=(verdict("act", True, "allowed"), verdict("observe", False, "allowed"))),
        "permission by tag", Judged.FAIL, "where headstart:mode is observe", "detach",
    ),
    "service-linked role gone": (
        with_(service_role=False), "service-linked role", Judged.FAIL, "no role", "create-service-linked-role",
    ),
    "nothing tagged": (
        with_(enrolled={}, components={}, observed={}, alarms=()),
        "enrolled", Judged.WARN, "No component in us-east-1", "EnrolCommand",
    ),
    "impossible tag": (
        retagged(slots="0"), "tags and settings", Judged.FAIL, "headstart:slots is '0'", "Correct the tag",
    ),
    "not tagged": (
        of_component(tags={}, own_tags={}), "tags and settings", Judged.FAIL, "no tag headstart:mode", "EnrolCommand",
    ),
    "tag not seen yet": (
        of_component(own_tags={"headstart:mode": "act"}),
        "tags and settings", Judged.WARN, "headstart:mode", "Wait a minute",
    ),
    "component gone": (of_component(description=None), "component", Judged.FAIL, "no inference component", "COMPONENT"),
    "component failed": (
        of_part("description", status=Status.FAILED, failure="There is not enough hardware"),
        "component", Judged.FAIL, "not enough hardware", "Mend",
    ),
    "not enrolled yet": (of_component(state=None), "Headstart's view", Judged.WARN, "not in the table", "reconcile"),
    "changed a moment ago": (
        retagged(reserve="5"), "Headstart's view", Judged.WARN, "another reserve", "tags count in a minute",
    ),
    "alarm deleted": (
        with_(alarms=(PRESSURE,)),
        "alarms", Judged.FAIL, alarm_name("wake"), "reconcile",
    ),
    "alarm changed": (
        with_(alarms=(alarm(SignalKind.PRESSURE, 9.0), WAKE)),
        "alarms", Judged.WARN, alarm_name("pressure"), "reconcile",
    ),
    "alarms left over": (
        with_(alarms=(PRESSURE, WAKE, replace(WAKE, component="gone"))),
        "alarms left over", Judged.WARN, "gone", "delete-alarms",
    ),
    "no metrics yet": (
        of_part("metrics", names=frozenset({"Invocations"})), "metrics", Judged.WARN, "at 1 copies", "15 minutes",
    ),
    "metrics elsewhere": (
        of_part("metrics", names=frozenset[str](), elsewhere=("EndpointName, InferenceComponentName",)),
        "metrics", Judged.FAIL, "EndpointName, InferenceComponentName", "Report it",
    ),
    "no latency": (
        of_part("metrics", names=frozenset({"ConcurrentRequestsPerCopy"})),
        "metrics", Judged.WARN, "ModelLatency is not", "headstart:service-seconds",
    ),
    "points come slowly": (
        of_part("metrics", arrivals=(Arrival(NOW, 30.0), Arrival(NOW, 70.0))),
        "age of points", Judged.WARN, "30 to 70 s", "reserve",
    ),
    "points come too late": (
        of_part("metrics", concurrency=points(2.0, last_seconds_ago=150)),
        "age of points", Judged.FAIL, "ended 140 s ago", "Report it",
    ),
    "requests without points": (
        of_part("metrics", concurrency=()), "age of points", Judged.FAIL, "There were requests", "CloudWatch",
    ),
    "no safety net": (of_component(scaling=None), "native scaling", Judged.WARN, "no scalable target", "Register"),
    "native does not track": (
        of_part("scaling", tracking=()), "native scaling", Judged.WARN, "without target tracking", "HighResolution",
    ),
    "minimum raised for good": (
        of_part("state", floor=FLOOR), "raised minimum", Judged.FAIL, "minimum at 3 copies", "restore MinCapacity",
    ),
    "suspended": (
        of_part("scaling", suspended=("out", "scheduled")),
        "suspended scaling", Judged.WARN, "out, scheduled", "register-scalable-target",
    ),
    "native wakes first": (
        of_part("scaling", wake_alarms=(WakeAlarm("quick", "step", 30),)),
        "native wake step", Judged.WARN, "quick starts step after 30 s", "DatapointsToAlarm to 4",
    ),
    "nobody else wakes it": (
        of_part("scaling", wake_alarms=()), "native wake step", Judged.WARN, "minimum is 0", "step policy",
    ),
    "endpoint too small": (
        of_part("endpoint", most_instances=2),
        "instances for the maximum", Judged.FAIL, "2 at most", "MaxInstanceCount",
    ),
    "endpoint too small, perhaps": (
        of_part("endpoint", most_instances=2, places=None),
        "instances for the maximum", Judged.WARN, "not known", "MaxInstanceCount",
    ),
    "quota too small": (
        with_(quotas={TYPE_QUOTA: 1.0, ENDPOINT_QUOTA: 4.0}), "quotas", Judged.FAIL, f"{TYPE_QUOTA}” 1", TYPE_QUOTA,
    ),
    "no instance of the type": (
        with_(quotas={TYPE_QUOTA: 0.0, ENDPOINT_QUOTA: 4.0}), "quotas", Judged.FAIL, "4 instances may be", TYPE_QUOTA,
    ),
    "test alarm unheard": (
        with_(probe=ProbeFacts(component=NAME, set_at=NOW, waited=90.0)),
        "test alarm", Judged.FAIL, "no decision in 90 s", "rule for alarms",
    ),
    "test alarm refused": (
        with_(probe=ProbeFacts(component=NAME, refusal="Headstart's table says act")),
        "test alarm", Judged.WARN, "Not set off", "Tag it observe",
    ),
}  # fmt: skip


def not_good(facts: Facts) -> list[Finding]:
    return [finding for finding in judge(facts) if finding.status is not Judged.OK]


def test_a_good_set_up_is_all_green() -> None:
    findings = judge(good())
    assert not [finding for finding in findings if finding.status is not Judged.OK]
    assert len({finding.check for finding in findings}) > 20
    assert exit_code(findings) == 0


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_has_its_own_line_and_remedy(case: str) -> None:
    broken, check, status, seen, remedy = BROKEN[case]
    facts = good()
    broken(facts)
    told = [finding for finding in not_good(facts) if finding.check != "everything else"]
    assert [(finding.check, finding.status) for finding in told] == [(check, status)]
    assert seen in told[0].seen
    assert remedy in told[0].do
    assert exit_code(told) == int(status is Judged.FAIL)


@pytest.mark.parametrize("case", BROKEN)
def test_every_line_is_whole_sentences(case: str) -> None:
    facts = good()
    BROKEN[case][0](facts)
    for finding in judge(facts):
        for text in (finding.seen, finding.means, *filter(None, [finding.do])):
            assert text[-1] in ".!?", text
            assert "\n" not in text


@pytest.mark.parametrize(
    ("why", "code", "means", "remedy"),
    [
        ("NoCredentialsError: Unable to locate credentials", "", "nothing of the account", "AWS_ACCESS_KEY_ID"),
        ("GetCallerIdentity: ExpiredToken: The token is expired", "ExpiredToken", "have expired", "aws sso login"),
        ("SSOTokenLoadError: Error loading SSO Token", "", "have expired", "aws sso login"),
        ("GetCallerIdentity: InvalidClientTokenId: no", "InvalidClientTokenId", "does not take", "AWS_SESSION_TOKEN"),
        ("ProfileNotFound: The config profile (x)", "", "profile", "list-profiles"),
        ("EndpointConnectionError: Could not connect", "", "could not be reached", "HTTPS_PROXY"),
        ("SomethingElse: nobody knows", "", "could not be found out", "what the message says"),
    ],
)
def test_without_an_identity_one_line_says_why_and_the_rest_waits(why: str, code: str, means: str, remedy: str) -> None:
    facts = Facts(asked=Asked(stack="headstart", region="us-east-1"), now=NOW, identity=Unseen(why, code))
    credentials, rest = judge(facts)
    assert (credentials.check, credentials.status) == ("credentials", Judged.FAIL)
    assert means in credentials.means
    assert remedy in credentials.do
    assert (rest.check, rest.status) == ("everything else", Judged.UNCHECKED)


def test_without_a_region_one_line_says_so() -> None:
    region, rest = judge(Facts(asked=Asked(stack="headstart", region=None), now=NOW))
    assert (region.check, region.status, rest.status) == ("Region", Judged.FAIL, Judged.UNCHECKED)
    assert "REGION=us-east-1" in region.do


def test_a_stack_that_is_not_there_is_told_with_those_that_are() -> None:
    facts = Facts(
        asked=Asked(stack="headstrat", region="eu-west-1"),
        now=NOW,
        identity=Identity("123456789012", "arn:aws:iam::123456789012:user/owner"),
        stack=None,
        lookalikes=("headstart",),
    )
    credentials, stack, rest = judge(facts)
    assert (credentials.status, stack.status, rest.status) == (Judged.OK, Judged.FAIL, Judged.UNCHECKED)
    assert "no stack headstrat in eu-west-1" in stack.seen
    assert "Stacks here that are Headstart: headstart" in stack.seen


def test_what_cannot_be_read_is_neither_good_nor_bad_and_names_the_permission() -> None:
    blind = Unseen("X: AccessDeniedException: not authorized", "AccessDeniedException")
    facts = good()
    facts.functions = dict.fromkeys(facts.functions, blind)
    facts.rules = dict.fromkeys(facts.rules, blind)
    facts.queues = dict.fromkeys(facts.queues, blind)
    facts.mapping = facts.table = facts.verdicts = facts.service_role = facts.enrolled = blind
    facts.alarms = facts.quotas = blind
    fields = ("native", "own_tags", "description", "scaling", "release", "endpoint", "state")
    unseen = dict.fromkeys(fields, blind) | {"metrics": replace(component().metrics, names=blind, concurrency=blind)}
    of_component(**unseen)(facts)
    findings = judge(facts)
    told = [finding for finding in findings if finding.status is not Judged.OK]
    assert {finding.status for finding in told} == {Judged.UNCHECKED}
    assert all(finding.do.startswith("Allow ") for finding in told)
    assert len({finding.check for finding in told}) >= 17
    assert exit_code(findings) == 0


def test_a_check_that_breaks_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Facts) -> list[Finding]:
        raise KeyError("surprise")

    monkeypatch.setattr("simulator.doctor.checks.OF_THE_STACK", (broken, wiring.table))
    told = {finding.check: finding for finding in judge(good())}
    assert told["broken"].status is Judged.UNCHECKED
    assert "KeyError: 'surprise'" in told["broken"].seen
    assert told["table"].status is Judged.OK
    assert told["age of points"].status is Judged.OK


def test_an_idle_component_without_fresh_points_is_nothing_to_worry_about() -> None:
    facts = good()
    quiet = tuple(Point(point.at - timedelta(hours=1), point.value) for point in points(1.0, 2.0))
    of_part("metrics", concurrency=quiet, invocations=())(facts)
    assert not not_good(facts)


def test_a_global_stop_is_told_where_tags_say_act() -> None:
    facts = good()
    of_stack(parameters={"MaximumMode": "observe"})(facts)
    assert not not_good(facts)
    facts.enrolled = {NAME: {"headstart:mode": "act"}}
    (told,) = not_good(facts)
    assert (told.check, told.status) == ("mode of the stack", Judged.WARN)
    assert "chat is tagged act" in told.means


def test_act_that_only_observes_is_told_with_its_reason() -> None:
    facts = good()
    retagged(mode="act")(facts)
    one = facts.components[NAME]
    assert isinstance(one.native, Native)
    facts.components[NAME] = replace(one, native=replace(one.native, out_suspended=True))
    (line,) = [finding for finding in judge(facts) if finding.check == "tags and settings"]
    assert line.status is Judged.WARN
    assert "only observed: dynamic scaling out is suspended" in line.means


def test_a_raised_minimum_whose_release_is_booked_is_the_owners_minimum_still() -> None:
    facts = good()
    raised = replace(NATIVE, min_copies=3)
    state = replace(component().state, floor=FLOOR)  # type: ignore[type-var]
    of_component(native=raised, state=state, release=BookedRelease(0))(facts)
    assert not not_good(facts)
    (line,) = [finding for finding in judge(facts) if finding.check == "raised minimum"]
    assert "the owner's is 0; release booked for 13:25 UTC" in line.seen


def test_a_change_in_flight_is_no_fault() -> None:
    facts = good()
    of_part("description", status=Status.UPDATING, desired_copies=3)(facts)
    (line,) = [finding for finding in judge(facts) if finding.check == "component"]
    assert (line.status, line.seen) == (Judged.OK, "Updating, 1 of 3 copies.")


def test_only_the_function_that_lost_its_log_is_unchecked() -> None:
    facts = good()
    facts.functions["AlarmFunction"] = replace(function("AlarmFunction"), errors=Unseen("no log group"))
    (told,) = not_good(facts)
    assert (told.check, told.status) == ("function errors", Judged.UNCHECKED)
    assert "AlarmFunction" in told.seen
