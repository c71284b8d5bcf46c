"""What the page's script draws, as plain values. Times in seconds since the first arrival."""

from typing import Any

from simulator.demo import native
from simulator.demo.figures import Step, second, steps
from simulator.demo.story import Story
from simulator.demo.window import BURST_S


def page_data(story: Story) -> dict[str, Any]:
    """What the script draws."""
    slots, samples = story.window.slots, [sample for sample in story.samples if sample.at >= 0.0]
    series: dict[str, list[int]] = {
        name: [getattr(sample, name) for sample in samples]
        for name in ("demand", "queued", "retrying", "refused", "in_service", "asked")
    }
    series["capacity"] = [slots * sample.in_service for sample in samples]
    burst = story.window.burst_from_s
    return {
        "length": round(story.length_s, 1),
        "burst": [burst, min(burst + BURST_S, story.length_s)],
        "t": [round(sample.at, 2) for sample in samples],
        "series": series,
        "refused": refused_by_second(story),
        "alarms": alarm_spans(story),
        "writes": [_write(step) for step in steps(story)],
        "decisions": [
            {
                "t": round(second(story, decision["at"]), 2),
                "signal": decision["signal"],
                "kind": decision["outcome"]["kind"],
                "reason": decision["reason"],
            }
            for decision in story.decisions
        ],
    }


def refused_by_second(story: Story) -> list[int]:
    """Attempts turned away at zero copies, by second."""
    counts = [0] * (int(story.length_s) + 1)
    before = 0
    for sample in story.samples:
        if 0 <= sample.at < len(counts):
            counts[int(sample.at)] += sample.refused - before
        before = sample.refused
    return counts


def alarm_spans(story: Story) -> list[dict[str, Any]]:
    """When each alarm that matters was in ALARM."""
    named = {
        f"headstart/{story.stack}/{story.component}/wake": "Headstart: a request was refused (wake)",
        f"headstart/{story.stack}/{story.component}/pressure": "Headstart: concurrency above the target (pressure)",
        native.wake_alarm(story.component): "native: a request was refused",
    }
    spans: dict[str, list[list[float]]] = {
        text: [] for name, text in named.items() if story.headstart or not name.startswith("headstart/")
    }
    spans["native: concurrency above the target for 30 s"] = []
    for move in story.moves():
        text = named.get(
            move.alarm, "native: concurrency above the target for 30 s" if "AlarmHigh" in move.alarm else ""
        )
        if text not in spans:
            continue
        found = spans[text]
        if move.state == "ALARM":
            found.append([round(move.at, 1), round(story.length_s, 1)])
        elif found and found[-1][1] == round(story.length_s, 1):
            found[-1][1] = round(move.at, 1)
    return [{"name": name, "spans": found} for name, found in spans.items()]


def _write(step: Step) -> dict[str, Any]:
    is_native = step.who == "native"
    return {
        "t": round(step.at, 2),
        "who": "Native scaling" if is_native else step.who.capitalize(),
        "native": is_native,
        "before": step.before,
        "asked": step.asked,
        "why": step.why,
    }
