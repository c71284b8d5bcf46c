"""What else can be read that answers an open question of docs/live-checks.md."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from headstart.adapters.aws import code_and_message
from headstart.adapters.resources import resource_id, scalable
from headstart.app.records import DecisionRecord
from headstart.domain.model import SignalKind
from simulator.doctor.facts import Identity, Observed, Seen, Unseen
from simulator.doctor.gather.components import store
from simulator.doctor.gather.session import Clients, look, pages

NO_SUCH = "headstart-doctor-no-such-component"
DECISIONS_BACK = timedelta(days=7)
MOST_DECISIONS = 100
MOST_ACTIVITIES = 50


def observed(
    clients: Clients, identity: Identity, region: str, stack: str, table: str | None, name: str, now: datetime
) -> Observed:
    sagemaker = clients("sagemaker")
    partition = identity.arn.split(":")[1]
    nowhere = f"arn:{partition}:sagemaker:{region}:{identity.account}:inference-component/{NO_SUCH}"
    return Observed(
        unknown_component=_refusal(lambda: sagemaker.describe_inference_component(InferenceComponentName=NO_SUCH)),
        unknown_tags=_refusal(lambda: sagemaker.list_tags(ResourceArn=nowhere)),
        tracking_alarms=look(lambda: _tracking_alarms(clients, name)),
        activities=look(lambda: _activities(clients, name)),
        outcomes=look(lambda: _decisions(clients, table, name, now)) if table else Unseen("the table is not known"),
        transitions=look(lambda: _transitions(clients, stack, name, now)),
    )


def _refusal(ask: Any) -> Seen[str]:  # noqa: ANN401
    """The text of the refusal that is expected."""
    try:
        ask()
    except ClientError as error:
        code, message = code_and_message(error)
        if "AccessDenied" in code:
            return Unseen(f"{error.operation_name}: {code}: {message}", code)
        return f"{code}: {message}"
    except Exception as error:  # noqa: BLE001  one look that breaks must not end the others
        return Unseen(f"{type(error).__name__}: {error}")
    return Unseen("there is one of that name")


def _tracking_alarms(clients: Clients, name: str) -> tuple[Mapping[str, Any], ...]:
    prefix = f"TargetTracking-{resource_id(name)}"
    found = pages(clients("cloudwatch"), "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix)
    return tuple(one for one in found if one["AlarmName"].startswith(f"{prefix}-"))


def _activities(clients: Clients, name: str) -> tuple[Mapping[str, Any], ...]:
    found = pages(
        clients("application-autoscaling"),
        "describe_scaling_activities",
        "ScalingActivities",
        IncludeNotScaledActivities=True,
        **scalable(name),
    )
    return tuple(islice(found, MOST_ACTIVITIES))


def _decisions(clients: Clients, table: str, name: str, now: datetime) -> tuple[DecisionRecord, ...]:
    """The latest, newest first."""
    return store(clients, table).decisions(name, now - DECISIONS_BACK, now, MOST_DECISIONS, None).records


def _transitions(clients: Clients, stack: str, name: str, now: datetime) -> Mapping[str, tuple[datetime, ...]]:
    """When each of our two alarms went to ALARM in the last day."""
    found: dict[str, tuple[datetime, ...]] = {}
    for kind in (SignalKind.PRESSURE, SignalKind.WAKE):
        items = pages(
            clients("cloudwatch"),
            "describe_alarm_history",
            "AlarmHistoryItems",
            AlarmName=f"headstart/{stack}/{name}/{kind}",
            HistoryItemType="StateUpdate",
            StartDate=now - timedelta(days=1),
            EndDate=now,
        )
        found[kind] = tuple(one["Timestamp"] for one in islice(items, 100) if "to ALARM" in one["HistorySummary"])
    return found
