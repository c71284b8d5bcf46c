"""A table of texts, whoever draws it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sheet:
    """Plain texts; `note` says how to read them."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
