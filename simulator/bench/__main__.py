"""`python -m simulator.bench`, called by `make bench` and `make bench-full`: FULL=1, LIMIT, SEEDS, OUT, WORKERS."""

import os
import sys

from simulator.launch import Refused, launch


def run() -> int:
    from rich.console import Console  # noqa: PLC0415

    from simulator.bench.command import Options, command  # noqa: PLC0415
    from simulator.replay.options import OptionError  # noqa: PLC0415
    from simulator.traces import TraceError  # noqa: PLC0415

    try:
        return command(Options.of(sys.argv[1:], os.environ), Console())
    except (OptionError, TraceError) as refused:
        raise Refused(refused) from refused


if __name__ == "__main__":
    sys.exit(launch("bench", run, "stopped; the same command goes on from here"))
