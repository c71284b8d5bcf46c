"""One self-contained HTML page of a run: charts drawn by a script in the page, everything else plain HTML."""

import json
import re
from html import escape
from pathlib import Path

from simulator.demo.comparison import Comparison
from simulator.demo.figures import second, steps, wake
from simulator.demo.page_data import page_data
from simulator.demo.story import Story
from simulator.demo.tables import clock, number_rows, wake_rows
from simulator.demo.verdict import Link, broken, links

ASSETS = Path(__file__).parent / "assets"


def render(story: Story, other: Comparison | None) -> str:
    """The page; `other` is the run without (or with) Headstart on the same window, if there was one."""
    parts = {
        "title": _title(story),
        "lead": _lead(story),
        **_verdict(story),
        "tiles": _tiles(story, other),
        "dots": " The dots are decisions: move over them, tap them or reach them with Tab." if story.headstart else "",
        "wake_note": _wake_note(story),
        "wake": _wake(story),
        "steps": _steps(story),
        "decisions": _decisions(story) if story.headstart else "",
        "numbers_head": _numbers_head(story, other),
        "numbers": _numbers(story, other),
        "chain": "".join(map(_link, links(story))),
        "setting": _setting(story),
        "data": json.dumps(page_data(story), separators=(",", ":")).replace("</", "<\\/"),
        "css": _asset("page.css"),
        "js": _asset("page.js"),
    }
    page = _asset("page.html")
    for name, text in parts.items():
        page = page.replace("{{" + name + "}}", text)
    return page


def _title(story: Story) -> str:
    return (
        "Headstart, from zero through a burst" if story.headstart else "Native scaling alone, from zero through a burst"
    )


def _lead(story: Story) -> str:
    who = (
        "Headstart, deployed with <code>sam deploy</code>, scaled it out from CloudWatch alarms, beside native scaling"
        if story.headstart
        else "Native scaling (target tracking and a wake step) scaled it out; Headstart was not deployed"
    )
    return (
        "A SageMaker inference component stood at zero copies when the requests of a trace "
        f"({escape(story.trace)}) began to arrive. {who}. Everything ran on one machine, without an AWS account: the "
        "component is simulated, and its copies start in 20 to 40 seconds instead of two to nine minutes. All other "
        "delays are those of AWS, as far as they are known."
    )


def _verdict(story: Story) -> dict[str, str]:
    link = broken(story)
    text = "The whole chain happened." if link is None else f"Broken at “{link.name}”: {link.broken}"
    return {"verdict": escape(text), "verdict_class": "good" if link is None else "bad"}


def _tiles(story: Story, other: Comparison | None) -> str:
    theirs = [beside for _, _, beside in other.tiles()] if other else []
    found = []
    for index, (value, text, _) in enumerate(Comparison.of(story).tiles()):
        # A number and its unit stay together.
        glued = re.sub(r"(?<=\d) s\b", "&nbsp;s", escape(theirs[index])) if other else ""
        beside = f'<span class="other">{escape(other.name)}: {glued}</span>' if other else ""
        found.append(f'<div class="tile"><b>{escape(value)}</b><span>{escape(text)}</span>{beside}</div>')
    return "".join(found)


def _wake_note(story: Story) -> str:
    if not story.headstart:
        return "Native scaling acts about a minute after its alarm and adds one copy, whatever the demand."
    found = wake(story)
    asked = f"{found.asked} copies" if found.asked is not None else "copies"
    return (
        f"One alarm, one write for {asked}: sized by the requests that were refused. Between the first refusal and the "
        "alarm lie the 10 s metric period and the 20 s it takes to be published."
    )


def _wake(story: Story) -> str:
    return "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{_s(at)}</td><td class="n">{_s(since, "+")}</td></tr>'
        for name, at, since in wake_rows(wake(story), headstart=story.headstart)
    )


def _s(value: float | None, sign: str = "") -> str:
    return "" if value is None else f"{sign}{value:.1f} s"


def _steps(story: Story) -> str:
    rows = [(step.at, step.who, f"{step.before} → {step.asked}", step.why) for step in steps(story)] + [
        (write.at, story.who(write), "-", f"{write.outcome}: an update was in flight")
        for write in story.writes()
        if write.outcome != "accepted"
    ]
    return (
        "".join(
            f'<tr><td class="n">{clock(at)}</td><td class="k">{escape(who)}</td><td class="n">{copies}</td>'
            f"<td>{escape(why)}</td></tr>"
            for at, who, copies, why in sorted(rows)
        )
        or "<tr><td></td><td>nobody</td><td></td><td>no copy count was written</td></tr>"
    )


def _decisions(story: Story) -> str:
    rows = "".join(
        f'<tr><td class="n">{clock(second(story, one["at"]))}</td><td>{escape(one["signal"])}</td>'
        f"<td>{escape(one['outcome']['kind'])}</td><td>{escape(one['reason'])}</td></tr>"
        for one in story.decisions
    )
    return (
        "<section><h2>Headstart's decisions</h2>"
        f'<p class="note">All {len(story.decisions)} as fetched from the history API, signed. A look that changes '
        "nothing is recorded too.</p><details><summary>Show them</summary>"
        '<div class="scroll"><table class="wide"><thead><tr><th class="n">at</th><th>signal</th><th>outcome</th>'
        "<th>reason</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></div></details></section>"
    )


def _numbers_head(story: Story, other: Comparison | None) -> str:
    beside = f"<th>{escape(other.name)}</th>" if other else ""
    return f"<th>{escape(Comparison.of(story).name)}</th>{beside}"


def _numbers(story: Story, other: Comparison | None) -> str:
    theirs = dict(other.numbers) if other else {}
    return "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td>"
        + (f"<td>{escape(theirs.get(name, '-'))}</td>" if other else "")
        + "</tr>"
        for name, value in number_rows(story)
    )


def _link(link: Link) -> str:
    mark = '<td class="broken">broken</td>' if link.broken else '<td class="ok">ok</td>'
    at = "" if link.at is None else f"{link.at:.1f} s"
    return (
        f'<tr>{mark}<td>{escape(link.name)}</td><td class="n">{at}</td><td>{escape(link.broken or link.seen)}</td></tr>'
    )


def _setting(story: Story) -> str:
    window = story.window
    kept = "" if window.kept_one_in == 1 else f"; one request in {window.kept_one_in} kept"
    rows = {
        "trace": f"{story.trace}, from second {window.starts_at_s:.0f}, {window.length_s:.0f} s{kept}",
        "service times": "0.2 s + input / 8000 + 0.02 s x output (or the trace's own), "
        f"times {window.factor:g}; mean {window.mean_service_s:.1f} s",
        "a copy": f"serves {window.slots} requests at once; native target {window.target:g} (0.7 of that)",
        "plant": story.plant,
        "native scaling": "minimum 0, maximum 12; cooldowns 60 s out, 300 s in; wake step of one copy",
        "random numbers": f"seed {story.seed}; start-up times are the same with and without Headstart",
    }
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")
