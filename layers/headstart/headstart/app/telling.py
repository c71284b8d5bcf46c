"""Problems are told once: as an event when they come, and when they are gone."""

from dataclasses import dataclass, replace
from itertools import batched

from headstart.app.errors import HeadstartError
from headstart.app.ports import NOTICES_A_CALL, Events, Notice, Store
from headstart.app.rounds import Round
from headstart.domain import refusals
from headstart.domain.model import Mode, State

TOLD_A_RUN = 200
"""Events of one run. The others are still untold in the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Herald:
    """Tells what changed since it was last told; a run that ends before that is noted makes the next tell it again."""

    events: Events
    store: Store

    def tell(self, this: Round) -> None:
        """Never raises a HeadstartError: what could not be told stays untold."""
        untold = [s for s in this.states.values() if _trouble(s) != s.problem_told][:TOLD_A_RUN]
        for some in batched(untold, NOTICES_A_CALL, strict=False):
            try:
                told = self.events.tell([_notice(state) for state in some])
                for notice in told:
                    self._note(this, this.states[notice.component], None if notice.cleared else notice.problem)
            except HeadstartError as error:
                this.failed.update({state.component: str(error) for state in some})

    def _note(self, this: Round, known: State, told: str | None) -> None:
        this.keep(self.store, known, lambda s: replace(s, problem_told=told))


def _notice(state: State) -> Notice:
    trouble = _trouble(state)
    cleared = trouble is None
    problem = trouble or state.problem_told or ""
    field = state.problem_field if state.problem is not None else ""
    return Notice(component=state.component, problem=problem, field=field, cleared=cleared)


def _trouble(state: State) -> str | None:
    """What is wrong with settings, or else that AWS refuses what is wanted."""
    acts = state.enrolled and state.policy is not None and state.policy.mode is Mode.ACT
    if state.problem is not None or state.refusals is None or not acts:
        return state.problem
    return refusals.problem(state.refusals)
