"""Native scaling from a tag, and gone with it, over the real adapters."""

from typing import Any

import pytest

from simulator.services.errors import ServiceError
from tests.component.conftest import NAME, Stack
from tests.support.aws import client


def everything() -> dict[str, Any]:
    """All that Application Auto Scaling and CloudWatch hold of alarms, targets, policies and scheduled actions."""
    scaling = client("application-autoscaling")
    reads = {
        "ScalableTargets": scaling.describe_scalable_targets,
        "ScalingPolicies": scaling.describe_scaling_policies,
        "ScheduledActions": scaling.describe_scheduled_actions,
    }
    dump: dict[str, Any] = {name: read(ServiceNamespace="sagemaker")[name] for name, read in reads.items()}
    return dump | {"MetricAlarms": client("cloudwatch").describe_alarms()["MetricAlarms"]}


def names(dump: dict[str, Any]) -> set[str]:
    return {alarm["AlarmName"] for alarm in dump["MetricAlarms"]}


def test_from_tag_to_native_scaling_and_back_to_what_was_there_before(stack: Stack) -> None:
    stack.plant.create(NAME, 1, mode="act", native="create", min="0", max="8", target="5")
    stack.plant.create("other", 1)
    before = everything()
    done = stack.reconcile({})
    assert (done["failed"], done["problems"]) == ({}, {})
    there = everything()
    assert [(t["MinCapacity"], t["MaxCapacity"]) for t in there["ScalableTargets"]] == [(0, 8)]
    assert len(there["ScalingPolicies"]) == 2
    assert names(there) >= {
        f"headstart/headstart/{NAME}/wake",
        f"headstart/headstart/{NAME}/pressure",
        f"headstart-native/headstart/{NAME}/wake",
    }
    stack.plant.pass_(60)
    assert stack.reconcile({})["failed"] == {}
    assert everything()["ScalingPolicies"] == there["ScalingPolicies"]
    stack.plant.retag(NAME)
    stack.plant.pass_(60)
    assert stack.reconcile({})["departed"] == (NAME,)
    assert everything() == before


def test_a_refusal_is_told_and_the_component_is_acted_on_without(stack: Stack) -> None:
    refused = ServiceError(
        "AccessDeniedException", "not authorized to perform: application-autoscaling:PutScalingPolicy"
    )
    stack.plant.refusals["application-autoscaling:PutScalingPolicy"] = refused
    told: list[dict[str, Any]] = []
    stack.plant.account.event_sinks.append(told.append)
    stack.plant.create(NAME, 1, mode="act", native="create", max="8", target="5")
    stack.reconcile({})
    assert stack.state().policy is not None
    (event,) = [e for e in told if e["source"] == "headstart"]
    assert event["detail"]["field"] == "headstart:native"
    assert "AccessDeniedException" in event["detail"]["problem"]
    stack.plant.refusals.clear()
    for _ in range(11):
        stack.plant.pass_(60)
        stack.reconcile({})
    assert len(everything()["ScalingPolicies"]) == 1
    assert stack.state().problem is None


@pytest.mark.parametrize("owned", [True, False])
def test_settings_of_the_owners_own_are_never_touched(stack: Stack, owned: bool) -> None:
    stack.plant.create(NAME, 1, mode="act", native="create", max="8", target="5")
    if owned:
        client("application-autoscaling").register_scalable_target(
            ServiceNamespace="sagemaker",
            ResourceId=f"inference-component/{NAME}",
            ScalableDimension="sagemaker:inference-component:DesiredCopyCount",
            MinCapacity=1,
            MaxCapacity=3,
        )
    stack.reconcile({})
    calls = stack.plant.services.calls
    assert calls["application-autoscaling", "RegisterScalableTarget"] == 1
    assert calls["application-autoscaling", "PutScalingPolicy"] == (0 if owned else 1)
