"""What owners say in tags, read value by value. Tag values hold letters, digits, spaces and ``_ . : / = + - @``."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from headstart.domain.model import Capacity, Mode

PREFIX: Final = "headstart:"
MODE_TAG: Final = PREFIX + "mode"
SETTINGS: Final = (
    "mode",
    "target",
    "slots",
    "min",
    "max",
    "reserve",
    "burst",
    "service-seconds",
    "paused-until",
    "native",
    "schedule",
    "max-step",
    "daily-copy-hours",
    "forecast",
)

type Tags = Mapping[str, str]


class PolicyProblem(ValueError):
    """The tags and settings do not add up to a policy. The message begins with ``field``, and names the allowed range.

    ``field`` is the tag it is about: one that is there, or one that is missing.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.field = field


def ours(tags: Tags) -> dict[str, str]:
    """The tags that are meant for us."""
    return {name: value for name, value in tags.items() if name.startswith(PREFIX)}


def refuse_unknown(tags: Tags) -> None:
    """Raises PolicyProblem: a tag of ours is misspelt, and would have no effect."""
    unknown = sorted(name for name in ours(tags) if name.removeprefix(PREFIX) not in SETTINGS)
    if unknown:
        raise PolicyProblem(unknown[0], f"is not a setting; there are {', '.join(PREFIX + name for name in SETTINGS)}")


def mode(tags: Tags) -> Mode:
    """Raises PolicyProblem."""
    try:
        return Mode(tags[MODE_TAG])
    except ValueError:
        raise PolicyProblem(MODE_TAG, f"is {tags[MODE_TAG]!r}; it must be observe or act") from None


def number(tags: Tags, name: str, lowest: float, highest: float) -> float | None:
    """Raises PolicyProblem: it is there and is no number from lowest to highest."""
    text = tags.get(PREFIX + name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest:
        raise PolicyProblem(PREFIX + name, f"is {text!r}; it must be a number from {lowest:g} to {highest:g}")
    return value


def whole(tags: Tags, name: str, lowest: int, highest: int) -> int | None:
    """Raises PolicyProblem: it is there and is no whole number from lowest to highest."""
    value = number(tags, name, lowest, highest)
    if value is not None and not value.is_integer():
        raise PolicyProblem(PREFIX + name, f"is {value:g}; it must be a whole number from {lowest} to {highest}")
    return None if value is None else int(value)


def minimum(tags: Tags, capacity: Capacity) -> int | None:
    """Raises PolicyProblem: a variant of an endpoint always has an instance (aws-facts 4.2)."""
    return whole(tags, "min", 1 if capacity is Capacity.VARIANT else 0, 10_000)


def time(tags: Tags, name: str) -> datetime | None:
    """Raises PolicyProblem: it is there and is no time, or one without a zone."""
    text = tags.get(PREFIX + name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):  # no time at all, or one that leaves the calendar when turned to UTC
        pass
    raise PolicyProblem(PREFIX + name, f"is {text!r}; it must be a time with a zone such as 2026-11-30T18:00Z")


def switch(tags: Tags, name: str) -> bool:
    """``auto``, as without the tag, or ``off``. Raises PolicyProblem."""
    text = tags.get(PREFIX + name, "auto")
    if text not in ("auto", "off"):
        raise PolicyProblem(PREFIX + name, f"is {text!r}; it must be auto or off")
    return text == "auto"
