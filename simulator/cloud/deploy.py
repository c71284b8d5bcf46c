"""`sam build` for this host and the real `sam deploy` onto the local cloud."""

import fcntl
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.cloud.errors import BuildError, CloudError, DeployError
from simulator.cloud.settings import REGION, tool_environment

BUILD_SECONDS = 900
DEPLOY_SECONDS = 600
ERROR_LINES = 30
BUILDS = Path(__file__).resolve().parents[2] / ".aws-sam" / "local"

ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def host_architecture() -> str:
    """The Lambda architecture whose binaries run on this machine."""
    machine = platform.machine().lower()
    if machine not in ARCHITECTURES:
        raise CloudError(f"no Lambda architecture runs on {machine}; known are x86_64 and arm64")
    return ARCHITECTURES[machine]


def build_and_deploy(
    template: Path, stack: str, parameters: dict[str, str], endpoints: dict[str, str], scratch: Path
) -> None:
    """Builds with sam's cache (nothing is built anew when nothing changed) and deploys. Raises CloudError."""
    template = template.resolve()
    environment = tool_environment(scratch, endpoints)
    tools = Path(sys.executable).parent
    # sam looks for a python3.13 with pip on PATH, whatever runs sam itself.
    environment["PATH"] = os.pathsep.join((str(tools), environment.get("PATH", os.defpath)))
    sam = shutil.which("sam", path=environment["PATH"])
    if sam is None:
        raise CloudError("the SAM CLI is missing; `make setup` installs it")
    if not template.exists():
        raise CloudError(f"no template {template}")
    # A directory of its own: a build for AWS must not throw this one's cache away, nor the other way round.
    work = BUILDS / f"{host_architecture()}-{stack}"
    overrides = {"Architecture": host_architecture()} | parameters
    common = ["--parameter-overrides", *(f"{name}={value}" for name, value in overrides.items())]
    configuration = template.parent / "samconfig.toml"
    common += ["--config-file", str(configuration)] if configuration.exists() else []
    upload = [] if configuration.exists() else ["--resolve-s3", "--capabilities", "CAPABILITY_IAM"]
    build = [
        sam, "build", "--template-file", str(template), "--build-dir", str(work / "build"),
        "--cache-dir", str(work / "cache"), "--cached", "--parallel", *common,
    ]  # fmt: skip
    deployment = [
        sam, "deploy", "--template-file", str(work / "build" / "template.yaml"), "--stack-name", stack,
        "--region", REGION, "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
        *upload, *common,
    ]  # fmt: skip
    with _alone_in(work):
        _run(build, environment, template.parent, BUILD_SECONDS, BuildError)
        _run(deployment, environment, template.parent, DEPLOY_SECONDS, DeployError)


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Two clouds started at once share a build directory, which sam clears while it builds: one after the other."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(
    command: list[str], environment: dict[str, str], directory: Path, seconds: float, error: type[CloudError]
) -> None:
    step = f"sam {command[1]}"
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A group of its own, so that make and pip, which sam starts, end with it.
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except BaseException as stopped:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(stopped, subprocess.TimeoutExpired):
            raise error(f"`{step}` took more than {seconds:.0f} s") from stopped
        raise
    if process.returncode:
        tail = "\n".join(said.rstrip().splitlines()[-ERROR_LINES:])
        raise error(f"`{step}` failed (exit code {process.returncode}); its last lines:\n{tail}")
