"""Files that are there whole or not at all."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp


def write_all(folder: Path, texts: Mapping[str, Iterable[str]]) -> None:
    """Write every file (name to pieces of text) under another name first and rename them when all are complete."""
    finished: list[tuple[str, Path]] = []
    try:
        for name, pieces in texts.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, path = mkstemp(prefix=f".{target.name}.", dir=target.parent)
            finished.append((path, target))
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(pieces)
            Path(path).chmod(0o644)
        for path, target in finished:
            Path(path).replace(target)
    finally:
        for path, _ in finished:
            with suppress(FileNotFoundError):
                Path(path).unlink()
