"""The open questions: the table of docs/live-checks.md, read as it stands there."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "live-checks.md"
BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True, slots=True)
class Question:
    """One row; `name` is what stands in bold, `how` the way to check it by hand."""

    name: str
    text: str
    how: str


def questions(page: Path = PAGE) -> list[Question]:
    rows = [line.strip().strip("|").split(" | ") for line in page.read_text(encoding="utf-8").splitlines()]
    return [
        Question(found[1], row[0].strip().replace("**", ""), row[-1].strip())
        for row in rows
        if len(row) == 3 and (found := BOLD.search(row[0]))
    ]
