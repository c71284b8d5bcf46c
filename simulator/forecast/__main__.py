"""`python -m simulator.forecast`, called by `make forecast`: LIMIT, SEED, SEEDS, OUT, WORKERS."""

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

        from simulator.forecast.command import Options, command  # noqa: PLC0415
        from simulator.replay.options import OptionError  # noqa: PLC0415

        try:
            return command(Options.of(sys.argv[1:], os.environ), Console())
        except OptionError as refused:
            sys.stderr.write(f"forecast: {refused}\n")
            return 2
    except ModuleNotFoundError as missing:
        sys.stderr.write(f"forecast: the package {missing.name} is missing; `make setup` installs it\n")
        return 2
    except Interrupted as signalled:
        sys.stderr.write("forecast: stopped\n")
        return signalled.code


if __name__ == "__main__":
    sys.exit(main())
