"""Builds a frozen dataclass from a TOML table and takes nothing that the dataclass does not allow."""

from dataclasses import Field, field, fields, is_dataclass
from math import isfinite
from typing import Any, NamedTuple, get_args, get_type_hints

from simulator.plant.errors import SpecError
from simulator.plant.tomlfile import PlantFile


class Range(NamedTuple):
    """Allowed values, ends included."""

    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()


def within(low: float, high: float, unit: str = "") -> Any:  # noqa: ANN401  dataclass fields take any type
    return field(metadata={"range": Range(low, high, unit)})


def build[T](kind: type[T], table: dict[str, Any], file: PlantFile, prefix: str = "") -> T:
    """Raises SpecError with file, line, key and what would be right. A field of type `X | None` may be absent."""
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    hints = get_type_hints(kind)
    for key in table:
        if key not in known:
            text = f"unknown key; {_place(prefix)} takes {', '.join(known)}"
            raise SpecError(f"{file.at(prefix + key)}: {prefix}{key}: {text}")
    values: dict[str, Any] = {}
    for key, described in known.items():
        if key in table:
            values[key] = _value(described, hints[key], table[key], file, f"{prefix}{key}")
        elif type(None) not in get_args(hints[key]):
            text = f"missing; it takes {_wanted(described, hints[key])}"
            raise SpecError(f"{file.at(prefix + key)}: {prefix}{key}: {text}")
    return kind(**values)


def _value(described: Field[Any], hint: Any, value: Any, file: PlantFile, key: str) -> Any:  # noqa: ANN401
    section = next((t for t in (hint, *get_args(hint)) if is_dataclass(t)), None)
    if section is not None and isinstance(value, dict):
        return build(section, value, file, f"{key}.")  # type: ignore[arg-type]
    wanted = SpecError(f"{file.at(key)}: {key} = {value!r}: must be {_wanted(described, hint)}")
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
