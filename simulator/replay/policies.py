"""The policies that are compared, by name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator.replay.fate import SPARED, Fate
from simulator.replay.native import NativeScaling
from simulator.replay.stack import Stack
from simulator.replay.world import COMPONENT, Policy, World


@dataclass(frozen=True)
class Native:
    """Native scaling alone. ``None`` takes the plant's derived value."""

    name: str
    min_copies: int | None = None
    target_share: float = 0.7
    wake_step: int = 1
    high_resolution: bool = True

    def install(self, world: World) -> None:
        set_up_native(world, self.min_copies, self.target_share, self.wake_step, self.high_resolution)


@dataclass(frozen=True)
class Headstart:
    """Headstart as deployed, beside high-resolution native scaling with a late wake step (docs/architecture.md).

    reserve, burst, slots: the tags of those names; None leaves one out. service_share: the tag
    headstart:service-seconds as so many times the mean service time that the plant has, so that it is wrong at first.
    """

    name: str = "headstart"
    min_copies: int | None = None
    reserve: int | None = None
    burst: int | None = None
    service_share: float | None = None
    slots: int | None = None

    def install(self, world: World) -> None:
        periods = world.spec.native.fallback_wake_periods
        set_up_native(world, self.min_copies, 0.7, 1, high_resolution=True, wake_periods=periods)
        # Target and bounds are imported, slots follow the target unless tagged, the service time is learned.
        seconds = None if self.service_share is None else round(self.service_share * world.derived.mean_service_s, 2)
        said = {
            "headstart:reserve": self.reserve,
            "headstart:burst": self.burst,
            "headstart:slots": self.slots,
            "headstart:service-seconds": seconds and min(3600.0, max(0.01, seconds)),
        }
        deploy(world, {name: str(value) for name, value in said.items() if value is not None})


@dataclass(frozen=True)
class HeadstartAlone:
    """Headstart without native scaling: nothing to import, so that its tags say it all."""

    name: str = "headstart-alone"
    min_copies: int | None = None
    remark: str = "no native scaling; copies that stood at the start are never given back, since it did not add them"

    def install(self, world: World) -> None:
        size = world.derived
        bounds = {"headstart:min": f"{size.min_copies}", "headstart:max": f"{size.max_copies}"}
        deploy(world, {"headstart:target": f"{0.7 * size.slots:g}", "headstart:slots": f"{size.slots}", **bounds})


def deploy(world: World, tags: Mapping[str, str], fate: Fate = SPARED) -> None:
    """The stack, with the component enrolled before the traffic begins."""
    world.account.tags[world.component.arn] = {"headstart:mode": "act", **tags}
    world.stack = Stack(world.account, world.services, keep_decisions=world.in_detail, fate=fate)
    world.stack.reconcile()


def set_up_native(
    world: World,
    min_copies: int | None,
    target_share: float,
    wake_step: int,
    high_resolution: bool,
    wake_periods: int = 1,
) -> None:
    """Install native scaling with the plant's derived bounds; a wake step only where zero copies are possible."""
    least = world.derived.min_copies if min_copies is None else min_copies
    NativeScaling(
        target=target_share * world.derived.slots,
        min_copies=least,
        max_copies=world.derived.max_copies,
        wake_step=wake_step if least == 0 else 0,
        wake_periods=wake_periods,
        high_resolution=high_resolution,
    ).install(world.services, COMPONENT)


def frontier() -> list[Policy]:
    """Native's whole frontier: targets x minimums x wake steps (a wake step matters at minimum 0 only)."""
    return [
        Native(f"native-t{round(100 * share)}-m{least}-s{step}", least, share, step)
        for share in (0.35, 0.45, 0.55, 0.65, 0.75, 0.85)
        for least in (0, 1, 2, 4)
        for step in ((1, 4, 8) if least == 0 else (1,))
    ]


POLICIES: Mapping[str, Callable[[], Policy]] = {
    "native-standard": lambda: Native("native-standard", high_resolution=False),
    "native-high-res": lambda: Native("native-high-res"),
    "native-min-1": lambda: Native("native-min-1", min_copies=1),
    "headstart": Headstart,
    "headstart-alone": HeadstartAlone,
}
RESERVES = (0, 1, 2, 3, 4, 6)
MISTAKEN: Mapping[str, float] = {"headstart-service-half": 0.5, "headstart-service-double": 2.0}
"""Told a service time that is wrong at first."""


def with_tags(name: str) -> Policy | None:
    """The policy that ``headstart-reserve-3``, ``headstart-slots-20`` or the like means; None for any other name."""
    if name in MISTAKEN:
        return Headstart(name, service_share=MISTAKEN[name])
    if found := re.fullmatch(r"headstart-reserve-(\d{1,2})", name):
        return Headstart(name, reserve=int(found.group(1)))
    if found := re.fullmatch(r"headstart-burst-(\d{1,5})", name):
        return Headstart(name, burst=int(found.group(1)))
    if found := re.fullmatch(r"headstart-slots-(\d{1,4})", name):
        return Headstart(name, slots=int(found.group(1)))
    return None
