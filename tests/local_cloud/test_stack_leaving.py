"""The deployed stack from a tag to its own deletion: what it puts into AWS, and that nothing of it is left."""

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.cloud import LocalCloud
from tests.local_cloud.clocks import PLANT
from tests.local_cloud.helpers import eventually, invoke
from tests.local_cloud.scene import ENDPOINT, MOST, STACK, register

pytestmark = pytest.mark.local_cloud

NAME, OWN, SCHEDULED = "leaver", 1, 3
ALARMS = {f"headstart/{STACK}/{NAME}/pressure", f"headstart/{STACK}/{NAME}/wake"}
ACT = {"mode": "act", "schedule": f"mon-sun 00:00-24:00 UTC min {SCHEDULED}", "reserve": "0"}
"""The scheduled minimum is an episode and a floor without any traffic."""
OF: Any = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"inference-component/{NAME}",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}


class Owner:
    """Who owns the component, and has a stack of Headstart in the account."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.scaling = cloud.client("application-autoscaling")
        self.deploy()
        self.arn = cloud.plant.create_component(NAME, ENDPOINT, OWN, warm=True)
        register(cloud, NAME)
        self.scaling.register_scalable_target(**OF, MinCapacity=OWN)

    def deploy(self, table: str = "") -> None:
        """The stack, on a table that is there already or one of its own."""
        cloud = self.cloud
        self.outputs = cloud.deploy(stack=STACK, parameters={"ExistingTable": table} if table else {})
        resources = cloud.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        self.names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
        # Every run of reconcile is ours to begin: what is seen after one run was that run's work.
        cloud.client("events").disable_rule(Name=self.names["ReconcileFunctionTick"])

    def tag(self, **tags: str) -> None:
        """These, and no others of Headstart's."""
        sagemaker = self.cloud.client("sagemaker")
        before = [t["Key"] for t in sagemaker.list_tags(ResourceArn=self.arn)["Tags"]]
        if before:
            sagemaker.delete_tags(ResourceArn=self.arn, TagKeys=before)
        if tags:
            pairs = [{"Key": f"headstart:{key}", "Value": value} for key, value in tags.items()]
            sagemaker.add_tags(ResourceArn=self.arn, Tags=pairs)

    def reconcile(self) -> dict[str, Any]:
        done: dict[str, Any] = invoke(self.cloud, self.names["ReconcileFunction"], {})
        assert done["failed"] == {}
        return done

    def component(self) -> dict[str, Any]:
        (found,) = self.cloud.call_api(self.outputs["ApiUrl"], "/components").body["components"]
        return dict(found)

    def minimum(self) -> int:
        (target,) = self.scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        return int(target["MinCapacity"])

    def bookings(self) -> list[str]:
        actions = self.scaling.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"]
        return [action["ScheduledActionName"] for action in actions]

    def alarms(self) -> set[str]:
        pages = self.cloud.client("cloudwatch").get_paginator("describe_alarms").paginate()
        return {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}

    def everything(self) -> dict[str, Any]:
        """All alarms, scalable targets, policies and scheduled actions of the account."""
        return {
            "targets": self.scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"],
            "policies": self.scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"],
            "actions": self.scaling.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"],
            "alarms": self.alarms(),
        }

    def floor_is_up(self) -> bool:
        return self.minimum() == SCHEDULED and self.bookings() == [f"headstart-{STACK}-release"]

    def floor_is_down(self) -> bool:
        return self.minimum() == OWN and self.bookings() == []


@pytest.fixture(scope="module")
def owner() -> Iterator[Owner]:
    """A cloud of their own: the stack is going to be deleted."""
    with LocalCloud.start(plant=PLANT) as cloud:
        yield Owner(cloud)


@pytest.fixture(scope="module")
def before(owner: Owner) -> dict[str, Any]:
    return owner.everything()


