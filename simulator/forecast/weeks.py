"""Weeks of traffic: a pattern of the hour of the week, with noise. The past as metrics, a day as a trace to replay."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from headstart.domain.model import PastLoad
from simulator.plant.metrics import OLD_S, Bin, component_metric
from simulator.plant.timefmt import utc
from simulator.replay.world import COMPONENT, START, World
from simulator.traces.shapes import Lengths, Piece, poisson
from simulator.traces.trace import Trace

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
DAYS_OF_HISTORY = 26
START_HOUR = 3 * 24
"""START is a Thursday; the week begins on Monday."""
QUIET, BUSY = 0.1, 2.0
"""Requests a second."""
NOISE = 0.15
"""Standard deviation of the logarithm of an hour's rate."""

type Pattern = Callable[[float, Random], float]
"""The hour of the week, 0 to 168, and chance of that hour; to requests a second."""


def office(hour: float, _: Random) -> float:
    """2 a second from 8:00 to 18:00 on weekdays, 0.1 at other times: twenty times as much at once."""
    return BUSY if hour < 5 * 24 and 8 <= hour % 24 < 18 else QUIET


def jobs(hour: float, _: Random) -> float:
    """Nothing but two jobs a day, from 2:00 to 2:40 and from 14:00 to 14:30, 2 a second each: from zero."""
    return BUSY if 2 <= hour % 24 < 2 + 40 / 60 or 14 <= hour % 24 < 14.5 else 0.0


def smooth(hour: float, _: Random) -> float:
    """A day's cosine, 0.2 a second at 4:00 and 2 at 16:00: but for the noise, a quick controller follows it anyway."""
    return 1.1 - 0.9 * math.cos(2 * math.pi * (hour % 24 - 4) / 24)


def erratic(_: float, random: Random) -> float:
    """As many busy hours as `office`, at hours that chance picks anew every time."""
    return BUSY if random.random() < 50 / 168 else QUIET


PATTERNS: dict[str, Pattern] = {"office": office, "jobs": jobs, "smooth": smooth, "erratic": erratic}
"""Each function's docstring states its rate."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """A pattern and its chance. Until `shifted_days` before START everything came `shift_h` hours earlier."""

    pattern: str
    seed: int
    shift_h: float = 0.0
    shifted_days: float = 0.0

    def rate(self, at_s: float) -> float:
        """Requests a second, `at_s` seconds after START; negative: in the past."""
        hour = START_HOUR + at_s / HOUR_S
        earlier = self.shift_h if at_s < -self.shifted_days * DAY_S else 0.0
        random = Random(f"{self.pattern}/{self.seed}/{math.floor(hour)}")
        level = PATTERNS[self.pattern]((hour + earlier) % 168, random)
        return level * random.lognormvariate(-(NOISE**2) / 2, NOISE)

    def day(self) -> Trace:
        """24 hours from START on."""
        return poisson(f"{self.pattern}-{self.seed}", self._pieces(), Random(f"{self}/requests"), 1.0, Lengths())

    def _pieces(self) -> Iterator[Piece]:
        for at in range(0, int(DAY_S), OLD_S):
            yield Piece(OLD_S, self.rate(at), self.rate(at))

    def past(self, mean_service_s: float, until_s: float = 0.0) -> Iterator[PastLoad]:
        """The five minutes before `until_s`, as enough copies would have left them in CloudWatch: a fluid.

        Poisson counts; a mean time as it varies with as many requests. No queue and no refusal is in it: a past that a
        late controller left behind has both.
        """
        random = Random(f"{self}/past")
        for at in range(int(until_s - DAYS_OF_HISTORY * DAY_S), int(until_s), OLD_S):
            expected = self.rate(at) * OLD_S
            completed = max(0, round(random.gauss(expected, math.sqrt(expected))))
            if completed:
                seconds = mean_service_s * max(0.1, random.gauss(1.0, 1.0 / math.sqrt(completed)))
                yield PastLoad(utc(START + at), completed, seconds)


def remember(world: World, past: Iterator[PastLoad]) -> None:
    """Put it into the plant's CloudWatch, as if it had been published then."""
    key = component_metric("ModelLatency", COMPONENT)
    for one in past:
        us = one.seconds * 1e6
        samples = Bin(us, us, us * one.completed, one.completed, 0.0)
        world.account.metrics.remember(key, int(one.at.timestamp()), samples)
