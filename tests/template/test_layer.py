"""The layer: its requirements are the lock's, and it builds for both architectures."""

import marshal
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from reduce_models import write_models
from simulator.perf.layer import unzipped_bytes, zipped_bytes
from tests.template.facts import ROOT

MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
FIRST_CLIENT = (
    "from headstart.adapters.session import *; print(*aws_session().client('sqs').meta.method_to_api_mapping)"
)
UNCHECKED_HASH = 0b01  # PEP 552: hash-based, and not compared with the source


def make(*arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(["make", "--silent", *arguments], cwd=ROOT, env=environment, check=True, timeout=6000)


def test_requirements_are_those_of_the_lock(tmp_path: Path) -> None:
    exported = tmp_path / "requirements.txt"
    make("requirements", f"REQUIREMENTS={exported}")
    assert (ROOT / "layers/headstart/requirements.txt").read_text() == exported.read_text(), "run `make requirements`"


def test_requirements_leave_out_what_the_runtime_brings() -> None:
    names = {line.partition("==")[0] for line in (ROOT / "layers/headstart/requirements.txt").read_text().splitlines()}
    assert {"aws-lambda-powertools", "pydantic", "tzdata"} <= names
    assert not {"boto3", "botocore", "aws-xray-sdk"} & names


def build(architecture: str, directory: Path) -> Path:
    arguments = ["--build-dir", str(directory), "--no-cached", "--parameter-overrides", f"Architecture={architecture}"]
    tools = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    command = [str(tools / "sam"), "build", "--template-file", str(ROOT / "template.yaml"), *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=1200)
    return directory / "HeadstartLayer"


def contents(folder: Path) -> dict[Path, bytes]:
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def run(code: str, packages: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(packages)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=600).stdout


@pytest.mark.slow
@pytest.mark.parametrize("architecture", MACHINES)
def test_layer_is_built_for_the_architecture_asked_for(architecture: str, tmp_path: Path) -> None:
    layer = build(architecture, tmp_path / "a build")
    libraries = [path.name for path in layer.rglob("*.so")]
    assert libraries
    assert all(MACHINES[architecture] in name for name in libraries)

    packages = layer / "python"
    assert (packages / "headstart" / "domain" / "decide.py").exists()
    assert not [name for name in ("boto3", "botocore", "bin", "tests") if (packages / name).exists()]
    assert not list(layer.rglob("reduce_models*"))
    assert unzipped_bytes(layer) < 20e6
    assert zipped_bytes(layer) < 7e6

    for source in packages.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        header = compiled.read_bytes()[:16]
        assert struct.unpack("<I", header[4:8]) == (UNCHECKED_HASH,), source
    code = marshal.loads((packages / "headstart/__pycache__/__init__.cpython-313.pyc").read_bytes()[16:])  # noqa: S302
    assert code.co_filename == "/opt/python/headstart/__init__.py"

    write_models(tmp_path / "models")
    assert contents(packages / "headstart/adapters/models") == contents(tmp_path / "models")
    assert run(FIRST_CLIENT, packages).split() == ["send_message"]


def test_layer_is_not_built_without_botocore() -> None:
    command = [sys.executable, "-S", "-B", str(ROOT / "layers/headstart/reduce_models.py"), "models"]
    result = subprocess.run(command, env={}, check=False, capture_output=True, text=True, timeout=600)
    assert result.returncode == 1
    assert "has no botocore" in result.stderr
