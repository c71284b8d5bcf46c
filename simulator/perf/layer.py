"""The size of a built layer, as Lambda counts it: unzipped (limit 250 MB with the function) and zipped."""

import io
import sys
import zipfile
from pathlib import Path


def unzipped_bytes(layer: Path) -> int:
    """Sum of the sizes of all files under a built layer, in bytes."""
    return sum(file.stat().st_size for file in layer.rglob("*") if file.is_file())


def zipped_bytes(layer: Path) -> int:
    """Size of the archive that a deployment uploads for a built layer, in bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for file in sorted(layer.rglob("*")):
            if file.is_file():
                writer.writestr(str(file.relative_to(layer)), file.read_bytes())
    return archive.tell()


def main(layer: Path) -> None:
    """Print both sizes of a built layer in megabytes (10**6 bytes)."""
    print(f"{layer}: {unzipped_bytes(layer) / 1e6:.1f} MB unzipped, {zipped_bytes(layer) / 1e6:.1f} MB zipped")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
