"""The floor: a scalable target's MinCapacity, and the scheduled action that releases it."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from headstart.adapters.aws import Wait, code_and_message, paced, unavailable_on_error, unpaced
from headstart.adapters.resources import resource_id, scalable, scalable_dimension
from headstart.app.ports import BookedRelease, ScalableTarget
from headstart.domain.capacity import capacity_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_application_autoscaling.type_defs import ScheduledActionTypeDef

NAMESPACE: Final = "sagemaker"
RELEASE: Final = re.compile(r"headstart-.+-release")


class AwsScaling:
    """Implements ``ports.Scaling``. The action carries the stack's name: two stacks never share one."""

    def __init__(self, client: "ApplicationAutoScalingClient", stack: str, wait: Wait = unpaced) -> None:
        self._client = client
        self._wait = wait
        self._action = f"headstart-{stack}-release"

    def target(self, name: str) -> ScalableTarget | None:
        self._wait("DescribeScaling")
        with unavailable_on_error("DescribeScalableTargets"):
            answer = self._client.describe_scalable_targets(
                ServiceNamespace=NAMESPACE,
                ResourceIds=[resource_id(name)],
                ScalableDimension=scalable_dimension(capacity_of(name)),
            )
        found = answer["ScalableTargets"]
        return ScalableTarget(found[0]["MinCapacity"], found[0]["MaxCapacity"]) if found else None

    def set_minimum(self, name: str, copies: int) -> None:
        self._wait("ChangeScaling")
        # What is left out of an update stays as it is (RegisterScalableTarget).
        with unavailable_on_error("RegisterScalableTarget"):
            self._client.register_scalable_target(MinCapacity=copies, **scalable(name))

    def booked_release(self, name: str) -> BookedRelease | None:
        return _release(action for action in self._scheduled(name) if action["ScheduledActionName"] == self._action)

    def inherited_release(self, name: str) -> BookedRelease | None:
        anyones = (action for action in self._scheduled(name) if RELEASE.fullmatch(action["ScheduledActionName"]))
        return _release(action for action in anyones if action["ScheduledActionName"] != self._action)

    def has_plans(self, name: str) -> bool:
        return any(action["ScheduledActionName"] != self._action for action in self._scheduled(name))

    def book_release(self, name: str, min_copies: int, at: datetime) -> None:
        self._wait("ChangeScaling")
        with unavailable_on_error("PutScheduledAction"):
            self._client.put_scheduled_action(
                ScheduledActionName=self._action,
                Schedule=f"at({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
                ScalableTargetAction={"MinCapacity": min_copies},
                **scalable(name),
            )

    def cancel_release(self, name: str) -> None:
        self._wait("ChangeScaling")
        with unavailable_on_error("DeleteScheduledAction"):
            try:
                self._client.delete_scheduled_action(ScheduledActionName=self._action, **scalable(name))
            except ClientError as error:
                if code_and_message(error)[0] != "ObjectNotFoundException":
                    raise

    def _scheduled(self, name: str) -> "list[ScheduledActionTypeDef]":
        with unavailable_on_error("DescribeScheduledActions"):
            pages = self._client.get_paginator("describe_scheduled_actions").paginate(**scalable(name))
            return [
                action for page in paced(pages, self._wait, "DescribeScaling") for action in page["ScheduledActions"]
            ]


def _release(found: "Iterable[ScheduledActionTypeDef]") -> BookedRelease | None:
    minimum = next((action.get("ScalableTargetAction", {}).get("MinCapacity") for action in found), None)
    return None if minimum is None else BookedRelease(minimum)
