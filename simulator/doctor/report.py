"""What was found, as a table for people and as JSON for everything else."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from simulator.doctor.facts import Facts, Identity
from simulator.doctor.findings import Finding, Status

STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.UNCHECKED: "cyan"}
SHORT = {Status.UNCHECKED: "unchecked"}


def table(findings: Sequence[Finding]) -> Table:
    """A line a finding; those of one component under its name."""
    shown = Table(box=box.SIMPLE, padding=(0, 1), expand=True)
    shown.add_column("", no_wrap=True)
    shown.add_column("check", max_width=18)
    shown.add_column("what was seen, what it means, → what to do", ratio=1, overflow="fold")
    subject = ""
    for finding in findings:
        if finding.subject != subject:
            subject = finding.subject
            shown.add_section()
            shown.add_row("", "", Text(subject, style="bold"))
        shown.add_row(_status(finding), finding.check, _said(finding))
    return shown


def _status(finding: Finding) -> Text:
    return Text(SHORT.get(finding.status, finding.status), style=STYLES[finding.status])


def _said(finding: Finding) -> Text:
    text = Text(finding.seen).append(f" {finding.means}", style="dim")
    return text.append(f"\n→ {finding.do}", style=STYLES[finding.status]) if finding.do else text


def summary(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.status for finding in findings)
    return ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])


def document(facts: Facts, findings: Sequence[Finding], answers: Sequence[Mapping[str, str]]) -> str:
    """The same for programs."""
    who = facts.identity if isinstance(facts.identity, Identity) else None
    content: dict[str, Any] = {
        "at": facts.now.isoformat(timespec="seconds"),
        "account": who.account if who else None,
        "region": facts.region,
        "stack": facts.asked.stack,
        "component": facts.asked.component,
        "findings": [asdict(finding) for finding in findings],
        "answers": list(answers),
    }
    return json.dumps(content, indent=2) + "\n"
