"""Traces: when requests arrive and how long they are, read from files or generated."""

from simulator.traces.errors import TraceError
from simulator.traces.reader import read
from simulator.traces.shapes import SHAPES, generate
from simulator.traces.trace import Row, Trace, TraceWriter

__all__ = ["SHAPES", "Row", "Trace", "TraceError", "TraceWriter", "generate", "read"]
