"""The doctor on a deployed stack: broken in several places, then mended and all green."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headstart.adapters.cloudwatch import CloudWatchAlarms
from headstart.app.ports import Wanted
from headstart.domain.model import SignalKind
from simulator.cloud import LocalCloud
from simulator.demo import native, stage
from simulator.doctor import demo
from simulator.doctor.gather.everything import wall_clock
from tests.local_cloud.clocks import PLANT
from tests.local_cloud.helpers import eventually

pytestmark = pytest.mark.local_cloud

ROOT = Path(__file__).parents[2]
RESOURCE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"inference-component/{demo.COMPONENT}",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}
RUNNING = {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False}


@dataclass(frozen=True)
class Examined:
    """One run of the doctor: its exit code, what it printed, and its findings by check."""

    code: int
    printed: str
    errors: str
    findings: dict[str, dict[str, Any]]
    answers: dict[str, str]

    def verdicts(self) -> dict[str, str]:
        """Checks that are not ok."""
        return {check: one["status"] for check, one in self.findings.items() if one["status"] != "ok"}


@dataclass(frozen=True)
class Hospital:
    """A stack of its own, with one component in observe under some load."""

    cloud: LocalCloud
    names: dict[str, str]
    arn: str
    out: Path

    def environment(self, **said: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        nowhere |= {"AWS_EC2_METADATA_DISABLED": "true", "COLUMNS": "120", "OUT": str(self.out), "WATCH": "0"}
        path = f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'headstart'}"
        return kept | nowhere | {"PYTHONPATH": path, "ENDPOINT": self.cloud.gateway_url} | said

    def start(self, **said: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "simulator.doctor"]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment(**said), cwd=ROOT, stdout=pipe, stderr=pipe, text=True)

    def examine(self, **said: str) -> Examined:
        (self.out / "doctor.json").unlink(missing_ok=True)
        process = self.start(**said)
        printed, errors = process.communicate(timeout=180)
        written = self.out / "doctor.json"
        found = json.loads(written.read_text()) if written.exists() else {"findings": [], "answers": []}
        findings = {one["check"]: one for one in found["findings"]}
        assert len(findings) == len(found["findings"]), "one line a check"
        answers = {one["question"]: one["seen"] for one in found["answers"]}
        return Examined(process.returncode, printed, errors, findings, answers)

    def retag(self, **tags: str) -> None:
        wanted = [{"Key": f"headstart:{key}", "Value": value} for key, value in tags.items()]
        self.cloud.client("sagemaker").add_tags(ResourceArn=self.arn, Tags=wanted)

    def reconcile(self) -> None:
        demo.invoke(self.cloud, self.names["ReconcileFunction"])

    def suspend(self, *, out: bool) -> None:
        suspended = RUNNING | {"DynamicScalingOutSuspended": out}
        self.cloud.client("application-autoscaling").register_scalable_target(**RESOURCE, SuspendedState=suspended)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    with LocalCloud.start(plant=PLANT) as cloud:
        names = stage.deploy(cloud).names
        arn = demo.set_up(cloud)
        found = Hospital(cloud, names, arn, tmp_path_factory.mktemp("doctor"))
        found.reconcile()
        cloud.plant.wait_for("a copy in service", demo.in_service, demo.START_S)
        with demo.traffic(cloud):
            yield found


@pytest.fixture
def broken(hospital: Hospital) -> Iterator[Hospital]:
    """Seven things go wrong at once; put right again afterwards."""
    cloud, names = hospital.cloud, hospital.names
    events, iam, alarm = cloud.client("events"), cloud.client("iam"), f"headstart/headstart/{demo.COMPONENT}/pressure"
    document = iam.get_role_policy(RoleName=names["HistoryRole"], PolicyName="history")["PolicyDocument"]
    events.disable_rule(Name=names["ReconcileFunctionTick"])  # or it would put the alarm back
    events.disable_rule(Name=names["AlarmFunctionStateChange"])
    cloud.client("cloudwatch").delete_alarms(AlarmNames=[alarm])
    cloud.client("sqs").send_message(QueueUrl=names["DeadLetterQueue"], MessageBody='{"kind": "follow"}')
    iam.delete_role_policy(RoleName=names["HistoryRole"], PolicyName="history")
    demo.late_wake(cloud, demo.COMPONENT, points=1)
    hospital.suspend(out=True)
    yield hospital
    hospital.suspend(out=False)
    demo.late_wake(cloud, demo.COMPONENT)
    iam.put_role_policy(RoleName=names["HistoryRole"], PolicyName="history", PolicyDocument=json.dumps(document))
    cloud.client("sqs").purge_queue(QueueUrl=names["DeadLetterQueue"])
    # Reconcile would take ten minutes to see that it is gone.
    ours = CloudWatchAlarms(cloud.client("cloudwatch"), "headstart")
    ours.ensure(Wanted(demo.COMPONENT, SignalKind.PRESSURE, demo.TARGET, claims=True), None)
    events.enable_rule(Name=names["AlarmFunctionStateChange"])
    events.enable_rule(Name=names["ReconcileFunctionTick"])
    hospital.reconcile()


def test_a_stack_of_another_name_or_region(hospital: Hospital) -> None:
    for said in ({"STACK": "headstrat"}, {"REGION": "eu-west-1"}):
        examined = hospital.examine(**said)
        assert examined.code == 1
        assert examined.verdicts() == {"stack": "FAIL", "everything else": "could not be checked"}
        assert f"no stack {said.get('STACK', 'headstart')} in {said.get('REGION', 'us-east-1')}" in examined.printed
        assert "STACK=name REGION=region" in examined.findings["stack"]["do"]


def test_credentials_that_are_missing_or_unknown(hospital: Hospital) -> None:
    direct = hospital.cloud.endpoint_urls | {"ENDPOINT": "", "REGION": "us-east-1"}
    missing = hospital.examine(**direct)
    assert (missing.code, missing.verdicts()["credentials"]) == (1, "FAIL")
    assert "AWS_ACCESS_KEY_ID" in missing.findings["credentials"]["do"]
    unknown = hospital.examine(**direct, AWS_ACCESS_KEY_ID="AKIAUNKNOWN000000000", AWS_SECRET_ACCESS_KEY="x")
    assert (unknown.code, unknown.verdicts()["credentials"]) == (1, "FAIL")
    assert "does not take these credentials" in unknown.findings["credentials"]["means"]


def test_options_that_cannot_be_used(hospital: Hospital) -> None:
    examined = hospital.examine(PROBE="1")
    assert (examined.code, examined.findings) == (2, {})
    assert examined.errors.startswith("doctor: PROBE=1")
    nobody = hospital.examine(ENDPOINT="http://127.0.0.1:9")
    assert nobody.code == 2
    assert "nothing answers there" in nobody.errors


def test_everything_that_is_broken_has_its_own_line(broken: Hospital) -> None:
    examined = broken.examine(COMPONENT=demo.COMPONENT)
    assert examined.code == 1
    metrics = {"metrics", "age of points"}  # may still be on their way, so early
    assert {check: verdict for check, verdict in examined.verdicts().items() if check not in metrics} == {
        "rule for alarms": "FAIL",
        "rule for reconcile": "FAIL",
        "alarms": "FAIL",
        "permissions": "FAIL",
        "dead letters": "warn",
        "native wake step": "warn",
        "suspended scaling": "warn",
    }
    lines = examined.findings
    assert "enable-rule" in lines["rule for alarms"]["do"]
    assert f"headstart/headstart/{demo.COMPONENT}/pressure" in lines["alarms"]["seen"]
    assert "HistoryRole may not dynamodb:BatchGetItem" in lines["permissions"]["seen"]
    assert native.wake_alarm(demo.COMPONENT) in lines["native wake step"]["seen"]


def test_a_test_alarm_is_refused_where_it_could_change_copies(hospital: Hospital) -> None:
    hospital.retag(mode="act")
    hospital.reconcile()
    examined = hospital.examine(COMPONENT=demo.COMPONENT, PROBE="1")
    hospital.retag(mode="observe")
    hospital.reconcile()
    assert examined.verdicts()["test alarm"] == "warn"
    assert "act" in examined.findings["test alarm"]["seen"]
    assert not [one for one in hospital.cloud.plant.journal() if one["kind"] == "event" and pressed(one["event"])]


def pressed(event: dict[str, Any]) -> bool:
    detail = event["detail"]
    return bool(detail["state"]["value"] == "ALARM" and detail["alarmName"].endswith("/pressure"))


def test_ctrl_c_ends_it_at_once_and_cleanly(hospital: Hospital) -> None:
    (hospital.out / "doctor.json").unlink(missing_ok=True)
    eventually("a first point", lambda: concurrency(hospital))
    process = hospital.start(COMPONENT=demo.COMPONENT, WATCH="600")
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=8)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=15)
    assert (process.returncode, errors) == (130, "doctor: stopped; nothing was written\n")
    assert not (hospital.out / "doctor.json").exists()


def concurrency(hospital: Hospital) -> list[Any]:
    now = wall_clock()
    found: list[Any] = hospital.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="ConcurrentRequestsPerCopy",
        Dimensions=[{"Name": "InferenceComponentName", "Value": demo.COMPONENT}],
        StartTime=now - timedelta(minutes=1),
        EndTime=now,
        Period=10,
        Statistics=["Maximum"],
    )["Datapoints"]
    return found


def test_a_good_set_up_is_all_green_to_a_reader_and_answers_questions(hospital: Hospital) -> None:
    demo.wait_for_metrics(hospital.cloud)
    before = dump(hospital)
    examined = hospital.examine(WATCH="15", **reader(hospital.cloud))
    assert examined.verdicts() == {}
    assert examined.code == 0
    assert dump(hospital) == before
    answers = {question.partition("(")[0].strip(): seen for question, seen in examined.answers.items()}
    assert (
        "20 s after their end" in answers["How late is a 10 s point"] or "21 s" in answers["How late is a 10 s point"]
    )
    assert "ModelLatency" in answers["Does the metric exist under `InferenceComponentName` alone"]
    assert "0.9 of the high one's" in answers["Factor of the low alarm"]
    assert (
        "Could not find"
        in answers["Text for a component that is not there. `could not find` in the message means gone."]
    )
    assert (hospital.out / "live-checks.md").exists()


def reader(cloud: LocalCloud) -> dict[str, str]:
    """The environment of a user who may do what docs/operations.md lists, and no more."""
    section = (ROOT / "docs" / "operations.md").read_text().partition("It needs ")[2].partition("\n\n")[0]
    actions = sorted(set(re.findall(r"`([a-z0-9-]+:[A-Za-z]+)`", section)) - {"cloudwatch:SetAlarmState"})
    assert len(actions) > 30
    # MiniStack asks for GetFunction where AWS asks for GetFunctionRecursionConfig.
    statement = {"Effect": "Allow", "Action": [*actions, "lambda:GetFunction"], "Resource": "*"}
    iam = cloud.client("iam")
    iam.create_user(UserName="reader")
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="reader", PolicyName="doctor", PolicyDocument=document)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    said = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    return cloud.endpoint_urls | said | {"ENDPOINT": "", "REGION": cloud.region}


def dump(hospital: Hospital) -> Any:
    """What a look must not change."""
    scaling, cloud = hospital.cloud.client("application-autoscaling"), hospital.cloud
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    writes = [one for one in cloud.plant.journal() if one["kind"].startswith("write")]
    tags = cloud.client("sagemaker").list_tags(ResourceArn=hospital.arn)["Tags"]
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    settings = [(one["AlarmName"], one["Threshold"], one["EvaluationPeriods"], one["StateValue"]) for one in alarms]
    return settings, writes, tags, targets


def test_a_test_alarm_leads_to_a_decision_and_to_no_write(hospital: Hospital) -> None:
    demo.wait_for_metrics(hospital.cloud)
    examined = hospital.examine(COMPONENT=demo.COMPONENT, PROBE="1")
    assert examined.verdicts() == {}
    assert "Decision" in examined.findings["test alarm"]["seen"]
    assert [one for one in hospital.cloud.plant.journal() if one["kind"] == "event" and pressed(one["event"])]
    writes = [one for one in hospital.cloud.plant.journal() if one["kind"].startswith("write")]
    assert not [one for one in writes if "Role" in str(one.get("caller"))]
