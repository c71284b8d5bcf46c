"""Headstart on a component that has a past."""

from dataclasses import dataclass, field

from headstart.domain.model import Season
from simulator.forecast.weeks import DAY_S, Weeks, remember
from simulator.replay.policies import deploy, set_up_native
from simulator.replay.world import COMPONENT, World


@dataclass
class WithPast:
    """As `Headstart`, with weeks of history in CloudWatch. `switch`: the tag headstart:forecast."""

    name: str
    weeks: Weeks
    switch: str
    min_copies: int | None = None
    remark: str = field(default="", init=False)

    def install(self, world: World) -> None:
        remember(world, self.weeks.past(world.derived.mean_service_s))
        periods = world.spec.native.fallback_wake_periods
        set_up_native(world, self.min_copies, 0.7, 1, high_resolution=True, wake_periods=periods)
        deploy(world, {"headstart:forecast": self.switch})
        world.engine.after(DAY_S / 2, lambda: self._note(world))

    def _note(self, world: World) -> None:
        state = world.stack.remembered(COMPONENT) if world.stack is not None else None
        self.remark = told(state.season) if state is not None and state.season is not None else ""


def told(season: Season) -> str:
    """Verdict and losses in a line."""
    if season.loss_without is None or season.loss_with is None:
        return f"{season.verdict} ({season.weeks} weeks)"
    return f"{season.verdict}: a loss of {season.loss_with:g} with it, {season.loss_without:g} without"
