"""The stack and what it is made of: functions, rules, queues, table."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from simulator.doctor.facts import (
    FunctionFacts,
    LogError,
    MappingFacts,
    QueueFacts,
    Resource,
    RuleFacts,
    StackFacts,
    TableFacts,
)
from simulator.doctor.gather.session import Clients, look, pages

INDEX = "by-time"
ERROR_PATTERN = '?ERROR ?CRITICAL ?"Task timed out" ?errorMessage'
LOOK_BACK = timedelta(hours=1)
RAN = timedelta(minutes=10)
MOST_LINES = 500
MOST_ERRORS = 20


def stack(clients: Clients, name: str) -> StackFacts:
    cloudformation = clients("cloudformation")
    described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    listed = pages(cloudformation, "list_stack_resources", "StackResourceSummaries", StackName=name)
    status = described["StackStatus"]
    parameters = {one["ParameterKey"]: one.get("ParameterValue", "") for one in described.get("Parameters", [])}
    resources = {
        one["LogicalResourceId"]: Resource(one["ResourceType"], one["PhysicalResourceId"])
        for one in listed
        if one.get("PhysicalResourceId")
    }
    if parameters.get("ExistingTable"):  # it works on a table that is none of its resources
        resources["Table"] = Resource("AWS::DynamoDB::Table", parameters["ExistingTable"])
    return StackFacts(
        status=status,
        reason=described.get("StackStatusReason", ""),
        parameters=parameters,
        outputs={one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])},
        resources=resources,
        failures=_failures(cloudformation, name) if "ROLLBACK" in status or "FAILED" in status else (),
    )


def _failures(cloudformation: Any, name: str) -> tuple[str, ...]:  # noqa: ANN401
    """Of the newest events only: older ones belong to other deployments."""
    events = islice(pages(cloudformation, "describe_stack_events", "StackEvents", StackName=name), 200)
    return tuple(
        f"{one['LogicalResourceId']}: {one['ResourceStatusReason']}"
        for one in events
        if one["ResourceStatus"].endswith("_FAILED") and "cancelled" not in one.get("ResourceStatusReason", "cancelled")
    )[:3]


def lookalikes(clients: Clients) -> tuple[str, ...]:
    """Stacks here that say they are Headstart."""
    found = pages(clients("cloudformation"), "list_stacks", "StackSummaries")
    gone = "DELETE_COMPLETE"
    ours = [
        one["StackName"]
        for one in found
        if one["StackStatus"] != gone and one.get("TemplateDescription", "").startswith("Headstart")
    ]
    return tuple(ours)


def function(clients: Clients, name: str, now: datetime) -> FunctionFacts:
    functions = clients("lambda")
    found = functions.get_function_configuration(FunctionName=name)
    group = found.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
    reasons = [found.get("StateReason", ""), found.get("LastUpdateStatusReason", "")]
    return FunctionFacts(
        state=found.get("State", "Active"),
        update=found.get("LastUpdateStatus", "Successful"),
        reason=" ".join(filter(None, reasons)),
        arn=found["FunctionArn"],
        errors=look(lambda: _errors(clients, group, now)),
        ran_at=look(lambda: _ran_at(clients, group, now)),
        callers=look(lambda: _callers(functions, name)),
        recursive_loop=look(lambda: str(functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"])),
    )


def _callers(functions: Any, name: str) -> tuple[str, ...]:  # noqa: ANN401
    try:
        policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
    except functions.exceptions.ResourceNotFoundException:  # nobody was ever let in
        return ()
    named = [one["Principal"] for one in policy["Statement"] if one["Effect"] == "Allow"]
    return tuple(one.get("Service", "") if isinstance(one, dict) else one for one in named)


def _errors(clients: Clients, group: str, now: datetime) -> tuple[LogError, ...]:
    lines = _log(clients, group, now - LOOK_BACK, ERROR_PATTERN)
    found = [LogError(at, text) for at, line in lines if (text := error_text(line))]
    return tuple(found[-MOST_ERRORS:])


def error_text(line: str) -> str:
    """What a log line complains of; empty if it does not."""
    try:
        said = json.loads(line)
    except ValueError:
        return line.strip() if line.startswith("[ERROR]") or "Task timed out" in line else ""
    if not isinstance(said, dict):
        return ""
    if said.get("level") in ("ERROR", "CRITICAL"):
        parts = [said.get("message"), said.get("exception_name"), said.get("errorMessage")]
        return ": ".join(str(part) for part in parts if part) or line.strip()
    return f"{said.get('errorType', '')}: {said['errorMessage']}" if "errorMessage" in said else ""


def _ran_at(clients: Clients, group: str, now: datetime) -> datetime | None:
    return max((at for at, _ in _log(clients, group, now - RAN)), default=None)


def _log(clients: Clients, group: str, start: datetime, pattern: str | None = None) -> Iterable[tuple[datetime, str]]:
    asked: dict[str, Any] = {"logGroupName": group, "startTime": int(start.timestamp() * 1000)}
    if pattern:
        asked["filterPattern"] = pattern
    events = pages(clients("logs"), "filter_log_events", "events", **asked)
    for one in islice(events, MOST_LINES):
        yield datetime.fromtimestamp(one["timestamp"] / 1000, UTC), one["message"]


def rule(clients: Clients, name: str, alarm_names: Iterable[str], sample: Mapping[str, Any]) -> RuleFacts:
    """`sample` is the event of an alarm, whose name is put in."""
    events = clients("events")
    found = events.describe_rule(Name=name)
    pattern = found.get("EventPattern")

    def matches(alarm: str) -> bool:
        event = {**sample, "detail": {**sample["detail"], "alarmName": alarm}}
        return bool(events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"])

    return RuleFacts(
        state=found["State"],
        targets=tuple(one["Arn"] for one in events.list_targets_by_rule(Rule=name)["Targets"]),
        matches=look(lambda: {alarm: matches(alarm) for alarm in alarm_names}) if pattern else {},
    )


def mapping(clients: Clients, function_name: str) -> MappingFacts | None:
    for one in pages(
        clients("lambda"), "list_event_source_mappings", "EventSourceMappings", FunctionName=function_name
    ):
        return MappingFacts(one["State"], one["EventSourceArn"])
    return None


def queue(clients: Clients, url: str) -> QueueFacts:
    counts = ("", "NotVisible", "Delayed")
    names = [f"ApproximateNumberOfMessages{count}" for count in counts]
    found = clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    waiting, in_flight, delayed = (int(found[name]) for name in names)
    return QueueFacts(waiting, in_flight, delayed)


def table(clients: Clients, name: str) -> TableFacts:
    found = clients("dynamodb").describe_table(TableName=name)["Table"]
    indexes = {one["IndexName"]: one.get("IndexStatus", "ACTIVE") for one in found.get("GlobalSecondaryIndexes", [])}
    return TableFacts(found["TableStatus"], indexes.get(INDEX, "missing"))
