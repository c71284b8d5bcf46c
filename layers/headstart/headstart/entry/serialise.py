"""Domain values as JSON."""

import json

from pydantic_core import to_jsonable_python


def to_json(value: object) -> str:
    """Dataclasses, times, enums and tuples included."""
    return json.dumps(to_jsonable_python(value))
