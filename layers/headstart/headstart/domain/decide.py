"""The decision: one pure function from policy, memory and observation to what to do and why.

>>> decide(policy, state, seen, signal, now).desired   # doctest: +SKIP
5
"""

from dataclasses import replace
from datetime import datetime

from headstart.domain import demand as demands
from headstart.domain import episode as episodes
from headstart.domain import sizing, startup
from headstart.domain.model import Action, Decision, Mode, Observation, Policy, Signal, State, Status
from headstart.domain.reasons import explain

REMEMBERED_SIGNALS = 32


def decide(policy: Policy, state: State, seen: Observation, signal: Signal, now: datetime) -> Decision:
    """Decide how many copies are needed: absolute, counting those on their way, inside the owner's bounds.

    Never lowers the count: scale-in belongs to native target tracking. Raises nothing; what could not be seen
    (no points) asks for nothing.
    """
    learned = _remember(policy, state, seen, signal)
    demand = demands.measure(policy, learned, seen)
    terms = sizing.terms(policy, demand)
    binding = max(terms, key=lambda term: term.copies)
    limits = ("maximum",) if binding.copies > policy.max_copies else ()
    desired = max(min(binding.copies, policy.max_copies), seen.desired_copies)

    order, resolution = startup.settle(state.order, seen, now) if state.order else (None, None)
    action = _action(policy, seen, desired, writing=order is not None and order.accepted_at is None)
    episode, look_again = episodes.advance(state.episode, signal, seen, demand, action, bool(limits), now)
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


def _action(policy: Policy, seen: Observation, desired: int, *, writing: bool) -> Action:
    if desired <= seen.desired_copies or seen.status in (Status.FAILED, Status.DELETING):
        return Action.HOLD
    if policy.mode is Mode.OBSERVE:
        return Action.OBSERVE
    if writing or seen.status in (Status.UPDATING, Status.CREATING):
        return Action.WAIT
    return Action.WRITE
