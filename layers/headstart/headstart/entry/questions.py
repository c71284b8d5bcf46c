"""What the history API is asked: the query of each route, checked parameter by parameter."""

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from headstart.app.errors import InvalidInput
from headstart.app.records import RecordKey
from headstart.domain.capacity import NAME
from headstart.entry.events import parse_time

MOST = 100


def cursor_of(text: str) -> str:
    """A cursor that says where to go on."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def parse_name(name: str) -> str:
    """Raises InvalidInput: no component can have that name."""
    if not re.fullmatch(NAME, name):
        raise InvalidInput(
            "name",
            f"{name!r} is no name: that of a component (letters, digits and hyphens, 63 at most) or ENDPOINT.VARIANT",
        )
    return name


def decision_cursor(text: str | None, name: str) -> RecordKey | None:
    """Raises InvalidInput: not a cursor of this component's decisions."""
    if text is None:
        return None
    try:
        key = RecordKey.parse(_decoded(text))
    except (ValueError, InvalidInput):
        key = None
    if key is None or key.component != name:
        raise InvalidInput("cursor", f"{text!r} is not a cursor of the decisions of {name!r}")
    return key


def _component_cursor(text: str) -> str:
    try:
        return parse_name(_decoded(text))
    except (ValueError, InvalidInput):
        raise InvalidInput("cursor", f"{text!r} is not a cursor of the components") from None


def _decoded(text: str) -> str:
    """Raises ValueError: not a cursor of ours. What a lenient decoder would pass over is none either."""
    found = base64.urlsafe_b64decode(text.encode()).decode()
    if cursor_of(found) != text:
        raise ValueError(text)
    return found


def _limit(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= MOST:
        raise InvalidInput("limit", f"{text!r} is not a whole number from 1 to {MOST}")
    return int(text)


Limit = Annotated[
    int,
    BeforeValidator(_limit),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST}),
    Field(description="Most entries of the page."),
]
CURSOR = Field(description="The `cursor` of the page before.")
TIME = WithJsonSchema({"type": "string", "format": "date-time"})
TEXT = WithJsonSchema({"type": "string"})


class Question(BaseModel):
    """A route's query, and that of a route that takes none."""

    model_config = ConfigDict(frozen=True)


class ComponentsQuestion(Question):
    """Of ``GET /components``."""

    limit: Limit = MOST
    cursor: Annotated[str | None, BeforeValidator(_component_cursor), TEXT, CURSOR] = None


class DecisionsQuestion(Question):
    """Of ``GET /components/NAME/decisions``. The cursor is read once the name is known."""

    start: Annotated[
        datetime | None,
        BeforeValidator(partial(parse_time, "from")),
        TIME,
        Field(alias="from", description="From this time on (with a zone)."),
    ] = None
    end: Annotated[
        datetime | None,
        BeforeValidator(partial(parse_time, "to")),
        TIME,
        Field(alias="to", description="Up to and including this time (with a zone); now, if left out."),
    ] = None
    limit: Limit = 20
    cursor: Annotated[str | None, TEXT, CURSOR] = None


def asked[Q: Question](kind: type[Q], given: Mapping[str, Sequence[str]]) -> Q:
    """The query as values. Raises InvalidInput naming the first parameter that is wrong, unknown or given twice."""
    known = [field.alias or name for name, field in kind.model_fields.items()]
    for name, values in given.items():
        if name not in known:
            raise InvalidInput(name, f"is not asked for here; this route takes {', '.join(known) or 'no parameters'}")
        if len(values) != 1:
            raise InvalidInput(name, "is given more than once")
    return kind.model_validate({name: value for name, (value,) in given.items()})
