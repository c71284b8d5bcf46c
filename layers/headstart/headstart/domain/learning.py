"""What a look teaches, before anything is decided: the demand it shows, and the state it leaves."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from headstart.domain import counterfactual, demand, hold, limits, refusals, sizing, startup, surge
from headstart.domain.model import Demand, Observation, Policy, Resolution, Signal, SignalKind, State, Term

REMEMBERED_SIGNALS: Final = 32


@dataclass(frozen=True, slots=True)
class Look:
    """needed: the terms of demand itself, empty where none could be seen. resolution: of an earlier decision."""

    state: State
    demand: Demand
    needed: tuple[Term, ...]
    resolution: Resolution | None

    @property
    def need(self) -> int | None:
        """Copies that demand asks for; ``None``: could not be seen."""
        return max((term.copies for term in self.needed), default=None)


def learn(policy: Policy, state: State, seen: Observation, signal: Signal, now: datetime) -> Look:
    """Follow what was under way, and read the demand off what is seen with what has been learned by then."""
    order, resolution = startup.settle(state.order, seen, now) if state.order else (None, None)
    known = replace(
        state,
        copies_history=demand.remember_copies(state.copies_history, seen),
        service_time=demand.learn_service_time(policy, state, seen),
        start_ups=startup.learn(state.start_ups, state.order, resolution),
        added=hold.still_ours(state, seen, resolution),
        known_desired=seen.desired_copies,
        recent_signals=_remembered(state.recent_signals, signal),
    )
    shown = demand.measure(policy, known, seen)
    look = Look(known, shown, sizing.needs(policy, shown, at_zero=seen.current_copies == 0), resolution)
    obtainable = refusals.obtainable(state.refusals, policy)
    learned = replace(
        known,
        order=order,
        needs=hold.remember(state.needs, look.need, now),
        load_at=hold.load_seen_at(state.load_at, shown, now),
        counterfactual=counterfactual.follow(state.counterfactual, obtainable, known, seen, shown),
        refusals=refusals.follow(state, order, resolution, seen),
        spent=limits.account(state.spent, state.added, known.added, seen.at),
        surges=surge.follow(state.surges, look.need, now),
    )
    return replace(look, state=learned)


def _remembered(known: tuple[str, ...], signal: Signal) -> tuple[str, ...]:
    """Alarms are told from their duplicates by their ids; a chain's messages by token and hop."""
    return known if signal.kind is SignalKind.FOLLOW else (*known, signal.id)[-REMEMBERED_SIGNALS:]
