"""Real boto3 clients against the services over HTTP, in real time on a quick plant."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator.engine import Engine, RealTime
from simulator.plant.account import QUOTAS, Account
from simulator.plant.metrics import component_metric
from simulator.plant.spec import load_plant
from simulator.services.caller import AccessDenied, Caller
from simulator.services.http import HttpServer
from simulator.services.registry import Services
from tests.support.waiting import HoldableClock, eventually

STANDARD = load_plant("standard")
QUICK = replace(
    STANDARD,
    start=replace(STANDARD.start, median_s=0.3, sigma=0.0),
    instances=replace(STANDARD.instances, launch_median_s=0.2, launch_sigma=0.0),
    lock=replace(STANDARD.lock, inwards_s=0.2),
)
ROLE = "arn:aws:iam::123456789012:role/controller"
METRIC = {
    "Namespace": "AWS/SageMaker",
    "MetricName": "NoCapacityInvocationFailures",
    "Dimensions": [{"Name": "InferenceComponentName", "Value": "chat"}],
}


class Cloud:
    """`asked` is every authorisation question; a write is refused unless the component is tagged act."""

    def __init__(self) -> None:
        self.clock = HoldableClock()
        engine = Engine(self.clock())
        self.account = Account(engine, QUICK, seed=1)
        self.realtime = RealTime(engine, self.clock)
        self.services = Services(self.account, self._authorize)
        self.asked: list[tuple[str, str]] = []
        self.http = HttpServer(self.realtime, self.services, role_of=lambda key: ROLE if key == "ROLE" else None)

    def client(self, service: str, access_key: str = "OWNER") -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.http.url,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key="secret",
            config=Config(retries={"max_attempts": 0}, max_pool_connections=300),
        )

    def _authorize(self, caller: Caller, action: str, resource: str, context: Mapping[str, str]) -> None:
        self.asked.append((action, resource))
        if action != "sagemaker:UpdateInferenceComponentRuntimeConfig" or caller.role_arn is None:
            return
        if context.get("aws:ResourceTag/headstart:mode") != "act":
            raise AccessDenied(
                f"User: {caller.role_arn} is not authorized to perform: {action} on resource: {resource}"
            )


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    made.realtime.start()
    made.http.start()
    yield made
    made.http.stop()
    made.realtime.stop()


@pytest.fixture
def still(cloud: Cloud) -> Iterator[Cloud]:
    """A cloud in which nothing happens by itself: no alarm is evaluated, no copy comes."""
    with cloud.clock.held():
        yield cloud


@contextmanager
def refused(code: str, text: str | None = None) -> Iterator[None]:
    with pytest.raises(ClientError, match=text) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code


def _component(cloud: Cloud, name: str = "chat", copies: int = 0, **tags: str) -> Any:
    sagemaker = cloud.client("sagemaker")
    if "models" not in cloud.account.endpoints:
        sagemaker.create_endpoint_config(
            EndpointConfigName="config",
            ExecutionRoleArn=ROLE,
            ProductionVariants=[{"VariantName": "AllTraffic", "InstanceType": "ml.g5.xlarge"}],
        )
        sagemaker.create_endpoint(EndpointName="models", EndpointConfigName="config")
    sagemaker.create_inference_component(
        InferenceComponentName=name,
        EndpointName="models",
        VariantName="AllTraffic",
        Specification={
            "Container": {"Image": "image", "Environment": {"OPTION_MAX_ROLLING_BATCH_SIZE": "2"}},
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
        },
        RuntimeConfig={"CopyCount": copies},
        Tags=[{"Key": key.replace("_", ":"), "Value": value} for key, value in tags.items()],
    )
    return sagemaker


def _until_in_service(sagemaker: Any, copies: int, name: str = "chat") -> None:
    def there() -> bool:
        found = sagemaker.describe_inference_component(InferenceComponentName=name)
        return (found["InferenceComponentStatus"], found["RuntimeConfig"]["CurrentCopyCount"]) == ("InService", copies)

    eventually(f"{name} with {copies} copies in service", there)


def _credential(service: str) -> dict[str, str]:
    scope = f"20260101/us-east-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential=RAW/{scope}, SignedHeaders=host, Signature=0"}


def _post(cloud: Cloud, body: bytes, headers: dict[str, str], path: str = "/") -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", cloud.http.port, timeout=120)
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_component_is_woken_and_serves(cloud: Cloud) -> None:
    sagemaker = _component(cloud)
    runtime = cloud.client("sagemaker-runtime")
    invoke = {"EndpointName": "models", "InferenceComponentName": "chat", "Body": b'{"service_s": 0.2}'}
    with refused("ValidationError", "Inference Component has no capacity to process this request"):
        runtime.invoke_endpoint(**invoke)
    assert cloud.account.components["chat"].refused_attempts == 1

    wanted = {"InferenceComponentName": "chat", "DesiredRuntimeConfig": {"CopyCount": 2}}
    with cloud.clock.held():
        sagemaker.update_inference_component_runtime_config(**wanted)
        found = sagemaker.describe_inference_component(InferenceComponentName="chat")
        assert found["InferenceComponentStatus"] == "Updating"
        assert found["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 0}
        with refused("ValidationException", "while it is in state UPDATE_RC_IN_PROGRESS"):
            sagemaker.update_inference_component_runtime_config(**wanted)
        with refused("ValidationException", "Cannot delete inference component"):
            sagemaker.delete_inference_component(InferenceComponentName="chat")

    _until_in_service(sagemaker, 2)
    began = cloud.clock()
    answer = runtime.invoke_endpoint(**invoke)
    assert cloud.clock() >= began + 0.2
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert b'"service_s": 0.2' in answer["Body"].read()


def test_hundreds_of_requests_are_held_at_once(cloud: Cloud) -> None:
    sagemaker = _component(cloud, copies=1)
    _until_in_service(sagemaker, 1)
    chat = cloud.account.components["chat"]
    headers = _credential("sagemaker") | {"X-Amzn-SageMaker-Inference-Component": "chat"}

    def invoke(service_s: float) -> int:
        body = json.dumps({"service_s": service_s}).encode()
        return _post(cloud, body, headers, "/endpoints/models/invocations")[0]

    with ThreadPoolExecutor(200) as pool:
        with cloud.clock.held():  # so that none is served before all are there
            held = [pool.submit(invoke, 0.005) for _ in range(200)]
            eventually("200 requests in flight", lambda: chat.in_flight == 200)
            assert sagemaker.describe_inference_component(InferenceComponentName="chat")
            assert not any(one.done() for one in held)
        assert [one.result() for one in held] == [200] * 200


def test_a_server_that_stops_lets_go_of_what_it_holds() -> None:
    cloud = Cloud()
    cloud.realtime.start()
    cloud.http.start()
    with cloud.realtime.locked():
        cloud.account.create_component("chat", "models", 1, warm=True)
    failed: list[str] = []

    def invoke() -> None:
        try:
            cloud.client("sagemaker-runtime").invoke_endpoint(
                EndpointName="models", InferenceComponentName="chat", Body=b'{"service_s": 50}'
            )
        except ClientError as error:
            failed.append(error.response["Error"]["Code"])

    waiting = threading.Thread(target=invoke)
    waiting.start()
    eventually("a request in flight", lambda: cloud.account.components["chat"].in_flight)
    cloud.http.stop()
    waiting.join(timeout=60)
    cloud.realtime.stop()
    assert failed == ["ServiceUnavailable"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"service_s": -1}', b'{"service_s": "x"}'])
def test_a_body_that_does_not_say_what_it_takes_is_refused(cloud: Cloud, body: bytes) -> None:
    _component(cloud)
    with refused("ValidationError"):
        cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName="models", InferenceComponentName="chat", Body=body
        )


def test_unknown_names(cloud: Cloud) -> None:
    sagemaker = cloud.client("sagemaker")
    with refused("ValidationException", "Could not find inference component"):
        sagemaker.describe_inference_component(InferenceComponentName="none")
    with refused("ValidationException", "Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName="none")
    with refused("ValidationException", "Could not find inference component"):
        sagemaker.list_tags(ResourceArn=cloud.account.arn("inference-component", "none"))
    with refused("ResourceNotFound"):
        cloud.client("cloudwatch").set_alarm_state(AlarmName="none", StateValue="OK", StateReason="x")


def test_the_role_is_denied_without_the_tag_and_the_plant_is_untouched(cloud: Cloud) -> None:
    _component(cloud, "plain")
    _component(cloud, "watched", headstart_mode="observe")
    _component(cloud, "ours", headstart_mode="act")
    role = cloud.client("sagemaker", "ROLE")
    for name in ("plain", "watched"):
        with refused("AccessDeniedException", "is not authorized to perform"):
            role.update_inference_component_runtime_config(
                InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": 1}
            )
        assert cloud.account.components[name].desired_copies == 0
    role.update_inference_component_runtime_config(InferenceComponentName="ours", DesiredRuntimeConfig={"CopyCount": 1})
    assert cloud.account.components["ours"].desired_copies == 1


def test_tags_in_both_services(cloud: Cloud) -> None:
    sagemaker = _component(cloud, headstart_mode="observe")
    tagging = cloud.client("resourcegroupstaggingapi")
    arn = cloud.account.components["chat"].arn
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}])
    assert tagging.tag_resources(ResourceARNList=[arn], Tags={"headstart:mode": "act"})["FailedResourcesMap"] == {}
    shown = sagemaker.list_tags(ResourceArn=arn)["Tags"]
    assert shown == [{"Key": "headstart:mode", "Value": "act"}, {"Key": "team", "Value": "a"}]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    tagging.untag_resources(ResourceARNList=[arn], TagKeys=["nothing"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == shown[:1]
    assert set(tagging.tag_resources(ResourceARNList=[arn + "x"], Tags={"a": "b"})["FailedResourcesMap"]) == {arn + "x"}


def test_enrolled_components_are_found_page_by_page(cloud: Cloud) -> None:
    for number in range(5):
        _component(cloud, f"enrolled{number}", headstart_mode="act")
    _component(cloud, "plain")
    _component(cloud, "other", team="a")
    pages = (
        cloud.client("resourcegroupstaggingapi")
        .get_paginator("get_resources")
        .paginate(
            TagFilters=[{"Key": "headstart:mode"}],
            ResourceTypeFilters=["sagemaker:inference-component"],
            ResourcesPerPage=2,
        )
    )
    sizes, names = [], []
    for page in pages:
        sizes.append(len(page["ResourceTagMappingList"]))
        names += [one["ResourceARN"].rpartition("/")[2] for one in page["ResourceTagMappingList"]]
    assert (sizes, names) == ([2, 2, 1], [f"enrolled{number}" for number in range(5)])


def test_components_are_listed_filtered_and_paged(cloud: Cloud) -> None:
    for name in ("a", "b", "c"):
        sagemaker = _component(cloud, name)
    first = sagemaker.list_inference_components(SortBy="Name", SortOrder="Ascending", MaxResults=2)
    assert [one["InferenceComponentName"] for one in first["InferenceComponents"]] == ["a", "b"]
    rest = sagemaker.list_inference_components(
        SortBy="Name", SortOrder="Ascending", MaxResults=2, NextToken=first["NextToken"]
    )
    assert [one["InferenceComponentName"] for one in rest["InferenceComponents"]] == ["c"]
    assert "NextToken" not in rest
    assert sagemaker.list_inference_components(EndpointNameEquals="none")["InferenceComponents"] == []
    sagemaker.delete_inference_component(InferenceComponentName="a")
    eventually("a is gone", lambda: "a" not in cloud.account.components)
    assert set(cloud.account.components) == {"b", "c"}
    assert sagemaker.describe_endpoint(EndpointName="models")["EndpointStatus"] == "InService"


def _alarm(**changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": "headstart/s/chat/wake",
        **METRIC,
        "Statistic": "Sum",
        "Period": 30,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        **changes,
    }


def test_alarms_are_put_described_set_and_deleted(still: Cloud) -> None:
    cloudwatch = still.client("cloudwatch")
    cloudwatch.put_metric_alarm(**_alarm())
    cloudwatch.put_metric_alarm(**_alarm(AlarmName="other", Period=60))
    [shown] = cloudwatch.describe_alarms(AlarmNamePrefix="headstart/s/")["MetricAlarms"]
    assert {key: shown[key] for key in ("StateValue", "StateReason", "Period", "DatapointsToAlarm", "Dimensions")} == {
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "Period": 30,
        "DatapointsToAlarm": 1,
        "Dimensions": METRIC["Dimensions"],
    }
    events: list[Any] = []
    still.account.event_sinks.append(events.append)
    cloudwatch.set_alarm_state(AlarmName="headstart/s/chat/wake", StateValue="ALARM", StateReason="a drill")
    assert cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"][0]["StateReason"] == "a drill"
    assert events[0]["detail"]["state"]["value"] == "ALARM"
    with refused("InvalidFormat"):
        cloudwatch.set_alarm_state(AlarmName="other", StateValue="OK", StateReason="x", StateReasonData="{")
    kinds = {
        one["HistoryItemType"] for one in cloudwatch.describe_alarm_history(AlarmName="other")["AlarmHistoryItems"]
    }
    assert kinds == {"ConfigurationUpdate"}
    cloudwatch.delete_alarms(AlarmNames=["headstart/s/chat/wake", "never there"])
    assert [one["AlarmName"] for one in cloudwatch.describe_alarms()["MetricAlarms"]] == ["other"]
    deleted = [resource.rpartition(":")[2] for action, resource in still.asked if action == "cloudwatch:DeleteAlarms"]
    assert deleted == ["headstart/s/chat/wake", "never there"]
    assert ("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:other") in still.asked


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"Period": 7}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"Period": 90}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"DatapointsToAlarm": 3, "EvaluationPeriods": 2}, "DatapointsToAlarm must be less than or equal to"),
        ({"Period": 10, "EvaluationPeriods": 8641}, "more than a day"),
        ({"TreatMissingData": "sometimes"}, "TreatMissingData"),
    ],
)
def test_alarms_that_aws_refuses(cloud: Cloud, changes: dict[str, Any], text: str) -> None:
    with refused("ValidationError", text):
        cloud.client("cloudwatch").put_metric_alarm(**_alarm(**changes))


def test_metric_math_alarms_are_refused_clearly(cloud: Cloud) -> None:
    with refused("NotModelled", "metric math"):
        cloud.client("cloudwatch").put_metric_alarm(
            AlarmName="math",
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Metrics=[{"Id": "e", "Expression": "1"}],
        )


def _query(stat: str = "Sum", period: int = 10, name: str = "q") -> dict[str, Any]:
    return {"Id": name, "MetricStat": {"Metric": METRIC, "Period": period, "Stat": stat}}


def _told(cloud: Cloud, count: int) -> datetime:
    """`count` points 1, 2, 3... of ten seconds from a time a quarter of an hour ago, on the minute."""
    begin = datetime.fromtimestamp((time.time() - 900) // 60 * 60, UTC)
    with cloud.realtime.locked():
        for number in range(count):
            cloud.account.metrics.put(
                component_metric("NoCapacityInvocationFailures", "chat"),
                begin.timestamp() + 10 * number,
                number + 1,
                visible_at=0.0,
            )
    return begin


def test_metric_data_is_aligned_ordered_and_paged(cloud: Cloud) -> None:
    begin = _told(cloud, 12)
    cloudwatch = cloud.client("cloudwatch")
    window = {"StartTime": begin + timedelta(seconds=14), "EndTime": begin + timedelta(seconds=50)}
    [found] = cloudwatch.get_metric_data(MetricDataQueries=[_query()], ScanBy="TimestampAscending", **window)[
        "MetricDataResults"
    ]
    # The start is rounded down to 10, the end is exclusive.
    assert [(at - begin).total_seconds() for at in found["Timestamps"]] == [10, 20, 30, 40]
    assert found["Values"] == [2, 3, 4, 5]
    assert (found["Id"], found["Label"], found["StatusCode"]) == ("q", METRIC["MetricName"], "Complete")
    [newest_first] = cloudwatch.get_metric_data(MetricDataQueries=[_query()], **window)["MetricDataResults"]
    assert newest_first["Values"] == [5, 4, 3, 2]

    whole = {"StartTime": begin, "EndTime": begin + timedelta(minutes=2), "ScanBy": "TimestampAscending"}
    queries = [_query(name="a"), _query("Maximum", 60, "b")]
    first = cloudwatch.get_metric_data(MetricDataQueries=queries, MaxDatapoints=8, **whole)
    assert [(one["Values"], one["StatusCode"]) for one in first["MetricDataResults"]] == [
        ([1, 2, 3, 4, 5, 6, 7, 8], "PartialData"),
        ([], "PartialData"),
    ]
    rest = cloudwatch.get_metric_data(MetricDataQueries=queries, MaxDatapoints=8, NextToken=first["NextToken"], **whole)
    assert [one["Values"] for one in rest["MetricDataResults"]] == [[9, 10, 11, 12], [6, 12]]
    assert "NextToken" not in rest


def test_a_metric_nobody_wrote_has_no_values(cloud: Cloud) -> None:
    now = datetime.now(UTC)
    [found] = cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=[_query()], StartTime=now - timedelta(minutes=5), EndTime=now
    )["MetricDataResults"]
    assert (found["Values"], found["StatusCode"]) == ([], "Complete")


def test_statistics_lists_and_own_metrics(cloud: Cloud) -> None:
    begin = _told(cloud, 6)
    cloudwatch = cloud.client("cloudwatch")
    shown = cloudwatch.get_metric_statistics(
        **METRIC, StartTime=begin, EndTime=begin + timedelta(minutes=1), Period=60, Statistics=["Sum", "Average"]
    )
    assert [(one["Sum"], one["Average"]) for one in shown["Datapoints"]] == [(21.0, 3.5)]
    at = begin + timedelta(minutes=1)
    datum = {"MetricName": "Mine", "Timestamp": at, "Values": [1.0, 3.0], "Counts": [2.0, 1.0], "StorageResolution": 1}
    cloudwatch.put_metric_data(Namespace="Own", MetricData=[datum])
    listed = cloudwatch.list_metrics(Namespace="Own")["Metrics"]
    assert listed == [{"Namespace": "Own", "MetricName": "Mine", "Dimensions": []}]
    stat = {"Metric": {"Namespace": "Own", "MetricName": "Mine"}, "Period": 10, "Stat": "SampleCount"}
    [found] = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": stat}], StartTime=at, EndTime=at + timedelta(minutes=1)
    )["MetricDataResults"]
    assert found["Values"] == [3.0]
    with refused("InvalidParameterValue", "Namespace"):
        cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=[datum])


def test_auto_scaling_as_the_aws_notebook_sets_it_up(still: Cloud) -> None:
    _component(still)
    scaling = still.client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "inference-component/chat",
        "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
    }
    with refused("ObjectNotFoundException", "No scalable target registered for service namespace: sagemaker"):
        scaling.delete_scaling_policy(PolicyName="x", **target)
    with refused("ValidationException", "required"):
        scaling.register_scalable_target(MinCapacity=0, **target)
    assert scaling.register_scalable_target(MinCapacity=0, MaxCapacity=8, **target)["ScalableTargetARN"]
    kind = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
    tracking = {
        "PredefinedMetricSpecification": {"PredefinedMetricType": kind},
        "TargetValue": 5,
        "ScaleInCooldown": 300,
        "ScaleOutCooldown": 300,
    }
    made = scaling.put_scaling_policy(
        PolicyName="tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking,
        **target,
    )
    assert len(made["Alarms"]) == 2
    [policy] = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == tracking
    assert policy["PolicyARN"] == made["PolicyARN"]
    scaling.register_scalable_target(MinCapacity=1, **target)
    [shown] = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (shown["MinCapacity"], shown["MaxCapacity"]) == (1, 8)
    [activity] = scaling.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"]
    assert (activity["StatusCode"], activity["Cause"]) == ("InProgress", "minimum capacity was set to 1")
    scheduled = {"ScheduledActionName": "release", "Schedule": "at(2099-01-01T00:00:00)"}
    scaling.put_scheduled_action(ScalableTargetAction={"MinCapacity": 0}, **scheduled, **target)
    assert len(scaling.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"]) == 1
    scaling.delete_scheduled_action(ScheduledActionName="release", **target)
    scaling.delete_scaling_policy(PolicyName="tracking", **target)
    scaling.deregister_scalable_target(**target)
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []


def test_calls_are_counted_refusals_included(cloud: Cloud) -> None:
    sagemaker = cloud.client("sagemaker")
    for _ in range(3):
        with refused("ValidationException"):
            sagemaker.describe_inference_component(InferenceComponentName="none")
    assert cloud.services.calls["sagemaker", "DescribeInferenceComponent"] == 3
    assert cloud.services.refused["sagemaker", "DescribeInferenceComponent", "ValidationException"] == 3


def test_what_is_not_signed_or_not_there(cloud: Cloud) -> None:
    assert _post(cloud, b"{}", {"X-Amz-Target": "SageMaker.ListEndpoints"})[0] == 403
    with refused("NotModelled"):
        cloud.client("sagemaker").list_endpoints()


def test_the_query_protocol_of_older_clients(cloud: Cloud) -> None:
    headers = _credential("monitoring") | {"Content-Type": "application/x-www-form-urlencoded"}
    status, answer = _post(cloud, b"Action=DescribeAlarms&Version=2010-08-01", headers)
    assert (status, b"<DescribeAlarmsResult>" in answer) == (200, True)
    unknown = b"Action=SetAlarmState&Version=2010-08-01&AlarmName=x&StateValue=OK&StateReason=y"
    status, answer = _post(cloud, unknown, headers)
    assert (status, b"<Code>ResourceNotFound</Code>" in answer) == (404, True)


def test_an_endpoints_variant_is_described_with_its_configuration(cloud: Cloud) -> None:
    sagemaker = cloud.client("sagemaker")
    scaling = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 3}
    variant = {"VariantName": "AllTraffic", "InstanceType": "ml.g5.xlarge", "ManagedInstanceScaling": scaling}
    sagemaker.create_endpoint_config(EndpointConfigName="managed", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="managed", EndpointConfigName="managed")
    assert sagemaker.describe_endpoint_config(EndpointConfigName="managed")["ProductionVariants"] == [variant]
    (described,) = sagemaker.describe_endpoint(EndpointName="managed")["ProductionVariants"]
    assert described["ManagedInstanceScaling"] == scaling
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.describe_endpoint_config(EndpointConfigName="none")


def test_quotas_are_listed_as_granted(cloud: Cloud) -> None:
    quotas = cloud.client("service-quotas")
    cloud.account.quotas["ml.g5.xlarge for endpoint usage"] = 2.0
    pages = quotas.get_paginator("list_service_quotas").paginate(
        ServiceCode="sagemaker", PaginationConfig={"PageSize": 2}
    )
    found = {one["QuotaName"]: one["Value"] for page in pages for one in page["Quotas"]}
    assert found["ml.g5.xlarge for endpoint usage"] == 2.0
    assert found["Maximum number of instances per endpoint"] == 4.0  # aws-facts 3.7
    defaults = quotas.list_aws_default_service_quotas(ServiceCode="sagemaker")["Quotas"]
    assert {one["QuotaName"]: one["Value"] for one in defaults} == QUOTAS
    with pytest.raises(ClientError, match="does not exist"):
        quotas.list_service_quotas(ServiceCode="lambda")
