"""The yardstick: imports boto3, makes its clients during init, and makes the calls it is told, one after the other."""

import json
import os
from pathlib import Path
from typing import Any

import boto3

CALLS = json.loads(Path(os.environ["BARE_CALLS"]).read_text())
CLIENTS: dict[str, Any] = {service: boto3.client(service) for service in sorted({call[0] for call in CALLS})}


def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Replay the recorded calls."""
    for service, method, parameters in CALLS:
        getattr(CLIENTS[service], method)(**parameters)
    return {}
