"""`python -m simulator.doctor`, called by `make doctor`. Environment: STACK, REGION, COMPONENT, ACCOUNT, PROBE=1,
WATCH (seconds), ENDPOINT (a local cloud), OUT; DEMO=1 brings a local cloud of its own."""

import os
import sys

from simulator.launch import Refused, launch


def run() -> int:
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
        raise Refused(refused) from refused


if __name__ == "__main__":
    sys.exit(launch("doctor", run))
