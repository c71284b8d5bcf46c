"""A plant file: every constant of the plant, strictly checked."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from simulator.plant.errors import SpecError
from simulator.plant.strict import build, within

PLANTS = Path(__file__).resolve().parent.parent / "plants"


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
    """Application Auto Scaling's own timing."""

    missing_breaks: bool
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
class PlantSpec:
    """`shortage` and `quota` are absent in a plant that has neither."""

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

    def slower(self, factor: float) -> "PlantSpec":
        """The same plant with start-ups `factor` times as long."""
        return replace(
            self,
            start=replace(self.start, median_s=self.start.median_s * factor),
            instances=replace(self.instances, launch_median_s=self.instances.launch_median_s * factor),
        )


def load_plant(path: Path | str) -> PlantSpec:
    """Reads a plant file; a bare name (`standard`) is looked up beside this package."""
    file = Path(path)
    if not file.suffix and file.parent == Path():
        file = PLANTS / f"{path}.toml"
    spec = build(PlantSpec, _read(file), file, "")
    limit = spec.shortage
    if limit is not None and limit.instances < spec.instances.minimum:
        raise SpecError(
            f"{file}: shortage.instances = {limit.instances}: must be at least instances.minimum, "
            f"{spec.instances.minimum}"
        )
    return spec


def _read(file: Path, depth: int = 0) -> dict[str, Any]:
    """The file's table laid over that of its `base`, key by key."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"{file}: cannot be read ({error.strerror}); there are {_known_plants()}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{file}: not a TOML file: {error}") from error
    base = table.pop("base", None)
    if base is None:
        return table
    if not isinstance(base, str) or depth:
        raise SpecError(f"{file}: base: must be the name of a plant file that has no base itself")
    merged = _read(file.with_name(f"{base}.toml"), depth + 1)
    for key, value in table.items():
        below = merged.get(key)
        merged[key] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _known_plants() -> str:
    return ", ".join(sorted(path.stem for path in PLANTS.glob("*.toml")))
