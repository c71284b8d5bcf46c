"""CloudWatch alarms: PutMetricAlarm and its relatives over the plant's AlarmBook."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from simulator.plant.account import Account
from simulator.plant.alarm_model import Alarm, HistoryItem
from simulator.plant.alarm_rules import State
from simulator.plant.timefmt import epoch, utc
from simulator.services.alarm_request import alarm_config
from simulator.services.caller import Caller
from simulator.services.errors import ServiceError
from simulator.services.paging import page

type Params = Mapping[str, Any]


class AlarmOperations:
    def __init__(self, account: Account) -> None:
        self._book = account.alarms

    def put_metric_alarm(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        self._book.put(alarm_config(params))
        return {}

    def describe_alarms(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        if "CompositeAlarm" in (params.get("AlarmTypes") or ()) and "MetricAlarm" not in params["AlarmTypes"]:
            return {"MetricAlarms": [], "CompositeAlarms": []}
        names = params.get("AlarmNames")
        book = self._book.all() if not names else filter(None, map(self._book.get, sorted(set(names))))
        found = [alarm for alarm in book if _matches(alarm, params)]
        shown, following = page(found, params.get("MaxRecords", 50), params.get("NextToken"), "InvalidNextToken")
        output: dict[str, Any] = {"MetricAlarms": [_described(alarm) for alarm in shown], "CompositeAlarms": []}
        return output | ({"NextToken": following} if following else {})

    def delete_alarms(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        """Correct names are deleted even beside incorrect ones, says the documentation of DeleteAlarms; that the
        call then succeeds is assumed."""
        for name in params["AlarmNames"]:
            self._book.delete(name)
        return {}

    def set_alarm_state(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        name, data = params["AlarmName"], params.get("StateReasonData")
        if self._book.get(name) is None:
            raise ServiceError("ResourceNotFound", f"Alarm {name} not found", 404)
        if data is not None:
            _check_json(data)
        self._book.set_state(name, State(params["StateValue"]), params["StateReason"], data)
        return {}

    def describe_alarm_history(self, params: Params, caller: Caller) -> dict[str, Any]:  # noqa: ARG002
        wanted = params.get("AlarmName")
        alarms = self._book.all() if wanted is None else [a for a in self._book.all() if a.name == wanted]
        items = [(alarm, item) for alarm in alarms for item in alarm.history if _in_range(item, params)]
        items.sort(key=lambda pair: pair[1].at, reverse=params.get("ScanBy") != "TimestampAscending")
        shown, following = page(items, params.get("MaxRecords", 100), params.get("NextToken"), "InvalidNextToken")
        output: dict[str, Any] = {"AlarmHistoryItems": [_history(alarm, item) for alarm, item in shown]}
        return output | ({"NextToken": following} if following else {})


def _check_json(text: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise ServiceError("InvalidFormat", "TypeCheckedData is not valid JSON") from error


def _matches(alarm: Alarm, params: Params) -> bool:
    state = params.get("StateValue")
    prefix, action = params.get("AlarmNamePrefix"), params.get("ActionPrefix")
    return (
        (prefix is None or alarm.name.startswith(prefix))
        and (state is None or alarm.state == state)
        and (action is None or any(arn.startswith(action) for arn in _actions(alarm)))
    )


def _actions(alarm: Alarm) -> Iterable[str]:
    config = alarm.config
    return (*config.alarm_actions, *config.ok_actions, *config.insufficient_data_actions)


def _in_range(item: HistoryItem, params: Params) -> bool:
    kind, start, end = params.get("HistoryItemType"), params.get("StartDate"), params.get("EndDate")
    return (
        (kind is None or item.kind == kind)
        and (start is None or item.at >= epoch(start))
        and (end is None or item.at <= epoch(end))
    )


def _history(alarm: Alarm, item: HistoryItem) -> dict[str, Any]:
    return {
        "AlarmName": alarm.name,
        "AlarmType": "MetricAlarm",
        "Timestamp": utc(item.at),
        "HistoryItemType": item.kind,
        "HistorySummary": item.summary,
        "HistoryData": json.dumps(item.data),
    }


def _described(alarm: Alarm) -> dict[str, Any]:
    config, rule, standing = alarm.config, alarm.config.rule, alarm.standing
    output = {
        "AlarmName": config.name,
        "AlarmArn": alarm.arn,
        "AlarmDescription": config.description,
        "AlarmConfigurationUpdatedTimestamp": utc(alarm.configured),
        "ActionsEnabled": config.actions_enabled,
        "OKActions": list(config.ok_actions),
        "AlarmActions": list(config.alarm_actions),
        "InsufficientDataActions": list(config.insufficient_data_actions),
        "StateValue": str(standing.state),
        "StateReason": standing.reason,
        "StateReasonData": standing.reason_data,
        "StateUpdatedTimestamp": utc(standing.since),
        "StateTransitionedTimestamp": utc(alarm.transitioned),
        "MetricName": config.metric.name,
        "Namespace": config.metric.namespace,
        "Statistic": config.statistic,
        "Dimensions": [{"Name": name, "Value": value} for name, value in config.metric.dimensions],
        "Period": config.period,
        "Unit": config.unit,
        "EvaluationPeriods": rule.periods,
        "DatapointsToAlarm": rule.needed,
        "Threshold": rule.threshold,
        "ComparisonOperator": rule.comparison,
        "TreatMissingData": str(rule.missing),
    }
    return {key: value for key, value in output.items() if value is not None}
