"""A plant file: every constant of the plant, strictly checked."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from simulator.plant.errors import SpecError
from simulator.plant.strict import build, within
from simulator.plant.tomlfile import PLANTS, PlantFile


@dataclass(frozen=True)
class StartSpec:
    """From a place on a running instance to InService: lognormal."""

    median_s: float = within(0, 7200, "seconds")
    sigma: float = within(0, 3, "(standard deviation of the logarithm)")


@dataclass(frozen=True)
class InstanceSpec:
    places: int = within(1, 64, "copies")
    launch_median_s: float = within(0, 7200, "seconds")
    launch_sigma: float = within(0, 3, "(standard deviation of the logarithm)")
    release_after_s: float = within(0, 86400, "seconds")
    minimum: int = within(0, 1000, "instances")


@dataclass(frozen=True)
class QueueSpec:
    abandoned_served: bool
    routing: Literal["least_busy", "random"]
    timeout_s: float = within(0.001, 3600, "seconds")


@dataclass(frozen=True)
class MetricSpec:
    publish_lag_s: float = within(0, 600, "seconds")
    lost_share: float = within(0, 1, "of the points")


@dataclass(frozen=True)
class LockSpec:
    inwards_s: float = within(0, 3600, "seconds")


@dataclass(frozen=True)
class ServiceSpec:
    """What a request takes of one slot: fixed + input / input_tokens_per_s + output x output_token_s."""

    fixed_s: float = within(0, 600, "seconds")
    input_tokens_per_s: float = within(1, 1e9, "tokens a second")
    output_token_s: float = within(0, 60, "seconds a token")
    slots: int = within(1, 4096, "requests")


@dataclass(frozen=True)
class NativeSpec:
    """Application Auto Scaling's own timing. `fallback_wake_periods`: of 30 s with a refused request, which the
    owner's own wake step takes beside Headstart."""

    missing_breaks: bool
    fallback_wake_periods: int = within(1, 10, "periods of 30 s")
    action_delay_s: float = within(0, 600, "seconds")
    action_every_s: float = within(1, 3600, "seconds")


@dataclass(frozen=True)
class ClientSpec:
    retries: bool
    retry_cap_s: float = within(0, 600, "seconds")
    give_up_after_s: float = within(0, 86400, "seconds")


@dataclass(frozen=True)
class ShortageSpec:
    instances: int = within(0, 1000, "instances")
    timeout_s: float = within(0, 7200, "seconds")


@dataclass(frozen=True)
class QuotaSpec:
    instances: int = within(0, 1000, "instances")


@dataclass(frozen=True)
class SizingSpec:
    """`start_copies`: in service and idle at the start, in place of what the trace's first five minutes would need."""

    start_copies: int = within(0, 24, "copies")


@dataclass(frozen=True)
class ServedSpec:
    """A copy serves so many `times` the slots that the plant is sized by and that everybody takes it to have."""

    times: int = within(1, 64, "times the slots")


@dataclass(frozen=True)
class PlantSpec:
    """`shortage`, `quota`, `sizing` and `served` are absent in a plant that has none of them."""

    name: str
    about: str
    start: StartSpec
    instances: InstanceSpec
    queue: QueueSpec
    metrics: MetricSpec
    lock: LockSpec
    service: ServiceSpec
    native: NativeSpec
    clients: ClientSpec
    shortage: ShortageSpec | None = None
    quota: QuotaSpec | None = None
    sizing: SizingSpec | None = None
    served: ServedSpec | None = None

    def slower(self, factor: float) -> "PlantSpec":
        """The same plant with start-ups `factor` times as long."""
        return replace(
            self,
            start=replace(self.start, median_s=self.start.median_s * factor),
            instances=replace(self.instances, launch_median_s=self.instances.launch_median_s * factor),
        )


def load_plant(path: Path | str) -> PlantSpec:
    """Reads a plant file; a bare name (`standard`) is looked up beside this package. Raises SpecError."""
    name = Path(path)
    file = PlantFile(PLANTS / f"{path}.toml" if not name.suffix and name.parent == Path() else name)
    spec = build(PlantSpec, file.table, file)
    limit = spec.shortage
    if limit is not None and limit.instances < spec.instances.minimum:
        raise SpecError(
            f"{file.at('shortage.instances')}: shortage.instances = {limit.instances}: must be at least "
            f"instances.minimum, {spec.instances.minimum}"
        )
    return spec
