"""Importing a handler asks nothing of the world; using it without its settings says what is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from headstart.app.errors import InvalidInput
from headstart.domain.model import Mode
from headstart.entry.settings import Settings

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "HEADSTART_STACK": "headstart",
    "HEADSTART_TABLE": "table",
    "HEADSTART_FOLLOW_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/follow",
    "HEADSTART_MAX_MODE": "act",
    "HEADSTART_RETENTION_DAYS": "90",
    "HEADSTART_NATIVE_CREATE": "true",
}

IMPORT = """
import socket, sys
sys.path[:0] = sys.argv[2:]
def refuse(*_): raise AssertionError("no network while importing")
socket.socket.connect = refuse
__import__(f"functions.{sys.argv[1]}.handler")
assert not any(name.startswith("simulator") for name in sys.modules)
"""


@pytest.mark.parametrize("function", ["alarm", "follow", "reconcile", "history"])
def test_a_handler_is_imported_without_environment_or_network(function: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", IMPORT, function, str(ROOT), str(ROOT / "layers/headstart")],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_settings_are_read_once_and_typed() -> None:
    settings = Settings.from_env(ENVIRONMENT | {"PATH": "/usr/bin"})
    assert (settings.highest_mode, settings.retention.days) == (Mode.ACT, 90)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *[pytest.param(name, None, id=f"{name} missing") for name in ENVIRONMENT],
        pytest.param("HEADSTART_STACK", "", id="empty stack"),
        pytest.param("HEADSTART_FOLLOW_QUEUE_URL", "follow", id="not a URL"),
        pytest.param("HEADSTART_MAX_MODE", "full", id="unknown mode"),
        pytest.param("HEADSTART_RETENTION_DAYS", "0", id="kept for no time"),
        pytest.param("HEADSTART_RETENTION_DAYS", "a year", id="not a number"),
        pytest.param("HEADSTART_NATIVE_CREATE", "perhaps", id="neither true nor false"),
    ],
)
def test_a_bad_environment_is_refused_naming_the_variable(variable: str, value: str | None) -> None:
    environment = {name: known for name, known in ENVIRONMENT.items() if name != variable}
    if value is not None:
        environment[variable] = value
    with pytest.raises(InvalidInput, match=variable):
        Settings.from_env(environment)
