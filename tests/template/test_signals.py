"""How signals reach the functions, and where those go that do not."""

import json
from typing import Any

import pytest

from tests.template.facts import ROOT, matches, of_type, resolve, translated, written

DEAD_LETTERS = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
EVENTBRIDGE_EVENTS = sorted(path.stem for path in (ROOT / "events").glob("alarm_*.json"))
NOT_OURS = {"alarm_foreign", "alarm_configuration_change"}
CALM = {"alarm_ok", "alarm_insufficient_data"}


def event(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / "events" / f"{name}.json").read_text()))


def rule(name: str) -> dict[str, Any]:
    return dict(resolve(of_type(translated(), "AWS::Events::Rule")[name]))


@pytest.mark.parametrize("name", EVENTBRIDGE_EVENTS)
def test_rule_takes_this_stacks_alarms_when_they_go_off_and_no_others(name: str) -> None:
    pattern = rule("AlarmFunctionStateChange")["EventPattern"]
    assert matches(pattern, event(name)) is (name not in NOT_OURS | CALM)


def test_rule_ignores_other_sources_and_other_alarms() -> None:
    pattern = rule("AlarmFunctionStateChange")["EventPattern"]
    assert not matches(pattern, event("schedule_tick"))
    assert not matches(pattern, event("alarm_pressure") | {"source": "custom"})
    bare = event("alarm_pressure")
    bare["detail"]["alarmName"] = "ServerCpuTooHigh"
    assert not matches(pattern, bare)


def test_the_dead_letter_alarm_does_not_ring_its_own_stack() -> None:
    pattern = rule("AlarmFunctionStateChange")["EventPattern"]
    (alarm,) = of_type(written(), "AWS::CloudWatch::Alarm").values()
    named = event("alarm_pressure")
    # Without AlarmName, CloudFormation names it STACK-LOGICALID-RANDOM; a stack's name holds no slash.
    assert "AlarmName" not in alarm
    named["detail"]["alarmName"] = "headstart-DeadLetterAlarm-1A2B3C"
    assert not matches(pattern, named)


@pytest.mark.parametrize("name", ["AlarmFunctionStateChange", "ReconcileFunctionTick"])
def test_undelivered_events_end_in_the_dead_letter_queue_soon(name: str) -> None:
    (target,) = rule(name)["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": DEAD_LETTERS}
    assert 60 <= target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 300


def test_eventbridge_may_write_to_the_dead_letter_queue_for_these_rules_only() -> None:
    (policy,) = of_type(written(), "AWS::SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Queues"] == [{"Ref": "DeadLetterQueue"}]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", DEAD_LETTERS)
    rules = of_type(translated(), "AWS::Events::Rule")
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": [{"Fn::GetAtt": [name, "Arn"]} for name in rules]}}


def test_reconcile_runs_every_minute() -> None:
    assert rule("ReconcileFunctionTick")["ScheduleExpression"] == "rate(1 minute)"


def test_failed_invocations_are_kept_and_not_repeated() -> None:
    configs = of_type(translated(), "AWS::Lambda::EventInvokeConfig")
    invoked = {config["FunctionName"]["Ref"]: config for config in configs.values()}
    assert set(invoked) == {"AlarmFunction", "ReconcileFunction"}
    for config in invoked.values():
        assert config["MaximumRetryAttempts"] == 0
        assert 60 <= config["MaximumEventAgeInSeconds"] <= 300
        assert config["DestinationConfig"] == {"OnFailure": {"Destination": DEAD_LETTERS}}


def test_follow_reads_its_queue_with_partial_failures() -> None:
    (mapping,) = of_type(translated(), "AWS::Lambda::EventSourceMapping").values()
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["FollowQueue", "Arn"]}
    assert mapping["FunctionName"] == {"Ref": "FollowFunction"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 10
    assert mapping["MaximumBatchingWindowInSeconds"] == 0


def test_only_follow_feeds_its_own_queue() -> None:
    functions = of_type(translated(), "AWS::Lambda::Function")
    assert {name: f.get("RecursiveLoop") for name, f in functions.items() if "RecursiveLoop" in f} == {
        "FollowFunction": "Allow"
    }


def test_follow_queue_waits_for_the_function_and_gives_up() -> None:
    queue = of_type(written(), "AWS::SQS::Queue")["FollowQueue"]
    timeout = of_type(translated(), "AWS::Lambda::Function")["FollowFunction"]["Timeout"]
    assert queue["VisibilityTimeout"] >= 6 * timeout
    assert "FifoQueue" not in queue
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == DEAD_LETTERS
    assert 2 <= queue["RedrivePolicy"]["maxReceiveCount"] <= 5
    assert queue["MessageRetentionPeriod"] > 900, "a delayed message must outlive its delay"


def test_queues_are_encrypted() -> None:
    assert all(queue["SqsManagedSseEnabled"] is True for queue in of_type(written(), "AWS::SQS::Queue").values())


def test_dead_letters_ring_when_a_topic_is_given() -> None:
    template = written()
    (alarm,) = of_type(template, "AWS::CloudWatch::Alarm").values()
    assert template["Resources"]["DeadLetterAlarm"]["Condition"] == "HasTopic"
    assert alarm["AlarmActions"] == [{"Ref": "NotificationTopicArn"}]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}]


def test_no_alarm_uses_metric_math() -> None:
    assert all("Metrics" not in alarm for alarm in of_type(written(), "AWS::CloudWatch::Alarm").values())
