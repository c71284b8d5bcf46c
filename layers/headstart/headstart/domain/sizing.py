"""From demand to copies: each rule is a named term, and the largest binds."""

import math

from headstart.domain.model import Demand, Policy, Term

DRAIN_SECONDS = 60.0
"""A queue should be gone this long after the copies have come. Shorter buys copies for a moment's use, and the hold
keeps them for two minutes; longer than the clients' patience is of no use to who waits."""
PATIENCE_SECONDS = 60.0
"""InvokeEndpoint gives a container 60 s to answer; clients that waited longer have mostly gone or restarted."""


def needs(policy: Policy, demand: Demand, *, at_zero: bool) -> tuple[Term, ...]:
    """What demand itself asks for; empty where none could be seen.

    Refused requests speak at zero copies only. Once a copy is in service its first point is half a minute away, and a
    write on yesterday's evidence would take the update lock just when that point asks for the right number.
    """
    named: list[Term] = []
    if demand.offered_load is not None:
        named += [load(policy, demand.offered_load), backlog(policy, demand, demand.offered_load)]
    elif at_zero and demand.refused_clients > 0:
        named.append(wake(policy, demand))
    return tuple(named)


def standing(policy: Policy, held: int, reserve: float) -> tuple[Term, ...]:
    """What is kept beyond the need of this moment: the owner's minimum, what was needed lately, the reserve.

    The reserve is in free slots, so many copies' worth (0 while the component is not active): a target below the slots
    leaves some free already, and more of them the more copies there are (square-root staffing says the same: relative
    headroom falls with size). Example: target 7 of 10 slots, reserve 2: 1 copy needed fills 0.7, so 3; 8 needed fill
    5.6, so 8 are enough.
    """
    kept = (minimum(policy), Term("hold", held, {"needed": held}))
    if not reserve:
        return kept
    reserved = max(held, copies(held * policy.target / policy.slots + reserve))
    return (*kept, Term("reserve", reserved, {"needed": held, "reserve": round(reserve, 2)}))


def minimum(policy: Policy) -> Term:
    """The owner's own minimum."""
    return Term("minimum", policy.min_copies, {"min_copies": policy.min_copies})


def load(policy: Policy, offered: float) -> Term:
    """Offered load over the owner's target. Example: 23 requests at target 7 need 4 copies."""
    return Term("load", copies(offered / policy.target), {"offered_load": offered, "target": policy.target})


def backlog(policy: Policy, demand: Demand, offered: float) -> Term:
    """Serve the load and drain the queue in 60 s with every slot busy.

    Example: load 23, 14 queued, 5 s each: (23 + 14 x 5 / 60) / 10 slots = 2.42, so 3 copies.
    """
    draining = demand.queue * demand.service_seconds / DRAIN_SECONDS
    return Term(
        "backlog",
        copies((offered + draining) / policy.slots),
        {
            "offered_load": offered,
            "queue": demand.queue,
            "service_seconds": demand.service_seconds,
            "slots": policy.slots,
        },
    )


def wake(policy: Policy, demand: Demand) -> Term:
    """Size a start from zero by the clients that were turned away, at least one copy.

    They arrive at clients / seconds. When the copies come, a minute's worth of them is waiting at once.
    Example: 10 clients in 20 s, 5 s each, 10 slots, target 7: load 2.5; 30 waiting, drained in 60 s, add 2.5;
    max(2.5 / 7, 5 / 10), so 1 copy. At ten times the traffic: max(25 / 7, 50 / 10), so 5.
    """
    rate = demand.refused_clients / demand.refused_seconds
    offered = rate * demand.service_seconds
    waiting = rate * PATIENCE_SECONDS
    draining = waiting * demand.service_seconds / DRAIN_SECONDS
    wanted = max(1, copies(offered / policy.target), copies((offered + draining) / policy.slots))
    return Term(
        "wake",
        wanted,
        {
            "refused_requests": demand.refused_requests,
            "refused_clients": demand.refused_clients,
            "refused_seconds": demand.refused_seconds,
            "arrivals_per_second": rate,
            "service_seconds": demand.service_seconds,
            "offered_load": offered,
            "waiting": waiting,
        },
    )


def copies(exact: float) -> int:
    # 1e-9: 21 / 7 in floating point must not become 4 copies.
    return max(0, math.ceil(exact - 1e-9))
