"""results.json: every figure of every seed, and the comparisons."""

import json
import platform
import re
from collections.abc import Sequence
from math import isinf
from typing import Any

from simulator.bench.compare import Compared
from simulator.bench.measure import Measured
from simulator.bench.plan import Plan
from simulator.bench.traces import Sized
from simulator.replay.stats import Ratio
from simulator.replay.workers import cores


def machine() -> str:
    """Its kind: figures of waits and costs do not depend on it."""
    version = ".".join(platform.python_version_tuple()[:2])
    return f"{cores()} cores, {platform.machine()}, Python {version}"


def as_results(plan: Plan, traces: Sequence[Sized], measured: Sequence[Measured], rows: Sequence[Compared]) -> Any:  # noqa: ANN401  a JSON tree
    return {
        "command": plan.command,
        "machine": machine(),
        "seeds": "1 to n for n figures",
        "traces": {
            one.name: {
                "requests": one.trace.requests,
                "hours": round(one.trace.last_s / 3600, 3),
                "gaps": one.derived.gaps,
                "derived": str(one.derived),
                "plants": _plants(one.name, measured),
            }
            for one in traces
        },
        "comparisons": [_compared(row) for row in rows],
    }


def _plants(trace: str, measured: Sequence[Measured]) -> dict[str, Any]:
    plants: dict[str, Any] = {}
    for one in measured:
        if one.job.trace == trace:
            plants.setdefault(one.job.plant, {})[one.job.policy] = _figures(one)
    return plants


def _figures(one: Measured) -> dict[str, Any]:
    """A list over the seeds for each figure; the calls are summed over the operations."""
    found: dict[str, Any] = {"policy": one.outcomes[0].policy} if one.outcomes[0].policy != one.job.policy else {}
    for key in one.outcomes[0].metrics:
        values = [outcome.metrics[key] for outcome in one.outcomes]
        found[key] = [sum(value.values()) for value in values] if key == "aws_calls" else values
    return found


def _compared(row: Compared) -> dict[str, Any]:
    waits = row.waits
    return {
        "trace": row.trace,
        "plant": row.plant,
        "policy": row.policy,
        "baseline": row.baseline,
        "seeds": row.seeds,
        **{key: _ratio(ratio) for key, ratio in row.ratios.items()},
        "mean_wait_per_episode": _ratio(waits.per_episode),
        "mean_wait_without_worst_episode": None if waits.without_worst is None else _ratio(waits.without_worst),
        "worst_episode_start_s": round(waits.worst_start_s, 1),
        "worst_episode_share": round(waits.worst_share, 4),
    }


def _ratio(ratio: Ratio) -> list[float | str]:
    """Median, low, high. "inf" where the baseline has nothing: JSON knows no infinite number."""
    return ["inf" if isinf(value) else round(value, 4) for value in (ratio.median, ratio.low, ratio.high)]


def compact_json(tree: object) -> str:
    """Indented, with lists of plain values on one line."""
    text = json.dumps(tree, indent=1, ensure_ascii=False, allow_nan=False)
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda found: f"[{re.sub(r',\s+', ', ', found[1])}]", text) + "\n"
