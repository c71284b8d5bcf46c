"""Runs a function under awslambdaric, against a Lambda Runtime API of ours (Lambda Developer Guide, "Using the
Lambda runtime API"): one process, one event at a time, as in an execution environment."""

import json
import queue
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from simulator.perf.http_server import LocalServer, Request, Response

ANSWER_SECONDS = 30.0
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:headstart-AlarmFunction"


class FunctionError(Exception):
    """The function raised, or its process ended."""


class Function:
    """A function in a fresh process. ``started`` is the monotonic time just before the process was made."""

    def __init__(self, python: Path, search_path: list[Path], task_root: Path, environment: dict[str, str]) -> None:
        self._events: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[float, str, bytes]] = queue.SimpleQueue()
        self._delivered = 0.0
        self._count = 0
        self._server = LocalServer(self._respond)
        runtime = {
            "AWS_LAMBDA_RUNTIME_API": self._server.address,
            "AWS_LAMBDA_FUNCTION_NAME": "headstart-AlarmFunction",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/headstart/headstart/alarm",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "LAMBDA_TASK_ROOT": str(task_root),
            "PYTHONPATH": ":".join(str(path) for path in search_path),
            # /var/task and /opt cannot be written.
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.started = time.perf_counter()
        # -S: nothing but the given paths, as in Lambda; the packages of the tools are not there.
        self._process = subprocess.Popen(
            [str(python), "-S", "-m", "awslambdaric", "handler.lambda_handler"],
            cwd=task_root,
            env=environment | runtime,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._server.close()

    def invoke(self, event: dict[str, Any]) -> float:
        """Seconds from handing the event over to having the answer. Raises FunctionError."""
        self._events.put(json.dumps(event).encode())
        try:
            answered, kind, body = self._answers.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            self._process.kill()
            raise FunctionError(f"no answer in {ANSWER_SECONDS:.0f} s: {self._process.communicate()[1]!r}") from None
        if kind != "response":
            raise FunctionError(body.decode())
        return answered - self._delivered

    def _respond(self, request: Request) -> Response:
        now = time.perf_counter()
        kind = request.path.rpartition("/")[2]
        if kind == "next":
            return self._next()
        self._answers.put((now, kind, request.body))
        return Response(202, {"Content-Type": "application/json"}, b'{"status":"OK"}')

    def _next(self) -> Response:
        event = self._events.get()
        self._count += 1
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": f"00000000-0000-4000-8000-{self._count:012d}",
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + ANSWER_SECONDS) * 1000)),  # noqa: TID251  wall time
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
        }
        self._delivered = time.perf_counter()
        return Response(200, headers, event)
