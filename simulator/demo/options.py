"""What the demo is told, by environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED_TRACE = REPOSITORY.parent / "shared" / "traces" / "azure_code_2023.csv.gz"
ON, OFF = ("", "on", "1", "true", "yes"), ("off", "0", "false", "no")


class OptionError(Exception):
    """A variable that cannot be used: names it and what would be right."""


@dataclass(frozen=True, slots=True)
class Options:
    """`trace` is None for the project's own generator."""

    trace: Path | None
    headstart: bool
    out: Path
    seed: int

    @property
    def page(self) -> Path:
        return self.out / ("demo.html" if self.headstart else "demo-native.html")

    @property
    def log(self) -> Path:
        return self.out / "local-cloud.log"

    def make_out(self) -> None:
        """Makes the folder. Raises OptionError where what the demo leaves behind could not be written."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self.out):
                pass
        except OSError as error:
            raise OptionError(f"OUT={self.out}: cannot be written to ({error.strerror})") from error
        for left in (self.page, self.log):
            if left.exists() and not (left.is_file() and os.access(left, os.W_OK)):
                raise OptionError(
                    f"OUT={self.out}: {left.name} cannot be overwritten; remove it or name another folder"
                )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Options":
        """Raises OptionError."""
        switch = environment.get("HEADSTART", "").strip().lower()
        if switch not in ON + OFF:
            raise OptionError(f"HEADSTART={switch}: must be on or off")
        named = environment.get("TRACE", "").strip()
        trace = Path(named).expanduser() if named else SHARED_TRACE if SHARED_TRACE.is_file() else None
        if trace is not None and not trace.is_file():
            raise OptionError(
                f"TRACE={trace}: no such file (csv or csv.gz: arrival_s,input_tokens,output_tokens); "
                "without TRACE there is one to begin with"
            )
        seed = environment.get("SEED", "").strip() or "1"
        if not seed.isdecimal():
            raise OptionError(f"SEED={seed}: must be a whole number")
        out = Path(environment.get("OUT", "").strip() or REPOSITORY / "out")
        if out.exists() and not out.is_dir():
            raise OptionError(f"OUT={out}: is a file; name a folder")
        return cls(trace, switch in ON, out, int(seed))
