"""Other autoscalers by their published formulas and defaults, and limits, all on the same plant.

They write through the same API and lock as everybody and read the same lagged metrics, also where the original
measures at a proxy of its own every second: each one's ``remark`` says so.
"""

import re
from collections.abc import Callable, Mapping

from simulator.replay.peers.clairvoyant import Clairvoyant
from simulator.replay.peers.dynamo import DynamoLoad
from simulator.replay.peers.horizontal import Hpa
from simulator.replay.peers.keda import Keda
from simulator.replay.peers.knative import KnativeKpa
from simulator.replay.peers.limits import Present, SizeOracle
from simulator.replay.peers.plain import MaxOnTrigger, Static
from simulator.replay.peers.ray import RayServe
from simulator.replay.peers.skyserve import SkyServe
from simulator.replay.world import Policy

PEERS: Mapping[str, Callable[[], Policy]] = {
    "knative-kpa": KnativeKpa,
    "keda": Keda,
    "hpa": Hpa,
    "ray-serve": RayServe,
    "skyserve": SkyServe,
    "dynamo-load": DynamoLoad,
    "max-on-trigger": MaxOnTrigger,
    "size-oracle": SizeOracle,
    "present": Present,
    "clairvoyant": Clairvoyant,
}


def static(copies: float) -> Policy:
    """``static-N``: N copies all the time, a fraction rounded up."""
    return Static(copies)


def static_named(name: str) -> Policy | None:
    """The policy that a name like ``static-7`` means; None for any other name."""
    found = re.fullmatch(r"static-(\d+)", name)
    return None if found is None else Static(int(found.group(1)))
