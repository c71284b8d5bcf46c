"""A plant's TOML file laid over its base, which still knows on which line each key stands."""

import re
import tomllib
from pathlib import Path
from typing import Any

from simulator.plant.errors import SpecError

PLANTS = Path(__file__).resolve().parent.parent / "plants"

_SECTION = re.compile(r"\s*\[\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")


class PlantFile:
    """`table`: the file's keys over those of its `base`, without `base` itself. Raises SpecError."""

    def __init__(self, path: Path, depth: int = 0) -> None:
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
            self.table: dict[str, Any] = tomllib.loads(text)
        except OSError as error:
            raise SpecError(f"{path}: cannot be read ({error.strerror}); there are {known_plants()}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SpecError(f"{path}: not a TOML file: {error}") from error
        self._lines = dict(_places(text))
        self._base: PlantFile | None = None
        base = self.table.pop("base", None)
        if base is not None:
            if not isinstance(base, str) or depth:
                raise SpecError(f"{self.at('base')}: base: must be the name of a plant file that has no base itself")
            self._base = PlantFile(_beside(path, base), depth + 1)
            self.table = _laid_over(self._base.table, self.table)

    def at(self, key: str) -> str:
        """`file:line` where a dotted key, or else its section, stands; the file alone where neither does."""
        for wanted in (key, key.rpartition(".")[0]):
            file: PlantFile | None = self
            while file is not None and wanted:
                if wanted in file._lines:
                    return f"{file.path}:{file._lines[wanted]}"
                file = file._base
        return str(self.path)


def known_plants() -> str:
    return ", ".join(sorted(path.stem for path in PLANTS.glob("*.toml")))


def _beside(path: Path, base: str) -> Path:
    beside = path.with_name(f"{base}.toml")
    shipped = PLANTS / f"{base}.toml"
    return beside if beside.exists() or not shipped.exists() else shipped


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = {**under, **value} if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _places(text: str) -> list[tuple[str, int]]:
    """Every key and section with its line: enough for the flat tables a plant is made of."""
    found: list[tuple[str, int]] = []
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _SECTION.match(line):
            found.append((header[1], number))
            section = f"{header[1]}."
        elif key := _KEY.match(line):
            found.append((section + key[1], number))
    return found
