"""What a replay is told: NAME=value words or environment variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.replay.choose import DEFAULT
from simulator.traces import SHAPES, Trace, generate, read

GENERATE = "generate:"
KNOWN = ("TRACE", "PLANT", "POLICIES", "SEED", "SEEDS", "OUT", "WORKERS")
MOST_SEEDS = 1000


class OptionError(ValueError):
    """A value that cannot be used: names it and what would be right."""


@dataclass(frozen=True, slots=True)
class Options:
    """`seeds`: those of the runs, the first of which is drawn. `workers`: None for all cores."""

    trace: str
    plant: str
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    out: Path
    workers: int | None

    @classmethod
    def of(cls, words: Sequence[str], environment: Mapping[str, str]) -> "Options":
        """Words go before the environment. Raises OptionError."""
        said = values(words, environment, KNOWN)
        if not said["TRACE"]:
            raise OptionError(f"TRACE is missing: name a trace file, or {_generated()}")
        first = whole("SEED", said["SEED"] or "1", 0)
        count = whole("SEEDS", said["SEEDS"] or "1", 1, MOST_SEEDS)
        return cls(
            trace=said["TRACE"],
            plant=said["PLANT"] or "standard",
            policies=listed(said["POLICIES"]) or DEFAULT,
            seeds=tuple(range(first, first + count)),
            out=folder(said["OUT"] or "out/replay"),
            workers=whole("WORKERS", said["WORKERS"], 1) if said["WORKERS"] else None,
        )


def values(words: Sequence[str], environment: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    """Each known name's value, empty where nothing was said. Raises OptionError."""
    said = {name: environment.get(name, "").strip() for name in known}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in known:
            raise OptionError(f"{word}: must be NAME=value with a NAME of {', '.join(known)}")
        said[name] = value.strip()
    return said


def listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def whole(name: str, text: str, least: int, most: int | None = None) -> int:
    """Raises OptionError."""
    allowed = f"{least} or more" if most is None else f"{least} to {most}"
    value = int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
    if value is None or value < least or (most is not None and value > most):
        raise OptionError(f"{name}={text}: must be a whole number, {allowed}")
    return value


def folder(text: str) -> Path:
    """Makes it. Raises OptionError."""
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"OUT={text}: must be a folder that can be made ({error.strerror})") from error
    return path


def open_trace(named: str) -> Trace:
    """A file, or ``generate:SHAPE[:SEED]``. Raises OptionError or TraceError."""
    if not named.startswith(GENERATE):
        return read(named)
    shape, _, seed = named.removeprefix(GENERATE).partition(":")
    if shape not in SHAPES:
        raise OptionError(f"TRACE={named}: there is no shape {shape!r}; name {_generated()}")
    return generate(shape, whole(f"TRACE={named}: its SEED", seed or "1", 0))


def _generated() -> str:
    return f"{GENERATE}SHAPE[:SEED] with a SHAPE of {', '.join(SHAPES)}"
