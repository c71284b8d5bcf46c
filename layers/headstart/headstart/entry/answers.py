"""What the history API answers: the recorded values, and cursors that say where to go on."""

from dataclasses import dataclass
from datetime import date, datetime

from headstart.app.history import Listed
from headstart.app.ports import Page
from headstart.app.records import DecisionRecord
from headstart.domain import startup
from headstart.domain.limits import left
from headstart.domain.model import (
    Episode,
    Order,
    Policy,
    Refusals,
    Season,
    ServiceTime,
    StartTimes,
    StartUp,
    State,
)
from headstart.entry.questions import cursor_of


@dataclass(frozen=True, slots=True)
class CopyHours:
    """Copy-hours of copies that were added, on a UTC day, as of the last look. left: of the budget, if there is one."""

    day: date
    spent: float
    left: float | None
    as_of: datetime


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
    start_times: tuple[StartTimes, ...]
    refusals: Refusals | None
    copy_hours: CopyHours | None
    season: Season | None


@dataclass(frozen=True, slots=True)
class UnreadableAnswer:
    """A component whose stored state cannot be read, and why."""

    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class ComponentList:
    """Components with a state, by name; ``cursor`` gets the next page, ``None`` on the last."""

    components: tuple[ComponentAnswer, ...]
    unreadable: tuple[UnreadableAnswer, ...]
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
        start_times=tuple(startup.times(state.start_ups, kind) for kind in startup.kinds(state.component)),
        refusals=state.refusals,
        copy_hours=_copy_hours(state),
        season=state.season,
    )


def _copy_hours(state: State) -> CopyHours | None:
    if (spent := state.spent) is None:
        return None
    over = None if state.policy is None else left(state.policy, spent)
    return CopyHours(spent.day, round(spent.hours, 3), None if over is None else round(over, 3), spent.at)


def component_list(found: Listed) -> ComponentList:
    """A page with its cursor."""
    unreadable = tuple(UnreadableAnswer(name, problem) for name, problem in sorted(found.unreadable.items()))
    cursor = cursor_of(found.after) if found.after else None
    return ComponentList(tuple(map(component_answer, found.states)), unreadable, cursor)


def decision_list(page: Page) -> DecisionList:
    """A page with its cursor."""
    return DecisionList(page.records, cursor_of(str(page.after)) if page.after else None)
