"""A demo that is interrupted ends at once, says so, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.demo.options import REPOSITORY

pytestmark = pytest.mark.local_cloud

SECONDS = 300.0


@pytest.fixture
def demo(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Native scaling alone: it needs no build, so that the test is about signals."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    environment = os.environ | {
        "HEADSTART": "off", "OUT": str(tmp_path / "out"), "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "layers" / "headstart"))),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "simulator.demo"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def processes_in(scratch: Path) -> list[str]:
    """Command lines of processes whose environment names the directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(scratch).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("number", "after"),
    [
        pytest.param(signal.SIGINT, "note", id="SIGINT while the local cloud starts"),
        pytest.param(signal.SIGINT, "Wake from zero", id="SIGINT under traffic"),
        pytest.param(signal.SIGTERM, "Wake from zero", id="SIGTERM under traffic"),
        pytest.param(signal.SIGHUP, "Wake from zero", id="a terminal that is closed under traffic"),
    ],
)
def test_an_interrupted_demo_leaves_nothing_behind(
    demo: "subprocess.Popen[str]", tmp_path: Path, number: signal.Signals, after: str
) -> None:
    assert demo.stdout is not None
    assert any(after in line for line in demo.stdout)
    time.sleep(0.5)
    demo.send_signal(number)
    _, said = demo.communicate(timeout=SECONDS)
    assert demo.returncode == 128 + number
    assert said == f"demo: stopped by {number.name}; nothing is left running\n"
    assert list((tmp_path / "tmp").iterdir()) == []
    assert processes_in(tmp_path) == []
