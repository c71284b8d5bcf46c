"""An endpoint without inference components: its variant is enrolled by the endpoint's tag, and scaled by its floor."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from headstart.domain.model import Capacity, State
from simulator.services.errors import ServiceError
from tests.component.conftest import Stack
from tests.component.test_leaving import bookings, settings
from tests.component.test_native import everything, names
from tests.support.aws import client
from tests.support.lambda_context import event

ENDPOINT, NAME = "my-endpoint", "my-endpoint.AllTraffic"
OWN, MOST = 1, 20
OF: Any = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
PRESSURE = f"headstart/headstart/{NAME}/pressure"


@dataclass
class Variant:
    """What the tests say and see of the one variant."""

    stack: Stack

    def register(self) -> None:
        """Native scaling as its owner set it up."""
        scaling = client("application-autoscaling")
        scaling.register_scalable_target(MinCapacity=OWN, MaxCapacity=MOST, **OF)
        tracking = {"PredefinedMetricSpecification": {"PredefinedMetricType": HIGH_RESOLUTION}, "TargetValue": 7.0}
        scaling.put_scaling_policy(
            PolicyName="owners-tracking",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking,
            **OF,
        )

    def press(self, requests: int = 20) -> None:
        """All that its two instances can serve at once, and the alarm that goes with it."""
        self.stack.plant.send(NAME, requests)
        self.stack.plant.pass_(55)
        self.stack.alarm(event("alarm_pressure_variant"))
        self.look()

    def look(self) -> None:
        """The next look of the chain, when it is due."""
        episode = self.state.episode
        assert episode is not None
        self.stack.plant.pass_((episode.next_look_at - self.stack.plant.clock.now()).total_seconds())
        due = f"{episode.next_look_at}"
        body = {"kind": "follow", "component": NAME, "token": episode.token, "hop": episode.hop, "due": due}
        assert self.stack.follow({"Records": [{"messageId": "1", "body": json.dumps(body)}]}) == {
            "batchItemFailures": []
        }

    def reconcile(self) -> dict[str, Any]:
        self.stack.plant.pass_(60)
        return self.stack.reconcile({})

    @property
    def state(self) -> State:
        known = self.stack.store.load(NAME)
        assert known is not None
        return known

    @property
    def instances(self) -> tuple[int, int]:
        """In service, asked for."""
        answer = client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
        (variant,) = answer["ProductionVariants"]
        return variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]

    @property
    def minimum(self) -> int:
        (target,) = client("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[OF["ResourceId"]]
        )["ScalableTargets"]
        found: int = target["MinCapacity"]
        return found

    def decisions(self) -> list[dict[str, Any]]:
        """As the API answers them, newest first."""
        request = event("api_decisions")
        path = f"/components/{NAME}/decisions"
        request |= {"path": path, "pathParameters": {"name": NAME}}
        request |= {"queryStringParameters": {"limit": "100"}, "multiValueQueryStringParameters": {"limit": ["100"]}}
        answer = self.stack.history(request)
        assert answer["statusCode"] == 200, answer["body"]
        found: list[dict[str, Any]] = json.loads(answer["body"])["decisions"]
        return found


@pytest.fixture
def variant(stack: Stack) -> Variant:
    return Variant(stack)


def enrolled(variant: Variant, mode: str = "act") -> dict[str, Any]:
    """Enrolled beside its owner's native scaling; returns what was there before."""
    variant.stack.plant.create_variant(ENDPOINT, 2, mode=mode)
    variant.register()
    before = settings()
    done = variant.stack.reconcile({})
    assert (done["failed"], done["problems"]) == ({}, {})
    return before


