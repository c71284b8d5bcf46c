"""Starting, failing clearly, and leaving nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.cloud import BuildError, CloudError, DeployError, LocalCloud, PortInUseError, deploy
from simulator.cloud.launch import REPOSITORY
from tests.local_cloud.helpers import eventually, zipped

pytestmark = pytest.mark.local_cloud

PARENT = """
    import signal, sys, time
    from simulator.cloud import LocalCloud
    # A shell starts its background jobs with SIGINT ignored, and they hand that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cloud = LocalCloud.start(plant="demo")
    role = "arn:aws:iam::123456789012:role/any"
    cloud.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")
    code = {"ZipFile": open(sys.argv[1], "rb").read()}
    cloud.client("lambda").create_function(
        FunctionName="slow", Runtime="python3.13", Handler="m.f", Role=role, Code=code, Timeout=900
    )
    cloud.client("lambda").invoke(FunctionName="slow", InvocationType="Event")
    print(cloud._scratch, flush=True)
    time.sleep(900)
"""


def processes_under(scratch: str) -> list[str]:
    """Command lines of running processes that mention the scratch directory, in arguments or environment."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            text = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except (OSError, NotADirectoryError):
            continue
        if folder.name.isdecimal() and int(folder.name) != os.getpid() and scratch.encode() in text:
            found.append(text.decode(errors="replace"))
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_the_process_that_started_it(tmp_path: Path, number: signal.Signals) -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc to look for processes")
    package = tmp_path / "code.zip"
    package.write_bytes(zipped("m.py", "import time\ndef f(event, context):\n    time.sleep(800)\n"))
    environment = os.environ | {"AWS_PROFILE": "not-there", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    command = [sys.executable, "-c", textwrap.dedent(PARENT), str(package)]
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        scratch = parent.stdout.readline().strip()
        eventually("a function that runs", lambda: any("awslambdaric" in line for line in processes_under(scratch)))
        parent.send_signal(number)
        parent.wait(300)
    eventually("the end of all of it", lambda: not (Path(scratch).exists() or processes_under(scratch)))


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"port {port} on 127.0.0.1 is already in use"):
            LocalCloud.start(plant="demo", port=port)


def test_an_unknown_plant_is_named_with_the_known_ones() -> None:
    with pytest.raises(CloudError, match=r"no-such-plant.*demo"):
        LocalCloud.start(plant="no-such-plant")


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A template of one function with one property set as given."""
    monkeypatch.setattr(deploy, "BUILDS", tmp_path / "builds")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "m.py").write_text("def f(event, context): ...\n")

    def write(line: str) -> Path:
        template = tmp_path / "template.yaml"
        template.write_text(MINIMAL + f"      {line}\n")
        return template

    return write


def test_a_build_that_fails_shows_why(cloud: LocalCloud, broken: Callable[[str], Path]) -> None:
    with pytest.raises(BuildError, match="cobol"):
        cloud.deploy(broken("Runtime: cobol"), stack="broken-build")


def test_a_deployment_that_fails_shows_why(cloud: LocalCloud, broken: Callable[[str], Path]) -> None:
    reason = r"Function \(AWS::Lambda::Function\): Export 'nobody-exports-this' not found"
    with pytest.raises(DeployError, match=reason):
        cloud.deploy(broken("Description: !ImportValue nobody-exports-this"), stack="broken-deploy")


MINIMAL = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Runtime: python3.13, Handler: m.f, CodeUri: code/ }
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
"""
