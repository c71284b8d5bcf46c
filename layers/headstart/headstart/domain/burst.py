"""A burst to absorb: requests that are to find a free slot whenever they come at once.

No controller can serve a spike that is shorter than a start-up but by copies that stand already.
"""

from headstart.domain.model import Policy, Term
from headstart.domain.sizing import copies


def burst(policy: Policy, held: int) -> Term:
    """What was needed lately, and the burst on top, every slot busy; at least what is held.

    Copies that are needed are filled to the owner's target, and the slots above it are free already.
    Example: target 7 of 10 slots, a burst of 25: 2 copies needed are 14 requests, (14 + 25) / 10, so 4 copies.
    """
    wanted = max(held, copies((held * policy.target + policy.burst) / policy.slots))
    return Term("burst", wanted, {"needed": held, "burst": policy.burst, "slots": policy.slots})
