"""Traces of named shapes: Poisson arrivals of a rate that is linear in pieces, lengths lognormal."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import cos, log, pi
from random import Random
from typing import NamedTuple

from simulator.traces.trace import LONGEST_S, MOST_TOKENS, Row, Trace, TraceWriter

MINUTE = 60.0
HOUR = 3600.0


class Piece(NamedTuple):
    """`duration_s` seconds in which the rate goes in a straight line between two rates, in requests a second."""

    duration_s: float
    from_rate: float
    to_rate: float


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of a request: lognormal by median and standard deviation of the logarithm.

    The defaults are of the size of Azure's conversation trace; a request takes 4.5 s on average by the standard law.
    """

    input_median: float = 800.0
    input_sigma: float = 1.0
    output_median: float = 150.0
    output_sigma: float = 0.8

    def draw(self, random: Random) -> tuple[int, int]:
        return _tokens(random, self.input_median, self.input_sigma), _tokens(
            random, self.output_median, self.output_sigma
        )


def _tokens(random: Random, median: float, sigma: float) -> int:
    return max(1, min(MOST_TOKENS, round(random.lognormvariate(log(median), sigma))))


def _step(_: Random) -> Iterator[Piece]:
    """0.6 a second, 4 a second from 0:30 to 1:30, 0.6 again until 2:00."""
    yield Piece(30 * MINUTE, 0.6, 0.6)
    yield Piece(60 * MINUTE, 4.0, 4.0)
    yield Piece(30 * MINUTE, 0.6, 0.6)


def _ramp(_: Random) -> Iterator[Piece]:
    """0.4 a second, up to 4 a second from 0:20 to 1:00, down again from 1:20 to 2:00."""
    yield Piece(20 * MINUTE, 0.4, 0.4)
    yield Piece(40 * MINUTE, 0.4, 4.0)
    yield Piece(20 * MINUTE, 4.0, 4.0)
    yield Piece(40 * MINUTE, 4.0, 0.4)


def _spikes(random: Random) -> Iterator[Piece]:
    """Three hours at 0.4 a second with up to twelve spikes: 4 a second for 60 to 120 s, 7 to 18 minutes apart."""
    left = 3 * HOUR
    for _ in range(12):
        calm, spike = random.uniform(7, 18) * MINUTE, random.uniform(60, 120)
        if calm + spike >= left:
            break
        yield Piece(calm, 0.4, 0.4)
        yield Piece(spike, 4.0, 4.0)
        left -= calm + spike
    yield Piece(left, 0.4, 0.4)


def _onoff(random: Random) -> Iterator[Piece]:
    """Six hours: silence of 6 to 25 minutes, then a batch (20 a second for 5 s) and 1 a second for 8 to 20 minutes."""
    left = 6 * HOUR
    while left > 0:
        off = min(left, random.uniform(6, 25) * MINUTE)
        yield Piece(off, 0.0, 0.0)
        left -= off
        batch = min(left, 5.0)
        yield Piece(batch, 20.0, 20.0)
        left -= batch
        on = min(left, random.uniform(8, 20) * MINUTE)
        yield Piece(on, 1.0, 1.0)
        left -= on


def _day(_: Random) -> Iterator[Piece]:
    """24 hours from midnight: 0.2 a second at 4:00, 2 a second at 16:00, a cosine in 5-minute pieces."""

    def rate(at: float) -> float:
        return 1.1 - 0.9 * cos(2 * pi * (at / HOUR - 4) / 24)

    for piece in range(24 * 12):
        begin = piece * 5 * MINUTE
        yield Piece(5 * MINUTE, rate(begin), rate(begin + 5 * MINUTE))


def _steady(_: Random) -> Iterator[Piece]:
    """Three hours at 3 a second: nothing but noise."""
    yield Piece(3 * HOUR, 3.0, 3.0)


SHAPES: dict[str, Callable[[Random], Iterator[Piece]]] = {
    "step": _step,
    "ramp": _ramp,
    "spikes": _spikes,
    "onoff": _onoff,
    "day": _day,
    "steady": _steady,
}
"""Each function's docstring states its rate."""


def generate(shape: str, seed: int, *, scale: float = 1.0, lengths: Lengths = Lengths()) -> Trace:
    """The same shape, seed, scale and lengths give the same trace. `scale` multiplies every rate.

    Raises KeyError for an unknown shape.
    """
    pieces = SHAPES[shape](Random(f"{shape}/{seed}/pieces"))
    return poisson(f"{shape}-{seed}", pieces, Random(f"{shape}/{seed}/requests"), scale, lengths)


def poisson(name: str, pieces: Iterator[Piece], random: Random, scale: float, lengths: Lengths) -> Trace:
    """Thinning (Lewis and Shedler 1979) piece by piece. Times are whole milliseconds."""
    writer = TraceWriter(name)
    begin = 0.0
    for duration, low, high in pieces:
        most = scale * max(low, high)
        at = random.expovariate(most) if most else duration
        while at < duration:
            rate = scale * (low + (high - low) * at / duration)
            if random.random() * most < rate:
                writer.append(Row(round(begin + at, 3), *lengths.draw(random)))
            at += random.expovariate(most)
        begin += duration
        if begin > LONGEST_S:
            raise ValueError(f"{name}: longer than {LONGEST_S:.0f} s")
    return writer.finish()
