"""Two deployed stacks in one account, over the real adapters."""

from headstart.adapters.dynamodb import DynamoStore
from headstart.domain.model import Mode, OutcomeKind
from headstart.entry.bootstrap import App
from tests.component.conftest import NAME, Stack
from tests.support.aws import client, create_table
from tests.support.fakes import inline
from tests.support.lambda_context import event


def beside(first: Stack, name: str) -> Stack:
    """Another stack in the same account."""
    create_table(client("dynamodb"), f"table-{name}")
    settings = first.app.settings.model_copy(update={"stack": name, "table": f"table-{name}"})
    clock = first.plant.clock
    app = App(settings=settings, clients=client, clock=clock, gather=inline, sleep=clock.pass_)
    store = DynamoStore(client("dynamodb"), settings.table, settings.retention)
    return Stack(first.plant, app, first.sqs, store)


def mode(stack: Stack) -> Mode:
    policy = stack.state().policy
    assert policy is not None
    return policy.mode


def test_the_second_stack_observes_until_the_first_has_gone(stack: Stack) -> None:
    stack.plant.create(NAME, 2, mode="act", target="7", max="20")
    second = beside(stack, "another")
    stack.enrol(short_since=stack.plant.clock.at)
    second.reconcile({})
    assert (mode(stack), mode(second)) == (Mode.ACT, Mode.OBSERVE)
    assert "stack headstart acts on it already" in (second.state().problem or "")

    stack.plant.send(NAME, 40)
    stack.plant.pass_(55)
    rang = event("alarm_pressure")
    rang["detail"]["alarmName"] = rang["detail"]["alarmName"].replace("headstart/headstart/", "headstart/another/")
    assert second.alarm(rang)["outcome"] is OutcomeKind.OBSERVED
    assert stack.copies_asked_for() == 2
    assert stack.alarm(event("alarm_pressure"))["outcome"] is OutcomeKind.APPLIED

    client("cloudwatch").delete_alarms(AlarmNames=[f"headstart/headstart/{NAME}/{k}" for k in ("wake", "pressure")])
    for _ in range(11):
        stack.plant.pass_(60)
        second.reconcile({})
    assert mode(second) is Mode.ACT
    assert second.state().problem is None
