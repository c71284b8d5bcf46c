"""Another version's messages and states are in flight while the stack is upgraded or rolled back."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.replay.stack import quiet
from tests.component.conftest import NAME, Stack
from tests.component.test_leaving import native_scaling, raise_floor
from tests.support.aws import client
from tests.support.lambda_context import event

STORED = Path(__file__).parents[1] / "contract" / "stored" / "schema_1.json"


@pytest.fixture
def chain(stack: Stack) -> dict[str, Any]:
    """my-llama is in an episode; this is the message of its next look."""
    stack.plant.create(NAME, 2, mode="act")
    native_scaling()
    stack.reconcile({})
    raise_floor(stack)
    episode = stack.state().episode
    assert episode is not None
    due = episode.next_look_at.isoformat()
    return {"kind": "follow", "component": NAME, "token": episode.token, "hop": episode.hop, "due": due}


def deliver(stack: Stack, message: dict[str, Any]) -> list[Any]:
    answer = stack.follow({"Records": [{"messageId": "1", "body": json.dumps(message)}]})
    failed: list[Any] = answer["batchItemFailures"]
    return failed


def hop(stack: Stack) -> tuple[str, int]:
    episode = stack.state().episode
    assert episode is not None
    return episode.token, episode.hop


def test_a_later_versions_message_goes_on_with_the_chain(stack: Stack, chain: dict[str, Any]) -> None:
    stack.plant.pass_(20)
    assert deliver(stack, chain | {"schema": 2, "why": {"of": "later"}}) == []
    assert hop(stack) == (chain["token"], chain["hop"] + 1)


@pytest.mark.parametrize("missing", ["due", "hop", "token"])
def test_a_message_that_cannot_be_read_breaks_one_chain_which_reconcile_begins_anew(
    stack: Stack, chain: dict[str, Any], missing: str
) -> None:
    older = {key: value for key, value in chain.items() if key != missing}
    stack.plant.pass_(20)
    with quiet():
        assert deliver(stack, older) != []
    assert hop(stack) == (chain["token"], chain["hop"])
    for _ in range(2):
        stack.plant.pass_(60)
        stack.reconcile({})
    begun = hop(stack)
    assert begun[0] != chain["token"]
    assert deliver(stack, chain) == []
    assert hop(stack) == begun  # the old chain does not go on beside the new one
    stack.deliver()
    assert hop(stack)[1] == begun[1] + 1


def test_a_state_of_a_later_version_is_acted_on_after_a_rollback(stack: Stack, chain: dict[str, Any]) -> None:
    key = {"pk": {"S": f"component#{NAME}"}, "sk": {"S": "state"}}
    item = client("dynamodb").get_item(TableName="table", Key=key)["Item"]
    item |= {"schema": {"N": "2"}, "later": {"M": {"field": {"N": "1"}}}}
    item["episode"]["M"]["later"] = {"BOOL": True}
    client("dynamodb").put_item(TableName="table", Item=item)
    stack.plant.pass_(60)
    done = stack.reconcile({})
    assert (done["enrolled"], done["failed"]) == (1, {})
    stack.deliver()
    assert hop(stack)[1] > chain["hop"]


def test_what_the_first_version_stored_is_gone_on_with(stack: Stack) -> None:
    """A table and a message as they were before `headstart:burst`, with an episode open and a floor up."""
    stored = json.loads(STORED.read_text())
    stack.plant.create(NAME, 2, mode="act")
    native_scaling()
    state = stored["state"] | {"created": {"S": stack.enrol().created.isoformat()}}
    for item in (state, stored["decision"]):
        client("dynamodb").put_item(TableName="table", Item=item)
    stack.plant.pass_(90)
    request = event("api_components") | {"path": f"/components/{NAME}/decisions"}
    (shown,) = json.loads(stack.history(request)["body"])["decisions"]
    assert (shown["component"], shown["outcome"]["kind"]) == (NAME, "applied")
    assert deliver(stack, stored["message"]) == []
    assert hop(stack) == (stored["message"]["token"], stored["message"]["hop"] + 1)
    policy = stack.state().policy
    assert policy is not None
    assert policy.burst == 0
