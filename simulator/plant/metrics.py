"""The metric store: bins of 10 s, of 60 s and of five minutes, and when each may be seen."""

from collections.abc import Callable, Iterator
from math import ceil
from typing import NamedTuple

from simulator.engine import Engine
from simulator.plant.errors import ValidationFailed

NAMESPACE = "AWS/SageMaker"
FINE_S = 10
COARSE_S = 60
OLD_S = 300
# Data of a period below 60 s is kept for 3 h (aws-facts 5.5).
FINE_KEPT_S = 3 * 3600
# CloudWatch keeps one-minute data for 15 days; a day is the longest window in which anything here asks for it.
COARSE_KEPT_S = 24 * 3600
# Periods of five minutes and more are kept for 63 days (aws-facts 5.5).
OLD_KEPT_S = 63 * 24 * 3600


class MetricKey(NamedTuple):
    """Dimensions are sorted by name; use `metric_key` to build one."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


def metric_key(namespace: str, name: str, dimensions: dict[str, str]) -> MetricKey:
    return MetricKey(namespace, name, tuple(sorted(dimensions.items())))


def component_metric(name: str, component: str) -> MetricKey:
    return MetricKey(NAMESPACE, name, (("InferenceComponentName", component),))


class Bin:
    """The statistics of one bin and the time from which it may be seen."""

    __slots__ = ("count", "maximum", "minimum", "total", "visible_at")

    def __init__(self, minimum: float, maximum: float, total: float, count: float, visible_at: float) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.total = total
        self.count = count
        self.visible_at = visible_at

    def add(self, other: "Bin") -> None:
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.total += other.total
        self.count += other.count
        self.visible_at = max(self.visible_at, other.visible_at)


STATISTICS: dict[str, Callable[[Bin], float]] = {
    "Maximum": lambda b: b.maximum,
    "Minimum": lambda b: b.minimum,
    "Sum": lambda b: b.total,
    "SampleCount": lambda b: b.count,
    "Average": lambda b: b.total / b.count,
}


class Series:
    """One metric. Bins past their retention are folded into the minute, then into the five minutes they belong to.

    newest: the start of the newest bin; a metric that has been silent since need not be searched.
    """

    __slots__ = ("coarse", "fine", "newest", "old")

    def __init__(self) -> None:
        self.fine: dict[int, Bin] = {}
        self.coarse: dict[int, Bin] = {}
        self.old: dict[int, Bin] = {}
        self.newest = 0

    def add(self, start: int, resolution: int, new: Bin, now: float) -> None:
        bins = self.fine if resolution == FINE_S else self.coarse
        _add(bins, start, new)
        self.newest = max(self.newest, start)
        for old, dropped in _expired(self.fine, now - FINE_KEPT_S):
            _add(self.coarse, old - old % COARSE_S, dropped)
        for old, dropped in _expired(self.coarse, now - COARSE_KEPT_S):
            _add(self.old, old - old % OLD_S, dropped)
        for _ in _expired(self.old, now - OLD_KEPT_S):
            pass

    def parts(self, start: int, end: int) -> Iterator[Bin]:
        """The bins that begin within [start, end); those of five minutes only if it is as long."""
        for bins, width in ((self.fine, FINE_S), (self.coarse, COARSE_S), (self.old, OLD_S)):
            if bins and (width < OLD_S or end - start >= OLD_S):
                for at in range(-(-start // width) * width, end, width):
                    found = bins.get(at)
                    if found is not None:
                        yield found

    def whole(self, start: int, period: int) -> Bin | None:
        """The statistics of one period; None without data. Not to be changed: it may be the bin itself."""
        if period == FINE_S:
            found = self.fine.get(start)
            # One-minute data shows at the beginning of its minute.
            if found is not None or start % COARSE_S:
                return found
        parts = list(self.parts(start, start + period))
        if len(parts) < 2:
            return parts[0] if parts else None
        first = parts[0]
        merged = Bin(first.minimum, first.maximum, first.total, first.count, first.visible_at)
        for part in parts[1:]:
            merged.add(part)
        return merged


def _add(bins: dict[int, Bin], start: int, new: Bin) -> None:
    present = bins.get(start)
    if present is None:
        bins[start] = new
    else:
        present.add(new)


def _expired(bins: dict[int, Bin], before: float) -> Iterator[tuple[int, Bin]]:
    while bins:
        oldest = next(iter(bins))
        if oldest >= before:
            return
        yield oldest, bins.pop(oldest)


class MetricStore:
    """What CloudWatch knows. Metrics appear `lag_s` after their bin's end unless a put says otherwise."""

    def __init__(self, engine: Engine, lag_s: float = 0.0) -> None:
        self._engine = engine
        self._lag_s = lag_s
        self._series: dict[MetricKey, Series] = {}
        # Called before every read: who publishes lazily closes the bins that have ended.
        self.sources: list[Callable[[], None]] = []

    def put(
        self,
        key: MetricKey,
        timestamp: float,
        value: float,
        *,
        resolution: int = FINE_S,
        visible_at: float | None = None,
        count: float = 1,
    ) -> None:
        """Adds `count` samples of `value` to the bin `timestamp` falls in."""
        samples = Bin(value, value, value * count, count, 0.0)
        self.put_statistics(key, timestamp, samples, resolution=resolution, visible_at=visible_at)

    def put_statistics(
        self,
        key: MetricKey,
        timestamp: float,
        samples: Bin,
        *,
        resolution: int = FINE_S,
        visible_at: float | None = None,
    ) -> None:
        """Adds a set of samples known by minimum, maximum, sum and count. `samples.visible_at` is filled in here."""
        start = int(timestamp // resolution) * resolution
        samples.visible_at = start + resolution + self._lag_s if visible_at is None else visible_at
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series()
        series.add(start, resolution, samples, self._engine.now)

    def remember(self, key: MetricKey, start: int, samples: Bin) -> None:
        """Five minutes of long ago, oldest first: what was there before the simulation began."""
        series = self._series.setdefault(key, Series())
        samples.visible_at = start + OLD_S + self._lag_s
        series.old[start] = samples
        series.newest = max(series.newest, start)

    def query(
        self, key: MetricKey, start: float, end: float, period: int, stat: str, now: float
    ) -> list[tuple[float, float]]:
        """Finished, visible bins as (bin start, value), oldest first; a bin without data is absent.

        `start` is rounded down to the period's grid and `end` is exclusive (aws-facts 5.5). A bin of which a
        part cannot be seen yet is absent too: nobody is shown half a bin.
        """
        read = _reader(stat, period)
        self.flush()
        series = self._series.get(key)
        if series is None:
            return []
        if period < COARSE_S:
            start = max(start, now - FINE_KEPT_S)
        found: list[tuple[float, float]] = []
        end = min(end, now - period + FINE_S, series.newest + FINE_S)
        for at in range(int(start // period) * period, ceil(end), period):
            merged = series.whole(at, period)
            if merged is not None and merged.visible_at <= now and at + period <= now:
                found.append((float(at), read(merged)))
        return found

    def keys(self) -> list[MetricKey]:
        self.flush()
        return list(self._series)

    def flush(self) -> None:
        """Closes the bins that have ended. `series` does not: an alarm tick flushes once for all its alarms."""
        for publish in self.sources:
            publish()

    def series(self, key: MetricKey) -> Series | None:
        """The bins as they are, seen or not: the reader heeds `visible_at`."""
        return self._series.get(key)


def _reader(stat: str, period: int) -> Callable[[Bin], float]:
    read = STATISTICS.get(stat)
    if read is None:
        raise ValidationFailed(f"The value {stat} for parameter Stat is not supported.")
    if period <= 0 or period % FINE_S:
        raise ValidationFailed(f"The value {period} for parameter Period must be a multiple of {FINE_S}.")
    return read
