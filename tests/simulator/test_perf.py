"""What `make perf` derives from recorded calls."""

import zipfile
from pathlib import Path

import boto3
import pytest

from simulator.perf.aws import COMPONENT, WRITE, Call, RecordingAws
from simulator.perf.layer import unzipped_bytes, zipped_bytes
from simulator.perf.measure import rounds_before_write
from simulator.perf.replays import AIMS, measure
from simulator.traces import read
from tests.simulator.small_trace import written


def call(operation: str, arrived: float, answered: float) -> Call:
    return Call("any", operation, {}, arrived, answered)


@pytest.mark.parametrize(
    ("before", "rounds"),
    [
        pytest.param([], 0, id="nothing comes first"),
        pytest.param([call("A", 0.0, 1.0), call("B", 1.1, 2.0), call("C", 2.1, 3.0)], 3, id="one after the other"),
        pytest.param([call("A", 0.0, 1.0), call("B", 0.1, 1.2), call("C", 0.2, 1.1)], 1, id="side by side"),
        pytest.param([call("A", 0.0, 1.0), call("B", 0.1, 1.2), call("C", 1.3, 2.0)], 2, id="two reads, then a write"),
        pytest.param([call("A", 0.0, 3.0), call("B", 0.1, 1.0), call("C", 1.1, 2.0)], 2, id="a long one beside two"),
        pytest.param([call("A", 0.0, 1.0), call("B", 4.5, 6.0)], 1, id="one still open at the write does not count"),
    ],
)
def test_rounds_are_the_longest_chain_of_calls_before_the_write(before: list[Call], rounds: int) -> None:
    assert rounds_before_write([*before, call(WRITE, 5.0, 5.5), call("After", 6.0, 7.0)]) == rounds


def test_recorded_calls_are_what_boto3_sent() -> None:
    aws = RecordingAws()
    client = boto3.client(
        "sagemaker",
        region_name="us-east-1",
        endpoint_url=aws.url,
        aws_access_key_id="123456789012",
        aws_secret_access_key="local",
    )
    described = client.describe_inference_component(InferenceComponentName=COMPONENT)
    aws.close()
    (recorded,) = aws.take_calls()
    assert described["RuntimeConfig"] == {"CurrentCopyCount": 0, "DesiredCopyCount": 0}
    assert (recorded.service, recorded.operation) == ("sagemaker", "DescribeInferenceComponent")
    assert recorded.parameters == {"InferenceComponentName": COMPONENT}
    assert recorded.arrived < recorded.answered


def test_layer_size_is_that_of_its_files_and_of_their_archive(tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    (layer / "python").mkdir(parents=True)
    (layer / "python" / "zeros.bin").write_bytes(bytes(100_000))
    with zipfile.ZipFile(tmp_path / "layer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(layer / "python" / "zeros.bin", "python/zeros.bin")
    assert unzipped_bytes(layer) == 100_000
    assert zipped_bytes(layer) == (tmp_path / "layer.zip").stat().st_size


@pytest.mark.parametrize("policy", AIMS)
def test_a_replay_is_timed_by_what_the_processor_spent_on_it(policy: str, tmp_path: Path) -> None:
    trace = read(written(tmp_path))
    found = measure(policy, trace)
    assert (found.requests, found.trace_s) == (trace.requests, trace.last_s)
    assert found.cpu_s > 0
    assert found.speed == trace.last_s / found.cpu_s
    assert 10 < found.peak_mb < 10_000
