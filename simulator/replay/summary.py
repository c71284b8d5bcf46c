"""summary.json and timeline.csv."""

import json
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from simulator.plant.offered import loads
from simulator.replay.outcome import Outcome, Scene
from simulator.replay.timeline import STEP_S, Moment

type Metrics = Mapping[str, Any]


def by_policy(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """In the order the policies first appear, seeds in theirs."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.policy, []).append(outcome)
    return found


def summary(scene: Scene, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """With several seeds the policies' figures are medians over them, and every seed stands under `runs`."""
    policies = by_policy(outcomes)
    seeds = [outcome.seed for outcome in next(iter(policies.values()))]
    found: dict[str, Any] = {
        "trace": scene.trace.name,
        "plant": scene.spec.name,
        "seed": seeds[0],
        "policies": {name: medians([run.metrics for run in runs]) for name, runs in policies.items()},
    }
    if len(seeds) > 1:
        found["runs"] = [
            {"seed": seed, "policies": {name: runs[number].metrics for name, runs in policies.items()}}
            for number, seed in enumerate(seeds)
        ]
    return found


def medians(runs: Sequence[Metrics]) -> dict[str, Any]:
    """Key by key; of the calls operation by operation, where a run without any counts as 0."""
    found: dict[str, Any] = {}
    for key, first in runs[0].items():
        if isinstance(first, Mapping):
            operations = sorted({operation for run in runs for operation in run[key]})
            found[key] = {one: _median([run[key].get(one, 0) for run in runs]) for one in operations}
        else:
            found[key] = _median([run[key] for run in runs])
    return found


def _median(values: Sequence[float]) -> float:
    middle = median(values)
    counted = all(isinstance(value, int) for value in values) and middle == int(middle)
    return int(middle) if counted else round(middle, 6)


def as_json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def timeline(scene: Scene, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """One row every 10 s for each policy. `offered`: the most requests busy at once were servers unlimited."""
    yield ",".join(("policy", "seed", "at_s", "offered", *Moment._fields[1:])) + "\n"
    peaks = offered(scene)
    for outcome in outcomes:
        for moment in outcome.moments:
            place = int(moment.at_s // STEP_S)
            load = peaks[place] if place < len(peaks) else 0
            values = ",".join(map(str, moment[1:]))
            yield f"{outcome.policy},{outcome.seed},{moment.at_s:.0f},{load},{values}\n"


def offered(scene: Scene) -> list[int]:
    """The most requests busy at once in each 10 s of the trace, were servers unlimited."""
    return [load.peak for load in loads(scene.trace.demands(scene.spec.service, scene.derived.factor), STEP_S)]
