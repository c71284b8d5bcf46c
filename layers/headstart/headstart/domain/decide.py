"""The decision: one pure function from policy, memory and observation to what to do and why.

>>> decide(policy, state, seen, signal, now).desired   # doctest: +SKIP
5
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from headstart.domain import counterfactual, hold, limits, refusals, sizing, startup, surge
from headstart.domain import episode as episodes
from headstart.domain import floor as floors
from headstart.domain.burst import burst
from headstart.domain.learning import learn
from headstart.domain.model import (
    Action,
    Decision,
    Demand,
    Mode,
    Observation,
    Policy,
    Signal,
    State,
    Status,
    Term,
)
from headstart.domain.reasons import explain
from headstart.domain.season import clock_minimums

SETTLE = timedelta(seconds=9)
"""One more look at the quick pace, and a second for its jitter."""


def decide(policy: Policy, state: State, seen: Observation, signal: Signal, now: datetime) -> Decision:
    """Decide how many copies are needed: absolute, counting those on their way, inside the owner's bounds.

    Lowers the count only by copies that we added (``_surplus``). Raises nothing; what could not be seen (no points)
    asks for nothing and gives nothing back.
    """
    look = learn(policy, state, seen, signal, now)
    learned, demand, needed, need = look.state, look.demand, look.needed, look.need
    spends = not limits.used_up(policy, learned.spent)
    active = _active(policy, learned, now)
    by_the_clock = clock_minimums(policy, learned, now)
    standing = partial(_standing, policy, learned, active=active, spends=spends)
    terms = _terms(policy, needed, standing(need or 0), by_the_clock)
    grows = max(term.copies for term in terms) > seen.desired_copies
    learned = replace(learned, short_since=(state.short_since or now) if grows and seen.current_copies else None)
    if not grows:
        # What was needed a minute ago is a reason to keep copies, not to buy them.
        terms = _terms(policy, needed, standing(hold.held(learned.needs)), by_the_clock)
    binding = max(terms, key=lambda term: term.copies)
    wanted = binding.copies if grows else min(binding.copies, seen.desired_copies)
    blind = not needed and active
    refused = refusals.unless_over(learned.refusals, policy, seen, binding.copies, blind=blind)
    learned = replace(learned, refusals=refused)
    desired, met = _desired(policy, learned, seen, demand, wanted, now)
    action = _action(policy, learned, seen, desired, now)
    kept_busy = active or bool(by_the_clock)
    asked = desired if action is Action.WRITE else min(desired, max(seen.desired_copies, _pending(learned)))
    found = episodes.Found(
        action=action,
        gives_back=desired < seen.desired_copies,
        capped=(need or 0) > policy.max_copies or (grows and bool(met) and action is Action.HOLD),
        done=not kept_busy and _is_undone(policy, learned),
    )
    expected = startup.expected(learned, desired, now) if desired > seen.desired_copies else None
    episode, look_again = episodes.advance(state.episode, signal, seen, demand, found, now)
    return Decision(
        action=action,
        desired=desired,
        terms=terms,
        binding=binding.name,
        limits=(("maximum",) if binding.copies > policy.max_copies else ()) + tuple(limit.name for limit in met),
        reason=explain(policy, seen, demand, terms, action, desired, [limit.why for limit in met])
        + startup.told(expected, action),
        demand=demand,
        next_state=replace(learned, episode=episode),
        look_again=look_again,
        floor=floors.wanted(
            policy, learned.floor, not needed, kept_busy and spends, wanted, asked, writes=action is Action.WRITE
        ),
        resolution=look.resolution,
        expected=expected,
    )


def _terms(
    policy: Policy, needed: tuple[Term, ...], standing: tuple[Term, ...], by_the_clock: tuple[Term, ...]
) -> tuple[Term, ...]:
    """All terms where anything could be seen; else the owner's minimums are all there is to say."""
    return (*needed, *standing, *by_the_clock) if needed else (sizing.minimum(policy), *by_the_clock)


def _standing(policy: Policy, learned: State, held: int, *, active: bool, spends: bool) -> tuple[Term, ...]:
    """What is kept beyond the need of this moment: ``held``, and while there was load lately what is to be ready."""
    native = learned.counterfactual if spends else None
    reserve = counterfactual.reserve(policy, native) if active and spends else 0.0
    said = burst(policy, held) if active and policy.burst else None
    usual = surge.surge(policy, learned.surges, held, native.saved) if active and native else None
    return (*sizing.standing(policy, held, reserve), *(term for term in (said, usual) if term))


def _is_undone(policy: Policy, learned: State) -> bool:
    """Whether nothing of ours stands that could still be undone."""
    return policy.mode is Mode.OBSERVE or (learned.added == 0 and not floors.stands(learned.floor))


def _active(policy: Policy, learned: State, now: datetime) -> bool:
    saved = learned.counterfactual.saved if learned.counterfactual and policy.reserve else 0.0
    return hold.is_active(learned.load_at, saved, now)


def _desired(
    policy: Policy, learned: State, seen: Observation, demand: Demand, wanted: int, now: datetime
) -> tuple[int, tuple[limits.Limit, ...]]:
    copies, met = limits.within(policy, learned, seen.desired_copies, wanted, now)
    gives_back = wanted < seen.desired_copies and not policy.by_floor
    return copies - (_surplus(policy, learned, seen, demand, wanted) if gives_back else 0), met


def _surplus(policy: Policy, learned: State, seen: Observation, demand: Demand, wanted: int) -> int:
    """Copies to give back: ours, beyond what is wanted and what native scaling would ask for again, never blindly."""
    moving = seen.status is not Status.IN_SERVICE or seen.current_copies != seen.desired_copies or _writing(learned)
    if moving or demand.offered_load is None or demand.concurrency is None:
        return 0
    if not hold.is_watched(learned.copies_history, seen.at):
        return 0
    native_wish = sizing.copies(demand.concurrency / policy.target)
    # Without it the next request would be refused.
    last_one = int(_active(policy, learned, seen.at) and not limits.used_up(policy, learned.spent))
    return max(0, min(learned.added, seen.desired_copies - max(wanted, native_wish, last_one)))


def _action(policy: Policy, learned: State, seen: Observation, desired: int, now: datetime) -> Action:
    if desired == seen.desired_copies or seen.status in (Status.FAILED, Status.DELETING):
        return Action.HOLD
    if policy.mode is Mode.OBSERVE or (policy.by_floor and not policy.floor_allowed):
        return Action.OBSERVE
    if (
        _writing(learned)
        or _pending(learned) > seen.desired_copies
        or seen.status in (Status.UPDATING, Status.CREATING)
    ):
        return Action.WAIT
    most = limits.at_once(policy, seen.desired_copies)
    if desired > seen.desired_copies and _settles(learned, desired, most, now):
        return Action.SETTLE
    return Action.WRITE


def _settles(learned: State, desired: int, most: int, now: datetime) -> bool:
    """Whether to see one more point first: that of a rise covers half of it on average, and a small write locks."""
    since = learned.short_since
    return since is not None and now - since < SETTLE and desired < most


def _pending(learned: State) -> int:
    """What a raised minimum asks for, until native scaling has asked for it."""
    return learned.order.to_copies if learned.order is not None and learned.order.by_floor else 0


def _writing(learned: State) -> bool:
    """Another look may be making its write at this moment."""
    return learned.order is not None and learned.order.accepted_at is None
