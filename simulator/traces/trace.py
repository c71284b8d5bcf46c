"""A trace: when requests arrive and what they ask for, kept out of memory."""

import os
from array import array
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import NamedTuple

from simulator.plant.offered import Demand
from simulator.plant.spec import ServiceSpec

ROWS_A_BLOCK = 8192

LONGEST_S = 366 * 86_400.0
"""Arrivals later than this are taken for epoch times, which would be replayed as decades of silence."""
MOST_TOKENS = 100_000_000
LONGEST_SERVICE_S = 86_400.0


class Row(NamedTuple):
    """`arrival_s` in seconds from the trace's start; `service_s` is absent where the trace does not say."""

    arrival_s: float
    input_tokens: int
    output_tokens: int
    service_s: float | None = None


class Block:
    """Up to ROWS_A_BLOCK rows, column by column."""

    __slots__ = ("arrivals", "inputs", "outputs", "services")

    def __init__(self) -> None:
        self.arrivals = array("d")
        self.inputs = array("I")
        self.outputs = array("I")
        self.services = array("d")

    def __len__(self) -> int:
        return len(self.arrivals)

    def append(self, row: Row) -> None:
        arrival_s, input_tokens, output_tokens, service_s = row
        self.arrivals.append(arrival_s)
        self.inputs.append(input_tokens)
        self.outputs.append(output_tokens)
        if service_s is not None:
            self.services.append(service_s)

    def columns(self, *, timed: bool) -> "tuple[array[float] | array[int], ...]":
        columns = (self.arrivals, self.inputs, self.outputs)
        return (*columns, self.services) if timed else columns


class Trace:
    """Made by a `TraceWriter`; may be gone through any number of times, also by forked processes at once.

    Rows live in an unlinked temporary file, so that memory does not grow with the trace. `timed`: the trace has its own
    service times. Times in seconds from the trace's start.
    """

    def __init__(self, name: str, *, timed: bool) -> None:
        self.name = name
        self.timed = timed
        self.requests = 0
        self.first_s = 0.0
        self.last_s = 0.0
        self._sizes = array("I")
        self._file = TemporaryFile(prefix="trace-")  # noqa: SIM115  lives as long as the trace does

    def rows(self) -> Iterator[Row]:
        for block in self._blocks():
            services: Iterator[float | None] = iter(block.services) if self.timed else iter([None] * len(block.inputs))
            yield from map(Row, block.arrivals, block.inputs, block.outputs, services)

    def arrivals(self) -> Iterator[float]:
        for block in self._blocks():
            yield from block.arrivals

    def demands(self, law: ServiceSpec, factor: float = 1.0) -> Iterator[Demand]:
        """Arrival and service time of each request: `factor` times the trace's own service time, or the law's."""
        fixed, input_rate, per_output = law.fixed_s, law.input_tokens_per_s, law.output_token_s
        for block in self._blocks():
            if self.timed:
                services = [factor * service for service in block.services]
            else:
                services = [
                    factor * (fixed + taken / input_rate + per_output * given)
                    for taken, given in zip(block.inputs, block.outputs, strict=True)
                ]
            yield from zip(block.arrivals, services, strict=True)

    def add(self, block: Block) -> None:
        """For the writer."""
        if not self.requests:
            self.first_s = block.arrivals[0]
        self.last_s = block.arrivals[-1]
        self.requests += len(block)
        self._sizes.append(len(block))
        for column in block.columns(timed=self.timed):
            self._file.write(column.tobytes())

    def _blocks(self) -> Iterator[Block]:
        self._file.flush()
        descriptor, offset = self._file.fileno(), 0
        for count in self._sizes:
            block = Block()
            for column in block.columns(timed=self.timed):
                size = count * column.itemsize
                # Not seek and read: a forked process shares the file's position.
                column.frombytes(os.pread(descriptor, size, offset))
                offset += size
            yield block


class TraceWriter:
    """Takes rows in order of arrival, checked by whoever writes them; all of them with a service time, or none."""

    def __init__(self, name: str, *, timed: bool = False) -> None:
        self._trace = Trace(name, timed=timed)
        self._block = Block()

    def append(self, row: Row) -> None:
        self._block.append(row)
        if len(self._block) >= ROWS_A_BLOCK:
            self.flush()

    def extend(self, block: Block) -> None:
        self.flush()
        self._block = block
        self.flush()

    def flush(self) -> None:
        if self._block:
            self._trace.add(self._block)
            self._block = Block()

    def finish(self) -> Trace:
        self.flush()
        return self._trace
