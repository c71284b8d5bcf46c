"""PutMetricAlarm's parameters, checked as AWS checks them (aws-facts 5.1)."""

from collections.abc import Mapping
from typing import Any

from simulator.plant.alarm_model import AlarmConfig
from simulator.plant.alarm_rules import COMPARISONS, Missing, Rule
from simulator.plant.metrics import STATISTICS, MetricKey
from simulator.services.errors import NotModelled, ServiceError

MAX_ACTIONS = 5
DAY_S = 86_400

type Params = Mapping[str, Any]


def alarm_config(params: Params) -> AlarmConfig:
    """Raises ServiceError for what AWS refuses, and for what is not modelled: metric math, percentiles."""
    for member in ("Metrics", "ExtendedStatistic", "ThresholdMetricId", "EvaluationCriteria"):
        if params.get(member):
            raise NotModelled(f"An alarm with {member} (metric math, percentiles, anomaly detection, PromQL)")
    for member in ("MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "Threshold"):
        if params.get(member) is None:
            raise _invalid(f"The parameter {member} must be present for an alarm on a single metric.")
    if params["Statistic"] not in STATISTICS:
        raise _invalid(f"Value '{params['Statistic']}' at 'statistic' failed to satisfy constraint: Member must "
                       f"satisfy enum value set: [{', '.join(sorted(STATISTICS))}]")  # fmt: skip
    _check_window(params["Period"], params["EvaluationPeriods"])
    dimensions = tuple(sorted((one["Name"], one["Value"]) for one in params.get("Dimensions") or ()))
    return AlarmConfig(
        name=_name(params["AlarmName"]),
        metric=MetricKey(params["Namespace"], params["MetricName"], dimensions),
        statistic=params["Statistic"],
        period=params["Period"],
        rule=_rule(params),
        description=params.get("AlarmDescription"),
        actions_enabled=params.get("ActionsEnabled", True),
        alarm_actions=_actions(params, "AlarmActions"),
        ok_actions=_actions(params, "OKActions"),
        insufficient_data_actions=_actions(params, "InsufficientDataActions"),
        unit=params.get("Unit"),
    )


def _name(name: str) -> str:
    if not 1 <= len(name) <= 255:
        raise _invalid("AlarmName must have between 1 and 255 characters.")
    return name


def _rule(params: Params) -> Rule:
    comparison, periods = params["ComparisonOperator"], params["EvaluationPeriods"]
    if comparison not in COMPARISONS:
        raise NotModelled(f"ComparisonOperator {comparison}")
    needed = params.get("DatapointsToAlarm") or periods
    if needed > periods:
        raise _invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    said = params.get("TreatMissingData") or "missing"
    if said not in set(Missing):
        raise _invalid(f"{said} is not a valid value for TreatMissingData")
    return Rule(comparison, float(params["Threshold"]), needed, periods, Missing(said))


def _check_window(period: int, periods: int) -> None:
    if period not in (10, 20, 30) and (period < 60 or period % 60):
        raise _invalid("Period must be 10, 20, 30 or a multiple of 60")
    if periods < 1:
        raise _invalid("EvaluationPeriods must be at least 1")
    if period < 3600 and period * periods > DAY_S:
        raise _invalid(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) "
            "for alarms using period < 3600"
        )
    if period * periods > DAY_S:
        # AWS evaluates these once an hour.
        raise NotModelled("An alarm over more than a day")


def _actions(params: Params, member: str) -> tuple[str, ...]:
    actions = tuple(params.get(member) or ())
    if len(actions) > MAX_ACTIONS:
        raise _invalid(f"{member} takes at most {MAX_ACTIONS} actions")
    return actions


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationError", message)
