"""What CloudWatch says about a transition: StateReason, StateReasonData and the EventBridge event (aws-facts 5.2)."""

import json
from collections.abc import Sequence
from typing import Any

from simulator.plant.alarm_model import Alarm, AlarmConfig, Point, Standing
from simulator.plant.alarm_rules import Missing, State
from simulator.plant.timefmt import alarm_time, event_time, reason_time

INITIAL = "Unchecked: Initial alarm creation"
WORDS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def reason(config: AlarmConfig, points: Sequence[Point], previous: State, state: State) -> str:
    """`points` are the evaluated ones, newest first."""
    real = [point for point in points if point.value is not None]
    missing = config.rule.periods - len(real)
    if state is State.INSUFFICIENT_DATA:
        return f"Insufficient Data: {_count(len(points), 'datapoint')} {_was(len(points))} unknown."
    treated = config.rule.missing in (Missing.BREACHING, Missing.NOT_BREACHING)
    if missing > 0 and treated and not config.contiguous:
        return _filled(config, len(real), missing)
    return _crossed(config, real, previous, state)


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _filled(config: AlarmConfig, real: int, missing: int) -> str:
    received = "no datapoints were received" if real == 0 else f"{_count(real, 'datapoint')} {_was(real)} received"
    treatment = "Breaching" if config.rule.missing is Missing.BREACHING else "NonBreaching"
    return (
        f"Threshold Crossed: {received} for {_count(config.rule.periods, 'period')} and "
        f"{_count(missing, 'missing datapoint')} {_was(missing)} treated as [{treatment}]."
    )


def _crossed(config: AlarmConfig, real: Sequence[Point], previous: State, state: State) -> str:
    rule = config.rule
    alarming = state is State.ALARM
    named = [p for p in real if p.value is not None and rule.breaches(p.value) == alarming]
    minimum = rule.needed if alarming else rule.periods - rule.needed + 1
    listed = ", ".join(f"{p.value} ({reason_time(p.start)})" for p in named)
    return (
        f"Threshold Crossed: {len(named)} out of the last {_count(rule.periods, 'datapoint')} [{listed}] "
        f"{_was(len(named))} {'' if alarming else 'not '}{WORDS[rule.comparison]} the threshold ({rule.threshold}) "
        f"(minimum {_count(minimum, 'datapoint')} for {_transition(previous, state)} transition)."
    )


def _transition(previous: State, state: State) -> str:
    """AWS words a transition out of INSUFFICIENT_DATA as one between OK and ALARM (assumed from published mails)."""
    if previous is State.INSUFFICIENT_DATA:
        previous = State.OK if state is State.ALARM else State.ALARM
    return f"{previous} -> {state}"


def reason_data(config: AlarmConfig, points: Sequence[Point], now: float) -> str:
    """The JSON string of StateReasonData: recentDatapoints oldest first, evaluatedDatapoints newest first."""
    real = [point for point in points if point.value is not None]
    data: dict[str, Any] = {"version": "1.0", "queryDate": alarm_time(now)}
    if real:
        data["startDate"] = alarm_time(real[-1].start)
    if config.unit:
        data["unit"] = config.unit
    data |= {
        "statistic": config.statistic,
        "period": config.period,
        "recentDatapoints": [point.value for point in reversed(real)],
        "threshold": config.rule.threshold,
        "evaluatedDatapoints": [_evaluated(point) for point in points],
    }
    return json.dumps(data, separators=(",", ":"))


def _evaluated(point: Point) -> dict[str, Any]:
    if point.value is None:
        return {"timestamp": alarm_time(point.start)}
    return {"timestamp": alarm_time(point.start), "sampleCount": float(point.samples), "value": point.value}


def state_change_event(alarm: Alarm, previous: Standing, event_id: str) -> dict[str, Any]:
    """The `CloudWatch Alarm State Change` event; the account and region are those of the alarm's ARN."""
    _, _, _, region, account, *_ = alarm.arn.split(":")
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": account,
        "time": event_time(alarm.standing.since),
        "region": region,
        "resources": [alarm.arn],
        "detail": {
            "alarmName": alarm.name,
            "state": _standing(alarm.standing),
            "previousState": _standing(previous),
            "configuration": _configuration(alarm.config),
        },
    }


def _standing(standing: Standing) -> dict[str, Any]:
    said = {"value": str(standing.state), "reason": standing.reason, "timestamp": alarm_time(standing.since)}
    return said if standing.reason_data is None else said | {"reasonData": standing.reason_data}


def _configuration(config: AlarmConfig) -> dict[str, Any]:
    stat: dict[str, Any] = {
        "metric": {
            "namespace": config.metric.namespace,
            "name": config.metric.name,
            "dimensions": dict(config.metric.dimensions),
        },
        "period": config.period,
        "stat": config.statistic,
    }
    if config.unit:
        stat["unit"] = config.unit
    found: dict[str, Any] = {"metrics": [{"id": config.metric_id, "metricStat": stat, "returnData": True}]}
    return found if config.description is None else found | {"description": config.description}
