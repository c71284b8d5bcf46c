"""The copy-count write of a role that may write to components tagged `act` only."""

import pytest

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import invoke

pytestmark = pytest.mark.local_cloud


@pytest.mark.parametrize("tags", [{}, {"headstart:mode": "observe"}], ids=["untagged", "observe"])
def test_the_role_is_denied(cloud: LocalCloud, probe: dict[str, str], tags: dict[str, str]) -> None:
    name = "iam-" + (tags.get("headstart:mode") or "untagged")
    arn = cloud.plant.create_component(name, "iam", tags=tags)
    answer = invoke(cloud, probe["TargetName"], {"component": name, "copies": 1})
    assert answer["code"] == "AccessDeniedException"
    assert "assumed-role/probe-TargetRole" in answer["message"]
    assert f"sagemaker:UpdateInferenceComponentRuntimeConfig on resource: {arn}" in answer["message"]
    assert cloud.plant.state()["components"][name]["desired_copies"] == 0


def test_the_role_may_write_where_the_tag_says_so(cloud: LocalCloud, probe: dict[str, str]) -> None:
    cloud.plant.create_component("iam-act", "iam", tags={"headstart:mode": "act"})
    assert invoke(cloud, probe["TargetName"], {"component": "iam-act", "copies": 2}) == {"code": None}
    state = cloud.plant.state()
    assert state["components"]["iam-act"]["desired_copies"] == 2
    writes = [entry for entry in state["journal"] if entry["kind"] == "write" and entry["component"] == "iam-act"]
    assert [(entry["asked"], "probe-TargetRole" in entry["caller"]) for entry in writes] == [(2, True)]


def test_taking_the_tag_away_takes_the_right_away(cloud: LocalCloud, probe: dict[str, str]) -> None:
    arn = cloud.plant.create_component("iam-left", "iam", tags={"headstart:mode": "act"})
    cloud.client("sagemaker").delete_tags(ResourceArn=arn, TagKeys=["headstart:mode"])
    answer = invoke(cloud, probe["TargetName"], {"component": "iam-left", "copies": 1})
    assert answer["code"] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("mode", "decision"), [("act", "allowed"), ("observe", "implicitDeny"), (None, "implicitDeny")]
)
def test_a_simulation_of_the_role_heeds_the_tag(
    cloud: LocalCloud, probe: dict[str, str], mode: str | None, decision: str
) -> None:
    iam, write = cloud.client("iam"), "sagemaker:UpdateInferenceComponentRuntimeConfig"
    role = cloud.client("lambda").get_function_configuration(FunctionName=probe["TargetName"])["Role"]
    key = {"ContextKeyName": "aws:ResourceTag/headstart:mode", "ContextKeyType": "string"}
    components = [f"arn:aws:sagemaker:{cloud.region}:{cloud.account_id}:inference-component/{name}" for name in "ab"]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=[write, "sagemaker:DeleteInferenceComponent"],
        ResourceArns=components,
        ContextEntries=[key | {"ContextKeyValues": [mode]}] if mode else [],
    )
    results = [
        (one["EvalActionName"], one["EvalResourceName"], one["EvalDecision"]) for one in answer["EvaluationResults"]
    ]
    assert results == [(write, component, decision) for component in components] + [
        ("sagemaker:DeleteInferenceComponent", component, "implicitDeny") for component in components
    ]
