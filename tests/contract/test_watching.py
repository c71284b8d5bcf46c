"""Metrics, alarms, tags and native settings as the adapters read and write them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from headstart.adapters.cloudwatch import CloudWatchAlarms, CloudWatchMetrics
from headstart.adapters.enrolments import AwsEnrolments
from headstart.adapters.resources import CONCURRENCY_PER_COPY
from headstart.app.errors import Unavailable
from headstart.app.ports import ALARMED_A_CALL, BOUNDS_A_CALL, Alarm, Alarms, Wanted
from headstart.domain.model import Native, SignalKind
from simulator.services.errors import ServiceError
from tests.support.aws import Plant, client
from tests.support.builders import NOW, points
from tests.support.fakes import FakeAlarms

NAME = "my-llama"
STEP = {"ScalingAdjustment": 1}
PRESSURE, WAKE = SignalKind.PRESSURE, SignalKind.WAKE


# ---- metrics


def test_points_come_oldest_first_in_the_units_of_the_rules(plant: Plant) -> None:
    for seconds_ago, concurrency in ((30, 9.0), (50, 4.0), (40, 7.0)):
        plant.measure(NAME, "ConcurrentRequestsPerCopy", concurrency, seconds_ago=seconds_ago)
    plant.measure(NAME, "NoCapacityInvocationFailures", 1.0, seconds_ago=30)
    plant.measure(NAME, "NoCapacityInvocationFailures", 1.0, seconds_ago=28)
    for latency in (2_000_000.0, 3_000_000.0):
        plant.measure(NAME, "ModelLatency", latency, seconds_ago=90)
    plant.measure("another", "ConcurrentRequestsPerCopy", 99.0, seconds_ago=30)
    series = CloudWatchMetrics(client("cloudwatch")).recent(NAME, NOW)
    assert series.concurrency == points(4.0, 7.0, 9.0)
    assert series.refused == points(2.0)
    assert [(p.value, q.value) for p, q in zip(series.latency, series.completed, strict=True)] == [(2.5, 2.0)]


def test_a_period_without_data_has_no_point(plant: Plant) -> None:
    plant.measure(NAME, "ConcurrentRequestsPerCopy", 4.0, seconds_ago=50)
    plant.measure(NAME, "ConcurrentRequestsPerCopy", 9.0, seconds_ago=30)
    series = CloudWatchMetrics(client("cloudwatch")).recent(NAME, NOW)
    assert series.concurrency == points(4.0, None, 9.0)
    assert (series.refused, series.latency, series.completed) == ((), (), ())


def test_metrics_that_cannot_be_read_are_not_empty(plant: Plant) -> None:
    plant.refusals["cloudwatch:GetMetricData"] = ServiceError("Throttling", "Rate exceeded")
    with pytest.raises(Unavailable, match="GetMetricData"):
        CloudWatchMetrics(client("cloudwatch")).recent(NAME, NOW)


# ---- alarms


@pytest.fixture(params=["fake", "simulated"])
def alarms(request: pytest.FixtureRequest) -> Alarms:
    if request.param == "fake":
        return FakeAlarms()
    request.getfixturevalue("plant")
    return CloudWatchAlarms(client("cloudwatch"), "headstart")


def existing(alarms: Alarms, kind: SignalKind) -> Alarm | None:
    return alarms.of([NAME]).get((NAME, kind))


def ensure(alarms: Alarms, kind: SignalKind, threshold: float) -> bool:
    return alarms.ensure(Wanted(NAME, kind, threshold, claims=True), existing(alarms, kind))


def test_an_alarm_is_written_when_missing_or_changed_and_otherwise_left(alarms: Alarms) -> None:
    assert ensure(alarms, PRESSURE, 7.0)
    assert ensure(alarms, WAKE, 1.0)
    assert not ensure(alarms, PRESSURE, 7.0)
    assert not ensure(alarms, WAKE, 1.0)
    assert ensure(alarms, PRESSURE, 5.0)
    assert not ensure(alarms, PRESSURE, 5.0)
    assert alarms.of([NAME, "another"]).keys() == {(NAME, PRESSURE), (NAME, WAKE)}
    assert alarms.ringing() == frozenset()


def test_both_alarms_go_and_a_second_removal_is_no_error(alarms: Alarms) -> None:
    ensure(alarms, PRESSURE, 7.0)
    ensure(alarms, WAKE, 1.0)
    alarms.ensure(Wanted("another", WAKE, 1.0, claims=True), None)
    alarms.remove(NAME)
    alarms.remove(NAME)
    assert list(alarms.of([NAME, "another"])) == [("another", WAKE)]


def test_the_alarms_of_another_stack_are_not_ours(plant: Plant) -> None:
    ours, theirs = (CloudWatchAlarms(client("cloudwatch"), stack) for stack in ("headstart", "headstart-2"))
    theirs.ensure(Wanted(NAME, WAKE, 1.0, claims=True), None)
    assert ours.of([NAME]) == {}
    ours.remove(NAME)
    assert list(theirs.of([NAME])) == [(NAME, WAKE)]
    plant.measure(NAME, "NoCapacityInvocationFailures", 1.0, seconds_ago=0)
    plant.pass_(40)
    assert ours.ringing() == frozenset()
    assert theirs.ringing() == {(NAME, WAKE)}


def test_claims_are_those_of_all_stacks_that_make_one(plant: Plant) -> None:
    ours, theirs = (CloudWatchAlarms(client("cloudwatch"), stack) for stack in ("headstart", "another"))
    for number in range(60):
        ours.ensure(Wanted(f"c{number}", WAKE, 1.0, claims=True), None)
        ours.ensure(Wanted(f"c{number}", PRESSURE, 7.0, claims=True), None)
    theirs.ensure(Wanted("c0", WAKE, 1.0, claims=True), None)
    theirs.ensure(Wanted("c1", WAKE, 1.0, claims=False), None)
    theirs.ensure(Wanted("theirs", WAKE, 1.0, claims=True), None)
    expected = {f"c{number}": {"headstart"} for number in range(60)}
    assert ours.claims() == expected | {"c0": {"headstart", "another"}, "theirs": {"another"}}
    assert theirs.claims() == ours.claims()


def test_a_claim_given_up_is_written_and_gone(alarms: Alarms) -> None:
    ensure(alarms, WAKE, 1.0)
    assert alarms.claims() == {NAME: {"headstart"}}
    assert alarms.ensure(Wanted(NAME, WAKE, 1.0, claims=False), existing(alarms, WAKE))
    assert alarms.claims() == {}
    assert not alarms.ensure(Wanted(NAME, WAKE, 1.0, claims=False), existing(alarms, WAKE))


def test_more_alarms_than_a_page_are_all_found(plant: Plant) -> None:
    alarms = CloudWatchAlarms(client("cloudwatch"), "headstart")
    names = [f"component-{number}" for number in range(120)]
    for name in names:
        alarms.ensure(Wanted(name, WAKE, 1.0, claims=True), None)
        plant.measure(name, "NoCapacityInvocationFailures", 1.0, seconds_ago=0)
    plant.pass_(40)
    assert alarms.ringing() == {(name, WAKE) for name in names}
    assert alarms.of(names[:ALARMED_A_CALL]).keys() == {(name, WAKE) for name in names[:ALARMED_A_CALL]}


def test_calls_wait_for_their_turn(plant: Plant) -> None:
    waited: list[str] = []
    alarms = CloudWatchAlarms(client("cloudwatch"), "headstart", waited.append)
    alarms.ensure(Wanted(NAME, WAKE, 1.0, claims=True), None)
    alarms.of([NAME])
    alarms.ringing()
    assert waited == ["PutMetricAlarm", "DescribeAlarms", *["DescribeAlarms"] * 2]


def test_the_wake_alarm_rings_after_the_first_refused_request(plant: Plant) -> None:
    plant.create(NAME, 0, mode="act")
    alarms = CloudWatchAlarms(client("cloudwatch"), "headstart")
    ensure(alarms, WAKE, 1.0)
    plant.measure(NAME, "NoCapacityInvocationFailures", 1.0, seconds_ago=0)
    plant.pass_(40)
    assert alarms.ringing() == {(NAME, WAKE)}


def test_the_pressure_alarm_rings_above_the_target_and_not_at_it(plant: Plant) -> None:
    alarms = CloudWatchAlarms(client("cloudwatch"), "headstart")
    ensure(alarms, PRESSURE, 7.0)
    plant.measure(NAME, "ConcurrentRequestsPerCopy", 7.0, seconds_ago=0)
    plant.pass_(30)
    assert alarms.ringing() == frozenset()
    plant.measure(NAME, "ConcurrentRequestsPerCopy", 7.5, seconds_ago=0)
    plant.pass_(30)
    assert alarms.ringing() == {(NAME, PRESSURE)}


# ---- enrolments


@pytest.fixture
def enrolments(plant: Plant) -> AwsEnrolments:
    return AwsEnrolments(client("resourcegroupstaggingapi"), client("application-autoscaling"), client("sagemaker"))


def test_only_components_with_the_tag_are_listed(plant: Plant, enrolments: AwsEnrolments) -> None:
    plant.create(NAME, 1, mode="act", max="5")
    plant.create("watched", 1, mode="observe")
    plant.create("other", 1, team="research")
    plant.create("bare", 1)
    assert enrolments.tagged() == {
        NAME: {"headstart:mode": "act", "headstart:max": "5"},
        "watched": {"headstart:mode": "observe"},
    }


def test_names_with_capitals_are_told_from_their_arns_in_lower_case(plant: Plant, enrolments: AwsEnrolments) -> None:
    plant.create("IC-MyLlama", 1, mode="act")
    plant.create("other", 1, mode="act")
    assert enrolments.tagged().keys() == {"IC-MyLlama", "other"}
    plant.create("IC-Later", 1, mode="observe")
    assert enrolments.tagged().keys() == {"IC-MyLlama", "other", "IC-Later"}
    before = plant.services.calls["sagemaker", "ListInferenceComponents"]
    enrolments.tagged()
    assert plant.services.calls["sagemaker", "ListInferenceComponents"] == before, "asked for once"


def test_names_that_cannot_be_asked_for_are_not_guessed(plant: Plant, enrolments: AwsEnrolments) -> None:
    plant.create("IC-MyLlama", 1, mode="act")
    plant.refusals["sagemaker:ListInferenceComponents"] = ServiceError("ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable, match="ListInferenceComponents"):
        enrolments.tagged()


def test_more_components_than_a_page_are_all_listed(plant: Plant, enrolments: AwsEnrolments) -> None:
    for number in range(120):
        plant.create(f"component-{number}", 0, mode="act")
    assert len(enrolments.tagged()) == 120


def test_a_listing_that_breaks_off_is_an_error_not_a_short_one(plant: Plant, enrolments: AwsEnrolments) -> None:
    plant.create(NAME, 1, mode="act")
    plant.refusals["tag:GetResources"] = ServiceError("ThrottlingException", "Rate exceeded")
    with pytest.raises(Unavailable, match="GetResources"):
        enrolments.tagged()


def test_a_direct_look_tells_untagged_from_gone(plant: Plant, enrolments: AwsEnrolments) -> None:
    arn = plant.create(NAME, 0, mode="act").arn
    assert enrolments.tags(arn) == {"headstart:mode": "act"}
    plant.retag(NAME)
    assert enrolments.tags(arn) == {}
    assert enrolments.tags(arn.replace(NAME, "nobody")) is None


def register(plant: Plant, name: str, lowest: int, highest: int, **more: object) -> Callable[..., object]:
    scaling = client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"inference-component/{name}",
        "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=lowest, MaxCapacity=highest, **more)
    return lambda **policy: scaling.put_scaling_policy(**{"PolicyName": "track"} | target | policy)


@pytest.mark.parametrize("metric", CONCURRENCY_PER_COPY)
def test_the_owners_bounds_and_target_are_imported(plant: Plant, enrolments: AwsEnrolments, metric: str) -> None:
    plant.create(NAME, 1, mode="act")
    plant.create("bounds-only", 1, mode="act")
    plant.create("nothing", 1, mode="act")
    specification: dict[str, object] = {"PredefinedMetricSpecification": {"PredefinedMetricType": metric}}
    if metric == "ConcurrentRequestsPerCopy":
        dimension = {"Name": "InferenceComponentName", "Value": NAME}
        specification = {
            "CustomizedMetricSpecification": {
                "Namespace": "AWS/SageMaker",
                "MetricName": metric,
                "Dimensions": [dimension],
                "Statistic": "Maximum",
            }
        }
    register(plant, NAME, 1, 8)(
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 5.0, **specification},
    )
    register(plant, "bounds-only", 0, 3)
    assert enrolments.bounds([NAME, "bounds-only", "nothing"]) == {
        NAME: Native(min_copies=1, max_copies=8),
        "bounds-only": Native(min_copies=0, max_copies=3),
    }
    assert [enrolments.target(name) for name in (NAME, "bounds-only", "nothing")] == [5.0, None, None]


@pytest.mark.parametrize(
    ("suspended", "imported"),
    [
        pytest.param({"DynamicScalingOutSuspended": True}, Native(out_suspended=True), id="out"),
        pytest.param({"ScheduledScalingSuspended": True}, Native(scheduled_suspended=True), id="scheduled"),
        pytest.param({"DynamicScalingInSuspended": True}, Native(), id="in"),
    ],
)
def test_what_the_owner_suspended_is_imported(
    plant: Plant, enrolments: AwsEnrolments, suspended: dict[str, bool], imported: Native
) -> None:
    plant.create(NAME, 1, mode="act")
    register(plant, NAME, 1, 8, SuspendedState=suspended)
    assert enrolments.bounds([NAME]) == {NAME: replace(imported, min_copies=1, max_copies=8)}


def test_the_tracking_policy_is_found_among_more_than_a_page_of_others(plant: Plant, enrolments: AwsEnrolments) -> None:
    plant.create(NAME, 1, mode="act")
    put = register(plant, NAME, 0, 8)
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, **STEP}]}
    for number in range(12):
        put(PolicyName=f"a-step-{number}", PolicyType="StepScaling", StepScalingPolicyConfiguration=steps)
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": CONCURRENCY_PER_COPY[0]}}
    tracking = {"TargetValue": 6.0, **metric}
    put(PolicyName="track", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=tracking)
    assert enrolments.target(NAME) == 6.0


def test_as_many_bounds_as_a_call_takes(plant: Plant, enrolments: AwsEnrolments) -> None:
    names = [f"component-{number}" for number in range(BOUNDS_A_CALL)]
    for name in names:
        plant.create(name, 0, mode="act")
        register(plant, name, 0, 3)
    assert enrolments.bounds(names) == dict.fromkeys(names, Native(min_copies=0, max_copies=3))
    assert plant.services.calls["application-autoscaling", "DescribeScalableTargets"] == 1


@pytest.mark.parametrize("read", ["bounds", "target"])
def test_settings_that_cannot_be_read_are_not_missing(plant: Plant, enrolments: AwsEnrolments, read: str) -> None:
    throttled = ServiceError("ThrottlingException", "Rate exceeded")
    for operation in ("DescribeScalableTargets", "DescribeScalingPolicies"):
        plant.refusals[f"application-autoscaling:{operation}"] = throttled
    with pytest.raises(Unavailable, match="DescribeScal"):
        enrolments.bounds([NAME]) if read == "bounds" else enrolments.target(NAME)


def test_settings_and_tags_wait_for_their_turn(plant: Plant) -> None:
    waited: list[str] = []
    tagging, scaling = client("resourcegroupstaggingapi"), client("application-autoscaling")
    enrolments = AwsEnrolments(tagging, scaling, client("sagemaker"), waited.append)
    arn = plant.create(NAME, 0, mode="act").arn
    enrolments.tagged()
    enrolments.bounds([NAME])
    enrolments.target(NAME)
    enrolments.tags(arn)
    spelling = ["DescribeComponent"] * 2
    assert waited == [*["GetResources"] * 2, *spelling, *["DescribeScaling"] * 3, "DescribeComponent"]
