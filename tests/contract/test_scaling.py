"""The floor's port: the fake and the adapter over the simulated service keep to the same contract."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from headstart.adapters.scaling import AwsScaling
from headstart.app.errors import Unavailable
from headstart.app.ports import BookedRelease, ScalableTarget, Scaling
from simulator.services.errors import ServiceError
from tests.support.aws import Plant, client
from tests.support.builders import NOW
from tests.support.fakes import FakeScaling

NAME = "my-llama"
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"inference-component/{NAME}",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}
IN_HALF_AN_HOUR = NOW + timedelta(minutes=30)


@dataclass
class Subject:
    """What is tested, and the owner who sets things up beside it."""

    scaling: Scaling
    register: Callable[[int, int], object]
    plan: Callable[[], object]
    break_off: Callable[[str], object]


def fake() -> Subject:
    scaling = FakeScaling()

    def register(minimum: int, maximum: int) -> None:
        scaling.registered, scaling.minimum, scaling.maximum = True, minimum, maximum

    return Subject(scaling, register, lambda: setattr(scaling, "others_plans", True), scaling.broken.add)


def simulated(plant: Plant) -> Subject:
    plant.create(NAME, 2, mode="act")
    aws = client("application-autoscaling")
    throttled = ServiceError("ThrottlingException", "Rate exceeded")
    return Subject(
        AwsScaling(aws, "headstart"),
        lambda least, most: aws.register_scalable_target(**TARGET, MinCapacity=least, MaxCapacity=most),
        lambda: plan(1),
        lambda operation: plant.refusals.update({f"application-autoscaling:{operation}": throttled}),
    )


def plan(number: int) -> None:
    """The owner's own, for a morning next month."""
    client("application-autoscaling").put_scheduled_action(
        **TARGET,
        ScheduledActionName=f"morning-{number}",
        Schedule="at(2026-12-01T08:00:00)",
        ScalableTargetAction={"MinCapacity": 3},
    )


@pytest.fixture(params=["fake", "simulated"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        return fake()
    return simulated(request.getfixturevalue("plant"))


def test_without_a_scalable_target_there_is_none(subject: Subject) -> None:
    assert subject.scaling.target(NAME) is None


def test_only_the_minimum_is_changed(subject: Subject) -> None:
    subject.register(1, 8)
    assert subject.scaling.target(NAME) == ScalableTarget(1, 8)
    subject.scaling.set_minimum(NAME, 2)
    assert subject.scaling.target(NAME) == ScalableTarget(2, 8)


def test_a_release_is_booked_moved_and_called_off(subject: Subject) -> None:
    subject.register(1, 8)
    assert subject.scaling.booked_release(NAME) is None
    subject.scaling.book_release(NAME, 1, IN_HALF_AN_HOUR)
    assert subject.scaling.booked_release(NAME) == BookedRelease(1)
    subject.scaling.book_release(NAME, 2, IN_HALF_AN_HOUR)
    assert subject.scaling.booked_release(NAME) == BookedRelease(2)
    subject.scaling.cancel_release(NAME)
    assert subject.scaling.booked_release(NAME) is None


def test_only_the_release_of_another_stack_is_inherited(subject: Subject) -> None:
    subject.register(1, 8)
    subject.plan()
    subject.scaling.book_release(NAME, 1, IN_HALF_AN_HOUR)
    assert subject.scaling.inherited_release(NAME) is None


def test_calling_off_what_was_not_booked_is_no_error(subject: Subject) -> None:
    subject.register(1, 8)
    subject.scaling.cancel_release(NAME)


def test_the_owners_plans_are_told_from_our_release(subject: Subject) -> None:
    subject.register(1, 8)
    subject.scaling.book_release(NAME, 1, IN_HALF_AN_HOUR)
    assert not subject.scaling.has_plans(NAME)
    subject.plan()
    assert subject.scaling.has_plans(NAME)
    subject.scaling.cancel_release(NAME)
    assert subject.scaling.has_plans(NAME)
    assert subject.scaling.booked_release(NAME) is None


CALLS: dict[str, Callable[[Scaling], object]] = {
    "DescribeScalableTargets": lambda scaling: scaling.target(NAME),
    "RegisterScalableTarget": lambda scaling: scaling.set_minimum(NAME, 2),
    "DescribeScheduledActions": lambda scaling: scaling.booked_release(NAME),
    "PutScheduledAction": lambda scaling: scaling.book_release(NAME, 1, IN_HALF_AN_HOUR),
    "DeleteScheduledAction": lambda scaling: scaling.cancel_release(NAME),
}


@pytest.mark.parametrize("operation", CALLS)
def test_a_call_that_fails_is_not_taken_for_nothing_there(subject: Subject, operation: str) -> None:
    subject.register(1, 8)
    subject.break_off(operation)
    with pytest.raises(Unavailable, match=operation):
        CALLS[operation](subject.scaling)


# ---- what only the service can show


def minimum(scaling: Scaling) -> int:
    found = scaling.target(NAME)
    assert found is not None
    return found.min_copies


def test_the_booked_action_restores_the_minimum_once_and_is_gone(plant: Plant) -> None:
    subject = simulated(plant)
    subject.register(1, 8)
    subject.scaling.book_release(NAME, 1, IN_HALF_AN_HOUR)
    subject.scaling.set_minimum(NAME, 5)
    plant.pass_(29 * 60)
    assert (minimum(subject.scaling), plant.account.component(NAME).describe().desired_copies) == (5, 5)
    plant.pass_(2 * 60)
    assert minimum(subject.scaling) == 1
    assert subject.scaling.booked_release(NAME) is None


def test_two_stacks_do_not_share_a_release(plant: Plant) -> None:
    subject = simulated(plant)
    subject.register(1, 8)
    other = AwsScaling(client("application-autoscaling"), "headstart-2")
    other.book_release(NAME, 1, IN_HALF_AN_HOUR)
    assert subject.scaling.booked_release(NAME) is None
    assert subject.scaling.has_plans(NAME), "another's plan, whoever made it"
    assert subject.scaling.inherited_release(NAME) == BookedRelease(1), "but it knows the owner's minimum"
    assert other.inherited_release(NAME) is None
    subject.scaling.cancel_release(NAME)
    assert other.booked_release(NAME) == BookedRelease(1)


def test_our_release_is_found_behind_more_than_a_page_of_plans(plant: Plant) -> None:
    subject = simulated(plant)
    subject.register(1, 8)
    for number in range(60):
        plan(number)
    subject.scaling.book_release(NAME, 1, IN_HALF_AN_HOUR)
    assert subject.scaling.booked_release(NAME) == BookedRelease(1)
