"""`python -m simulator.doctor`, called by `make doctor`. Environment: STACK, REGION, COMPONENT, ACCOUNT, PROBE=1,
WATCH (seconds), ENDPOINT (a local cloud), OUT; DEMO=1 brings a local cloud of its own."""

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

        from simulator.doctor.command import command  # noqa: PLC0415
        from simulator.doctor.options import OptionError, Options  # noqa: PLC0415

        try:
            options = Options.from_environment(os.environ)
            if options.demo:
                from simulator.doctor.demo import demo  # noqa: PLC0415

                return demo(options, Console())
            return command(options, Console())
        except (OptionError, OSError) as refused:
            sys.stderr.write(f"doctor: {refused}\n")
            return 2
    except ModuleNotFoundError as missing:
        sys.stderr.write(f"doctor: the package {missing.name} is missing; `make setup` installs it\n")
        return 2
    except Interrupted as signalled:
        sys.stderr.write("doctor: stopped; nothing was written\n")
        return signalled.code


if __name__ == "__main__":
    sys.exit(main())
