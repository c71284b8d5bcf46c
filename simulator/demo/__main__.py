"""`python -m simulator.demo`, called by `make demo`. Environment: TRACE, HEADSTART=off, OUT, SEED."""

import os
import signal
import sys
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """SIGINT, SIGTERM or SIGHUP (the terminal was closed) came; everything is being stopped."""


def _interrupt(number: int, _frame: FrameType | None) -> None:
    # A second one must not stop the stopping.
    for name in STOPPING:
        signal.signal(name, signal.SIG_IGN)
    raise Interrupted(number)


def main() -> int:
    for name in STOPPING:
        # Under nohup it is ignored already, and stays so.
        if name != signal.SIGHUP or signal.getsignal(name) != signal.SIG_IGN:
            signal.signal(name, _interrupt)
    try:
        try:
            from rich.console import Console  # noqa: PLC0415

            from simulator.demo.options import OptionError, Options  # noqa: PLC0415
            from simulator.demo.run import run  # noqa: PLC0415
        except ModuleNotFoundError as missing:
            print(f"demo: the package {missing.name} is missing; `make setup` installs it", file=sys.stderr)
            return 2
        try:
            options = Options.from_environment(os.environ)
            options.make_out()
        except OptionError as error:
            print(f"demo: {error}", file=sys.stderr)
            return 2
        return run(options, Console())
    except Interrupted as signalled:
        number = signal.Signals(signalled.args[0])
        print(f"demo: stopped by {number.name}; nothing is left running", file=sys.stderr)
        return 128 + number


if __name__ == "__main__":
    sys.exit(main())
