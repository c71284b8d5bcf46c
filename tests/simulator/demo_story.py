"""A small run for the tests of the demo's tables, verdict and page."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from simulator.demo.recorder import Sample
from simulator.demo.story import Api, FunctionLog, Record, Story
from simulator.demo.traffic import Journey
from simulator.demo.window import Offer, Window

START = 1_795_356_000.0
COMPONENT = "assistant-8b"
ALARM_ROLE = "arn:aws:iam::123456789012:role/headstart-AlarmRole-1"
FOLLOW_ROLE = "arn:aws:iam::123456789012:role/headstart-FollowRole-1"
WAKE = f"headstart/headstart/{COMPONENT}/wake"


def iso(second: float) -> str:
    return datetime.fromtimestamp(START + second, UTC).isoformat()


def event(second: float, alarm: str, state: str, event_id: str = "event-1") -> Record:
    detail = {"alarmName": alarm, "state": {"value": state}}
    return {"at": START + second, "kind": "event", "event": {"id": event_id, "detail": detail}}


def change(second: float, kind: str, in_service: int, starting: int, desired: int, **more: Any) -> Record:
    return {
        "at": START + second, "kind": kind, "component": COMPONENT, "status": "Updating", "desired": desired,
        "in_service": in_service, "starting": starting, "draining": 0, **more,
    }  # fmt: skip


def decision(second: float, signal: str, signal_id: str, desired: int, kind: str, reason: str) -> Record:
    return {
        "id": f"{COMPONENT}.{second:g}", "at": iso(second), "signal": signal, "signal_id": signal_id,
        "desired": desired, "action": "write" if kind in ("applied", "refused") else "hold", "reason": reason,
        "outcome": {"kind": kind, "at": iso(second), "detail": ""},
    }  # fmt: skip


def sample(at: float, in_service: int, asked: int, refused: int) -> Sample:
    return Sample(
        at=at, demand=9, queued=3, running=4, retrying=5, refused=refused, served=0, in_service=in_service,
        starting=asked - in_service, asked=asked,
    )  # fmt: skip


def journey(number: int, arrives: float, served: float | None, refused_at: float | None = None) -> Journey:
    return Journey(
        number, START + arrives, 2.0, attempts=1,
        first_refused_at=None if refused_at is None else START + refused_at,
        served_at=None if served is None else START + served,
    )  # fmt: skip


def story(**changes: Any) -> Story:
    """Refused at 0.5 s, in ALARM at 30 s, 4 copies asked for at 30.5 s and in service at 55 s, served at 60 s."""
    window = Window(
        starts_at_s=100.0, length_s=160.0, offers=(Offer(0.0, 2.0), Offer(70.0, 2.0)), kept_one_in=1, factor=2.5,
        slots=4, target=2.8, wake_load=7.0, burst_load=16.8, burst_from_s=80.0,
    )  # fmt: skip
    whole = Story(
        headstart=True,
        trace="sample",
        plant="a plant",
        stack="headstart",
        component=COMPONENT,
        seed=1,
        window=window,
        starts_at=START,
        length_s=160.0,
        samples=(sample(0.0, 0, 0, 0), sample(1.5, 0, 0, 2), sample(31.0, 0, 4, 9), sample(60.0, 4, 4, 12)),
        journal=(
            event(30.0, WAKE, "ALARM"),
            change(30.5, "write", 0, 0, 0, caller=ALARM_ROLE, asked=4),
            change(30.5, "copy_starting", 0, 4, 4, copy=0),
            change(55.0, "copy_in_service", 4, 0, 4, copy=0),
            event(90.0, WAKE, "OK", "event-2"),
        ),
        journeys=(journey(0, 0.0, 60.0, refused_at=0.5), journey(1, 70.0, 72.0)),
        decisions=(
            decision(30.2, "wake", "event-1", 4, "applied", "Asks for 4 copies (0 in service): <12> were refused."),
            decision(41.0, "follow", "token/1", 4, "held", "Holds: enough."),
        ),
        roles={ALARM_ROLE: "alarm", FOLLOW_ROLE: "follow-up"},
        functions={"alarm": FunctionLog(2), "follow": FunctionLog(5), "reconcile": FunctionLog(3)},
        api=Api(pages=1, unsigned_status=403),
    )
    return replace(whole, **changes)


def native_story(**changes: Any) -> Story:
    alarm = f"{COMPONENT}-no-capacity"
    cause = f"monitor alarm {alarm} in state ALARM triggered policy {COMPONENT}-wake"
    whole = story(
        headstart=False,
        decisions=(),
        roles={},
        functions={},
        journal=(
            event(30.0, alarm, "ALARM"),
            change(90.0, "write", 0, 0, 0, caller="application-autoscaling", asked=1),
            change(115.0, "copy_in_service", 1, 0, 1, copy=0),
        ),
        activities=({"StartTime": datetime.fromtimestamp(START + 90.0, UTC), "Cause": cause},),
        journeys=(journey(0, 0.0, 119.0, refused_at=0.5), journey(1, 70.0, None)),
    )
    return replace(whole, **changes)
