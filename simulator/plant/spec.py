"""A plant file: every constant of the plant, strictly checked."""

import tomllib
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

from simulator.plant.errors import SpecError

PLANTS = Path(__file__).resolve().parent.parent / "plants"


class Range(NamedTuple):
    """Allowed values, ends included."""

    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()


def _within(low: float, high: float, unit: str = "") -> Any:  # noqa: ANN401  dataclass fields take any type
    return field(metadata={"range": Range(low, high, unit)})


@dataclass(frozen=True)
class StartSpec:
    """From a place on a running instance to InService: lognormal."""

    median_s: float = _within(0, 7200, "seconds")
    sigma: float = _within(0, 3, "(standard deviation of the logarithm)")


@dataclass(frozen=True)
class InstanceSpec:
    places: int = _within(1, 64, "copies")
    launch_median_s: float = _within(0, 7200, "seconds")
    launch_sigma: float = _within(0, 3, "(standard deviation of the logarithm)")
    release_after_s: float = _within(0, 86400, "seconds")
    minimum: int = _within(0, 1000, "instances")


@dataclass(frozen=True)
class QueueSpec:
    abandoned_served: bool
    routing: Literal["least_busy", "random"]
    timeout_s: float = _within(0.001, 3600, "seconds")


@dataclass(frozen=True)
class MetricSpec:
    publish_lag_s: float = _within(0, 600, "seconds")
    lost_share: float = _within(0, 1, "of the points")


@dataclass(frozen=True)
class LockSpec:
    inwards_s: float = _within(0, 3600, "seconds")


@dataclass(frozen=True)
class ClientSpec:
    retries: bool
    retry_cap_s: float = _within(0, 600, "seconds")
    give_up_after_s: float = _within(0, 86400, "seconds")


@dataclass(frozen=True)
class ShortageSpec:
    instances: int = _within(0, 1000, "instances")
    timeout_s: float = _within(0, 7200, "seconds")


@dataclass(frozen=True)
class QuotaSpec:
    instances: int = _within(0, 1000, "instances")


@dataclass(frozen=True)
class PlantSpec:
    """`shortage` and `quota` are absent in a plant that has neither."""

    name: str
    about: str
    start: StartSpec
    instances: InstanceSpec
    queue: QueueSpec
    metrics: MetricSpec
    lock: LockSpec
    clients: ClientSpec
    shortage: ShortageSpec | None = None
    quota: QuotaSpec | None = None

    def slower(self, factor: float) -> "PlantSpec":
        """The same plant with start-ups `factor` times as long."""
        return replace(
            self,
            start=replace(self.start, median_s=self.start.median_s * factor),
            instances=replace(self.instances, launch_median_s=self.instances.launch_median_s * factor),
        )


def load_plant(path: Path | str) -> PlantSpec:
    """Reads a plant file; a bare name (`standard`) is looked up beside this package."""
    file = Path(path)
    if not file.suffix and file.parent == Path():
        file = PLANTS / f"{path}.toml"
    return _build(PlantSpec, _read(file), file, "")


def _read(file: Path, depth: int = 0) -> dict[str, Any]:
    """The file's table laid over that of its `base`, key by key."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"{file}: cannot be read ({error.strerror}); there are {_known_plants()}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{file}: not a TOML file: {error}") from error
    base = table.pop("base", None)
    if base is None:
        return table
    if not isinstance(base, str) or depth:
        raise SpecError(f"{file}: base: must be the name of a plant file that has no base itself")
    merged = _read(file.with_name(f"{base}.toml"), depth + 1)
    for key, value in table.items():
        below = merged.get(key)
        merged[key] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _known_plants() -> str:
    return ", ".join(sorted(path.stem for path in PLANTS.glob("*.toml")))


def _build[T](kind: type[T], table: dict[str, Any], file: Path, prefix: str) -> T:
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    hints = get_type_hints(kind)
    for key in table:
        if key not in known:
            raise SpecError(f"{file}: {prefix}{key}: unknown key; {_place(prefix)} takes {', '.join(known)}")
    values: dict[str, Any] = {}
    for key, described in known.items():
        if key in table:
            values[key] = _value(described, hints[key], table[key], file, f"{prefix}{key}")
        elif type(None) not in get_args(hints[key]):
            raise SpecError(f"{file}: {prefix}{key}: missing; it takes {_wanted(described, hints[key])}")
    return kind(**values)


def _value(described: Field[Any], hint: Any, value: Any, file: Path, key: str) -> Any:  # noqa: ANN401
    section = next((t for t in (hint, *get_args(hint)) if is_dataclass(t)), None)
    if section is not None and isinstance(value, dict):
        return _build(section, value, file, f"{key}.")  # type: ignore[arg-type]
    wanted = SpecError(f"{file}: {key} = {value!r}: must be {_wanted(described, hint)}")
    if section is not None or not _right_type(hint, value):
        raise wanted
    allowed: Range | None = described.metadata.get("range")
    if allowed is not None and not (isfinite(value) and allowed.low <= value <= allowed.high):
        raise wanted
    return float(value) if hint is float else value


def _right_type(hint: Any, value: Any) -> bool:  # noqa: ANN401
    if get_args(hint):
        return value in get_args(hint)
    if hint is float:
        return type(value) in (int, float)
    return type(value) is hint


def _wanted(described: Field[Any], hint: Any) -> str:  # noqa: ANN401
    allowed: Range | None = described.metadata.get("range")
    if allowed is not None:
        return f"{'a whole number, ' if hint is int else ''}{allowed}"
    if hint in (bool, str):
        return "true or false" if hint is bool else "a text"
    options = [option for option in get_args(hint) if isinstance(option, str)]
    return " or ".join(map(repr, options)) if options else "a table"


def _place(prefix: str) -> str:
    return f"[{prefix.rstrip('.')}]" if prefix else "a plant"
