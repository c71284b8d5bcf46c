"""The owner changes settings in mid-episode, while a floor is up: nothing of theirs is lost, then or afterwards."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.component.conftest import NAME, Stack
from tests.component.test_leaving import OF, native_scaling, raise_floor, settings
from tests.support.aws import client

type Edit = Callable[[], Any]


def scaling() -> Any:
    return client("application-autoscaling")


def change(**bounds: Any) -> Edit:
    return lambda: scaling().register_scalable_target(**bounds, **OF)


def retarget() -> None:
    tracking = {"PredefinedMetricType": "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"}
    scaling().put_scaling_policy(
        PolicyName="owners-tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"PredefinedMetricSpecification": tracking, "TargetValue": 5.0},
        **OF,
    )


def plan() -> None:
    scaling().put_scheduled_action(
        ScheduledActionName="owners-night",
        Schedule="at(2026-12-01T22:00:00)",
        ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 2},
        **OF,
    )


EDITS = {
    "a higher minimum": change(MinCapacity=4),
    "a lower minimum": change(MinCapacity=0),
    "a higher maximum": change(MaxCapacity=30),
    "a lower maximum": change(MaxCapacity=6),
    "both bounds": change(MinCapacity=3, MaxCapacity=7),
    "another target": retarget,
    "a scheduled action": plan,
    "scaling out suspended": change(SuspendedState={"DynamicScalingOutSuspended": True}),
    "scheduled scaling suspended": change(SuspendedState={"ScheduledScalingSuspended": True}),
    "everything suspended": change(
        SuspendedState={
            "DynamicScalingInSuspended": True,
            "DynamicScalingOutSuspended": True,
            "ScheduledScalingSuspended": True,
        }
    ),
}


def live(stack: Stack, minutes: int) -> None:
    """Every look that is due, and a run of reconcile every minute."""
    for second in range(0, minutes * 60, 10):
        stack.plant.pass_(10)
        episode = stack.state().episode
        if episode is not None and episode.next_look_at <= stack.plant.clock.now():
            stack.deliver()
        if second % 60 == 50:
            assert stack.reconcile({})["failed"] == {}


def seen() -> dict[str, Any]:
    """What an owner sees of native scaling, without what is ours, and without the minimum of a floor that is up."""
    found = settings()
    actions = {
        action["ScheduledActionName"]: (action["Schedule"], action["ScalableTargetAction"])
        for action in found["ScheduledActions"]
    }
    release = actions.pop("headstart-headstart-release", None)
    (target,) = found["ScalableTargets"]
    bounds = {key: target[key] for key in ("MinCapacity", "MaxCapacity", "SuspendedState")}
    if release is not None:
        bounds["MinCapacity"] = release[1]["MinCapacity"]
    return {
        "bounds": bounds,
        "actions": actions,
        "policies": {p["PolicyName"]: p["TargetTrackingScalingPolicyConfiguration"] for p in found["ScalingPolicies"]},
    }


def ours() -> list[str]:
    """What there is of ours."""
    found = settings()
    names = [action["ScheduledActionName"] for action in found["ScheduledActions"]]
    return [n for n in names + [a["AlarmName"] for a in found["MetricAlarms"]] if n.startswith("headstart")]


@pytest.mark.parametrize("name", EDITS)
def test_nothing_of_the_owners_is_lost(stack: Stack, name: str) -> None:
    stack.plant.create(NAME, 2, mode="act")
    native_scaling()
    as_edited = with_edit(EDITS[name])
    stack.reconcile({})
    raise_floor(stack)
    live(stack, minutes=3)
    EDITS[name]()
    for _ in range(4):
        live(stack, minutes=3)
        assert seen() == as_edited
    stack.plant.retag(NAME)
    stack.plant.pass_(60)
    assert stack.reconcile({})["departed"] == (NAME,)
    assert seen() == as_edited
    assert ours() == []


def with_edit(edit: Edit) -> dict[str, Any]:
    """How everything looks to who has made the edit and has no Headstart; then it is undone."""
    edit()
    found = seen()
    scaling().deregister_scalable_target(**OF)
    native_scaling()
    return found


def test_a_copy_count_written_by_hand_stays_but_for_what_was_ours(stack: Stack) -> None:
    stack.plant.create(NAME, 2, mode="act")
    native_scaling()
    stack.reconcile({})
    raise_floor(stack)
    assert stack.copies_asked_for() == 5  # two were there: three are ours
    while stack.plant.account.component(NAME).describe().status != "InService":
        stack.plant.pass_(10)
        stack.deliver()
    client("sagemaker").update_inference_component_runtime_config(
        InferenceComponentName=NAME, DesiredRuntimeConfig={"CopyCount": 12}
    )
    counts = set()
    for _ in range(10):
        live(stack, minutes=1)
        counts.add(stack.copies_asked_for())
    assert max(counts) == 12
    assert min(counts) >= 12 - 3
