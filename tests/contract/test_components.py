"""The fake component that the unit tests trust takes orders like the simulated SageMaker does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import boto3
import pytest

from headstart.adapters.sagemaker import SageMakerComponents
from headstart.app.errors import ComponentGone, Unavailable
from headstart.app.ports import Components, Host
from headstart.domain.model import Instances, OutcomeKind, Status
from simulator.services.errors import ServiceError
from tests.support.aws import NOBODY, ONE_ATTEMPT, WRITE, Plant, client
from tests.support.builders import NOW
from tests.support.fakes import FakeComponent, FakeComponents

NAME = "my-llama"


@dataclass
class Stage:
    """The same moves on either side."""

    components: Components
    create: Callable[[int, str], object]
    copies_come: Callable[[], object]
    plant: Plant | None = field(default=None)


def fake_stage() -> Stage:
    fakes = FakeComponents()

    def create(copies: int, mode: str) -> None:
        fakes.by_name[NAME] = FakeComponent(
            NAME, created=NOW, current=copies, desired=copies, tags={"headstart:mode": mode}
        )

    def copies_come() -> None:
        fakes.by_name[NAME].copies_come()

    return Stage(fakes, create, copies_come)


def plant_stage(plant: Plant) -> Stage:
    return Stage(
        SageMakerComponents(client("sagemaker")),
        lambda copies, mode: plant.create(NAME, copies, mode=mode),
        lambda: plant.pass_(180),
        plant,
    )


@pytest.fixture(params=["fake", "simulated"])
def stage(request: pytest.FixtureRequest) -> Stage:
    return fake_stage() if request.param == "fake" else plant_stage(request.getfixturevalue("plant"))


def test_what_is_not_there_is_gone(stage: Stage) -> None:
    with pytest.raises(ComponentGone):
        stage.components.describe(NAME)


def test_a_component_is_described(stage: Stage) -> None:
    stage.create(2, "act")
    found = stage.components.describe(NAME)
    assert found.name == NAME
    assert found.arn == f"arn:aws:sagemaker:us-east-1:123456789012:inference-component/{NAME}"
    assert found.created == NOW
    assert found.created.tzinfo is not None
    assert (found.status, found.current_copies, found.desired_copies) == (Status.IN_SERVICE, 2, 2)
    assert found.failure is None


def test_instances_are_told_where_the_component_runs_and_no_other_variants(stage: Stage) -> None:
    stage.create(2, "act")
    host = stage.components.describe(NAME).host
    assert host is not None
    found = stage.components.instances(host)
    assert found is not None
    assert found.current == found.desired > 0


def test_instances_that_an_order_needs_show_at_once_and_run_before_its_copies(plant: Plant) -> None:
    plant.create(NAME, 2, mode="act")  # two to an instance
    components = SageMakerComponents(client("sagemaker"))
    host = components.describe(NAME).host
    assert host is not None
    assert components.instances(host) == Instances(1, 1)
    components.set_copies(NAME, 3, NOW)
    assert components.instances(host) == Instances(1, 2)
    plant.pass_(600)
    assert components.instances(host) == Instances(2, 2)
    components.set_copies(NAME, 4, NOW)
    assert components.instances(host) == Instances(2, 2)


def test_another_variants_instances_say_nothing(plant: Plant) -> None:
    plant.create(NAME, 2, mode="act")
    components = SageMakerComponents(client("sagemaker"))
    assert components.instances(Host("endpoint", "another")) is None


def test_an_endpoint_that_is_not_told_of_is_unavailable(plant: Plant) -> None:
    plant.create(NAME, 2, mode="act")
    plant.refusals["sagemaker:DescribeEndpoint"] = ServiceError("ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable, match="DescribeEndpoint"):
        SageMakerComponents(client("sagemaker")).instances(Host("endpoint", "AllTraffic"))


def test_what_was_created_lately_is_listed_with_its_time(stage: Stage) -> None:
    stage.create(0, "act")
    minute = timedelta(minutes=1)
    assert stage.components.created_since(NOW - minute) == {NAME: stage.components.describe(NAME).created}
    assert stage.components.created_since(NOW + minute) == {}


def test_more_new_components_than_a_page_are_all_listed(plant: Plant) -> None:
    for number in range(120):
        plant.create(f"component-{number}", 0, mode="act")
    listed = SageMakerComponents(client("sagemaker")).created_since(NOW - timedelta(minutes=1))
    assert len(listed) == 120


def test_describing_and_listing_wait_for_their_turn(plant: Plant) -> None:
    waited: list[str] = []
    components = SageMakerComponents(client("sagemaker"), waited.append)
    plant.create(NAME, 0, mode="act")
    components.describe(NAME)
    components.created_since(NOW)
    components.set_copies(NAME, 1, NOW)
    assert waited == ["DescribeComponent"] * 3, "one, and one more page than there is; a write waits for nothing"


def test_an_accepted_write_is_seen_at_once_and_its_copies_later(stage: Stage) -> None:
    stage.create(1, "act")
    assert stage.components.set_copies(NAME, 3, NOW).kind is OutcomeKind.APPLIED
    found = stage.components.describe(NAME)
    assert (found.status, found.current_copies, found.desired_copies) == (Status.UPDATING, 1, 3)
    stage.copies_come()
    found = stage.components.describe(NAME)
    assert (found.status, found.current_copies, found.desired_copies) == (Status.IN_SERVICE, 3, 3)


def test_a_write_during_an_update_is_blocked_and_changes_nothing(stage: Stage) -> None:
    stage.create(1, "act")
    stage.components.set_copies(NAME, 3, NOW)
    blocked = stage.components.set_copies(NAME, 5, NOW)
    assert blocked.kind is OutcomeKind.BLOCKED
    assert "in state" in blocked.detail
    assert stage.components.describe(NAME).desired_copies == 3
    stage.copies_come()
    assert stage.components.set_copies(NAME, 5, NOW).kind is OutcomeKind.APPLIED


def test_a_component_that_only_observes_is_refused_by_the_role_itself(stage: Stage) -> None:
    stage.create(1, "observe")
    refused = stage.components.set_copies(NAME, 3, NOW)
    assert refused.kind is OutcomeKind.REFUSED
    assert "AccessDenied" in refused.detail
    assert stage.components.describe(NAME).desired_copies == 1


@pytest.mark.parametrize(
    ("code", "message", "status", "kind"),
    [
        pytest.param("ThrottlingException", "Rate exceeded", 400, OutcomeKind.BLOCKED, id="throttled"),
        pytest.param("InternalFailure", "try again", 500, OutcomeKind.UNCERTAIN, id="internal failure"),
        pytest.param("ServiceUnavailable", "try again", 503, OutcomeKind.UNCERTAIN, id="unavailable"),
        pytest.param("ResourceLimitExceeded", "quota", 400, OutcomeKind.REFUSED, id="quota"),
        pytest.param("ValidationException", "at most 5 copies", 400, OutcomeKind.REFUSED, id="invalid"),
        pytest.param(
            "ValidationException",
            "Cannot update inference component while it is in state UPDATE_RC_IN_PROGRESS",
            400,
            OutcomeKind.BLOCKED,
            id="update lock",
        ),
    ],
)
def test_what_a_refusal_means(plant: Plant, code: str, message: str, status: int, kind: OutcomeKind) -> None:
    stage = plant_stage(plant)
    stage.create(1, "act")
    plant.refusals[WRITE] = ServiceError(code, message, status)
    outcome = stage.components.set_copies(NAME, 3, NOW)
    assert (outcome.kind, outcome.at) == (kind, NOW)
    assert message in outcome.detail


def test_no_answer_at_all_leaves_the_write_uncertain_and_the_look_unavailable() -> None:
    components = SageMakerComponents(boto3.client("sagemaker", endpoint_url=NOBODY, config=ONE_ATTEMPT))
    assert components.set_copies(NAME, 3, NOW + timedelta(seconds=1)).kind is OutcomeKind.UNCERTAIN
    with pytest.raises(Unavailable, match="DescribeInferenceComponent"):
        components.describe(NAME)


def test_a_throttled_look_is_unavailable_not_gone(plant: Plant) -> None:
    stage = plant_stage(plant)
    stage.create(1, "act")
    plant.refusals["sagemaker:DescribeInferenceComponent"] = ServiceError("ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable, match="Rate exceeded"):
        stage.components.describe(NAME)
