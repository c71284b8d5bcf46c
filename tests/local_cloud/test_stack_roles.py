"""What the deployed roles may write, whatever the functions may think."""

from pathlib import Path
from typing import Any

import pytest

from tests.local_cloud.helpers import eventually, invoke, zipped
from tests.local_cloud.scene import BOUND, ENDPOINT, REFUSALS, UNTAGGED, WATCHED, Scene
from tests.local_cloud.signals import alarm_event

pytestmark = pytest.mark.local_cloud

HANDLER = Path(__file__).parent / "probe" / "target" / "handler.py"


@pytest.mark.parametrize("logical", ["AlarmRole", "FollowRole", "ReconcileRole", "HistoryRole"])
def test_a_role_writes_copy_counts_where_the_tag_says_act_if_at_all(scene: Scene, logical: str) -> None:
    """A function of the test's own, which Lambda runs with the role of the stack's."""
    scene.cloud.client("lambda").create_function(
        FunctionName=f"as-{logical}",
        Runtime="python3.13",
        Handler="handler.lambda_handler",
        Role=scene.role(logical),
        Code={"ZipFile": zipped("handler.py", HANDLER.read_text())},
        Environment={"Variables": {"TABLE": "none"}},
        Timeout=60,
    )
    acting = f"act-{logical}"
    scene.cloud.plant.create_component(acting, ENDPOINT, tags={"headstart:mode": "act"})
    may_write = logical in ("AlarmRole", "FollowRole")

    def written(name: str) -> str | None:
        answer = invoke(scene.cloud, f"as-{logical}", {"component": name, "copies": 1})
        assert answer["code"] is None or f"assumed-role/{scene.names[logical]}/" in answer["message"]
        code: str | None = answer["code"]
        return code

    assert written(UNTAGGED) == "AccessDeniedException"
    assert written(WATCHED) == "AccessDeniedException"
    assert written(acting) == (None if may_write else "AccessDeniedException")
    assert scene.writes(acting) == ([(scene.role(logical), 1)] if may_write else [])


def test_a_function_that_thinks_it_may_act_is_denied_by_the_tag(scene: Scene) -> None:
    """The owner has changed the tag, and reconcile, which would tell the function, has not seen it yet."""
    # The schedule may come in between, as it does once a minute.
    decisions = (denied_decision(scene, f"bound-{number}") for number in range(10))
    decision = next(one for one in decisions if one["mode"] != "observe")
    assert decision["outcome"]["kind"] == "refused"
    assert "AccessDeniedException" in decision["outcome"]["detail"]
    assert scene.names["AlarmRole"] in decision["outcome"]["detail"]
    assert not scene.writes(BOUND)


def denied_decision(scene: Scene, signal: str) -> dict[str, Any]:
    """The decision on an alarm that comes just after the component's tag went from act to observe."""
    sagemaker = scene.cloud.client("sagemaker")
    arn = sagemaker.describe_inference_component(InferenceComponentName=BOUND)["InferenceComponentArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "headstart:mode", "Value": "act"}])
    scene.reconcile()
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "headstart:mode", "Value": "observe"}])
    scene.send_alarm(alarm_event(BOUND, signal, "ALARM", REFUSALS))

    def completed() -> dict[str, Any] | None:
        made = [one for one in scene.decisions(BOUND) if one["signal_id"] == signal]
        return made[0] if made and made[0]["outcome"]["kind"] != "intended" else None

    found = eventually("a decision with its outcome", completed)
    assert found is not None
    return found
