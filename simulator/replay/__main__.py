"""`python -m simulator.replay`, called by `make replay`: TRACE, PLANT, POLICIES, SEED, SEEDS, OUT, WORKERS."""

import os
import sys

from simulator.launch import Refused, launch


def run() -> int:
    from rich.console import Console  # noqa: PLC0415

    from simulator.replay.command import REFUSED, command  # noqa: PLC0415
    from simulator.replay.options import Options  # noqa: PLC0415

    try:
        return command(Options.of(sys.argv[1:], os.environ), Console())
    except REFUSED as refused:
        raise Refused(refused) from refused


if __name__ == "__main__":
    sys.exit(launch("replay", run))
