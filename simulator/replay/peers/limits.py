"""Limits: policies that know what no controller can. They obey the same API and the same lock."""

from collections.abc import Sequence

from simulator.replay.peers.controls import Controls, copies_for
from simulator.replay.peers.foresight import Foresight
from simulator.replay.peers.gauge import Gauge
from simulator.replay.world import World

QUIET_S = 900
"""Fifteen minutes, over which native's low alarm looks."""
LOW_SHARE = 0.9
"""Of the target: where native's low alarm stands."""
SECOND = 1.0
LOOK_S = 10.0
SIGNAL_AGE_S = 60
"""How long ago the load may have been that a signal tells of: a ten-second point, its lag, a retry or two."""


class Limit:
    """``foresee`` comes before ``install``."""

    min_copies: int | None = None
    _foresight: Foresight | None = None

    def foresee(self, known: Foresight) -> None:
        self._foresight = known

    @property
    def known(self) -> Foresight:
        if self._foresight is None:
            raise RuntimeError(f"{type(self).__name__} was not shown the trace")
        return self._foresight


class Present(Limit):
    """Knows the true load of this second: requests busy, were servers unlimited.

    Each second it asks for ceil(load / target), the most of the last 15 min; what is starting is counted, because the
    count it asks for is an absolute one. The bound of every rule that sizes for now: better ones look ahead.
    """

    name = "present"
    remark = "limit: knows the true load of this second"

    def install(self, world: World) -> None:
        controls, known, target = Controls(world, self.name, self.min_copies), self.known, world.derived.target
        begin = controls.now

        def look() -> None:
            counts = controls.counts()
            now = controls.now - begin
            need = copies_for(known.most(now - QUIET_S, now), target)
            # No scale-in before there are fifteen minutes to look back on.
            controls.ask(need if now >= QUIET_S else max(need, counts.desired))

        controls.every(SECOND, look)


class SizeOracle(Limit):
    """Sees what every controller sees, and at an episode's first signal knows how much that episode will need.

    Writes it at once and holds it until the episode ends, see ``episode``; then native's scale-in. A long rise is one
    episode, held at its peak from its first signal on: as a bound it is one on waits, not on copy-hours.
    """

    name = "size-oracle"
    remark = "limit: at an episode's first visible signal it knows the most that the episode will need"

    def install(self, world: World) -> None:
        controls, gauge = Controls(world, self.name, self.min_copies), Gauge(world, self.name)
        known, target = self.known, world.derived.target
        begin = controls.now
        most, until = 0, 0.0

        def look() -> None:
            nonlocal most, until
            counts = controls.counts()
            fresh = gauge.read(counts)
            now = controls.now - begin
            if now >= until and any(point.over(target) for point in gauge.last(LOOK_S * fresh)):
                most, until = episode(known.peaks, max(0, int(now) - SIGNAL_AGE_S), counts.desired, target)
            if now < until:
                controls.ask(max(most, counts.desired))
                return
            # As in native's low alarm, a missing point is not a low one.
            low = [
                point.load
                for point in gauge.last(QUIET_S)
                if point.load is not None and not point.over(LOW_SHARE * target)
            ]
            if len(low) == QUIET_S / LOOK_S:
                controls.ask(min(counts.desired, copies_for(low[-1], target)))

        controls.every(LOOK_S, look)


def episode(peaks: Sequence[int], begin: int, held: int, target: float) -> tuple[int, float]:
    """The copies an episode needs at most, and the second it ends, for requests busy in each second.

    It ends when native's low alarm would fire were those copies there: after 15 min below 0.9 of the target.
    """
    most, calm = max(1, held), 0
    for second in range(begin, len(peaks)):
        most = max(most, copies_for(peaks[second], target))
        calm = calm + 1 if peaks[second] < LOW_SHARE * target * most else 0
        if calm == QUIET_S:
            return most, second + 1.0
    return most, float(len(peaks) + QUIET_S)
