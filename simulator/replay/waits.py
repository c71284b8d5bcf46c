"""How long the arrivals of a trace waited, counted once each and by the time of the first attempt."""

from array import array
from dataclasses import dataclass
from itertools import accumulate

GRAINS = 600_000
"""Grains a client's whole patience is divided into for the percentiles: 1 ms of 600 s. Means and shares are exact."""
BLOCK = 1000
"""Grains that are summed at once on the way to a percentile."""
INTERVAL_S = 10.0
SLOW_S = 1.0
VERY_SLOW_S = 10.0
EPISODE_GAP_S = 300.0
HOUR_S = 3600.0


@dataclass(slots=True)
class Episode:
    """A run of arrivals without a gap of over five minutes; in a trace without such gaps, an hour of it.

    Times in seconds from the trace's start. A client that gave up counts with its whole patience.
    """

    start_s: float
    requests: int = 0
    gave_up: int = 0
    total_wait_s: float = 0.0
    longest_wait_s: float = 0.0
    slow_10s: int = 0

    @property
    def mean_wait_s(self) -> float:
        return self.total_wait_s / self.requests


@dataclass(frozen=True, slots=True)
class Waits:
    """`slow_intervals_share`: of all 10 s intervals up to the last arrival, those in which somebody arrived who waited
    over 10 s. Percentiles: the shortest wait that at least this share of the requests did not exceed."""

    requests: int
    served: int
    gave_up: int
    mean_wait_s: float
    p50_wait_s: float
    p95_wait_s: float
    p99_wait_s: float
    slow_1s_share: float
    slow_10s_share: float
    slow_intervals_share: float
    refused_attempts: int
    timed_out_attempts: int
    episodes: tuple[Episode, ...]

    @property
    def gave_up_share(self) -> float:
        return self.gave_up / self.requests


class WaitStatistics:
    """`by_gaps`: episodes are cut at gaps, else by the hour. `patience_s`: what a client that gave up counts as."""

    def __init__(self, patience_s: float, *, by_gaps: bool) -> None:
        self._patience_s = patience_s
        self._by_gaps = by_gaps
        self._counts = array("Q", bytes(8 * (GRAINS + 1)))
        self._grain_s = patience_s / GRAINS
        self._slow_intervals = bytearray()
        self._episodes: list[Episode] = []
        self._last_s = 0.0
        self._total_s = 0.0
        self._slow_1s = 0
        self._slow_10s = 0
        self._served = 0
        self._gave_up = 0
        self.arrived = 0
        self.refused_attempts = 0
        self.timed_out_attempts = 0

    @property
    def open(self) -> int:
        """Arrivals that have not been settled."""
        return self.arrived - self._served - self._gave_up

    def arrive(self, arrival_s: float) -> Episode:
        """In order of arrival. The episode is to be given back when the client is settled."""
        self.arrived += 1
        if self._begins_episode(arrival_s):
            self._episodes.append(Episode(arrival_s))
        self._last_s = arrival_s
        episode = self._episodes[-1]
        episode.requests += 1
        return episode

    def _begins_episode(self, arrival_s: float) -> bool:
        if not self._episodes:
            return True
        if self._by_gaps:
            return arrival_s - self._last_s > EPISODE_GAP_S
        return arrival_s // HOUR_S > self._last_s // HOUR_S

    def serve(self, arrival_s: float, episode: Episode, wait_s: float) -> None:
        self._served += 1
        if wait_s:
            self._count(arrival_s, episode, wait_s)
        else:
            self._counts[0] += 1

    def give_up(self, arrival_s: float, episode: Episode) -> None:
        self._gave_up += 1
        episode.gave_up += 1
        self._count(arrival_s, episode, self._patience_s)

    def _count(self, arrival_s: float, episode: Episode, wait_s: float) -> None:
        grain = round(wait_s / self._grain_s) if self._grain_s else 0
        self._counts[min(grain, GRAINS)] += 1
        self._total_s += wait_s
        episode.total_wait_s += wait_s
        episode.longest_wait_s = max(episode.longest_wait_s, wait_s)
        if wait_s > SLOW_S:
            self._slow_1s += 1
        if wait_s > VERY_SLOW_S:
            self._slow_10s += 1
            episode.slow_10s += 1
            self._mark(int(arrival_s // INTERVAL_S))

    def _mark(self, interval: int) -> None:
        missing = interval + 1 - len(self._slow_intervals)
        if missing > 0:
            self._slow_intervals.extend(bytes(missing))
        self._slow_intervals[interval] = 1

    def summary(self) -> Waits:
        """Raises ValueError while somebody is not settled, or if nobody came: there is nothing true to say."""
        if self.open or not self.arrived:
            raise ValueError(f"{self.open} of {self.arrived} arrivals are not settled")
        count = self.arrived
        p50, p95, p99 = (round(self._grain(share) * self._grain_s, 9) for share in (0.5, 0.95, 0.99))
        return Waits(
            requests=count,
            served=self._served,
            gave_up=self._gave_up,
            mean_wait_s=self._total_s / count,
            p50_wait_s=p50,
            p95_wait_s=p95,
            p99_wait_s=p99,
            slow_1s_share=self._slow_1s / count,
            slow_10s_share=self._slow_10s / count,
            slow_intervals_share=sum(self._slow_intervals) / (self._last_s // INTERVAL_S + 1),
            refused_attempts=self.refused_attempts,
            timed_out_attempts=self.timed_out_attempts,
            episodes=tuple(self._episodes),
        )

    def _grain(self, share: float) -> int:
        """The shortest wait, in grains, that this share of the arrivals did not exceed."""
        enough, passed = share * self.arrived * (1 - 1e-12), 0
        for begin in range(0, len(self._counts), BLOCK):
            block = self._counts[begin : begin + BLOCK]
            if passed + sum(block) < enough:
                passed += sum(block)
                continue
            return begin + next(place for place, count in enumerate(accumulate(block)) if passed + count >= enough)
        return GRAINS
