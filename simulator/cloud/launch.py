"""Starting and ending the launcher process."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from simulator.cloud.errors import CloudError, PortInUseError
from simulator.cloud.settings import CloudSettings, launcher_environment

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
STOP_SECONDS = 8.0
LOG_LINES = 25


class Log:
    """What the launcher writes; readable after the launcher has removed the scratch directory it may lie in."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.stream = path.open("w+b")

    def tail(self, lines: int = LOG_LINES) -> str:
        """The last lines."""
        size = os.fstat(self.stream.fileno()).st_size
        start = max(0, size - lines * 1000)
        text = os.pread(self.stream.fileno(), size - start, start).decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def launch(settings: CloudSettings, log: Log) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """The running launcher and its addresses. Raises CloudError with the end of its log."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator.cloud.server", settings.to_json()],
        cwd=REPOSITORY,
        env=launcher_environment(settings),
        stdin=subprocess.PIPE,  # the launcher's leash; see there
        stdout=subprocess.PIPE,
        stderr=log.stream,
        text=True,
        # A group of its own: Ctrl-C reaches us alone, and we end it in order.
        start_new_session=True,
    )
    try:
        line = _first_line(process.stdout)
        if line:
            return process, json.loads(line)
        text = log.tail()
        if "Address already in use" in text:
            raise PortInUseError(settings.port)
        raise CloudError(f"the local cloud did not start; the end of its log:\n{text}")
    except BaseException:
        end(process)
        raise


def _first_line(stream: IO[str] | None) -> str:
    """The launcher's word that it is ready; empty when it ended or took too long."""
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.append(stream.readline() if stream else ""), daemon=True)
    reader.start()
    reader.join(START_SECONDS)
    return lines[0] if lines else ""


def end(process: subprocess.Popen[str]) -> None:
    """Tells the launcher to stop, and ends its process group if that does not help."""
    # First, since one that is still starting does not look at its leash, and its reader holds the pipe until it ends.
    process.terminate()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
