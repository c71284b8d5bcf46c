"""Interleaved runs of the built function and of the bare handler against the same recorded answers."""

import copy
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from botocore import xform_name

from simulator.perf.artifacts import ROOT
from simulator.perf.aws import WRITE, Call, RecordingAws
from simulator.perf.runtime_api import Function

HOLD = 0.05
"""Seconds each answer is held back while recording, so that calls made side by side overlap."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to handle the event: where its code is, in the order Python searches."""

    name: str
    task_root: Path
    search_path: list[Path]
    environment: dict[str, str]


@dataclass(slots=True)
class Timings:
    """Seconds. cold: from a fresh process to the first write; warm: one invocation after the first."""

    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)


def variants(built: Path, runtime: Path, calls: Path, aws_url: str) -> tuple[Variant, Variant]:
    """The built alarm function, and the bare handler that makes the calls listed in ``calls``."""
    layer, task = built / "HeadstartLayer" / "python", built / "AlarmFunction"
    bare = ROOT / "simulator" / "perf" / "bare"
    environment = _environment(aws_url)
    return (
        Variant("built function", task, [task, layer, runtime], environment),
        Variant("bare handler", bare, [bare, runtime], environment | {"BARE_CALLS": str(calls)}),
    )


def record(variant: Variant, aws: RecordingAws, events: Iterator[dict[str, Any]]) -> list[Call]:
    """The calls of one invocation, in the order they arrived. The first of a process is left out."""
    with _process(variant) as function:
        function.invoke(next(events))
        aws.take_calls()
        function.invoke(next(events))
        return aws.take_calls()


def write_calls(calls: list[Call], file: Path) -> None:
    """Hand the recorded calls to the bare handler, as boto3 methods and parameters."""
    file.write_text(json.dumps([(call.service, xform_name(call.operation), call.parameters) for call in calls]))


def rounds_before_write(calls: list[Call]) -> int:
    """The longest chain of calls before the write in which each began after the one before it was answered."""
    write = next(call for call in calls if call.operation == WRITE)
    chain, last_answer = 0, 0.0
    for call in sorted((c for c in calls if c.answered <= write.arrived), key=lambda c: c.answered):
        if call.arrived >= last_answer:
            chain, last_answer = chain + 1, call.answered
    return chain


def run(
    both: tuple[Variant, ...], aws: RecordingAws, repeat: int, warm: int, progress: Callable[[], None]
) -> dict[str, Timings]:
    """Time each variant ``repeat`` times in turn: a fresh process, its first write, then ``warm`` invocations."""
    events = alarm_events()
    timings = {variant.name: Timings() for variant in both}
    for _ in range(repeat):
        for variant in both:
            _run_once(variant, aws, warm, events, timings[variant.name])
            progress()
    return timings


def _run_once(variant: Variant, aws: RecordingAws, warm: int, events: Iterator[dict[str, Any]], into: Timings) -> None:
    with _process(variant) as function:
        function.invoke(next(events))
        first = next(call for call in aws.take_calls() if call.operation == WRITE)
        into.cold.append(first.arrived - function.started)
        into.warm.append(median(function.invoke(next(events)) for _ in range(warm)))
        aws.take_calls()


def alarm_events() -> Iterator[dict[str, Any]]:
    """The wake alarm, each time as a new event that happens now."""
    pattern = json.loads((ROOT / "events" / "alarm_wake.json").read_text())
    for number in count(1):
        event = copy.deepcopy(pattern)
        at = datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251  the function reads the wall clock
        event["id"] = f"2b7c9a40-1e7d-4f0c-a5a0-{number:012d}"
        event["detail"]["state"]["timestamp"] = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        yield event


def _process(variant: Variant) -> Function:
    return Function(Path(sys.executable), variant.search_path, variant.task_root, variant.environment)


def _environment(aws_url: str) -> dict[str, str]:
    """What the template gives the function, and credentials that are valid nowhere."""
    return {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HEADSTART_STACK": "headstart",
        "HEADSTART_TABLE": "headstart-Table",
        "HEADSTART_FOLLOW_QUEUE_URL": f"{aws_url}/123456789012/headstart-FollowQueue",
        "HEADSTART_MAX_MODE": "act",
        "HEADSTART_RETENTION_DAYS": "90",
        "HEADSTART_NATIVE_CREATE": "true",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }
