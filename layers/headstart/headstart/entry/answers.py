"""What the history API answers: the recorded values, and cursors that say where to go on."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime

from headstart.app.errors import InvalidInput
from headstart.app.ports import Page
from headstart.app.records import COMPONENT_NAME, DecisionRecord, RecordKey
from headstart.domain.model import Episode, Order, Policy, ServiceTime, StartUp, State


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentAnswer:
    """One component: what its owner allows, what was learned, and what is under way."""

    name: str
    created: datetime
    enrolled: bool
    problem: str | None
    policy: Policy | None
    episode: Episode | None
    order: Order | None
    service_time: ServiceTime | None
    start_ups: tuple[StartUp, ...]


@dataclass(frozen=True, slots=True)
class ComponentList:
    """All components with a state, by name."""

    components: tuple[ComponentAnswer, ...]


@dataclass(frozen=True, slots=True)
class DecisionList:
    """Decisions newest first; ``cursor`` gets the next page, ``None`` on the last."""

    decisions: tuple[DecisionRecord, ...]
    cursor: str | None


def component_answer(state: State) -> ComponentAnswer:
    """A state without its bookkeeping."""
    return ComponentAnswer(
        name=state.component,
        created=state.created,
        enrolled=state.enrolled,
        problem=state.problem,
        policy=state.policy,
        episode=state.episode,
        order=state.order,
        service_time=state.service_time,
        start_ups=state.start_ups,
    )


def decision_list(page: Page) -> DecisionList:
    """A page with its cursor."""
    cursor = base64.urlsafe_b64encode(str(page.after).encode()).decode() if page.after else None
    return DecisionList(page.records, cursor)


def parse_name(name: str) -> str:
    """Raises InvalidInput: no component can have that name."""
    if not re.fullmatch(COMPONENT_NAME, name):
        raise InvalidInput("name", f"{name!r} is not a component name (letters, digits and hyphens, 63 at most)")
    return name


def parse_limit(text: str | None) -> int:
    """Raises InvalidInput: not a whole number from 1 to 100."""
    if text is None:
        return 20
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= 100:
        raise InvalidInput("limit", f"{text!r} is not a whole number from 1 to 100")
    return int(text)


def parse_cursor(text: str | None, name: str) -> RecordKey | None:
    """Raises InvalidInput: not a cursor of this component's decisions."""
    if text is None:
        return None
    try:
        key = RecordKey.parse(base64.urlsafe_b64decode(text.encode()).decode())
    except (ValueError, InvalidInput):
        key = None
    if key is None or key.component != name:
        raise InvalidInput("cursor", f"{text!r} is not a cursor of the decisions of {name!r}")
    return key
