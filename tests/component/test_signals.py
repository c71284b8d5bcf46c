"""Every event under ``events/`` through its handler, and what it leaves behind."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from headstart.app.errors import InvalidInput, NotEnrolled, Unavailable
from headstart.domain.model import Episode, OutcomeKind, SignalKind
from simulator.services.errors import ServiceError
from tests.component.conftest import NAME, Stack
from tests.support.lambda_context import event

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


@pytest.fixture
def busy(stack: Stack) -> Stack:
    """Two copies with twenty requests in each; ten are served at once. A look has wanted more copies before."""
    stack.plant.create(NAME, 2, mode="act", target="7", max="20")
    stack.plant.send(NAME, 40)
    stack.plant.pass_(55)
    stack.enrol(short_since=stack.plant.clock.at - timedelta(seconds=10))
    return stack


@pytest.fixture
def asleep(stack: Stack) -> Stack:
    """No copy."""
    stack.plant.create(NAME, 0, mode="act", target="7", max="20")
    stack.enrol()
    return stack


@pytest.mark.parametrize(
    "name",
    [
        "alarm_pressure",
        "alarm_without_reason_data",
        "alarm_metric_math",
        "alarm_missing_points",
        "alarm_muted",
    ],
)
def test_a_pressure_alarm_in_every_shape_asks_for_copies(busy: Stack, name: str) -> None:
    answer = busy.alarm(event(name))
    assert answer["outcome"] is OutcomeKind.APPLIED
    assert busy.copies_asked_for() == answer["desired"] > 2
    assert busy.messages() == 1
    page = busy.app.history.decisions(NAME, None, None, 10, None)
    (recorded,) = page.records
    assert (recorded.id, recorded.signal_id) == (answer["decision"], event(name)["id"])
    assert recorded.outcome.kind is OutcomeKind.APPLIED


def test_the_first_to_want_more_copies_looks_once_more(busy: Stack) -> None:
    busy.store.save(replace(busy.state(), short_since=None))
    first = busy.alarm(event("alarm_pressure"))
    assert (first["desired"] > 2, first["outcome"], busy.copies_asked_for()) == (True, OutcomeKind.HELD, 2)
    episode = busy.state().episode
    assert episode is not None
    busy.plant.clock.at = episode.next_look_at
    body = {"kind": "follow", "component": NAME, "token": episode.token, "hop": episode.hop}
    message = {"messageId": "1", "body": json.dumps(body | {"due": episode.next_look_at.isoformat()})}
    assert busy.follow({"Records": [message]}) == {"batchItemFailures": []}
    assert busy.copies_asked_for() > 2


@pytest.mark.parametrize("name", ["alarm_ok", "alarm_insufficient_data"])
def test_an_alarm_that_is_not_in_alarm_changes_nothing(busy: Stack, name: str) -> None:
    before = busy.state()
    assert "alarm is" in busy.alarm(event(name))["ignored"]
    assert (busy.state(), busy.copies_asked_for(), busy.messages()) == (before, 2, 0)


def test_a_wake_alarm_starts_copies_before_its_metric_can_be_read(asleep: Stack) -> None:
    rang = event("alarm_wake")
    asleep.plant.clock.at = asleep.plant.clock.at.replace(minute=30, second=31)
    answer = asleep.alarm(rang)
    assert (answer["binding"], answer["outcome"]) == ("reserve", OutcomeKind.APPLIED)
    assert asleep.copies_asked_for() == 3  # one for the refused requests, two in reserve
    episode = asleep.state().episode
    assert episode is not None
    assert episode.wake


def test_the_same_event_three_times_and_out_of_order_acts_once(busy: Stack) -> None:
    for name in ("alarm_ok", "alarm_pressure", "alarm_insufficient_data", "alarm_pressure", "alarm_ok"):
        busy.alarm(event(name))
    assert "duplicate" in busy.alarm(event("alarm_pressure"))["ignored"]
    assert busy.messages() == 1
    assert len(busy.app.history.decisions(NAME, None, None, 10, None).records) == 1
    assert busy.plant.services.calls["sagemaker", "UpdateInferenceComponentRuntimeConfig"] == 1


def changed(payload: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with one value replaced, or left out where the value is ``...``."""
    made = copy.deepcopy(payload)
    *outer, last = path.split(".")
    place = made
    for key in outer:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        pytest.param("detail", ..., "detail", id="no detail"),
        pytest.param("detail", "text", "detail", id="detail is text"),
        pytest.param("source", "aws.ec2", "source", id="another source"),
        pytest.param("detail-type", "EC2 Instance State-change Notification", "detail-type", id="another type"),
        pytest.param("id", "", "id", id="empty id"),
        pytest.param("id", ..., "id", id="no id"),
        pytest.param("detail.state", ..., "detail.state", id="no state"),
        pytest.param("detail.state.value", "ALERT", "detail.state.value", id="unknown state"),
        pytest.param("detail.state.timestamp", "soon", "detail.state.timestamp", id="no time"),
        pytest.param("detail.state.timestamp", "2026-11-22T12:10:24", "detail.state.timestamp", id="no zone"),
        pytest.param("detail.alarmName", ..., "detail.alarmName", id="no alarm name"),
        pytest.param("detail.alarmName", "headstart/other/my-llama/wake", "detail.alarmName", id="another stack"),
        pytest.param("detail.alarmName", "headstart/headstart/my-llama", "detail.alarmName", id="no kind"),
        pytest.param("detail.alarmName", "headstart/headstart/my-llama/cpu", "detail.alarmName", id="another kind"),
        pytest.param("detail.alarmName", "headstart/headstart//wake", "detail.alarmName", id="no component"),
        pytest.param("detail.alarmName", "headstart/headstart/a b/wake", "detail.alarmName", id="impossible component"),
    ],
)
def test_a_malformed_alarm_is_refused_naming_the_field(busy: Stack, path: str, value: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        busy.alarm(changed(event("alarm_pressure"), path, value))
    assert refused.value.field.replace("detailType", "detail-type") == field
    assert (busy.copies_asked_for(), busy.messages()) == (2, 0)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        pytest.param("alarm_foreign", "detail.alarmName", id="another stack's alarm"),
        pytest.param("alarm_configuration_change", "detail-type", id="not a state change"),
        pytest.param("schedule_tick", "source", id="the schedule's event"),
    ],
)
def test_a_foreign_event_is_refused(busy: Stack, name: str, field: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        busy.alarm(event(name))
    assert (busy.copies_asked_for(), busy.messages()) == (2, 0)


def test_evidence_that_cannot_be_read_is_no_reason_to_miss_an_alarm(busy: Stack) -> None:
    garbled = changed(event("alarm_pressure"), "detail.state.reasonData", '{"recentDatapoints": "many"')
    assert busy.alarm(garbled)["outcome"] is OutcomeKind.APPLIED


@pytest.mark.parametrize("mode", ["untagged", "observe", "unknown"])
def test_what_may_not_be_written_is_not_written(stack: Stack, mode: str) -> None:
    if mode != "unknown":
        tags = {"mode": mode, "target": "7", "max": "20"} if mode == "observe" else {"team": "research"}
        stack.plant.create(NAME, 2, **tags)
        stack.plant.send(NAME, 40)
    stack.plant.pass_(55)
    stack.reconcile({})
    if mode == "observe":
        assert stack.alarm(event("alarm_pressure"))["outcome"] is OutcomeKind.OBSERVED
    else:
        with pytest.raises(NotEnrolled, match=NAME):
            stack.alarm(event("alarm_pressure"))
    assert stack.plant.services.calls["sagemaker", "UpdateInferenceComponentRuntimeConfig"] == 0


def test_an_aws_that_does_not_answer_books_another_attempt_which_then_acts(busy: Stack) -> None:
    busy.plant.refusals["cloudwatch:GetMetricData"] = ServiceError("Throttling", "Rate exceeded")
    assert "another attempt" in busy.alarm(event("alarm_pressure"))["ignored"]
    assert busy.messages() == 1
    busy.plant.refusals.clear()
    assert busy.follow(event("follow_alarm_retry")) == {"batchItemFailures": []}
    assert busy.copies_asked_for() > 2


# ---- follow-ups


def at_hop(stack: Stack, hop: int) -> None:
    """The chain stands where ``events/follow_batch.json`` goes on."""
    now = stack.plant.clock.now()
    episode = Episode(token="5c0a7d1e9b3f4826", hop=hop, opened_at=now, opened_by=SignalKind.PRESSURE, next_look_at=now)
    stack.store.save(replace(stack.state(), episode=episode))


def test_a_batch_goes_on_with_the_chains_it_knows_and_drops_the_others(busy: Stack) -> None:
    at_hop(busy, 3)
    assert busy.follow(event("follow_batch")) == {"batchItemFailures": []}
    episode = busy.state().episode
    assert episode is not None
    assert episode.hop == 4
    assert busy.copies_asked_for() > 2
    assert busy.messages() == 1


def test_the_same_batch_twice_goes_on_once(busy: Stack) -> None:
    at_hop(busy, 3)
    busy.follow(event("follow_batch"))
    busy.follow(event("follow_batch"))
    assert busy.messages() == 1
    assert busy.plant.services.calls["sagemaker", "UpdateInferenceComponentRuntimeConfig"] == 1


def with_body(number: int, change: Callable[[str], str]) -> dict[str, Any]:
    batch = event("follow_batch")
    batch["Records"][number]["body"] = change(batch["Records"][number]["body"])
    return batch


def field_changed(field: str, value: object) -> Callable[[str], str]:
    return lambda body: json.dumps(changed(json.loads(body), field, value))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda body: body[:-1], id="not JSON"),
        pytest.param(lambda _: "[]", id="a list"),
        pytest.param(lambda _: '"text"', id="text"),
        pytest.param(field_changed("kind", ...), id="no kind"),
        pytest.param(field_changed("kind", "tick"), id="unknown kind"),
        pytest.param(field_changed("component", "a/b"), id="impossible component"),
        pytest.param(field_changed("hop", 0), id="hop before the first"),
        pytest.param(field_changed("hop", "three"), id="hop in words"),
        pytest.param(field_changed("token", ""), id="empty token"),
        pytest.param(field_changed("due", "2026-11-22T12:10:55"), id="due without a zone"),
    ],
)
def test_one_bad_message_fails_alone(busy: Stack, spoil: Callable[[str], str]) -> None:
    at_hop(busy, 3)
    batch = with_body(1, spoil)
    bad = batch["Records"][1]["messageId"]
    assert busy.follow(batch) == {"batchItemFailures": [{"itemIdentifier": bad}]}
    assert busy.copies_asked_for() > 2


