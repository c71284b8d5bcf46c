"""What is scaled, by its name: a component goes by its own, a variant of an endpoint by ``ENDPOINT.VARIANT``.

No name of a component holds a dot, so that table keys, alarm names and decision ids of the two never meet.
"""

from dataclasses import dataclass
from typing import Final

from headstart.domain.model import Capacity

PART: Final = r"[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}"
"""Names of components, endpoints and variants, as their Create operations allow them."""
NAME: Final = rf"{PART}(?:\.{PART})?"


@dataclass(frozen=True, slots=True)
class Variant:
    """A production variant whose instances are scaled; one instance counts as one copy."""

    endpoint: str
    name: str

    def __str__(self) -> str:
        return f"{self.endpoint}.{self.name}"


def variant_of(name: str) -> Variant | None:
    """The variant that goes by this name; ``None``: it is a component's."""
    endpoint, dot, variant = name.partition(".")
    return Variant(endpoint, variant) if dot else None


def capacity_of(name: str) -> Capacity:
    """What the name is the name of."""
    return Capacity.COMPONENT if variant_of(name) is None else Capacity.VARIANT
