"""`python -m simulator.deadman`, called by `make dead-man`: DAYS, LIMIT, OUT, WORKERS."""

import os
import sys

from simulator.launch import Refused, launch


def run() -> int:
    from rich.console import Console  # noqa: PLC0415

    from simulator.deadman.command import Options, command  # noqa: PLC0415
    from simulator.replay.options import OptionError  # noqa: PLC0415
    from simulator.traces import TraceError  # noqa: PLC0415

    try:
        return command(Options.of(sys.argv[1:], os.environ), Console())
    except (OptionError, TraceError) as refused:
        raise Refused(refused) from refused


if __name__ == "__main__":
    sys.exit(launch("dead-man", run, "stopped; the same command goes on from here"))
