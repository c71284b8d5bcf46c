"""CloudWatch: the operations, by name. Alarms and metric data live in modules of their own."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from simulator.plant.account import Account
from simulator.services.cloudwatch_alarms import AlarmOperations
from simulator.services.cloudwatch_metrics import MetricOperations

if TYPE_CHECKING:
    from simulator.services.caller import Caller

ON_ALARMS = {"PutMetricAlarm", "DeleteAlarms", "SetAlarmState", "DescribeAlarmHistory"}


class CloudWatch:
    action_prefix = "cloudwatch"

    def __init__(self, account: Account) -> None:
        self._account = account
        alarms, metrics = AlarmOperations(account), MetricOperations(account)
        self.operations: dict[str, Callable[[Mapping[str, Any], Caller], dict[str, Any]]] = {
            "PutMetricAlarm": alarms.put_metric_alarm,
            "DescribeAlarms": alarms.describe_alarms,
            "DeleteAlarms": alarms.delete_alarms,
            "SetAlarmState": alarms.set_alarm_state,
            "DescribeAlarmHistory": alarms.describe_alarm_history,
            "GetMetricData": metrics.get_metric_data,
            "GetMetricStatistics": metrics.get_metric_statistics,
            "ListMetrics": metrics.list_metrics,
            "PutMetricData": metrics.put_metric_data,
        }

    def resources(self, operation: str, params: Mapping[str, Any]) -> list[str]:
        names = [params["AlarmName"]] if "AlarmName" in params else list(params.get("AlarmNames") or ())
        if not names or operation not in ON_ALARMS:
            return ["*"]
        prefix = f"arn:aws:cloudwatch:{self._account.region}:{self._account.account_id}:alarm:"
        return [prefix + name for name in names]

    def conditions(self, params: Mapping[str, Any]) -> dict[str, str]:
        return {"cloudwatch:namespace": params["Namespace"]} if "MetricData" in params else {}
