"""Reads a trace file, plain or gzip, line by line."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from simulator.traces.errors import TraceError
from simulator.traces.formats import KNOWN, CsvRows, JsonRows
from simulator.traces.trace import Trace, TraceWriter

GZIP_MAGIC = b"\x1f\x8b"


def read(path: Path | str) -> Trace:
    """Takes any known format, told apart by its content. Raises TraceError."""
    file = Path(path)
    found: CsvRows | JsonRows | None = None
    try:
        with _lines(file) as lines:
            first = next(lines, "")
            if not first.strip():
                raise TraceError(str(file), f"is empty; the first line must name the columns: {KNOWN}", 1)
            kind = JsonRows if first.lstrip().startswith("{") else CsvRows
            found = kind(str(file), chain([first], lines))
            return _collect(file, found)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _after(file, found, f"is not a whole gzip file ({error}); compress it again") from error
    except OSError as error:
        raise TraceError(str(file), f"cannot be read ({error.strerror})") from error
    except csv.Error as error:
        raise _after(file, found, f"is not CSV ({error}); a trace has {KNOWN}") from error


def _collect(file: Path, found: CsvRows | JsonRows) -> Trace:
    writer = TraceWriter(_name(file), timed=found.timed)
    for block in found.blocks():
        writer.extend(block)
    trace = writer.finish()
    if not trace.requests:
        raise TraceError(str(file), "has no requests; at least one row must follow the header", found.line)
    return trace


def _after(file: Path, found: CsvRows | JsonRows | None, message: str) -> TraceError:
    return TraceError(str(file), message, (found.line if found else 0) + 1)


@contextmanager
def _lines(file: Path) -> Iterator[Iterator[str]]:
    with file.open("rb") as raw:
        packed = raw.peek(len(GZIP_MAGIC))[: len(GZIP_MAGIC)] == GZIP_MAGIC
        if file.suffix == ".gz" and not packed:
            raise TraceError(str(file), "is not a gzip file though it is called .gz; gzip it or drop the ending")
        stream: BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        # Bytes that are no UTF-8 show up in the value they spoil, which names line and column.
        with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            yield iter(text)


def _name(file: Path) -> str:
    return file.name.removesuffix(".gz").rpartition(".")[0] or file.name