def enrol(owner: Owner) -> None:
    owner.tag(**ACT)
    owner.reconcile()
    eventually("the floor", owner.floor_is_up)


def test_a_tag_enrols_within_one_run_with_what_the_owner_set_up(owner: Owner, before: dict[str, Any]) -> None:
    owner.tag(**ACT)
    done = owner.reconcile()
    assert (done["enrolled"], done["alarms_written"]) == (1, 2)
    assert owner.alarms() == before["alarms"] | ALARMS
    policy = owner.component()["policy"]
    assert (policy["target"], policy["min_copies"], policy["max_copies"]) == (3.0, OWN, MOST)


@pytest.mark.parametrize(
    "tags", [ACT | {"mode": "observe"}, ACT | {"paused-until": "2100-01-01T00:00Z"}], ids=["observe", "paused"]
)
def test_who_stops_it_has_the_minimum_back_after_one_run(
    owner: Owner, before: dict[str, Any], tags: dict[str, str]
) -> None:
    enrol(owner)
    owner.tag(**tags)
    owner.reconcile()
    eventually("the owner's minimum", owner.floor_is_down)
    assert owner.alarms() == before["alarms"] | ALARMS
    assert owner.component()["policy"]["mode"] == "observe"


def test_a_problem_gives_the_minimum_back_in_that_run(owner: Owner, before: dict[str, Any]) -> None:
    enrol(owner)
    owner.tag(**ACT | {"max": "plenty"})
    assert list(owner.reconcile()["problems"]) == [NAME]
    assert owner.floor_is_down()


def test_a_pause_that_has_expired_is_over_in_the_next_run(owner: Owner, before: dict[str, Any]) -> None:
    owner.tag(**ACT | {"paused-until": "2020-01-01T00:00Z"})
    owner.reconcile()
    eventually("the floor", owner.floor_is_up)


def test_without_the_tag_nothing_is_left_after_one_run(owner: Owner, before: dict[str, Any]) -> None:
    enrol(owner)
    owner.tag()
    assert owner.reconcile()["departed"] == [NAME]
    assert owner.everything() == before


def delete_stack(owner: Owner) -> str:
    cloudformation = owner.cloud.client("cloudformation")
    stack_id: str = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=STACK)
    eventually(
        "the end of the stack",
        lambda: cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE",
    )
    return stack_id


def test_a_deleted_stack_leaves_nothing_but_its_table(owner: Owner, before: dict[str, Any]) -> None:
    enrol(owner)
    stack_id = delete_stack(owner)
    cloudformation = owner.cloud.client("cloudformation")
    assert owner.everything() == before
    key = {"pk": {"S": "stack"}, "sk": {"S": "tombstone"}}
    item = owner.cloud.client("dynamodb").get_item(TableName=owner.outputs["TableName"], Key=key)["Item"]
    assert item["left"] == {"M": {}}
    order = [
        event["LogicalResourceId"]
        for event in reversed(cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"])
        if event["ResourceStatus"] == "DELETE_COMPLETE"
    ]
    assert order.index("Tombstone") < order.index("ReconcileFunction") < order.index("CleanUp")


def test_a_stack_on_the_table_that_was_kept_goes_on_with_its_history(owner: Owner, before: dict[str, Any]) -> None:
    kept = owner.outputs["TableName"]
    owner.deploy(table=kept)
    assert owner.outputs["TableName"] == kept
    path = f"/components/{NAME}/decisions"
    earlier = owner.cloud.call_api(owner.outputs["ApiUrl"], path).body["decisions"]
    assert earlier
    enrol(owner)
    latest = owner.cloud.call_api(owner.outputs["ApiUrl"], path).body["decisions"]
    assert latest[0]["at"] > earlier[0]["at"]
    delete_stack(owner)
    assert owner.everything() == before
    assert owner.cloud.client("dynamodb").describe_table(TableName=kept)["Table"]["TableStatus"] == "ACTIVE"
