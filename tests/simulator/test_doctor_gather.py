"""What the doctor asks, and what it makes of answers, refusals and silence; AWS answers in this process."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headstart.app.records import DecisionRecord
from headstart.domain.model import Demand, Mode, Outcome, OutcomeKind, SignalKind, State
from headstart.domain.model import Status as ComponentStatus
from simulator.doctor.answers import OBSERVERS, answers, page
from simulator.doctor.checks import judge
from simulator.doctor.facts import Arrival, Asked, Facts, Resource, Unseen
from simulator.doctor.findings import Status
from simulator.doctor.gather import metrics, probe
from simulator.doctor.gather.everything import gather
from simulator.doctor.gather.stack import error_text, stack
from simulator.doctor.needs import MODE_KEY, Place, needs
from simulator.doctor.options import OptionError, Options
from simulator.doctor.questions import questions
from simulator.plant.metrics import component_metric
from simulator.replay.inprocess import InProcessClients
from simulator.services.errors import ServiceError
from simulator.services.registry import Services
from tests.simulator.doctor_facts import NAME, TAGS, component, good, observed, of_component, of_part
from tests.simulator.stage import Stage
from tests.support.builders import CREATED, NOW, points
from tests.template.facts import of_type, written

WRITE = "sagemaker:UpdateInferenceComponentRuntimeConfig"


def silent(_: str) -> None:
    """Nobody looks on."""


# Options


def test_options_have_defaults(tmp_path: Path) -> None:
    options = Options.from_environment({"OUT": str(tmp_path)})
    assert (options.stack, options.region, options.component, options.probe) == ("headstart", None, None, False)


@pytest.mark.parametrize(("name", "value"), [("REGION", "eu-west-1"), ("AWS_REGION", "eu-west-1")])
def test_the_region_comes_from_either_variable(tmp_path: Path, name: str, value: str) -> None:
    assert Options.from_environment({"OUT": str(tmp_path), name: value}).region == value


@pytest.mark.parametrize(
    "said",
    [
        {"STACK": "1st"}, {"COMPONENT": "a_b"}, {"ACCOUNT": "12"}, {"PROBE": "perhaps"}, {"PROBE": "1"},
        {"WATCH": "601"}, {"WATCH": "-1"}, {"ENDPOINT": "localhost"}, {"DEMO": "1", "ENDPOINT": "http://127.0.0.1:1"},
    ],
)  # fmt: skip
def test_options_that_cannot_be_used_are_named(tmp_path: Path, said: dict[str, str]) -> None:
    with pytest.raises(OptionError, match=next(iter(said))):
        Options.from_environment({"OUT": str(tmp_path)} | said)


def test_an_out_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="OUT="):
        Options.from_environment({"OUT": str(tmp_path / "file")})


# Gathering


def refused(answer: Callable[[str], ServiceError]) -> Callable[[str, str, dict[str, Any]], dict[str, Any]]:
    def respond(service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if operation == "GetCallerIdentity":
            return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/owner", "UserId": "x"}
        if operation == "DescribeStacks":
            outputs = [{"OutputKey": name, "OutputValue": "x"} for name in ("ApiUrl", "FollowQueueUrl", "TableName")]
            outputs.append({"OutputKey": "DeadLetterQueueUrl", "OutputValue": "x"})
            return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": outputs}]}
        if operation == "ListStackResources":
            made = {name: (kind["Type"], name) for name, kind in written()["Resources"].items()}
            made |= {name: ("AWS::Lambda::Function", name) for name in of_type(written(), "AWS::Serverless::Function")}
            made |= {
                name: ("AWS::Events::Rule", name) for name in ("AlarmFunctionStateChange", "ReconcileFunctionTick")
            }
            made |= {name: ("AWS::SQS::Queue", "https://sqs/1/" + name) for name in ("FollowQueue", "DeadLetterQueue")}
            return {
                "StackResourceSummaries": [
                    {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": physical}
                    for name, (kind, physical) in made.items()
                ]
            }
        raise answer(f"{service}:{operation}")

    return respond


def test_a_reader_of_the_stack_alone_is_told_what_to_allow_and_nothing_breaks() -> None:
    denied = InProcessClients(refused(lambda what: ServiceError("AccessDeniedException", f"not authorized: {what}")))
    asked = Asked(stack="headstart", region="us-east-1", component=NAME)
    findings = judge(gather(denied, asked, 0, silent, lambda: NOW))
    assert {finding.status for finding in findings} <= {Status.OK, Status.UNCHECKED, Status.FAIL}
    blind = [finding for finding in findings if finding.status is Status.UNCHECKED]
    assert len(blind) > 12
    assert all("AccessDeniedException" in finding.seen or "not known" in finding.seen for finding in blind)
    assert all(finding.do.startswith("Allow ") for finding in blind)


def test_what_is_gone_from_under_the_stack_fails_by_name() -> None:
    gone = InProcessClients(refused(lambda what: ServiceError("ResourceNotFoundException", f"{what}: no such thing")))
    findings = judge(gather(gone, Asked(stack="headstart", region="us-east-1"), 0, silent, lambda: NOW))
    failed = {finding.check for finding in findings if finding.status is Status.FAIL}
    assert {"functions", "rule for alarms", "rule for reconcile", "follow-up queue", "dead letters", "table"} <= failed


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("START RequestId: 1", ""),
        ('{"level":"INFO","message":"an ERROR of somebody else\'s"}', ""),
        ('{"level":"ERROR","message":"Unavailable","exception_name":"Unavailable"}', "Unavailable: Unavailable"),
        ("[ERROR] Runtime.ImportModuleError: no", "[ERROR] Runtime.ImportModuleError: no"),
        ("2026-01-01 1 Task timed out after 30.00 seconds", "2026-01-01 1 Task timed out after 30.00 seconds"),
        ('{"errorType":"KeyError","errorMessage":"x"}', "KeyError: x"),
        ("[1, 2]", ""),
    ],
)
def test_only_complaints_count_as_errors(line: str, text: str) -> None:
    assert error_text(line) == text


# Permissions


def test_every_action_of_the_template_is_asked_about_and_the_write_thrice() -> None:
    resources = {name: Resource(one["Type"], name.lower()) for name, one in written()["Resources"].items()}
    place = Place("headstart", "aws", "us-east-1", "123456789012", resources, {})
    asked = list(needs(place))
    assert {need.role for need in asked} == set(of_type(written(), "AWS::IAM::Role"))
    writes = [(dict(need.context).get(MODE_KEY), need.wanted) for need in asked if WRITE in need.actions]
    assert sorted(writes, key=str) == sorted([("act", True), ("observe", False), (None, False)] * 2, key=str)
    allowed = {action for need in asked if need.wanted for action in need.actions}
    text = json.dumps(written()["Resources"])
    assert all(f'"{action}"' in text for action in allowed)
    assert {"dynamodb:PutItem", "cloudwatch:PutMetricAlarm", "tag:GetResources", "sqs:ReceiveMessage"} <= allowed
    assert not [need.resource for need in asked if "${" in need.resource]
    assert not [need.resource for need in asked if need.resource.endswith("*") and need.resource != "*"]


def test_a_stack_on_a_table_that_was_kept_is_asked_about_that_table() -> None:
    def respond(service: str, operation: str, _: dict[str, Any]) -> dict[str, Any]:
        if operation == "DescribeStacks":
            said = [{"ParameterKey": "ExistingTable", "ParameterValue": "kept"}]
            return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Parameters": said}]}
        role = {"ResourceType": "AWS::IAM::Role", "LogicalResourceId": "AlarmRole", "PhysicalResourceId": "alarm"}
        return {"StackResourceSummaries": [role]}

    found = stack(InProcessClients(respond), "headstart")
    place = Place("headstart", "aws", "us-east-1", "123456789012", found.resources, found.parameters)
    (records,) = [need.resource for need in needs(place) if "dynamodb:PutItem" in need.actions]
    assert records == "arn:aws:dynamodb:us-east-1:123456789012:table/kept"


def test_a_stack_that_only_observes_is_to_be_denied_the_write_everywhere() -> None:
    resources = {name: Resource(one["Type"], name) for name, one in written()["Resources"].items()}
    asked = needs(Place("headstart", "aws", "us-east-1", "123456789012", resources, {"MaximumMode": "observe"}))
    assert not [need for need in asked if WRITE in need.actions and need.wanted]


@pytest.mark.parametrize(
    ("parameters", "asked_about"),
    [
        ({}, False),
        ({"AllowNativeCreate": "true"}, True),
        ({"AllowNativeCreate": "true", "MaximumMode": "observe"}, False),
    ],
    ids=["by default", "where native scaling may be set up", "after the global stop"],
)
def test_what_the_parameters_leave_out_is_not_missed(parameters: dict[str, str], asked_about: bool) -> None:
    resources = {name: Resource(one["Type"], name) for name, one in written()["Resources"].items()}
    asked = needs(Place("headstart", "aws", "us-east-1", "123456789012", resources, parameters))
    assert any("iam:CreateServiceLinkedRole" in need.actions for need in asked) is asked_about


# Metrics and the test alarm


def test_watching_notes_how_late_points_appear() -> None:
    stage = Stage(copies=1, slots=4)
    clients = InProcessClients(Services(stage.account).call)
    stage.send(500.0, count=2)
    stage.run(60)

    def now() -> datetime:
        return datetime.fromtimestamp(stage.engine.now, UTC)

    found = metrics.watch(clients, ["chat"], 45, now, stage.run)["chat"]
    assert len(found) in (4, 5)
    assert [arrival.lag for arrival in found] == pytest.approx([20.0] * len(found), abs=1.0)  # plants/standard.toml


def test_metrics_are_read_by_name_dimension_and_age() -> None:
    stage = Stage(copies=1, slots=4)
    stage.send(500.0, count=2)
    stage.account.metrics.put(component_metric("ModelLatency", "chat"), stage.engine.now, 1.0, resolution=60)
    stage.run(125)
    now = datetime.fromtimestamp(stage.engine.now, UTC)
    read = metrics.metrics(InProcessClients(Services(stage.account).call), "chat", now)
    assert {"ConcurrentRequestsPerCopy", "ModelLatency"} <= set(read.names)  # type: ignore[arg-type]
    assert read.elsewhere == ()
    assert isinstance(read.concurrency, tuple)
    assert {point.value for point in read.concurrency} == {2.0}
    assert read.unit == "None"


def test_a_test_alarm_is_only_for_what_is_observed_by_tag_and_table() -> None:
    facts, one = good(), component()
    assert probe.refusal(facts, one) == ""
    assert "tag headstart:mode is act" in probe.refusal(facts, replace(one, own_tags=TAGS | {"headstart:mode": "act"}))
    assert isinstance(one.state, State)
    assert one.state.policy is not None
    acting = replace(one.state, policy=replace(one.state.policy, mode=Mode.ACT))
    assert "table says act" in probe.refusal(facts, replace(one, state=acting))
    assert "no policy" in probe.refusal(facts, replace(one, state=None))
    assert "no policy" in probe.refusal(facts, replace(one, state=Unseen("denied")))


def test_an_alarm_is_not_set_off_where_it_is_refused() -> None:
    facts = good()
    acting = replace(component(), own_tags={"headstart:mode": "act"})

    def nothing(service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError(f"{service} {operation} was called")

    done = probe.probe(InProcessClients(nothing), facts, acting, lambda: NOW)
    assert done.refusal
    assert done.set_at is None


# Answers


def test_every_observer_answers_a_question_of_the_page() -> None:
    names = [question.name for question in questions()]
    assert len(names) > 20
    for known in OBSERVERS:
        assert [name for name in names if name.startswith(known)], known


def test_answers_say_what_was_seen_and_what_was_not() -> None:
    facts = good()
    of_part("metrics", arrivals=(Arrival(NOW, 21.0), Arrival(NOW, 31.0)), unit="Count", refused=points(1.0, 1.0))(facts)
    tracking = [
        {"AlarmName": f"TargetTracking-inference-component/chat-Alarm{which}-1", "Threshold": threshold, "Period": 10}
        | {"EvaluationPeriods": number, "DatapointsToAlarm": number, "TreatMissingData": "missing"}
        for which, threshold, number in (("High", 5.0, 3), ("Low", 4.5, 90))
    ]
    facts.observed[NAME] = replace(
        observed(),
        tracking_alarms=tuple(tracking),
        outcomes=(blocked("ValidationException: Cannot update while it is in state UPDATE_RC_IN_PROGRESS"),),
        transitions={SignalKind.PRESSURE: (NOW - timedelta(seconds=1.25),)},
    )
    told = {one["question"].partition("(")[0].strip(): one["seen"] for one in answers(facts)}
    assert "2 points: 21 to 31 s after their end" in told["How late is a 10 s point"]
    assert "unit Count" in told["Does the metric exist under `InferenceComponentName` alone"]
    assert "0.9 of the high one's, 90 of 90 x 10 s" in told["Factor of the low alarm"]
    assert "UPDATE_RC_IN_PROGRESS" in told["Error code and text of a second write during an update"]
    assert "decision 1.25 to 1.25 s after" in next(seen for name, seen in told.items() if name.startswith("Event to"))
    assert told["Call rates"] == ""
    text = page(facts, answers(facts))
    assert text.count("\n| ") == len(questions()) + 1
    assert "| Not observed. By hand: Service Quotas" in text


def blocked(detail: str) -> DecisionRecord:
    return DecisionRecord(
        id=f"{NAME}.20261122T130000000Z.0000abcd",
        component=NAME,
        created=CREATED,
        at=NOW,
        signal=SignalKind.PRESSURE,
        signal_id="event-1",
        mode=Mode.ACT,
        status=ComponentStatus.IN_SERVICE,
        current_copies=1,
        desired_copies_before=1,
        desired=3,
        action="write",
        binding="load",
        terms=(),
        limits=(),
        demand=Demand(
            offered_load=8.0,
            queue=0.0,
            growth=0.0,
            service_seconds=5.0,
            refused_requests=0.0,
            refused_clients=0.0,
            refused_seconds=0.0,
        ),
        reason="Asks for 3 copies.",
        outcome=Outcome(OutcomeKind.BLOCKED, NOW, detail),
    )


@pytest.mark.parametrize(
    ("values", "said"), [((), "silent"), ((0.0, 0.0), "2 points, 0 to 0")], ids=["silent", "zeros"]
)
def test_whether_zero_copies_are_silent_is_told_from_the_points(values: tuple[float, ...], said: str) -> None:
    facts = good()
    described = replace(component().description, current_copies=0, desired_copies=0)  # type: ignore[type-var]
    of_component(description=described, changed_at=NOW - timedelta(hours=1))(facts)
    facts.components[NAME] = replace(
        facts.components[NAME], metrics=replace(component().metrics, concurrency=points(*values))
    )
    (told,) = [one["seen"] for one in answers(facts) if "silent or 0 at zero copies" in one["question"]]
    assert said in told


def test_without_a_deployment_every_question_stays_open() -> None:
    facts = Facts(asked=Asked(stack="headstart", region=None), now=NOW)
    assert {one["seen"] for one in answers(facts)} == {""}
