"""One self-contained HTML page of a replay."""

from collections.abc import Sequence
from html import escape

from simulator.replay.choose import FRONTIER
from simulator.replay.outcome import Outcome, Scene
from simulator.replay.page import page, row, terms
from simulator.replay.report_data import episode_name, report_data
from simulator.replay.run import DRAIN_S
from simulator.replay.summary import by_policy
from simulator.replay.table import COLUMNS, cells

MORE_COLUMNS = ("refused", "AWS calls", "invocations")


def render(scene: Scene, outcomes: Sequence[Outcome]) -> str:
    policies = by_policy(outcomes)
    seeds = [run.seed for run in outcomes if run.policy == outcomes[0].policy]
    several = len(seeds) > 1
    return page(
        "report.html",
        ("charts.js", "report.js"),
        report_data(scene, outcomes),
        {
            "title": escape(f"{scene.trace.name}: {len(policies)} {'policy' if len(policies) == 1 else 'policies'}"),
            "lead": escape(_lead(scene)),
            "columns": _heads(),
            "rows": "".join(_row(name, runs) for name, runs in policies.items() if name not in FRONTIER),
            "frontier": _frontier({name: runs for name, runs in policies.items() if name in FRONTIER}),
            "numbers_note": _numbers_note(several=several),
            "timeline_note": _timeline_note(outcomes, seeds),
            "episode": episode_name(scene),
            "episodes_note": _episodes_note(scene, seeds),
            "decisions": "".join(
                _decisions(runs[0]) for name, runs in policies.items() if name not in FRONTIER and runs[0].decisions
            ),
            "setting": terms(_setting(scene, policies, seeds)),
        },
    )


def _lead(scene: Scene) -> str:
    hours = scene.trace.last_s / 3600
    return (
        f"{scene.trace.requests:,} requests in {hours:.1f} hours on the plant “{scene.spec.name}”, replayed in virtual "
        f"time. {scene.spec.about} Derived from the trace: {scene.derived}."
    )


def _heads() -> str:
    return "".join(f"<th>{escape(column)}</th>" for column in (*COLUMNS, *MORE_COLUMNS))


def _frontier(policies: dict[str, list[Outcome]]) -> str:
    if not policies:
        return ""
    rows = "".join(_row(name, runs) for name, runs in policies.items())
    return (
        f"<details><summary>Native's frontier: {len(policies)} set-ups (t: target in hundredths of the slots, m: "
        'minimum, s: wake step)</summary><div class="scroll"><table><thead><tr><th>set-up</th>'
        f"{_heads()}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _row(name: str, runs: Sequence[Outcome]) -> str:
    metrics = [run.metrics for run in runs]
    first = metrics[0]
    more = [first["refused_attempts"], sum(first["aws_calls"].values()), first["invocations"]]
    return row(
        [name, *cells(metrics), *(f"{value:,}" for value in more)], "ours" if name.startswith("headstart") else ""
    )


def _numbers_note(*, several: bool) -> str:
    medians = "Figures are medians over the seeds; the last three columns are those of the first. " if several else ""
    return (
        f"{medians}Waits, in seconds, run from a client's first attempt to the start of service; every arrival counts "
        "once, one that gave up with 600 s. Copy-hours (copy-h) run from the accepted write until drained, "
        "instance-hours (inst-h) from launch to release."
    )


def _timeline_note(outcomes: Sequence[Outcome], seeds: Sequence[int]) -> str:
    dots = (
        " Dots are decisions that asked for a count, ticks under the charts are looks that changed nothing; move over "
        "them, tap them or reach the dots with Tab for the reason."
        if any(run.decisions for run in outcomes)
        else ""
    )
    which = f" Drawn is seed {seeds[0]}." if len(seeds) > 1 else ""
    return f"Hours and minutes from the trace's start; move over a chart, or tap it, for its numbers.{dots}{which}"


def _episodes_note(scene: Scene, seeds: Sequence[int]) -> str:
    cut = (
        "An episode is a run of arrivals without a gap of over five minutes."
        if scene.derived.gaps
        else "The trace has no gap of over five minutes, so it is cut by the hour."
    )
    which = f" Drawn is seed {seeds[0]}." if len(seeds) > 1 else ""
    return f"{cut} Bars are mean waits in seconds, logarithmic above a tenth.{which}"


def _decisions(run: Outcome) -> str:
    rows = "".join(
        f"<tr><td>{_clock(one.at_s)}</td><td>{escape(one.signal)}</td><td>{escape(one.kind)}</td>"
        f'<td>{one.desired}</td><td class="text">{escape(one.reason)}</td></tr>'
        for one in run.decisions
        if one.kind != "held"
    )
    held = sum(one.kind == "held" for one in run.decisions)
    return (
        f"<section><h2>Decisions of {escape(run.policy)}</h2><p class='note'>{len(run.decisions)} are on record; the "
        f"{held} looks that changed nothing are in the timeline only.</p><details><summary>Show the others</summary>"
        '<div class="scroll"><table><thead><tr><th>at</th><th>signal</th><th>outcome</th><th>copies</th>'
        f'<th class="text">reason</th></tr></thead><tbody>{rows}</tbody></table></div></details></section>'
    )


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _setting(scene: Scene, policies: dict[str, list[Outcome]], seeds: Sequence[int]) -> dict[str, str]:
    remarks = {name: runs[0].remark for name, runs in policies.items() if runs[0].remark}
    return {
        "trace": f"{scene.trace.name}, {scene.trace.requests:,} requests, the last at {_clock(scene.trace.last_s)}",
        "plant": f"{scene.spec.name}. {scene.spec.about}",
        "derived": str(scene.derived),
        "seeds": ", ".join(map(str, seeds)) + "; start-up times and jitter are the same for every policy",
        "the end": f"arrivals stop, the plant drains for {DRAIN_S / 60:.0f} minutes, and nobody is dropped",
        **remarks,
    }
