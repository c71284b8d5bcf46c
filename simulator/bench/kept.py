"""The runs of a benchmark that was broken off: the same command goes on where it stood."""

import hashlib
import pickle
from collections.abc import Hashable
from contextlib import suppress
from pathlib import Path

from simulator.replay.outcome import Outcome

ROOT = Path(__file__).resolve().parents[2]
CODE = ("simulator/**/*.py", "simulator/**/*.toml", "layers/headstart/headstart/**/*.py", "functions/**/*.py")


class Kept[T = Outcome]:
    """Finished runs in one file, by keys that say all that tells two runs apart but for the code itself.

    What other code came to is forgotten. A run that was cut short while it was written counts as not run.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._code = fingerprint()
        self._found: dict[Hashable, T] = {}
        end = self._read() if file.exists() else 0
        if end:
            with file.open("r+b") as torn:
                torn.truncate(end)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(pickle.dumps(self._code))

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: Hashable) -> T | None:
        return self._found.get(key)

    def add(self, key: Hashable, outcome: T) -> None:
        with self._file.open("ab") as file:
            file.write(pickle.dumps((key, outcome)))

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)

    def _read(self) -> int:
        """Where the last whole run ends; 0 if nothing in the file is of this code."""
        end = 0
        with self._file.open("rb") as file, suppress(EOFError, pickle.UnpicklingError):
            if pickle.load(file) != self._code:  # noqa: S301  our own file, in the folder for results
                return 0
            while True:
                end = file.tell()
                key, outcome = pickle.load(file)  # noqa: S301
                self._found[key] = outcome
        return end


def fingerprint() -> str:
    """Of all code that a run depends on."""
    digest = hashlib.sha256((ROOT / "template.yaml").read_bytes())
    for file in sorted(file for pattern in CODE for file in ROOT.glob(pattern)):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
