"""Where functions run: a Python of their own with what Lambda's runtime offers, and the AWS runtime client in it.

MiniStack's own worker starts functions under the interpreter MiniStack runs in, so a function would see every
development dependency, and it loses error types. Here a function gets an interpreter whose site-packages
hold only what `/var/runtime` of the python3.13 runtime holds, speaks the Runtime API through `awslambdaric` (the
client Lambda itself uses), and finds its code and its layer in the order Lambda has: task root, /opt/python, runtime.
"""

import hashlib
import importlib.metadata
import io
import os
import stat
import threading
import uuid
import venv
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from simulator.cloud.settings import REGION
from simulator.cloud.untyped import MiniStack, Payload, Record

# Contents of /var/runtime in the python3.13 managed runtime image, as distributions.
RUNTIME_DISTRIBUTIONS = (
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
)
_BOOTSTRAP = '#!/bin/sh\nexec "$LAMBDA_RUNTIME_DIR/bin/python3.13" -m awslambdaric "$_HANDLER"\n'


def make_runtime(directory: Path) -> None:
    """Builds the functions' interpreter: an empty virtual environment with links to the runtime's packages."""
    venv.EnvBuilder(symlinks=True).create(directory)
    site_packages = next(directory.glob("lib/python3*/site-packages"))
    for name in RUNTIME_DISTRIBUTIONS:
        distribution = importlib.metadata.distribution(name)
        for top in sorted({file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}):
            target = Path(str(distribution.locate_file(top)))
            if top != "__pycache__" and not (site_packages / top).exists():
                (site_packages / top).symlink_to(target)


class CodeStore:
    """Unpacked function packages and layers, one directory per content: read-only on Lambda, so shared here."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()

    def task_root(self, package: bytes) -> Path:
        """A function package, with the start script MiniStack looks for beside it."""
        root = self._unpack("task", [package])
        bootstrap = root / "bootstrap"
        with self._lock:
            if not bootstrap.exists():
                bootstrap.write_text(_BOOTSTRAP)
                bootstrap.chmod(bootstrap.stat().st_mode | stat.S_IXUSR)
        return root

    def opt(self, layers: list[bytes]) -> Path:
        """What /opt would hold: the layers laid over each other in their order."""
        return self._unpack("opt", layers)

    def _unpack(self, kind: str, archives: list[bytes]) -> Path:
        digest = hashlib.sha256(b"".join(hashlib.sha256(data).digest() for data in archives)).hexdigest()[:24]
        root = self._directory / f"{kind}-{digest}"
        with self._lock:
            if not root.exists():
                partial = self._directory / f"{root.name}.partial"
                partial.mkdir(parents=True)
                for data in archives:
                    with zipfile.ZipFile(io.BytesIO(data)) as archive:
                        archive.extractall(partial)
                partial.rename(root)
        return root


def function_environment(
    config: Record,
    *,
    task_root: str,
    opt: Path | None,
    runtime: Path,
    runtime_api: str,
    credentials: dict[str, str],
    endpoints: dict[str, str],
) -> dict[str, str]:
    """A function's whole environment (Lambda Developer Guide, "Defined runtime environment variables")."""
    name = config["FunctionName"]
    logging = config.get("LoggingConfig") or {}
    python_path = [task_root]
    if opt is not None:
        python_path += [str(opt / "python/lib/python3.13/site-packages"), str(opt / "python")]
    environment = {
        "PATH": os.pathsep.join((str(runtime / "bin"), "/usr/local/bin", "/usr/bin", "/bin")),
        "PYTHONPATH": os.pathsep.join(python_path),
        "PYTHONNOUSERSITE": "1",
        # Both /var/task and /opt are read-only on Lambda.
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": task_root,
        "LAMBDA_TASK_ROOT": task_root,
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"[$LATEST]{uuid.uuid4().hex}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "_HANDLER": config["Handler"],
    }
    if logging.get("LogFormat") == "JSON":
        environment["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        environment["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    configured = (config.get("Environment") or {}).get("Variables") or {}
    return {**configured, **environment, **endpoints, **credentials}


def install(
    lambda_svc: MiniStack, lambda_runtime: MiniStack, store: CodeStore, runtime: Path, endpoints: dict[str, str]
) -> None:
    """Makes MiniStack run python functions through its Runtime API worker, in the sandbox above."""
    resolve_layer: Callable[[Payload], bytes | None] = lambda_svc._resolve_layer_zip

    def layer_archives(layers: Iterable[Payload]) -> list[bytes]:
        return [data for data in map(resolve_layer, layers) if data]

    def environment(config: Record, code_dir: str, port: int) -> dict[str, str]:
        archives = layer_archives(config.get("Layers") or ())
        return function_environment(
            config,
            task_root=code_dir,
            opt=store.opt(archives) if archives else None,
            runtime=runtime,
            runtime_api=f"127.0.0.1:{port}",
            credentials=lambda_runtime.execution_credentials(config),
            endpoints=endpoints,
        )

    def code_dir(package: bytes) -> str:
        return str(store.task_root(package))

    lambda_svc._provided_runtime_code_dir = code_dir
    lambda_svc._provided_worker_env = environment
    lambda_svc._execute_function_warm = lambda_svc._execute_function_provided_warm
    lambda_runtime._worker_class_for = lambda _config: lambda_runtime.ProvidedWorker
