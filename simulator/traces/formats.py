"""The trace formats: our CSV, Azure's public LLM traces, Mooncake's JSON lines."""

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import islice

from simulator.traces.errors import TraceError
from simulator.traces.trace import LONGEST_S, ROWS_A_BLOCK, Block
from simulator.traces.values import RowReader, milliseconds, moment, number

OURS = ("arrival_s", "input_tokens", "output_tokens")
OPTIONAL = "service_s"
AZURE = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
MOONCAKE = ("timestamp", "input_length", "output_length")
KNOWN = f"{','.join(OURS)}[,{OPTIONAL}], or {','.join(AZURE)}, or JSON lines with {', '.join(MOONCAKE)}"

type Numbered = Sequence[tuple[int, list[str]]]
"""Rows of cells, each with the number of its line."""


class CsvRows:
    """Ours or Azure's. `line` is the one read last."""

    def __init__(self, path: str, lines: Iterator[str]) -> None:
        self._path = path
        self._cells = csv.reader(lines, strict=True)
        header = [cell.strip() for cell in next(self._cells, [])]
        azure = bool(set(header) & set(AZURE))
        self.timed = OPTIONAL in header and not azure
        columns = AZURE if azure else (*OURS, OPTIONAL) if self.timed else OURS
        self._check(header, columns)
        self._header = header
        self._places = [header.index(column) for column in columns]
        self._reader = (
            RowReader(path, columns, moment, "a time such as 2023-11-16 18:17:03.97, within 366 days", from_first=True)
            if azure
            else RowReader(path, columns, number, f"seconds from the trace's start, 0 to {LONGEST_S:.0f}")
        )

    @property
    def line(self) -> int:
        return self._cells.line_num

    def blocks(self) -> Iterator[Block]:
        cells = self._cells
        while rows := [(cells.line_num, row) for row in islice(cells, ROWS_A_BLOCK)]:
            yield self._at_once(rows) or self._one_by_one(rows)

    def _at_once(self, rows: Numbered) -> Block | None:
        try:
            columns = list(zip(*(row for _, row in rows), strict=True))
        except ValueError:
            return None
        if len(columns) != len(self._header):
            return None
        return self._reader.block([columns[place] for place in self._places])

    def _one_by_one(self, rows: Numbered) -> Block:
        block = Block()
        for line, row in rows:
            if len(row) == len(self._header):
                block.append(self._reader.row([row[place] for place in self._places], line))
            elif row:
                raise self._wrong_width(row, line)
        return block

    def _check(self, header: Sequence[str], columns: Sequence[str]) -> None:
        for column in columns:
            if column not in header:
                text = f"column {column} is missing; the first line must name the columns: {KNOWN}"
                raise TraceError(self._path, text, 1, column)
        for place, column in enumerate(header):
            if column not in columns or column in header[:place]:
                what = "twice" if column in columns else "unknown"
                raise TraceError(self._path, f"column {column!r} is {what}; a trace has {KNOWN}", 1, column)

    def _wrong_width(self, row: Sequence[str], line: int) -> TraceError:
        if len(row) < len(self._header):
            return self._reader.missing(self._header[len(row)], line)
        text = f"{len(row)} values; must be {len(self._header)}: {','.join(self._header)}"
        return TraceError(self._path, text, line)


class JsonRows:
    """Mooncake's: one object a line, times in milliseconds; other keys are of no interest."""

    timed = False

    def __init__(self, path: str, lines: Iterator[str]) -> None:
        self._path = path
        self._lines = lines
        self._reader = RowReader(
            path, MOONCAKE, milliseconds, f"milliseconds from the trace's start, 0 to {1000 * LONGEST_S:.0f}"
        )
        self.line = 0

    def blocks(self) -> Iterator[Block]:
        while texts := list(islice(self._lines, ROWS_A_BLOCK)):
            block = Block()
            for text in texts:
                self.line += 1
                if text.strip():
                    block.append(self._reader.row(self._values(text), self.line))
            yield block

    def _values(self, text: str) -> list[object]:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise TraceError(self._path, f"must be one JSON object with {', '.join(MOONCAKE)}", self.line)
        for column in MOONCAKE:
            if column not in found:
                raise self._reader.missing(column, self.line)
        return [found[column] for column in MOONCAKE]
