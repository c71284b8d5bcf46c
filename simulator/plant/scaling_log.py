"""Scaling activities: what Application Auto Scaling did, and once per run of reasons, what it did not."""

from typing import TYPE_CHECKING, Any
from uuid import uuid5

from simulator.plant.alarm_model import IDENTIFIERS
from simulator.plant.scaling_model import Activity, NotScaled, ScalableTarget

if TYPE_CHECKING:
    from simulator.plant.account import Account


class ActivityLog:
    """Wording "Setting desired copy count to N." is assumed after the documented one of ECS (aws-facts 4)."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._engine = account.engine
        self._written = 0

    def started(self, target: ScalableTarget, copies: int, cause: str) -> None:
        self.settle(target)
        target.last_not_scaled = None
        self._add(target, cause, _setting(copies), "InProgress")

    def failed(self, target: ScalableTarget, copies: int, cause: str, reason: str, code: str) -> None:
        message = f"Failed to set desired copy count to {copies}. Reason: {reason} Error Code: {code}"
        self._add(target, cause, _setting(copies), "Failed").message = message

    def not_scaled(self, target: ScalableTarget, policy: str, cause: str, reason: NotScaled) -> None:
        """Only the first of a run of equal reasons is recorded (aws-facts 4)."""
        if target.last_not_scaled == (policy, reason):
            return
        target.last_not_scaled = (policy, reason)
        activity = self._add(target, cause, "Attempting to scale due to alarm triggered", "Failed")
        component = self._account.scaled(target.component)
        details: dict[str, Any] = {"Code": str(reason)}
        if reason is NotScaled.AT_MAX:
            details["MaxCapacity"] = target.maximum
        elif reason is NotScaled.AT_MIN:
            details["MinCapacity"] = target.minimum
        if reason is not NotScaled.UNSCALABLE and component is not None:
            details["CurrentCapacity"] = component.desired_copies
        activity.not_scaled = details

    def settle(self, target: ScalableTarget) -> None:
        """Closes the activity in progress once its change is no longer in flight."""
        component = self._account.scaled(target.component)
        for activity in reversed(target.activities):
            if activity.status != "InProgress":
                continue
            if component is None or component.status == "Updating":
                return
            activity.status, activity.end = "Successful", component.last_modified
            activity.message = f"{activity.description.replace('Setting', 'Successfully set')[:-1]}. Change " \
                "successfully fulfilled by sagemaker."  # fmt: skip

    def _add(self, target: ScalableTarget, cause: str, description: str, status: str) -> Activity:
        self._written += 1
        key = f"{self._account.seed}/activity/{self._written}"
        activity = Activity(str(uuid5(IDENTIFIERS, key)), cause, description, self._engine.now, status)
        if status == "Failed":
            activity.end = self._engine.now
        target.activities.append(activity)
        return activity


def _setting(copies: int) -> str:
    return f"Setting desired copy count to {copies}."
