"""The time formats of CloudWatch and EventBridge. Times are float seconds since the Unix epoch, UTC."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4096)  # a data point is read at every look for minutes
def utc(seconds: float) -> datetime:
    """An aware UTC datetime, cut to the millisecond AWS reports."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def epoch(value: datetime | str | float) -> float:
    """Seconds since the epoch from what a client sent; a naive datetime is UTC, as botocore reads it."""
    if isinstance(value, (int, float)):
        return float(value)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def event_time(seconds: float) -> str:
    """EventBridge envelope `time`: 2019-10-02T17:04:40Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def alarm_time(seconds: float) -> str:
    """Times inside an alarm's state: 2019-10-02T17:04:40.989+0000."""
    moment = utc(seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def reason_time(seconds: float) -> str:
    """Times in a StateReason: day first, two-digit year, 02/10/19 16:59:00."""
    return f"{utc(seconds):%d/%m/%y %H:%M:%S}"
