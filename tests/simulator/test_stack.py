from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import functions.alarm.handler
import functions.follow.handler
from headstart.adapters.items import from_item
from simulator.engine import Engine
from simulator.plant.account import Account
from simulator.plant.errors import PlantError
from simulator.plant.requests import Request
from simulator.plant.spec import load_plant
from simulator.replay.stack import TEMPLATE, Stack, handler, quiet
from simulator.services.registry import Services

START = 1_767_225_600.0
NAME = "my-llama"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


def world(
    template: Path = TEMPLATE, mode: str = "act", *, keep_decisions: bool = False
) -> tuple[Engine, Account, Stack]:
    """A tagged component at zero copies with a scalable target, and the stack that watches it."""
    engine = Engine(START)
    account = Account(engine, load_plant("standard"), seed=1)
    services = Services(account)
    account.create_component(NAME, "endpoint", 0, slots=10, tags={"headstart:mode": mode, "headstart:target": "7"})
    services.call(
        "application-autoscaling",
        "RegisterScalableTarget",
        {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"inference-component/{NAME}",
            "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
            "MinCapacity": 0,
            "MaxCapacity": 20,
        },
    )
    return engine, account, Stack(account, services, template, keep_decisions=keep_decisions)


def knock(engine: Engine, account: Account, every_s: float = 1.0) -> None:
    """A client a second, who does not come back when refused."""

    def call() -> None:
        with suppress(PlantError):
            account.component(NAME).invoke(Request(5.0), lambda _: None)
        engine.after(every_s, call)

    engine.at(START + 70, call)


def decisions(stack: Stack) -> list[dict[str, object]]:
    return [from_item(item) for (_, sort), item in sorted(stack.table.items.items()) if sort.startswith("decision#")]


def test_a_refused_request_wakes_the_component_through_the_template_wiring() -> None:
    engine, account, stack = world()
    knock(engine, account)
    engine.run_until(START + 130)
    assert account.component(NAME).describe().desired_copies >= 1
    first = decisions(stack)[0]
    assert (first["signal"], first["action"]) == ("wake", "write")
    assert not stack.failures


def test_the_chain_follows_until_the_copies_are_there_and_learns_how_long_they_took() -> None:
    engine, account, stack = world()
    knock(engine, account)
    engine.run_until(START + 900)
    assert account.component(NAME).in_service >= 1
    assert any("in_service_at" in d and d["in_service_at"] for d in decisions(stack))
    assert stack.invocations["FollowFunction"] > 20


def test_observe_decides_and_writes_nothing() -> None:
    engine, account, stack = world(mode="observe")
    knock(engine, account)
    engine.run_until(START + 300)
    assert account.component(NAME).describe().desired_copies == 0
    assert decisions(stack)[0]["action"] == "observe"


@pytest.mark.parametrize(
    ("change", "reacts"),
    [
        pytest.param(lambda text: text, True, id="as it stands"),
        pytest.param(lambda text: text.replace("headstart/${AWS::StackName}/", "elsewhere/"), False, id="other prefix"),
        pytest.param(
            lambda text: text.replace("Schedule: rate(1 minute)", "Schedule: rate(1 day)"), False, id="rare tick"
        ),
    ],
)
def test_the_replay_reacts_to_what_the_template_says(
    tmp_path: Path, change: Callable[[str], str], reacts: bool
) -> None:
    changed = tmp_path / "template.yaml"
    changed.write_text(change(TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")
    engine, account, stack = world(changed)
    knock(engine, account)
    engine.run_until(START + 300)
    assert bool(stack.invocations["AlarmFunction"]) is reacts


def test_the_handlers_called_are_the_deployed_ones() -> None:
    assert handler({"CodeUri": "functions/alarm"}) is functions.alarm.handler.lambda_handler
    assert (
        handler({"CodeUri": "functions/follow", "Handler": "handler.lambda_handler"})
        is functions.follow.handler.lambda_handler
    )


def test_the_same_seed_gives_the_same_decisions() -> None:
    def history() -> list[dict[str, object]]:
        engine, account, stack = world()
        knock(engine, account)
        engine.run_until(START + 600)
        return decisions(stack)

    assert history() == history()


def test_an_hour_old_decisions_leave_the_table_for_the_journal() -> None:
    engine, account, stack = world(keep_decisions=True)
    knock(engine, account)
    engine.run_until(START + 3000)
    early = len(decisions(stack))
    engine.run_until(START + 3 * 3600 + 10)
    assert min(str(one["at"]) for one in decisions(stack)) > "2026-01-01T01:59"
    told = stack.journal.decisions()
    assert sum(one.at_s <= 3000 for one in told) == early > 20
    assert (told[0].signal, told[0].kind) == ("wake", "applied")
    assert 60 < told[0].at_s < 130
    assert [one.at_s for one in told] == sorted(one.at_s for one in told)


def test_decisions_nobody_will_look_at_are_not_kept() -> None:
    engine, account, stack = world()
    knock(engine, account)
    engine.run_until(START + 3 * 3600 + 10)
    assert not stack.journal.decisions()
    assert list(stack.table.items) == [(f"component#{NAME}", "state")]


def test_functions_that_are_down_leave_the_component_alone() -> None:
    engine, account, stack = world()
    stack.down = True
    knock(engine, account)
    engine.run_until(START + 300)
    assert account.component(NAME).describe().desired_copies == 0


def test_a_dead_stacks_floor_is_released_by_its_booking() -> None:
    engine, account, stack = world()
    knock(engine, account)
    engine.run_until(START + 900)
    target = account.autoscaling.targets[NAME]
    assert 0 < target.minimum <= account.component(NAME).describe().desired_copies
    assert list(target.scheduled) == ["headstart-headstart-release"]
    stack.down = True
    engine.run_until(START + 900 + 31 * 60)
    assert (target.minimum, target.scheduled) == (0, {})
