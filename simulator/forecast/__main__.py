"""`python -m simulator.forecast`, called by `make forecast`: LIMIT, SEED, SEEDS, OUT, WORKERS."""

import os
import sys

from simulator.launch import Refused, launch


def run() -> int:
    from rich.console import Console  # noqa: PLC0415

    from simulator.forecast.command import Options, command  # noqa: PLC0415
    from simulator.replay.options import OptionError  # noqa: PLC0415

    try:
        return command(Options.of(sys.argv[1:], os.environ), Console())
    except OptionError as refused:
        raise Refused(refused) from refused


if __name__ == "__main__":
    sys.exit(launch("forecast", run, "stopped"))