def test_a_message_that_met_a_passing_error_is_delivered_again(busy: Stack) -> None:
    at_hop(busy, 3)
    busy.plant.refusals["cloudwatch:GetMetricData"] = ServiceError("Throttling", "Rate exceeded")
    failed = busy.follow(event("follow_batch"))["batchItemFailures"]
    assert {"itemIdentifier": event("follow_batch")["Records"][0]["messageId"]} in failed
    busy.plant.refusals.clear()
    assert busy.follow(event("follow_batch")) == {"batchItemFailures": []}
    assert busy.copies_asked_for() > 2


# ---- the whole way


def test_from_the_tick_to_copies_in_service_and_calm(stack: Stack) -> None:
    plant = stack.plant
    plant.create(NAME, 0, mode="act", target="7", max="20")
    assert stack.reconcile(event("schedule_tick"))["alarms_written"] == 2
    rang: list[dict[str, Any]] = []
    with plant.realtime.locked():
        plant.account.event_sinks.append(rang.append)
    plant.measure(NAME, "NoCapacityInvocationFailures", 1.0, seconds_ago=0)
    plant.pass_(20)
    woken = [e for e in rang if e["detail"]["state"]["value"] == "ALARM"]
    assert stack.alarm(woken[0])["outcome"] is OutcomeKind.APPLIED
    assert stack.copies_asked_for() == 3  # one for the refused request, two in reserve
    for _ in range(100):
        if (episode := stack.state().episode) is None:
            break
        plant.clock.at = episode.next_look_at
        body = {"kind": "follow", "component": NAME, "token": episode.token, "hop": episode.hop}
        message = {"messageId": "1", "body": json.dumps(body | {"due": episode.next_look_at.isoformat()})}
        assert stack.follow({"Records": [message]}) == {"batchItemFailures": []}
    assert stack.state().episode is None
    assert len(stack.state().start_ups) == 1
    records = stack.app.history.decisions(NAME, None, None, 100, None).records
    *given_back, woken_up = [r for r in records if r.action == "write"]
    assert woken_up.in_service_at is not None
    assert timedelta(seconds=5) < woken_up.in_service_at - woken_up.at < timedelta(minutes=2)
    # The need is held for two minutes and the reserve for fifteen from the last refusal; then nothing of ours is left.
    assert [r.desired for r in given_back] == [0, 2]
    assert {r.outcome.kind for r in given_back} == {OutcomeKind.APPLIED}
    assert {r.in_service_at for r in given_back} == {None}
    assert stack.copies_asked_for() == 0


