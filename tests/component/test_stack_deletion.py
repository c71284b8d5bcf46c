"""The stack is deleted while floors are up: the real clean-up handler over the real adapters."""

from typing import Any

import pytest

from simulator.services.errors import ServiceError
from tests.component.conftest import NAME, Stack
from tests.component.test_leaving import OWN, bookings, minimum, native_scaling, raise_floor, reconcile, settings
from tests.support.aws import client
from tests.support.lambda_context import event

RELEASE = "application-autoscaling:RegisterScalableTarget"
THROTTLED = ServiceError("ThrottlingException", "Rate exceeded")


@pytest.fixture
def before(stack: Stack) -> dict[str, Any]:
    """What was there before the stack; now one component has its floor up, another native scaling that we set up."""
    stack.plant.create(NAME, 2, mode="act")
    stack.plant.create("asks-for-native", 1, mode="act", native="create", min="0", max="8", target="5")
    native_scaling()
    found = settings()
    stack.reconcile({})
    raise_floor(stack)
    return found


def tombstone() -> dict[str, Any]:
    key = {"pk": {"S": "stack"}, "sk": {"S": "tombstone"}}
    found: dict[str, Any] = client("dynamodb").get_item(TableName="table", Key=key)["Item"]
    return found


def test_a_deleted_stack_leaves_no_trace_and_nothing_comes_back(stack: Stack, before: dict[str, Any]) -> None:
    assert stack.cloudformation(event("stack_delete_tombstone"))["Status"] == "SUCCESS"
    assert reconcile(stack)["stopped"]
    assert settings() != before
    answer = stack.cloudformation(event("stack_delete"))
    assert (answer["Status"], answer["Reason"], answer["PhysicalResourceId"]) == (
        "SUCCESS",
        "done",
        event("stack_delete")["PhysicalResourceId"],
    )
    assert settings() == before
    written = stack.plant.services.calls["sagemaker", "UpdateInferenceComponentRuntimeConfig"]
    stack.plant.send(NAME, 200)
    assert reconcile(stack)["stopped"]
    rang = event("alarm_pressure")
    with pytest.raises(Exception, match="not enrolled"):
        stack.alarm(rang)
    assert settings() == before
    assert stack.plant.services.calls["sagemaker", "UpdateInferenceComponentRuntimeConfig"] == written


def test_alarms_that_no_state_knows_of_go_too_and_other_stacks_stay(stack: Stack, before: dict[str, Any]) -> None:
    cloudwatch = client("cloudwatch")
    for name in ("headstart/headstart/orphan/wake", "headstart/another/orphan/wake"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="NoCapacityInvocationFailures",
            Statistic="Sum",
            Period=30,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
    stack.cloudformation(event("stack_delete"))
    assert [a["AlarmName"] for a in settings()["MetricAlarms"] if a["AlarmName"].startswith("headstart")] == [
        "headstart/another/orphan/wake"
    ]


def test_clean_up_waits_for_the_runs_that_began_before_the_tombstone(stack: Stack, before: dict[str, Any]) -> None:
    began = stack.plant.clock.now()
    stack.cloudformation(event("stack_delete_tombstone"))
    stack.plant.pass_(20)
    stack.cloudformation(event("stack_delete"))
    assert 60 <= (stack.plant.clock.now() - began).total_seconds() < 90


def test_what_cannot_be_taken_away_is_told_and_the_booked_release_does_the_rest(
    stack: Stack, before: dict[str, Any]
) -> None:
    stack.plant.refusals[RELEASE] = THROTTLED
    answer = stack.cloudformation(event("stack_delete"))
    assert answer["Status"] == "SUCCESS"
    assert f"{NAME}: RegisterScalableTarget: ThrottlingException" in answer["Reason"]
    assert list(tombstone()["left"]["M"]) == [NAME]
    assert minimum() > OWN
    assert not [a for a in settings()["MetricAlarms"] if a["AlarmName"].startswith("headstart")]
    stack.plant.pass_(6 * 60)
    assert settings() == before


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(106, "the time for it was over"), (30, "the time for it was over")],
    ids=["soon over", "over before it begins"],
)
def test_a_deletion_without_time_is_answered_all_the_same(
    stack: Stack, before: dict[str, Any], seconds: float, reason: str
) -> None:
    stack.plant.refusals["cloudwatch:DescribeAlarms"] = THROTTLED
    answer = stack.cloudformation(event("stack_delete"), seconds=seconds)
    assert answer["Status"] == "SUCCESS"
    assert answer["Reason"] != "done"


def test_a_deletion_whose_table_is_gone_is_answered_all_the_same(stack: Stack, before: dict[str, Any]) -> None:
    client("dynamodb").delete_table(TableName="table")
    answer = stack.cloudformation(event("stack_delete"))
    assert answer["Status"] == "SUCCESS"
    assert "ResourceNotFoundException" in answer["Reason"]


def test_a_second_attempt_takes_away_what_the_first_left(stack: Stack, before: dict[str, Any]) -> None:
    stack.plant.refusals[RELEASE] = THROTTLED
    stack.cloudformation(event("stack_delete"))
    stack.plant.refusals.clear()
    assert stack.cloudformation(event("stack_delete"))["Reason"] == "done"
    assert settings() == before
    assert tombstone()["left"] == {"M": {}}


@pytest.mark.parametrize("comes_back", ["stack_create_tombstone", "stack_update_tombstone"])
def test_a_stack_on_a_table_that_was_kept_works_again(stack: Stack, before: dict[str, Any], comes_back: str) -> None:
    stack.cloudformation(event("stack_delete_tombstone"))
    stack.cloudformation(event("stack_delete"))
    assert stack.cloudformation(event("stack_create"))["Status"] == "SUCCESS"
    assert stack.cloudformation(event(comes_back))["Status"] == "SUCCESS"
    done = reconcile(stack)
    assert (done["enrolled"], done["failed"], done["stopped"]) == (2, {}, False)
    assert stack.state().policy is not None
    assert (minimum(), bookings()) == (OWN, ["owners-morning"])


def test_a_stack_that_cannot_lift_its_tombstone_does_not_come_up_silently(stack: Stack) -> None:
    client("dynamodb").delete_table(TableName="table")
    answer = stack.cloudformation(event("stack_create_tombstone"))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "headstart-tombstone")
    assert "ResourceNotFoundException" in answer["Reason"]


@pytest.mark.parametrize("field", ["RequestType", "ResponseURL", "StackId"])
def test_a_request_that_is_none_names_the_field(stack: Stack, field: str) -> None:
    request = event("stack_delete")
    del request[field]
    with pytest.raises(Exception, match=field):
        stack.cloudformation(request)
