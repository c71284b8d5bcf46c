"""What the report's script draws, as plain values. Times in seconds from the trace's start."""

from collections.abc import Sequence
from typing import Any

from simulator.replay.choose import FRONTIER, LIMITS
from simulator.replay.outcome import Outcome, Scene
from simulator.replay.summary import by_policy, medians, offered
from simulator.replay.timeline import STEP_S

POINTS = 1400
"""At most so many looks a curve: a page is no wider."""


def report_data(scene: Scene, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Curves and episodes are those of the first seed; `points` are medians over all."""
    policies = by_policy(outcomes)
    first = [runs[0] for name, runs in policies.items() if name not in FRONTIER]
    looks = max(len(run.moments) for run in first) if first else 0
    merged = max(1, -(-looks // POINTS))
    demand = offered(scene)[:looks]
    drawn = [_policy(run, merged) for run in first]
    episodes = outcomes[0].episodes
    return {
        "length": looks * STEP_S,
        "step": merged * STEP_S,
        "target": scene.derived.target,
        "demand": _merge(demand + [0] * (looks - len(demand)), merged),
        "mostCopies": max((copies for one in drawn for copies in (*one["copies"], *one["desired"])), default=1),
        "mostWaiting": max((waiting for one in drawn for waiting in one["waiting"]), default=1),
        "policies": drawn,
        "episodes": {
            "name": episode_name(scene),
            "starts": [round(one.start_s, 1) for one in episodes],
            "requests": [one.requests for one in episodes],
        },
        "points": [point(name, runs) for name, runs in policies.items()],
    }


def episode_name(scene: Scene) -> str:
    return "episode" if scene.derived.gaps else "hour"


def group(name: str) -> str:
    """The kind of policy, which decides its colour."""
    if name in FRONTIER:
        return "frontier"
    if name in LIMITS:
        return "limit"
    return next((kind for kind in ("headstart", "native") if name.startswith(kind)), "peer")


def point(name: str, runs: Sequence[Outcome]) -> dict[str, Any]:
    """A policy's place in the chart of waits against copy-hours."""
    figures = medians([run.metrics for run in runs])
    text = runs[0].remark
    return {
        "name": name,
        "group": group(name),
        "wait": figures["mean_wait_s"],
        "copyHours": figures["copy_hours"],
        "text": f"{text[:1].upper()}{text[1:]}." if text else "",
    }


def _policy(run: Outcome, merged: int) -> dict[str, Any]:
    moments = run.moments
    return {
        "name": run.policy,
        "copies": _merge([moment.in_service for moment in moments], merged),
        "desired": _merge([moment.desired for moment in moments], merged),
        "waiting": _merge([moment.waiting for moment in moments], merged),
        "decisions": [[one.at_s, one.kind, one.signal, one.desired, one.reason] for one in run.decisions],
        "episodes": [
            [round(one.mean_wait_s, 3), round(one.longest_wait_s, 1), one.slow_10s, one.gave_up] for one in run.episodes
        ],
    }


def _merge(values: Sequence[int], count: int) -> list[int]:
    return [max(values[at : at + count]) for at in range(0, len(values), count)]
