"""What is timed: the built function and layer, and a folder that stands for Lambda's /var/runtime."""

import compileall
import os
import py_compile
import re
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from simulator.cloud.deploy import host_architecture

ROOT = Path(__file__).parents[2]
# Lambda's runtime brings these, compiled.
RUNTIME_PACKAGES = ("awslambdaric", "boto3")
REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


def build() -> Path:
    """Build the stack for this machine's architecture and return the folder of the artifacts."""
    architecture = host_architecture()
    work = ROOT / ".aws-sam" / "perf"
    tools = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    options = ["--build-dir", str(work / "build"), "--cache-dir", str(work / "cache"), "--cached", "--parallel"]
    command = [str(tools / "sam"), "build", *options, "--parameter-overrides", f"Architecture={architecture}"]
    result = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"sam build failed:\n{result.stdout}{result.stderr}")
    return work / "build"


def make_runtime(folder: Path) -> None:
    """Link boto3, awslambdaric and what they need into an empty folder, and compile them there."""
    for package in _closure(RUNTIME_PACKAGES):
        for file in package.files or ():
            if ".." in file.parts or file.suffix == ".pyc":
                continue
            link = folder / file
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path(str(file.locate())))
    compileall.compile_dir(folder, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


def _closure(names: tuple[str, ...]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    wanted = list(names)
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        found[name] = distribution(name)
        # Extras and other markers are for what Lambda's runtime does not have.
        plain = [requirement for requirement in found[name].requires or () if ";" not in requirement]
        wanted += [match[0] for requirement in plain if (match := REQUIREMENT.match(requirement))]
    return list(found.values())