def test_its_settings_are_imported_and_one_alarm_watches_it(variant: Variant) -> None:
    enrolled(variant)
    policy = variant.state.policy
    assert policy is not None
    assert (policy.capacity, policy.target) == (Capacity.VARIANT, 7.0)
    assert (policy.min_copies, policy.max_copies, policy.floor_allowed) == (OWN, MOST, True)
    (alarm,) = client("cloudwatch").describe_alarms(AlarmNamePrefix="headstart/")["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["MetricName"], alarm["Period"]) == (PRESSURE, "ConcurrentRequestsPerModel", 10)
    assert alarm["Dimensions"] == [
        {"Name": "EndpointName", "Value": ENDPOINT},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]
    variant.reconcile()
    assert variant.stack.plant.services.calls["cloudwatch", "PutMetricAlarm"] == 1


def test_native_scaling_from_the_tag_and_gone_with_it(variant: Variant) -> None:
    plant = variant.stack.plant
    plant.create_variant(ENDPOINT, 1, mode="act", native="create", max="8", target="5")
    before = everything()
    assert variant.stack.reconcile({})["problems"] == {}
    there = everything()
    assert [(t["ResourceId"], t["MinCapacity"], t["MaxCapacity"]) for t in there["ScalableTargets"]] == [
        (OF["ResourceId"], 1, 8)
    ]
    (rule,) = there["ScalingPolicies"]
    tracking = rule["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"] == {"PredefinedMetricType": HIGH_RESOLUTION}
    assert tracking["TargetValue"] == 5.0
    assert {name for name in names(there) if name.startswith("headstart")} == {PRESSURE}
    plant.retag_endpoint(ENDPOINT)
    assert variant.reconcile()["departed"] == (NAME,)
    assert everything() == before


def test_more_instances_are_asked_for_through_the_minimum_alone(variant: Variant) -> None:
    enrolled(variant)
    variant.press()
    raised = variant.decisions()[0]
    assert (raised["action"], raised["outcome"]["kind"], raised["capacity"]) == ("write", "applied", "variant")
    assert raised["outcome"]["detail"] == f"MinCapacity is {raised['desired']}"
    assert raised["desired"] == raised["floor"] == variant.minimum > 2
    assert bookings() == ["headstart-headstart-release"]
    assert variant.instances == (2, raised["desired"]), "native scaling has asked for them"
    while variant.instances[0] < raised["desired"]:
        variant.look()
    variant.look()
    assert variant.decisions()[-1]["signal"] == "pressure"
    (applied,) = [one for one in variant.decisions() if one["id"] == raised["id"]]
    assert applied["in_service_at"] is not None
    assert len(variant.state.start_ups) == 1
    assert variant.state.added == 0, "what native scaling asked for is not ours to give back"
    writes = {name for service, name in variant.stack.plant.services.calls if service == "sagemaker"}
    assert writes == {"DescribeEndpoint", "ListInferenceComponents"}


def test_when_the_load_has_gone_the_minimum_is_given_back_and_native_scales_in(variant: Variant) -> None:
    enrolled(variant)
    variant.stack.plant.send(NAME, 20, service_seconds=300)
    variant.stack.plant.pass_(55)
    variant.stack.alarm(event("alarm_pressure_variant"))
    variant.look()
    raised = variant.minimum
    assert raised > 2
    for _ in range(400):
        if variant.state.episode is None:
            break
        variant.look()
    assert variant.state.episode is None
    assert (variant.minimum, bookings()) == (OWN, [])
    variant.stack.plant.pass_(3600)
    assert variant.instances == (OWN, OWN), "native scaling owns scale-in"


def test_in_observe_mode_it_is_only_written_down(variant: Variant) -> None:
    before = enrolled(variant, "observe")
    variant.press()
    seen = variant.decisions()[0]
    assert (seen["action"], seen["outcome"]["kind"]) == ("observe", "observed")
    assert seen["desired"] > 2
    assert (variant.minimum, bookings()) == (OWN, [])
    calls = variant.stack.plant.services.calls
    assert calls["application-autoscaling", "RegisterScalableTarget"] == 1, "the owner's own"
    variant.stack.plant.retag_endpoint(ENDPOINT)
    variant.reconcile()
    assert settings() == before


def test_without_a_scalable_target_it_only_observes_and_says_why(variant: Variant) -> None:
    variant.stack.plant.create_variant(ENDPOINT, 2, mode="act", max="8", target="7")
    variant.stack.reconcile({})
    variant.press()
    assert variant.decisions()[0]["outcome"]["kind"] == "observed"
    assert "no scalable target" in variant.decisions()[0]["reason"]
    assert variant.instances == (2, 2)


def test_while_the_endpoint_updates_nothing_is_raised_and_what_stands_stays(variant: Variant) -> None:
    enrolled(variant)
    variant.press()
    raised = variant.minimum
    while variant.minimum == raised:
        variant.stack.plant.send(NAME, 30)
        variant.look()
    larger = {(one["status"], one["outcome"]["kind"]) for one in variant.decisions() if one["desired"] > raised}
    assert larger == {("Updating", "blocked"), ("InService", "applied")}


@pytest.mark.parametrize(
    ("code", "kind"),
    [("AccessDeniedException", "refused"), ("ConcurrentUpdateException", "blocked")],
)
def test_a_minimum_that_cannot_be_raised_is_told_and_tried_again(variant: Variant, code: str, kind: str) -> None:
    enrolled(variant)
    refusals = variant.stack.plant.refusals
    refusals["application-autoscaling:RegisterScalableTarget"] = ServiceError(code, "because")
    variant.press()
    told = variant.decisions()[0]
    assert (told["outcome"]["kind"], variant.instances) == (kind, (2, 2))
    assert code in told["outcome"]["detail"]
    refusals.clear()
    variant.look()
    assert variant.instances[1] > 2


def test_a_minimum_that_native_scaling_did_not_act_on_is_asked_for_again(variant: Variant) -> None:
    """Such as one that came while a quota stood against it: the call succeeds, and the activity fails."""
    enrolled(variant)
    plant = variant.stack.plant
    scaling = plant.account.autoscaling
    act = scaling.write
    scaling.write = lambda *_: False  # type: ignore[method-assign]
    variant.press()
    assert variant.instances == (2, 2)
    raised = variant.minimum
    for _ in range(5):
        variant.look()
        assert variant.decisions()[0]["outcome"]["kind"] == "blocked", "for a minute native scaling may still act"
        assert variant.minimum == raised
    scaling.write = act  # type: ignore[method-assign]
    for _ in range(3):
        variant.look()
    assert variant.instances[1] >= raised


def test_a_variant_that_leaves_with_its_floor_up_leaves_no_trace(variant: Variant) -> None:
    before = enrolled(variant)
    variant.press()
    assert variant.minimum > OWN
    variant.stack.plant.retag_endpoint(ENDPOINT, team="research")
    done = variant.reconcile()
    assert (done["departed"], done["failed"]) == ((NAME,), {})
    assert settings() == before
    assert variant.reconcile()["departed"] == ()


def test_an_endpoint_that_is_deleted_takes_its_scalable_target_along_and_we_the_rest(variant: Variant) -> None:
    enrolled(variant)
    variant.press()
    variant.stack.plant.delete_endpoint(ENDPOINT)
    done = variant.reconcile()
    assert (done["departed"], done["failed"]) == ((NAME,), {})
    assert not any(settings().values())


def test_an_endpoint_recreated_under_its_name_is_another(variant: Variant) -> None:
    enrolled(variant)
    variant.press()
    variant.stack.plant.delete_endpoint(ENDPOINT)
    variant.stack.plant.pass_(60)
    variant.stack.plant.create_variant(ENDPOINT, 1, mode="act", max="6", target="7")
    variant.look()
    variant.reconcile()
    policy = variant.state.policy
    assert policy is not None
    assert (policy.max_copies, variant.state.start_ups, variant.state.floor) == (6, (), None)


def test_a_deleted_stack_gives_the_minimum_back(variant: Variant) -> None:
    before = enrolled(variant)
    variant.press()
    assert variant.minimum > OWN
    variant.stack.cloudformation(event("stack_delete"))
    assert settings() == before


def test_the_booked_release_restores_the_minimum_with_nobodys_help(variant: Variant) -> None:
    enrolled(variant)
    variant.press()
    assert variant.minimum > OWN
    variant.stack.plant.pass_(31 * 60)
    assert (variant.minimum, bookings()) == (OWN, [])


def test_a_component_and_an_endpoint_of_the_same_name_are_two(variant: Variant) -> None:
    plant = variant.stack.plant
    plant.create(ENDPOINT, 2, mode="act", max="8", target="7")
    plant.create_variant(ENDPOINT, 2, mode="observe", max="9", target="5")
    assert variant.stack.reconcile({})["enrolled"] == 2
    component = variant.stack.store.load(ENDPOINT)
    assert component is not None
    assert component.policy is not None
    assert variant.state.policy is not None
    assert (component.policy.max_copies, component.policy.capacity) == (8, Capacity.COMPONENT)
    assert (variant.state.policy.max_copies, variant.state.policy.capacity) == (9, Capacity.VARIANT)
    plant.retag_endpoint(ENDPOINT)
    assert variant.reconcile()["departed"] == (NAME,)
    assert names(everything()) == {f"headstart/headstart/{ENDPOINT}/{kind}" for kind in ("pressure", "wake")}


def test_an_endpoint_with_inference_components_is_told_once_that_they_are_to_be_tagged(variant: Variant) -> None:
    plant = variant.stack.plant
    told: list[dict[str, Any]] = []
    plant.account.event_sinks.append(told.append)
    plant.create("my-llama", 1)
    plant.retag_endpoint("endpoint", mode="act", max="8", target="7")
    for _ in range(3):
        variant.reconcile()
    (notice,) = [one for one in told if one["source"] == "headstart"]
    assert notice["detail"]["component"] == "endpoint.AllTraffic"
    assert notice["detail"]["field"] == "headstart:mode"
    assert "has inference components; tag those" in notice["detail"]["problem"]
    assert names(everything()) == set()
    plant.retag_endpoint("endpoint")
    assert variant.reconcile()["departed"] == ("endpoint.AllTraffic",)


def test_zero_instances_are_no_minimum_of_a_variant(variant: Variant) -> None:
    variant.stack.plant.create_variant(ENDPOINT, 1, mode="act", native="create", min="0", max="8", target="5")
    problems = variant.stack.reconcile({})["problems"]
    assert problems == {NAME: "headstart:min is '0'; it must be a number from 1 to 10000"}
