"""Policies by the names a user types."""

from collections.abc import Callable, Iterable, Mapping

from simulator.replay.peers import PEERS, static_named
from simulator.replay.policies import MISTAKEN, POLICIES, RESERVES, frontier, with_tags
from simulator.replay.world import Policy

LIMITS = ("size-oracle", "present", "clairvoyant")
DEFAULT = ("native-high-res", "native-min-1", "headstart", *LIMITS)
FRONTIER: Mapping[str, Policy] = {policy.name: policy for policy in frontier()}
NAMED: Mapping[str, Callable[[], Policy]] = {**POLICIES, **PEERS}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "limits": LIMITS,
    "peers": tuple(name for name in PEERS if name not in LIMITS),
    "frontier": tuple(FRONTIER),
    "reserves": tuple(f"headstart-reserve-{copies}" for copies in RESERVES),
    "all": tuple(NAMED),
}
"""Names that stand for several policies."""

type Maker = Callable[[], Policy]


class UnknownPolicy(ValueError):
    """A name that is no policy: says which there are."""


def chosen(names: Iterable[str]) -> dict[str, Maker]:
    """A way to make each policy, in the order asked for, once each. Raises UnknownPolicy."""
    found: dict[str, Maker] = {}
    for name in names:
        for member in GROUPS.get(name, (name,)):
            found.setdefault(member, maker(member))
    return found


def maker(name: str) -> Maker:
    """Policies keep state while they run, so that each run needs its own. Raises UnknownPolicy."""
    if name in NAMED:
        return NAMED[name]
    fixed = FRONTIER.get(name) or static_named(name) or with_tags(name)
    if fixed is None:
        raise UnknownPolicy(
            f"{name}: there is no such policy; there are {', '.join(NAMED)}, static-N (N copies all the time), "
            f"headstart-reserve-N (N copies of reserve), headstart-burst-N (N requests to absorb), "
            f"headstart-slots-N (N slots said), {', '.join(MISTAKEN)} (a service time that is wrong at first), "
            f"one of native's frontier (such as {next(iter(FRONTIER))}), and the groups {', '.join(GROUPS)}"
        )
    return lambda: fixed


def remark(policy: Policy) -> str:
    """What a reader of its figures must know; empty for native scaling and Headstart."""
    return str(getattr(policy, "remark", ""))
