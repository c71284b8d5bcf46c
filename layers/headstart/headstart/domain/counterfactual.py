"""What native target tracking alone would have done, and what it would have cost: its rules on the load that we saw.

A fluid model of one component under the high-resolution policy (docs/aws-facts.md 1.1 and 4): three points above the
target, or fifteen minutes below nine tenths of it, then copies = ceil(requests inside / target); at zero one copy at a
time. Its own queue is followed, because the metric it goes by contains it. The difference to what we asked for is what
Headstart saved, and what the reserve may be paid from.
"""

from dataclasses import replace
from datetime import timedelta

from headstart.domain import sizing, startup
from headstart.domain.model import Counterfactual, Demand, Mode, Observation, Policy, State

STEP_SECONDS = 10.0
"""The metric's resolution, and how often the alarms are evaluated."""
REACTION_SECONDS = 80.0
"""From the alarm's last point to the write, beyond what we see late ourselves: 60 s of the 1-2 minutes that AWS's
notebooks name (aws-facts 1.1), and the points of the 10 s in which the alarm goes off."""
HIGH_SECONDS = 30.0
LOW_SECONDS = 900.0
LOW_SHARE = 0.9
PATIENCE_SECONDS = 600.0
"""Longer than that nobody is taken to wait in native's queue."""
SHARE = 0.9
"""Counted is a tenth less than native would have paid, so that an error of the model is not spent."""
MOST_SAVED = 24.0
"""Copy-hours: one copy for a day. Older savings lapse."""
DEBT_HOURS = 4.0
UNSEEN = timedelta(seconds=150)
"""Nobody looked for longer: begin anew with what stands."""


def follow(
    known: Counterfactual | None, policy: Policy, learned: State, seen: Observation, demand: Demand
) -> Counterfactual:
    """Take the time since the last look into account. Missing data moves nothing but the account."""
    if known is None or seen.at - known.at > UNSEEN or seen.at < known.at:
        standing = max(policy.min_copies, seen.desired_copies - learned.added)
        saved = known.saved if known else 0.0
        return Counterfactual(at=seen.at, copies=standing, ready=standing, saved=saved)
    start = timedelta(seconds=startup.horizon(learned.start_ups))
    current = known
    while seen.at - current.at >= timedelta(seconds=STEP_SECONDS):
        current = _step(current, policy, seen, demand, start)
    return current


def reserve(policy: Policy, native: Counterfactual | None) -> float:
    """Copies to keep free: the owner's number, more of it from what was saved, less while there is a debt.

    Savings are spent within an hour, at most as much again on top; a debt of four hours' reserve uses it up.
    Example: reserve 2 and 1 copy-hour saved: 3 copies, 5 saved: 4; 4 copy-hours in debt: 1.
    """
    saved = native.saved if native else 0.0
    return max(0.0, min(2.0 * policy.reserve, policy.reserve + (saved if saved > 0.0 else saved / DEBT_HOURS)))


def _step(now: Counterfactual, policy: Policy, seen: Observation, demand: Demand, start: timedelta) -> Counterfactual:
    at = now.at + timedelta(seconds=STEP_SECONDS)
    ready = now.copies if now.starting_until is None or at >= now.starting_until else now.ready
    saved = now.saved
    if policy.mode is Mode.ACT:  # what stands while we only observe is native scaling's own
        saved += (SHARE * now.copies - seen.desired_copies) * STEP_SECONDS / 3600.0
        saved = max(-DEBT_HOURS * policy.reserve, min(MOST_SAVED, saved))
    load = _load(demand)
    if load is None:
        return replace(now, at=at, ready=ready, saved=saved)
    inside = _inside(now.inside, load, ready * policy.slots, demand.service_seconds)
    measured = max(inside, _unsaturated(policy, seen, demand))
    moved = replace(now, at=at, ready=ready, saved=saved, inside=inside)
    if now.starting_until is not None and at < now.starting_until:
        return moved
    if now.copies == 0:
        return _wake(moved, load, start)
    return _track(moved, policy, measured, start)


def _track(now: Counterfactual, policy: Policy, measured: float, start: timedelta) -> Counterfactual:
    high_s = now.high_s + STEP_SECONDS if measured > now.copies * policy.target else 0.0
    low_s = now.low_s + STEP_SECONDS if measured < LOW_SHARE * now.copies * policy.target else 0.0
    wish = max(policy.min_copies, min(policy.max_copies, sizing.copies(measured / policy.target)))
    if high_s >= HIGH_SECONDS + REACTION_SECONDS and wish > now.copies:
        return replace(now, copies=wish, high_s=0.0, low_s=0.0, starting_until=now.at + start)
    if low_s >= LOW_SECONDS + REACTION_SECONDS and wish < now.copies:
        return replace(now, copies=wish, ready=wish, high_s=0.0, low_s=0.0, starting_until=None)
    return replace(now, high_s=high_s, low_s=low_s)


def _wake(now: Counterfactual, load: float, start: timedelta) -> Counterfactual:
    """One copy, when requests have been refused for as long as its step policy takes to act."""
    refused_s = now.refused_s + STEP_SECONDS if load > 0.0 else now.refused_s
    if refused_s < REACTION_SECONDS:
        return replace(now, refused_s=refused_s)
    return replace(now, copies=1, refused_s=0.0, high_s=0.0, low_s=0.0, starting_until=now.at + start)


def _inside(inside: float, load: float, capacity: float, service_seconds: float) -> float:
    """Requests inside after ten more seconds: arrivals are load / service time, completions busy / service time."""
    change = (load - min(inside, capacity)) / service_seconds * STEP_SECONDS
    if max(inside, load) <= capacity:
        change = max(min(change, load - inside), 0.0) if load > inside else min(max(change, load - inside), 0.0)
    grown = min(inside + change, capacity + load * PATIENCE_SECONDS / service_seconds)
    return grown if grown > 0.05 else 0.0


def _load(demand: Demand) -> float | None:
    if demand.offered_load is not None:
        return demand.offered_load
    if demand.refused_clients > 0:
        return demand.refused_clients / demand.refused_seconds * demand.service_seconds
    return None


def _unsaturated(policy: Policy, seen: Observation, demand: Demand) -> float:
    """What the metric showed, where no queue of ours is in it: then native would have seen the same."""
    concurrency = demand.concurrency or 0.0
    return concurrency if concurrency <= seen.current_copies * policy.slots else 0.0
