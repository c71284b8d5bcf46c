"""The limit that knows the trace."""

from simulator.replay.peers.controls import Controls
from simulator.replay.peers.foresight import Foresight, StartUps
from simulator.replay.peers.limits import SECOND, Limit
from simulator.replay.world import World


class Clairvoyant(Limit):
    """Knows the trace and every start-up time; has copies in service just when they are needed.

    Needed at a time: ceil(requests busy, were servers unlimited / slots), so that nobody would wait. It asks for more
    when a need is just one start-up away, and then for all that would have to be asked for before that change is over,
    because the lock lets no other write through. It gives back what will not have to be asked for again while the lock
    is held inwards: what is needed again within a start-up is held. A heuristic near a bound, not proved to be one: a
    cheaper plan may exist, and where the lock forces a choice perhaps one with shorter waits.
    """

    name = "clairvoyant"
    remark = "limit: knows the trace and every start-up time; a heuristic, not a proven bound"

    def install(self, world: World) -> None:
        controls = Controls(world, self.name, self.min_copies)
        plan = Plan(self.known, StartUps(world), world.derived.served, controls.least, controls.most)
        begin, inwards_s = controls.now, world.spec.lock.inwards_s

        def look() -> None:
            counts = controls.counts()
            if counts.updating:
                return
            plan.now = controls.now - begin
            more = plan.outwards(counts.desired)
            controls.ask(more if more > counts.desired else min(counts.desired, plan.inwards(inwards_s + SECOND)))

        controls.every(SECOND, look)


class Plan:
    """``now`` in seconds from the trace's start."""

    def __init__(self, known: Foresight, startups: StartUps, slots: int, least: int, most: int) -> None:
        self._known = known
        self._startups = startups
        self._slots = slots
        self._least = least
        self._most = most
        self.now = 0.0

    def needed(self, ahead_s: float) -> int:
        """The most copies needed from now until then."""
        busy = self._known.most(self.now, self.now + ahead_s + SECOND)
        return max(self._least, min(self._most, -(-busy // self._slots)))

    def outwards(self, have: int) -> int:
        """The count to ask for now; ``have`` if that can wait."""
        more = self._due(have, 0.0, self._startups.now(self._most - have))
        while more > have:
            over_s = self._startups.now(more - have)[-1] + SECOND
            later = self._due(more, over_s, self._startups.cold(self._most - more, more - have))
            if later == more:
                break
            more = later
        return more

    def inwards(self, lock_s: float) -> int:
        """The fewest copies that leave nothing to be asked for while the lock is held."""
        keep = self.needed(lock_s)
        while (again := self._due(keep, lock_s, self._startups.cold(self._most - keep))) > keep:
            keep = again
        return keep

    def _due(self, have: int, delay_s: float, startups: list[float]) -> int:
        """What a change made ``delay_s`` from now would be too late for; ``have`` if nothing."""
        if not startups or self.needed(delay_s + startups[-1]) <= have:
            return have
        needs = ((copies, self.needed(delay_s + start)) for copies, start in enumerate(startups, have + 1))
        return max((need for copies, need in needs if need >= copies), default=have)
