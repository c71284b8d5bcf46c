"""`python -m simulator.deadman`, called by `make dead-man`: DAYS, LIMIT, OUT, WORKERS."""

import os
import sys
from pathlib import Path

from simulator.replay.signals import Interrupted, raise_on_signals


def main() -> int:
    raise_on_signals()
    # The deployed code lies in the layer's folder, which `make` has on PYTHONPATH.
    sys.path.append(str(Path(__file__).resolve().parents[2] / "layers" / "headstart"))
    try:
        from rich.console import Console  # noqa: PLC0415

        from simulator.deadman.command import Options, command  # noqa: PLC0415
        from simulator.replay.options import OptionError  # noqa: PLC0415
        from simulator.traces import TraceError  # noqa: PLC0415

        try:
            return command(Options.of(sys.argv[1:], os.environ), Console())
        except (OptionError, TraceError) as refused:
            sys.stderr.write(f"dead-man: {refused}\n")
            return 2
    except ModuleNotFoundError as missing:
        sys.stderr.write(f"dead-man: the package {missing.name} is missing; `make setup` installs it\n")
        return 2
    except Interrupted as signalled:
        sys.stderr.write("dead-man: stopped; the same command goes on from here\n")
        return signalled.code


if __name__ == "__main__":
    sys.exit(main())
