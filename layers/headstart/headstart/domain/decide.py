"""The decision: one pure function from policy, memory and observation to what to do and why.

>>> decide(policy, state, seen, signal, now).desired   # doctest: +SKIP
5
"""

from dataclasses import replace
from datetime import datetime

from headstart.domain import demand as demands
from headstart.domain import episode as episodes
from headstart.domain import hold, sizing, startup
from headstart.domain.model import (
    Action,
    Decision,
    Demand,
    Mode,
    Observation,
    OutcomeKind,
    Policy,
    Signal,
    State,
    Status,
)
from headstart.domain.reasons import explain

REMEMBERED_SIGNALS = 32


def decide(policy: Policy, state: State, seen: Observation, signal: Signal, now: datetime) -> Decision:
    """Decide how many copies are needed: absolute, counting those on their way, inside the owner's bounds.

    Never lowers the count: scale-in belongs to native target tracking. Raises nothing; what could not be seen
    (no points) asks for nothing.
    """
    learned = _remember(policy, state, seen, signal)
    demand = demands.measure(policy, learned, seen)
    order, resolution = startup.settle(state.order, seen, now) if state.order else (None, None)
    added = hold.still_ours(state, seen.desired_copies)
    if resolution is not None and resolution.outcome is OutcomeKind.APPLIED and state.order is not None:
        added = hold.accepted(state.added, state.order)
    needed = sizing.needs(policy, demand)
    need = max((term.copies for term in needed), default=None)
    recent = hold.remember(state.needs, need, now)
    active_at = hold.active_at(state.active_at, demand, now)
    active = hold.is_active(active_at, now)
    terms = (*needed, *sizing.standing(policy, hold.held(recent), active))
    binding = max(terms, key=lambda term: term.copies)
    limits = ("maximum",) if (need or 0) > policy.max_copies else ()
    desired = _desired(policy, seen, demand, min(binding.copies, policy.max_copies), added)
    writing = order is not None and order.accepted_at is None
    action = _action(policy, seen, desired, writing=writing)
    found = episodes.Found(action, capped=bool(limits), done=not active and added == 0)
    episode, look_again = episodes.advance(state.episode, signal, seen, demand, found, now)
    return Decision(
        action=action,
        desired=desired,
        terms=terms,
        binding=binding.name,
        limits=limits,
        reason=explain(policy, seen, demand, binding, action, desired),
        demand=demand,
        next_state=replace(
            learned,
            episode=episode,
            order=order,
            needs=recent,
            active_at=active_at,
            added=added,
            known_desired=seen.desired_copies,
            start_ups=startup.learn(state.start_ups, state.order, resolution),
        ),
        look_again=look_again,
        resolution=resolution,
    )


def _remember(policy: Policy, state: State, seen: Observation, signal: Signal) -> State:
    return replace(
        state,
        copies_history=demands.remember_copies(state.copies_history, seen),
        service_time=demands.learn_service_time(policy, state.service_time, seen),
        recent_signals=(*state.recent_signals, signal.id)[-REMEMBERED_SIGNALS:],
    )


def _desired(policy: Policy, seen: Observation, demand: Demand, want: int, added: int) -> int:
    """Grow to what is wanted; give back only what is ours, what native would not ask for again, and not blindly."""
    if want >= seen.desired_copies:
        return want
    pending = seen.status is not Status.IN_SERVICE or seen.current_copies != seen.desired_copies
    if pending or demand.offered_load is None or demand.concurrency is None:
        return seen.desired_copies
    native_wish = sizing.copies(demand.concurrency / policy.target)
    return min(seen.desired_copies, max(want, seen.desired_copies - added, native_wish, policy.min_copies))


def _action(policy: Policy, seen: Observation, desired: int, *, writing: bool) -> Action:
    if desired == seen.desired_copies or seen.status in (Status.FAILED, Status.DELETING):
        return Action.HOLD
    if policy.mode is Mode.OBSERVE:
        return Action.OBSERVE
    if writing or seen.status in (Status.UPDATING, Status.CREATING):
        return Action.WAIT
    return Action.WRITE
