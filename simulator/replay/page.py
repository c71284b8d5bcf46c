"""A self-contained HTML page from a template, its style and its scripts."""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
_HOLE = re.compile(r"\{\{(\w+)\}\}")


def page(template: str, scripts: Sequence[str], data: object, parts: Mapping[str, str]) -> str:
    """Fills the template's holes. `parts` are HTML; `data` is what the scripts draw."""
    filled = {
        **parts,
        "css": asset("base.css"),
        "js": "\n".join(map(asset, scripts)),
        # The page's script element would end at a "</script" in a name.
        "data": json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("</", "<\\/"),
    }
    return _HOLE.sub(lambda hole: filled[hole[1]], asset(template))


def asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def row(cells: Sequence[str], kind: str = "") -> str:
    """A table's row of plain texts."""
    inner = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{kind}">{inner}</tr>' if kind else f"<tr>{inner}</tr>"


def terms(rows: Mapping[str, str]) -> str:
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
