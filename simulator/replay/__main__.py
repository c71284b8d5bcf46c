"""`python -m simulator.replay`, called by `make replay`: TRACE, PLANT, POLICIES, SEED, SEEDS, OUT, WORKERS."""

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

        from simulator.replay.command import REFUSED, command  # noqa: PLC0415
        from simulator.replay.options import Options  # noqa: PLC0415

        try:
            return command(Options.of(sys.argv[1:], os.environ), Console())
        except REFUSED as refused:
            sys.stderr.write(f"replay: {refused}\n")
            return 2
    except ModuleNotFoundError as missing:
        sys.stderr.write(f"replay: the package {missing.name} is missing; `make setup` installs it\n")
        return 2
    except Interrupted as signalled:
        sys.stderr.write("replay: stopped; nothing was written\n")
        return signalled.code


if __name__ == "__main__":
    sys.exit(main())