def test_a_tick_that_cannot_list_the_tags_raises_and_changes_nothing(busy: Stack) -> None:
    before = busy.state()
    busy.plant.refusals["tag:GetResources"] = ServiceError("ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable, match="GetResources"):
        busy.reconcile(event("schedule_tick"))
    assert busy.state() == before


def test_a_tick_says_what_is_wrong_with_which_component(stack: Stack) -> None:
    stack.plant.create(NAME, 1, mode="act", target="7", max="many")
    stack.plant.create("fine", 1, mode="act", target="7", max="9")
    done = stack.reconcile(event("schedule_tick"))
    assert done["enrolled"] == 2
    assert "headstart:max is 'many'" in done["problems"][NAME]
    assert done["failed"] == {}
    assert json.dumps(done)


def test_a_problem_is_an_event_on_the_bus_once_and_its_end_another(stack: Stack) -> None:
    told: list[dict[str, Any]] = []
    stack.plant.account.event_sinks.append(told.append)
    stack.plant.create(NAME, 1, mode="act", target="7", max="many")
    for _ in range(2):
        stack.reconcile(event("schedule_tick"))
    stack.plant.retag(NAME, mode="act", target="7", max="9")
    stack.reconcile(event("schedule_tick"))
    ours = [e for e in told if e["source"] == "headstart"]
    assert [e["detail-type"] for e in ours] == ["Headstart Problem", "Headstart Problem Cleared"]
    assert ours[0]["detail"]["field"] == "headstart:max"
    assert ours[0]["detail"]["problem"] == ours[1]["detail"]["problem"]
