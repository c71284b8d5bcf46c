"""What arrives from outside, checked at the edge and turned into the application's own words."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from headstart.app.errors import InvalidInput
from headstart.app.ports import FollowUp, Host
from headstart.app.signals import AlarmChange
from headstart.domain.capacity import NAME
from headstart.domain.model import Point, SignalKind

BIN_SECONDS = 10


def _cloudwatch_time(text: object) -> object:
    # CloudWatch writes its zone as +0000; pydantic wants +00:00.
    return f"{text[:-5]}+00:00" if isinstance(text, str) and text.endswith("+0000") else text


Timestamp = Annotated[AwareDatetime, BeforeValidator(_cloudwatch_time)]


class _DataPoint(BaseModel):
    timestamp: Timestamp
    value: float | None = None


class _ReasonData(BaseModel):
    """``reasonData``: older payloads name one start and bare values, newer ones each evaluated point."""

    start: Timestamp | None = Field(default=None, alias="startDate")
    period: float = 0.0
    recent: list[float] = Field(default_factory=list, alias="recentDatapoints")
    evaluated: list[_DataPoint] = Field(default_factory=list, alias="evaluatedDatapoints")

    def points(self) -> Iterator[Point]:
        """Data points per 10 s, oldest first; missing ones are left out, never zero.

        The sum of a longer period is spread evenly over it.
        """
        parts = max(1, round(self.period / BIN_SECONDS))
        for point in self._of_each_period():
            for part in range(parts):
                yield Point(point.at + timedelta(seconds=BIN_SECONDS * part), point.value / parts)

    def _of_each_period(self) -> Iterator[Point]:
        if self.evaluated:
            for point in sorted(self.evaluated, key=lambda p: p.timestamp):
                if point.value is not None:
                    yield Point(point.timestamp, point.value)
        elif self.start is not None:
            for index, value in enumerate(self.recent):
                yield Point(self.start + timedelta(seconds=self.period * index), value)


class _AlarmState(BaseModel):
    value: Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
    timestamp: Timestamp
    reason_data: str | None = Field(default=None, alias="reasonData")


class _AlarmDetail(BaseModel):
    alarm_name: str = Field(alias="alarmName", min_length=1)
    state: _AlarmState


class _AlarmStateChange(BaseModel):
    id: str = Field(min_length=1)
    source: Literal["aws.cloudwatch"]
    detail_type: Literal["CloudWatch Alarm State Change"] = Field(alias="detail-type")
    detail: _AlarmDetail


class _FollowMessage(BaseModel):
    kind: Literal["follow"]
    component: str = Field(pattern=f"^{NAME}$")
    token: str = Field(min_length=1)
    hop: int = Field(ge=1)
    due: AwareDatetime
    endpoint: str | None = None
    variant: str | None = None


class _RetryMessage(BaseModel):
    kind: Literal["alarm"]
    attempt: int = Field(ge=1)
    event: dict[str, Any]


_MESSAGES: TypeAdapter[_FollowMessage | _RetryMessage] = TypeAdapter(
    Annotated[_FollowMessage | _RetryMessage, Field(discriminator="kind")]
)


def parse_alarm(event: Mapping[str, Any], stack: str) -> AlarmChange:
    """Read a CloudWatch Alarm State Change of one of this stack's alarms.

    The component comes from the alarm's name; ``reasonData`` is optional evidence (CloudWatch leaves it out of
    SetAlarmState tests and new alarms), so an unreadable one is no reason to miss an alarm.

    Raises:
        InvalidInput: not such an event, or another stack's alarm.
    """
    try:
        change = _AlarmStateChange.model_validate(event)
    except ValidationError as error:
        raise _invalid(error) from error
    component, kind = _component_and_kind(change.detail.alarm_name, stack)
    return AlarmChange(
        component=component,
        kind=kind,
        event_id=change.id,
        value=change.detail.state.value,
        at=change.detail.state.timestamp.astimezone(UTC),
        evidence=_evidence(change.detail.state.reason_data),
        event=event,
    )


def _component_and_kind(alarm_name: str, stack: str) -> tuple[str, SignalKind]:
    prefix = f"headstart/{stack}/"
    component, _, kind = alarm_name.removeprefix(prefix).partition("/")
    named = alarm_name.startswith(prefix) and re.fullmatch(NAME, component)
    if not named or kind not in (SignalKind.PRESSURE, SignalKind.WAKE):
        raise InvalidInput("detail.alarmName", f"{alarm_name!r} is not {prefix}NAME/pressure or .../wake")
    return component, SignalKind(kind)


def _evidence(reason_data: str | None) -> tuple[Point, ...]:
    if reason_data is None:
        return ()
    try:
        return tuple(_ReasonData.model_validate_json(reason_data).points())
    except ValidationError:
        return ()


def parse_message(body: str) -> FollowUp | tuple[dict[str, Any], int]:
    """Read a message of the follow-up queue: a chain's hop, or an alarm event with its attempt number.

    Raises InvalidInput.
    """
    try:
        message = _MESSAGES.validate_python(json.loads(body))
    except ValidationError as error:
        raise _invalid(error) from error
    except ValueError as error:
        raise InvalidInput("body", "is not JSON") from error
    if isinstance(message, _RetryMessage):
        return message.event, message.attempt
    host = Host(message.endpoint, message.variant) if message.endpoint and message.variant else None
    return FollowUp(message.component, message.token, message.hop, message.due, host)


def parse_time(name: str, text: str | None) -> datetime | None:
    """Read an ISO 8601 time with a zone. Raises InvalidInput naming the parameter."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):  # no time at all, or one that leaves the calendar when turned to UTC
        pass
    raise InvalidInput(name, f"{text!r} is not a time with a zone such as 2026-11-22T13:00:00Z")


def _invalid(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False)[0]
    return InvalidInput(".".join(str(part) for part in first["loc"]) or "event", first["msg"])
