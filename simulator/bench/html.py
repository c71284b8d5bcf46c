"""One self-contained HTML page of a benchmark."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from math import isinf
from typing import Any

from simulator.bench.compare import Compared, every_ratio, select
from simulator.bench.measure import Measured
from simulator.bench.plan import BASELINES, OURS, SHOWN, Plan
from simulator.bench.results import machine
from simulator.bench.sheet import Sheet
from simulator.bench.sheets import NO, NOBODY, YES, sheets
from simulator.bench.shown import COLUMNS, SAME_TERMS, Rows, by_policy, by_trace, ratio
from simulator.bench.traces import Sized
from simulator.replay.choose import FRONTIER
from simulator.replay.page import page, row, terms
from simulator.replay.report_data import point
from simulator.replay.stats import Ratio
from simulator.replay.table import COLUMNS as FIGURES
from simulator.replay.table import cells

METRICS = {"mean_wait_s": "Mean wait", "copy_hours": "Copy-hours"}
INFINITE = 1e6
LONG = 40
"""Characters from which a cell is wrapped, and reads from the left."""
PLACED = SHOWN | {*FRONTIER}


def render(plan: Plan, traces: Sequence[Sized], measured: Sequence[Measured], rows: Sequence[Compared]) -> str:
    standard = [one for one in measured if one.job.plant == "standard"]
    return page(
        "bench.html",
        ("charts.js", "bench.js"),
        _data(traces, standard, rows),
        {
            "title": escape(f"{plan.command}: {len(traces)} {'trace' if len(traces) == 1 else 'traces'}"),
            "lead": escape(_lead(traces)),
            "ratios": "".join(_ratios(select(rows, baseline=baseline), baseline) for baseline in BASELINES),
            "sheets": "".join(map(_sheet, sheets(traces, measured))),
            "figures": "".join(_figures(one, standard) for one in traces),
            "setting": terms(setting(plan, traces, measured)),
        },
    )


def _lead(traces: Sequence[Sized]) -> str:
    requests, hours = sum(one.trace.requests for one in traces), sum(one.trace.last_s for one in traces) / 3600
    return (
        f"{requests:,} requests in {hours:.0f} hours of traces, each replayed on the standard plant under every "
        "policy. A ratio below 1 is less waiting, or less cost, than the baseline."
    )


def setting(plan: Plan, traces: Sequence[Sized], measured: Sequence[Measured]) -> dict[str, str]:
    """What a reader needs to get the same: command, seeds, machine, what was derived, what to know of a policy."""
    seeds = sorted({one.job.seeds for one in measured})
    remarks = {one.job.policy: run.remark for one in measured if (run := one.outcomes[0]).remark}
    return {
        "command": plan.command,
        "seeds": f"from 1; {' or '.join(map(str, seeds))} of them; start-up times are common to all policies",
        "machine": f"{machine()}; the figures do not depend on it",
        **{one.name: str(one.derived) for one in traces},
        **remarks,
    }


def _data(traces: Sequence[Sized], measured: Sequence[Measured], rows: Sequence[Compared]) -> dict[str, Any]:
    return {
        "metrics": [{"key": key, "name": name} for key, name in METRICS.items()],
        "baselines": [
            {"name": baseline, "rows": [_forest(row) for row in select(rows, policy=OURS, baseline=baseline)]}
            for baseline in BASELINES
        ],
        "traces": [
            {
                "name": one.name,
                "points": [
                    point(job.job.policy, job.outcomes)
                    for job in measured
                    if job.job.trace == one.name and job.job.policy in PLACED
                ],
            }
            for one in traces
        ],
    }


def _forest(compared: Compared) -> dict[str, Any]:
    found = every_ratio(compared)
    text = f"Without the worst episode: {ratio(found['without_worst'])}. {compared.seeds} seeds."
    return {"name": compared.trace, "text": text, **{key: _drawn(found[key]) for key in METRICS}}


def _drawn(found: Ratio | None) -> list[float]:
    if found is None:
        return [1.0, 1.0, 1.0]
    return [INFINITE if isinf(value) else round(value, 4) for value in (found.median, found.low, found.high)]


def _ratios(rows: Sequence[Compared], baseline: str) -> str:
    ours = _table("trace", by_trace(select(rows, policy=OURS)))
    every = _table("policy", by_policy(rows))
    return (
        f"<section><h2>{OURS} to {escape(baseline)}</h2>{ours}"
        '<p class="note">A slow share is of all requests; a slow interval is one of 10 s in which anyone waited over '
        "10 s. Where neither waits the ratio is 1; where only the baseline does not, ∞.</p></section>"
        f"<section><h2>Every policy to {escape(baseline)}, over all traces</h2>{every}"
        f'<p class="note">Medians of the traces\' medians; the interval is over traces. {SAME_TERMS}</p></section>'
    )


def _table(first: str, rows: Rows) -> str:
    body = [([name, *(ratio(found.get(key)) for key in COLUMNS)], name == OURS) for name, found in rows]
    return _html_table([first, *COLUMNS.values()], body)


def _sheet(sheet: Sheet) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in sheet.head)
    rows = "".join(f"<tr>{''.join(map(_sheet_cell, texts))}</tr>" for texts in sheet.rows)
    table = (
        f'<div class="scroll"><table class="sheet"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
    return f'<section><h2>{escape(sheet.title)}</h2><p class="note">{_code(sheet.note)}</p>{table}</section>'


def _sheet_cell(text: str) -> str:
    kind = (
        "good" if text.endswith(YES) else "bad" if NO in text else "text" if len(text) > LONG or text == NOBODY else ""
    )
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _figures(one: Sized, measured: Sequence[Measured]) -> str:
    body = [
        ([job.outcomes[0].policy, *cells([run.metrics for run in job.outcomes])], job.job.policy == OURS)
        for job in measured
        if job.job.trace == one.name and job.job.policy in SHOWN
    ]
    note = f"{escape(str(one.derived))}. Waits in seconds; medians over the seeds."
    table = _html_table(["policy", *FIGURES], body)
    return f'<section><h2>{escape(one.name)}</h2><p class="note">{note}</p>{table}</section>'


def _html_table(head: Sequence[str], body: Iterable[tuple[list[str], bool]]) -> str:
    """Rows with whether they are ours."""
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    rows = "".join(row(texts, "ours" if ours else "") for texts, ours in body)
    return f'<div class="scroll"><table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table></div>'
