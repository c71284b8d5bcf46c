"""Gathered facts of a deployment in which everything is as it should be, and ways to break one thing of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from headstart.adapters.cloudwatch import CloudWatchAlarms
from headstart.app.ports import Alarm, Description, Wanted
from headstart.domain.enrolment import policy_from
from headstart.domain.model import Mode, Native, SignalKind, State, Status
from simulator.doctor.facts import (
    Asked,
    ComponentFacts,
    EndpointFacts,
    Facts,
    FunctionFacts,
    Identity,
    MappingFacts,
    MetricFacts,
    Observed,
    QueueFacts,
    Resource,
    RuleFacts,
    ScalingFacts,
    StackFacts,
    TableFacts,
    Verdict,
    WakeAlarm,
)
from simulator.doctor.needs import MODE_KEY
from tests.support.builders import CREATED, NOW, points

NAME = "chat"
TAGS = {"headstart:mode": "observe", "headstart:slots": "4"}
NATIVE = Native(min_copies=0, max_copies=4, target=3.0)
WRITE = "sagemaker:UpdateInferenceComponentRuntimeConfig"
FUNCTIONS = ("AlarmFunction", "FollowFunction", "ReconcileFunction", "HistoryFunction")
TYPE_QUOTA = "ml.g5.xlarge for endpoint usage"
ENDPOINT_QUOTA = "Maximum number of instances per endpoint"

type Break = Callable[[Facts], None]


def arn(function: str) -> str:
    return f"arn:aws:lambda:us-east-1:123456789012:function:{function}"


def alarm_name(kind: str) -> str:
    return f"headstart/headstart/{NAME}/{kind}"


def good() -> Facts:
    """One component in observe at one copy, under some load."""
    resources = {name: Resource("AWS::Lambda::Function", name) for name in FUNCTIONS}
    resources |= {"AlarmFunctionStateChange": Resource("AWS::Events::Rule", "alarm-rule")}
    resources |= {"ReconcileFunctionTick": Resource("AWS::Events::Rule", "tick-rule")}
    outputs = dict.fromkeys(("ApiUrl", "TableName", "FollowQueueUrl", "DeadLetterQueueUrl"), "x")
    stack = StackFacts(status="CREATE_COMPLETE", reason="", parameters={}, outputs=outputs, resources=resources)
    heard = {alarm_name("pressure"): True, alarm_name("wake"): True}
    return Facts(
        asked=Asked(stack="headstart", region="us-east-1"),
        now=NOW,
        identity=Identity("123456789012", "arn:aws:iam::123456789012:user/owner"),
        stack=stack,
        functions={name: function(name) for name in FUNCTIONS},
        rules={
            "AlarmFunctionStateChange": RuleFacts(state="ENABLED", targets=(arn("AlarmFunction"),), matches=heard),
            "ReconcileFunctionTick": RuleFacts(state="ENABLED", targets=(arn("ReconcileFunction"),), matches={}),
        },
        mapping=MappingFacts("Enabled", "arn:aws:sqs:us-east-1:123456789012:follow"),
        queues={"FollowQueue": QueueFacts(0, 1, 2), "DeadLetterQueue": QueueFacts(0, 0, 0)},
        table=TableFacts("ACTIVE", "ACTIVE"),
        verdicts=(verdict("act", True, "allowed"), verdict("observe", False), verdict(None, False)),
        service_role=True,
        enrolled={NAME: TAGS},
        alarms=(PRESSURE, WAKE),
        quotas={TYPE_QUOTA: 4.0, ENDPOINT_QUOTA: 4.0},
        components={NAME: component()},
        observed={NAME: observed()},
    )


def function(name: str) -> FunctionFacts:
    return FunctionFacts(
        state="Active",
        update="Successful",
        reason="",
        arn=arn(name),
        errors=(),
        ran_at=NOW - timedelta(seconds=20),
        callers=("events.amazonaws.com",),
        recursive_loop="Allow",
    )


def verdict(mode: str | None, wanted: bool, decision: str = "implicitDeny") -> Verdict:
    context = ((MODE_KEY, mode),) if mode else ()
    return Verdict("AlarmRole", WRITE, "arn:component", context, wanted, decision, "no policy allows it")


def alarm(kind: SignalKind, threshold: float) -> Alarm:
    settings = CloudWatchAlarms.settings("headstart/headstart/", Wanted(NAME, kind, threshold, claims=True))
    return Alarm(NAME, kind, settings=settings | {"StateValue": "OK"})


PRESSURE, WAKE = alarm(SignalKind.PRESSURE, 3.0), alarm(SignalKind.WAKE, 1.0)


def component() -> ComponentFacts:
    found = policy_from(TAGS, NATIVE, Mode.ACT, NOW)
    return ComponentFacts(
        name=NAME,
        tags=TAGS,
        native=NATIVE,
        own_tags=TAGS,
        description=Description(
            name=NAME,
            arn="arn:component",
            created=CREATED,
            status=Status.IN_SERVICE,
            current_copies=1,
            desired_copies=1,
        ),
        changed_at=CREATED,
        scaling=ScalingFacts(
            role_arn="arn:role",
            minimum=0,
            maximum=4,
            suspended=(),
            tracking=("tracking",),
            wake_alarms=(WakeAlarm("late-wake", "wake-step", 120),),
        ),
        release=None,
        endpoint=EndpointFacts(
            name="models",
            status="InService",
            instance_type="ml.g5.xlarge",
            instances=1,
            most_instances=4,
            places=1,
        ),
        state=State(component=NAME, created=CREATED, version=3, enrolled=True, policy=found),
        metrics=MetricFacts(
            at=NOW,
            names=frozenset({"ConcurrentRequestsPerCopy", "ModelLatency", "Invocations"}),
            concurrency=points(1.0, 2.0, 2.0),
            invocations=points(20.0, 24.0, period=60, last_seconds_ago=120),
        ),
    )


def observed() -> Observed:
    return Observed(
        unknown_component="ValidationException: Could not find inference component x.",
        unknown_tags="ValidationException: Could not find inference component x.",
        tracking_alarms=(),
        activities=(),
        outcomes=(),
        transitions={},
    )


# Ways to break it


def of_function(name: str, **changes: Any) -> Break:
    return lambda facts: facts.functions.update({name: replace(function(name), **changes)})


def of_component(**changes: Any) -> Break:
    return lambda facts: facts.components.update({NAME: replace(component(), **changes)})


def of_part(part: str, **changes: Any) -> Break:
    """Of a part of the component, such as its metrics."""
    return of_component(**{part: replace(getattr(component(), part), **changes)})


def of_stack(**changes: Any) -> Break:
    def apply(facts: Facts) -> None:
        assert isinstance(facts.stack, StackFacts)
        facts.stack = replace(facts.stack, **changes)

    return apply


def of_rule(name: str, **changes: Any) -> Break:
    def apply(facts: Facts) -> None:
        found = facts.rules[name]
        assert isinstance(found, RuleFacts)
        facts.rules[name] = replace(found, **changes)

    return apply


def with_(**values: Any) -> Break:
    def apply(facts: Facts) -> None:
        for name, value in values.items():
            setattr(facts, name, value)

    return apply


def retagged(**tags: str) -> Break:
    """The tags changed, and reconcile has seen it."""
    new = TAGS | {f"headstart:{key}": value for key, value in tags.items()}

    def apply(facts: Facts) -> None:
        of_component(tags=new, own_tags=new)(facts)
        facts.enrolled = {NAME: new}

    return apply
