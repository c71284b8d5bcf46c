"""The values of one row: how they read, what is allowed, and what to say of one that is not."""

from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from math import nan
from operator import le

from simulator.traces.errors import TraceError
from simulator.traces.trace import LONGEST_S, LONGEST_SERVICE_S, MOST_TOKENS, Block, Row

WHOLE = f"a whole number, 0 to {MOST_TOKENS}"
SERVICE = f"seconds, 0 to {LONGEST_SERVICE_S:.0f}"

type Reader = Callable[[object], float]


def number(said: object) -> float:
    """A number, or a CSV cell with one. Raises ValueError or OverflowError."""
    if isinstance(said, (str, int, float)) and not isinstance(said, bool):
        return float(said)
    raise ValueError


def whole(said: object) -> int:
    """Raises ValueError or OverflowError. 12.0 is whole: that is how pandas writes a column with holes."""
    if type(said) is str and said.isdecimal():
        return int(said)
    value = number(said)
    if not value.is_integer():
        raise ValueError
    return int(value)


def milliseconds(said: object) -> float:
    return number(said) / 1000.0


def moment(said: object) -> float:
    """Seconds since the epoch. Azure's traces carry seven decimals and, since 2024, an offset; without it: UTC."""
    found = datetime.fromisoformat(str(said))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


class RowReader:
    """Checks each row by itself and against the one before.

    `columns`: arrival, input, output and perhaps service time. `arrival` reads the first of them; `wanted` says what it
    takes. `from_first`: arrivals count from the first row's, not from zero.
    """

    def __init__(
        self, path: str, columns: Sequence[str], arrival: Reader, wanted: str, *, from_first: bool = False
    ) -> None:
        self._path = path
        self._columns = columns
        self._timed = len(columns) > 3
        self._arrival = arrival
        self._wanted = (wanted, WHOLE, WHOLE, SERVICE)
        self._from_first = from_first
        self._start: float | None = None if from_first else 0.0
        self._previous = 0.0

    def row(self, said: Sequence[object], line: int) -> Row:
        """Raises TraceError. `said`: the values in the order of the columns."""
        try:
            arrival, taken, given = self._arrival(said[0]), whole(said[1]), whole(said[2])
            service = number(said[3]) if self._timed else None
        except (ValueError, OverflowError):
            raise self._wrong(said, line) from None
        if self._start is None:
            self._start = arrival
        arrival -= self._start
        # Written so that NaN fails.
        if not (
            self._previous <= arrival <= LONGEST_S
            and 0 <= taken <= MOST_TOKENS
            and 0 <= given <= MOST_TOKENS
            and (service is None or 0 <= service <= LONGEST_SERVICE_S)
        ):
            raise self._wrong(said, line)
        self._previous = arrival
        return Row(arrival, taken, given, service)

    def block(self, columns: Sequence[Sequence[str]]) -> Block | None:
        """The same for many rows at once, ten times faster; None if anything is amiss: go through them one by one."""
        block = Block()
        try:
            block.arrivals.extend(map(float if self._arrival is number else self._arrival, columns[0]))
            block.inputs.extend(map(int, columns[1]))
            block.outputs.extend(map(int, columns[2]))
            if self._timed:
                block.services.extend(map(float, columns[3]))
        except (ValueError, OverflowError):
            return None
        arrivals, start = block.arrivals, self._start
        if start is None:
            start = self._start = arrivals[0]
        if start:
            arrivals = block.arrivals = array("d", [arrival - start for arrival in arrivals])
        if not (
            self._previous <= arrivals[0]
            and all(map(le, arrivals, islice(arrivals, 1, None)))
            and arrivals[-1] <= LONGEST_S
            and max(block.inputs) <= MOST_TOKENS
            and max(block.outputs) <= MOST_TOKENS
            and all(0 <= service <= LONGEST_SERVICE_S for service in block.services)
        ):
            return None
        self._previous = arrivals[-1]
        return block

    def missing(self, column: str, line: int) -> TraceError:
        place = list(self._columns).index(column)
        return TraceError(self._path, f"{column} is missing: must be {self._wanted[place]}", line, column)

    def _wrong(self, said: Sequence[object], line: int) -> TraceError:
        readers: list[Reader] = [self._arrival, whole, whole, number]
        limits = [LONGEST_S, MOST_TOKENS, MOST_TOKENS, LONGEST_SERVICE_S]
        starts = [self._start or 0.0, 0, 0, 0]
        for column, value, reader, limit, start, wanted in zip(
            self._columns, said, readers, limits, starts, self._wanted, strict=False
        ):
            read = _try(reader, value) - start
            shown = f"{column} is empty" if value in ("", None) else f"{column} = {_short(value)}"
            if column == self._columns[0] and read < self._previous and (self._from_first or read >= 0):
                text = f"{shown}: must not be earlier than the row before; sort the trace by arrival"
                return TraceError(self._path, text, line, column)
            if not 0 <= read <= limit:
                return TraceError(self._path, f"{shown}: must be {wanted}", line, column)
        raise AssertionError("a row was refused for nothing")


def _try(reader: Reader, value: object) -> float:
    try:
        return reader(value)
    except (ValueError, OverflowError):
        return nan


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
