"""How the commands begin and end: what is missing, refused or stopped is one line on stderr and an exit code."""

import sys
from collections.abc import Callable
from pathlib import Path

from simulator.replay.signals import Interrupted, raise_on_signals


class Refused(Exception):
    """What was asked for cannot be done; the message says why."""


def launch(name: str, run: Callable[[], int], stopped: str = "stopped; nothing was written") -> int:
    """Return the exit code. ``run`` imports what it needs, so that a missing package can be named."""
    raise_on_signals()
    # The deployed code lies in the layer's folder, which `make` has on PYTHONPATH.
    sys.path.append(str(Path(__file__).resolve().parents[1] / "layers" / "headstart"))
    try:
        return run()
    except Refused as refused:
        sys.stderr.write(f"{name}: {refused}\n")
        return 2
    except ModuleNotFoundError as missing:
        sys.stderr.write(f"{name}: the package {missing.name} is missing; `make setup` installs it\n")
        return 2
    except Interrupted as signalled:
        sys.stderr.write(f"{name}: {stopped}\n")
        return signalled.code
