"""What the history API answers: the recorded values, and cursors that say where to go on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from headstart.app.ports import Page
from headstart.app.records import DecisionRecord
from headstart.domain.model import Episode, Order, Policy, Season, ServiceTime, StartUp, State
from headstart.entry.questions import cursor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentAnswer:
    """One component: what its owner allows, what was learned, and what is under way.

    season: what the hours of the week need, from ``begins`` on, and whether that has earned its cost.
    """

    name: str
    created: datetime
    enrolled: bool
    problem: str | None
    policy: Policy | None
    episode: Episode | None
    order: Order | None
    service_time: ServiceTime | None
    start_ups: tuple[StartUp, ...]
    season: Season | None


@dataclass(frozen=True, slots=True)
class ComponentList:
    """Components with a state, by name; ``cursor`` gets the next page, ``None`` on the last."""

    components: tuple[ComponentAnswer, ...]
    cursor: str | None


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
        season=state.season,
    )


def component_list(states: Iterable[State], after: str | None) -> ComponentList:
    """A page with its cursor."""
    return ComponentList(tuple(map(component_answer, states)), cursor_of(after) if after else None)


def decision_list(page: Page) -> DecisionList:
    """A page with its cursor."""
    return DecisionList(page.records, cursor_of(str(page.after)) if page.after else None)
