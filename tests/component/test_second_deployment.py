"""A stack is deployed where another was: onto the table that was kept, or with a new one beside it."""

from dataclasses import replace
from typing import Any

import pytest

from headstart.adapters.dynamodb import DynamoStore
from headstart.entry.bootstrap import App
from simulator.services.errors import ServiceError
from tests.component.conftest import NAME, Stack
from tests.component.test_leaving import OWN, bookings, minimum, native_scaling, raise_floor, reconcile, settings
from tests.support.aws import client, create_table
from tests.support.lambda_context import event

THROTTLED = ServiceError("ThrottlingException", "Rate exceeded")
RELEASE = "application-autoscaling:RegisterScalableTarget"
ANOTHER = "arn:aws:cloudformation:us-east-1:123456789012:stack/again/7d1e0000-c7a1-11f0-8d2e-0e1a2b3c4d5f"


@pytest.fixture
def before(stack: Stack) -> dict[str, Any]:
    """What was there before the first stack, which now has a floor up."""
    stack.plant.create(NAME, 2, mode="act")
    native_scaling()
    found = settings()
    assert ask(stack, "stack_create")["Status"] == "SUCCESS"
    assert ask(stack, "stack_create_tombstone")["Status"] == "SUCCESS"
    stack.reconcile({})
    raise_floor(stack)
    return found


def ask(stack: Stack, request: str, stack_id: str | None = None) -> dict[str, Any]:
    said = event(request)
    return stack.cloudformation(said | {"StackId": stack_id or said["StackId"]})


def delete(stack: Stack, stack_id: str | None = None) -> str:
    """As CloudFormation does it; returns what clean-up says."""
    assert ask(stack, "stack_delete_tombstone", stack_id)["Status"] == "SUCCESS"
    answer = ask(stack, "stack_delete", stack_id)
    assert answer["Status"] == "SUCCESS"
    return str(answer["Reason"])


def second(stack: Stack, table: str = "table") -> Stack:
    """Another stack of its own name and queue."""
    if table != "table":
        create_table(client("dynamodb"), table)
    queue = stack.sqs.create_queue(QueueName="follow-again")["QueueUrl"]
    settings = stack.app.settings.model_copy(update={"stack": "again", "table": table, "follow_queue_url": queue})
    app = App(settings=settings, clients=client, clock=stack.app.clock, gather=stack.app.gather, sleep=stack.app.sleep)
    return replace(stack, app=app, store=DynamoStore(client("dynamodb"), table, settings.retention))


def create(stack: Stack) -> None:
    for request in ("stack_create", "stack_create_tombstone"):
        assert ask(stack, request, ANOTHER)["Status"] == "SUCCESS"


def ring(again: Stack) -> None:
    """An event of its own: the table still knows the first stack's."""
    rang = event("alarm_pressure") | {"id": "rang-again"}
    rang["detail"]["alarmName"] = f"headstart/again/{NAME}/pressure"
    again.alarm(rang)


def alarm_names() -> list[str]:
    return [a["AlarmName"] for a in settings()["MetricAlarms"] if a["AlarmName"].startswith("headstart")]


@pytest.mark.parametrize("table", ["table", "new-table"])
def test_it_enrols_anew_acts_and_leaves_no_trace(stack: Stack, before: dict[str, Any], table: str) -> None:
    delete(stack)
    assert settings() == before
    again = second(stack, table)
    create(again)
    done = reconcile(again)
    assert (done["enrolled"], done["failed"], done["stopped"]) == (1, {}, False)
    assert alarm_names() == [f"headstart/again/{NAME}/{kind}" for kind in ("pressure", "wake")]
    stack.plant.pass_(60)
    ring(again)
    assert "headstart-again-release" in bookings()
    delete(again, ANOTHER)
    assert settings() == before


def test_the_history_goes_on_in_a_table_that_was_kept(stack: Stack, before: dict[str, Any]) -> None:
    learned = stack.state()
    delete(stack)
    again = second(stack)
    create(again)
    reconcile(again)
    assert again.state().copies_history == learned.copies_history
    assert (again.state().episode, again.state().added) == (None, 0)


def test_the_former_stacks_messages_and_events_lead_to_nothing(stack: Stack, before: dict[str, Any]) -> None:
    episode = stack.state().episode
    assert episode is not None
    message = {
        "kind": "follow",
        "component": NAME,
        "token": episode.token,
        "hop": episode.hop,
        "due": "2026-11-22T12:10Z",
    }
    delete(stack)
    again = second(stack)
    create(again)
    reconcile(again)
    known = again.state()
    answer = again.follow({"Records": [{"messageId": "1", "body": str(message).replace("'", '"')}]})
    assert answer == {"batchItemFailures": []}
    with pytest.raises(Exception, match="is not headstart/again/"):
        again.alarm(event("alarm_pressure"))
    assert again.state() == known


@pytest.mark.parametrize("table", ["table", "new-table"])
def test_a_floor_that_had_to_stay_is_not_taken_for_its_owners_minimum(
    stack: Stack, before: dict[str, Any], table: str
) -> None:
    stack.plant.refusals[RELEASE] = THROTTLED
    assert NAME in delete(stack)
    stack.plant.refusals.clear()
    assert minimum() > OWN
    again = second(stack, table)
    create(again)
    reconcile(again)
    stack.plant.send(NAME, 60)
    stack.plant.pass_(55)
    ring(again)
    floor = again.state().floor
    assert floor is not None
    assert (floor.own, minimum()) == (OWN, floor.copies)
    stack.plant.retag(NAME)
    assert reconcile(again)["departed"] == (NAME,)
    stack.plant.pass_(6 * 60)
    assert settings() == before


def test_a_table_in_use_is_refused_and_the_failed_stack_takes_nothing_away(
    stack: Stack, before: dict[str, Any]
) -> None:
    again = second(stack)
    standing = settings()
    refused = ask(again, "stack_create", ANOTHER)
    assert refused["Status"] == "FAILED"
    assert f"belongs to {event('stack_create')['StackId']}" in refused["Reason"]
    assert ask(again, "stack_create_tombstone", ANOTHER)["Status"] == "FAILED"
    assert delete(again, ANOTHER) == "done"
    assert settings() == standing
    assert not reconcile(stack)["stopped"]
    assert stack.state().enrolled


def test_a_table_is_free_once_clean_up_must_be_over_although_it_never_was(stack: Stack, before: dict[str, Any]) -> None:
    ask(stack, "stack_delete_tombstone")
    again = second(stack)
    stack.plant.pass_(20 * 60)
    assert ask(again, "stack_create", ANOTHER)["Status"] == "FAILED"
    stack.plant.pass_(20 * 60)
    create(again)
    assert reconcile(again)["enrolled"] == 1


def test_an_update_of_a_stack_that_is_older_than_the_deed_makes_the_table_its(
    stack: Stack, before: dict[str, Any]
) -> None:
    client("dynamodb").delete_item(TableName="table", Key={"pk": {"S": "stack"}, "sk": {"S": "owner"}})
    assert stack.cloudformation(event("stack_create") | {"RequestType": "Update"})["Status"] == "SUCCESS"
    assert ask(second(stack), "stack_create", ANOTHER)["Status"] == "FAILED"
