"""What is measured: which policies, plants and how many seeds for each trace."""

from collections.abc import Sequence
from dataclasses import dataclass

from headstart.domain.enrolment import RESERVE
from simulator.bench.ablations import ABLATIONS
from simulator.bench.traces import Kind, Sized
from simulator.replay.choose import FRONTIER, GROUPS, LIMITS, NAMED
from simulator.replay.policies import MISTAKEN

BASELINES = ("native-high-res", "native-min-1")
OURS = "headstart"
STATIC = "static"
"""Stands for as many copies as Headstart's copy-hours would have paid for all the time."""
VARIANTS = (
    "starts-short", "slow-start", "fast-start", "late-metrics", "all-warm", "zero-warm", "abandoned-served", "no-retry",
    "lossy-metrics",
)  # fmt: skip
SHOWN = frozenset((*NAMED, STATIC))
"""What stands in the tables of policies; reserves, ablations and native's frontier have tables of their own."""
SHORT_S = 7 * 3600.0
"""Variants are measured on traces up to this long, and on all in which components wake."""
FEW, FEWEST = 3, 2
"""Seeds of rivals and limits, and where many set-ups are compared: no fine difference is claimed there."""
OTHER_RESERVES = tuple(name for name in GROUPS["reserves"] if name != f"headstart-reserve-{RESERVE}")
"""The default reserve is Headstart as deployed."""


@dataclass(frozen=True, slots=True)
class Job:
    """One policy on one trace and plant, once for each seed."""

    trace: str
    plant: str
    policy: str
    seeds: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`command` is what a reader types to get the same."""

    command: str
    jobs: tuple[Job, ...]


def everyday(traces: Sequence[Sized], seeds: int = 5) -> Plan:
    policies = (*BASELINES, OURS, *LIMITS)
    return Plan("make bench", tuple(Job(one.name, "standard", name, seeds) for one in traces for name in policies))


def full(traces: Sequence[Sized], seeds: int | None = None) -> Plan:
    """20 seeds where components wake and 5 elsewhere; of what stands beside Headstart and its baselines 3, 2 or 1.

    Only start-up times differ between seeds: where nothing wakes they matter less.
    """
    jobs: list[Job] = []
    for one in traces:
        most = seeds or (20 if one.wakes else 5)
        main = (*BASELINES, OURS, STATIC)
        jobs += [Job(one.name, "standard", name, most) for name in main]
        jobs += [Job(one.name, "standard", name, min(most, FEW)) for name in NAMED if name not in main]
        jobs += [Job(one.name, "standard", name, min(most, FEW if one.wakes else 1)) for name in FRONTIER]
        varied = one.wakes or one.trace.last_s <= SHORT_S
        few = min(most, FEWEST if varied else 1)
        if one.kind is not Kind.STEADY:
            jobs += [Job(one.name, "standard", name, few) for name in (*OTHER_RESERVES, *ABLATIONS)]
        if varied:
            jobs += [Job(one.name, "standard", name, few) for name in MISTAKEN]
            jobs += [Job(one.name, plant, name, few) for plant in VARIANTS for name in (*BASELINES, OURS)]
    return Plan("make bench-full", tuple(jobs))
