"""Names for what comes without types: MiniStack's modules, and the JSON and records that pass through them."""

from typing import Any

type MiniStack = Any
type Record = dict[str, Any]
type Payload = Any
"""JSON, decoded."""
type Asgi = Any
