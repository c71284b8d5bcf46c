"""What is measured: which policies, plants and how many seeds for each trace."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.bench.traces import Sized
from simulator.replay.choose import FRONTIER, LIMITS, NAMED

BASELINES = ("native-high-res", "native-min-1")
OURS = "headstart"
STATIC = "static"
"""Stands for as many copies as Headstart's copy-hours would have paid for all the time."""
VARIANTS = (
    "starts-short", "slow-start", "fast-start", "late-metrics", "all-warm", "zero-warm", "abandoned-served", "no-retry",
    "lossy-metrics",
)  # fmt: skip
SHORT_S = 7 * 3600.0
"""Variants are measured on traces up to this long, and on all in which components wake."""


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
    """20 seeds where components wake and 5 elsewhere; 3 and 1 for native's frontier; 3 in variants.

    Only start-up times differ between seeds: where nothing wakes they matter less.
    """
    jobs: list[Job] = []
    for one in traces:
        most = seeds or (20 if one.wakes else 5)
        jobs += [Job(one.name, "standard", name, most) for name in (*NAMED, STATIC)]
        jobs += [Job(one.name, "standard", name, min(most, 3 if one.wakes else 1)) for name in FRONTIER]
        if one.wakes or one.trace.last_s <= SHORT_S:
            jobs += [Job(one.name, plant, name, min(most, 3)) for plant in VARIANTS for name in (*BASELINES, OURS)]
    return Plan("make bench-full", tuple(jobs))
