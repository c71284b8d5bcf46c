"""From what happens in a component to its metrics. Bins close lazily: on a change, or when somebody reads."""

from collections.abc import Callable

from simulator.plant.metrics import COARSE_S, FINE_S, Bin

# Below every real level.
_ABSENT = -1.0

type Publish = Callable[[str, float, Bin, int], None]


class Integral:
    """The integral over time of a level that changes in steps."""

    __slots__ = ("_since", "_total", "level")

    def __init__(self, now: float) -> None:
        self.level = 0
        self._since = now
        self._total = 0.0

    def step(self, now: float, by: int) -> None:
        self._total += self.level * (now - self._since)
        self._since = now
        self.level += by

    def value(self, now: float) -> float:
        return self._total + self.level * (now - self._since)


class ConcurrencyGauge:
    """ConcurrentRequestsPerCopy: per 10 s, the largest (running + queued) / (copies in service), exactly.

    The level at a bin's start counts; times with no copy in service do not, and a bin of only such times is absent.
    Requests that still run on draining copies are counted (assumed).
    """

    __slots__ = ("_area", "_peak", "_publish", "_since", "_start", "bin_end", "copies", "inside_s", "requests")

    def __init__(self, now: float, publish: Publish) -> None:
        self._publish = publish
        self._start = int(now // FINE_S) * FINE_S
        self.bin_end = self._start + FINE_S
        self._peak = _ABSENT
        self._area = 0.0
        self._since = now
        self.requests = 0
        self.copies = 0
        self.inside_s = 0.0

    def arrive(self, now: float) -> None:
        if now >= self.bin_end:
            self.close(now)
        self._area += self.requests * (now - self._since)
        self._since = now
        self.requests = requests = self.requests + 1
        if self.copies and requests / self.copies > self._peak:
            self._peak = requests / self.copies

    def leave(self, now: float, arrived: float) -> None:
        """`arrived`: when the request that leaves had come."""
        if now >= self.bin_end:
            self.close(now)
        self.inside_s += now - arrived
        self._area += self.requests * (now - self._since)
        self._since = now
        self.requests -= 1

    def request_seconds(self, now: float) -> float:
        """Integral over time of the requests in flight, from the beginning."""
        return self._area + self.requests * (now - self._since)

    def set_copies(self, now: float, copies: int) -> None:
        if now >= self.bin_end:
            self.close(now)
        self.copies = copies
        self._rise()

    def close(self, now: float) -> None:
        """Publishes every bin that has ended by `now`."""
        while now >= self.bin_end:
            peak = self._peak
            if peak != _ABSENT:
                self._publish("ConcurrentRequestsPerCopy", self._start, Bin(peak, peak, peak, 1, 0.0), FINE_S)
            self._start = self.bin_end
            self.bin_end += FINE_S
            self._peak = _ABSENT
            self._rise()

    def _rise(self) -> None:
        if self.copies:
            self._peak = max(self._peak, self.requests / self.copies)


class MinuteMeter:
    """Invocations, InvocationsPerCopy and ModelLatency (microseconds), a minute at a time; absent without requests.

    Refused attempts are no invocations (assumed). Latency runs from joining a container's queue to the last byte.
    """

    __slots__ = ("_invocations", "_latency", "_per_copy", "_publish", "_start", "minute_end")

    def __init__(self, now: float, publish: Publish) -> None:
        self._publish = publish
        self._start = int(now // COARSE_S) * COARSE_S
        self.minute_end = self._start + COARSE_S
        self._invocations = 0
        self._per_copy = 0.0
        self._latency: Bin | None = None

    def arrived(self, now: float, copies: int) -> None:
        if now >= self.minute_end:
            self.close(now)
        self._invocations += 1
        self._per_copy += 1.0 / copies

    def finished(self, now: float, latency_s: float) -> None:
        if now >= self.minute_end:
            self.close(now)
        us = latency_s * 1e6
        latency = self._latency
        if latency is None:
            self._latency = Bin(us, us, us, 1, 0.0)
            return
        latency.total += us
        latency.count += 1
        if us > latency.maximum:
            latency.maximum = us
        elif us < latency.minimum:
            latency.minimum = us

    def close(self, now: float) -> None:
        if now < self.minute_end:
            return
        count = self._invocations
        if count:
            each = self._per_copy / count
            self._publish("Invocations", self._start, Bin(1, 1, count, count, 0.0), COARSE_S)
            self._publish("InvocationsPerCopy", self._start, Bin(each, each, self._per_copy, count, 0.0), COARSE_S)
        if self._latency is not None:
            self._publish("ModelLatency", self._start, self._latency, COARSE_S)
        self._invocations, self._per_copy, self._latency = 0, 0.0, None
        self._start = int(now // COARSE_S) * COARSE_S
        self.minute_end = self._start + COARSE_S
