"""The documentation says what the code does: examples run, references resolve."""

import doctest
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from headstart.domain.burst import burst
from headstart.domain.counterfactual import follow, reserve
from headstart.domain.decide import decide
from headstart.domain.demand import learn_service_time, measure, offered_load
from headstart.domain.limits import account
from headstart.domain.model import (
    Capacity,
    CopiesSeen,
    Counterfactual,
    PastLoad,
    ServiceTime,
    SignalKind,
    Spent,
    StartKind,
    StartUp,
    Status,
)
from headstart.domain.refusals import ask, asks_again, noted
from headstart.domain.schedule import schedule_from, schedule_minimum
from headstart.domain.season import renewed, season_minimum
from headstart.domain.startup import expected, times
from headstart.domain.surge import follow as follow_surges
from headstart.domain.surge import surge
from tests.support.builders import NOW, points, policy, seen, signal, state

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = {
    "Capacity": Capacity,
    "CopiesSeen": CopiesSeen,
    "Counterfactual": Counterfactual,
    "NOW": NOW,
    "PastLoad": PastLoad,
    "ServiceTime": ServiceTime,
    "SignalKind": SignalKind,
    "StartKind": StartKind,
    "StartUp": StartUp,
    "Status": Status,
    "burst": burst,
    "decide": decide,
    "expected": expected,
    "follow": follow,
    "follow_surges": follow_surges,
    "surge": surge,
    "learn_service_time": learn_service_time,
    "measure": measure,
    "offered_load": offered_load,
    "points": points,
    "schedule_from": schedule_from,
    "schedule_minimum": schedule_minimum,
    "policy": policy,
    "renewed": renewed,
    "season_minimum": season_minimum,
    "replace": replace,
    "reserve": reserve,
    "seen": seen,
    "signal": signal,
    "Spent": Spent,
    "account": account,
    "ask": ask,
    "asks_again": asks_again,
    "noted": noted,
    "state": state,
    "timedelta": timedelta,
    "times": times,
}
COMMENTED = [
    path
    for folder in ("layers", "functions", "simulator", "tests")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".toml", ".md"}
]


@pytest.mark.parametrize("name", ["algorithm", "cost"])
def test_worked_examples_come_out_as_written(name: str) -> None:
    page = ROOT / "docs" / f"{name}.md"
    examples = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
    assert ">>>" in examples
    said: list[str] = []
    found = doctest.DocTestParser().get_doctest(examples, dict(NAMES), page.name, str(page), 0)
    failed, _ = doctest.DocTestRunner().run(found, out=said.append)
    assert not failed, "".join(said)


def test_every_aws_fact_that_a_comment_names_is_there() -> None:
    numbers = "([0-9]+(?:[.][0-9]+)?)"
    facts = (ROOT / "docs" / "aws-facts.md").read_text()
    known = set(re.findall(rf"^(?:## |\| ){numbers} ", facts, re.MULTILINE))
    named = {
        number
        for path in COMMENTED
        for run in re.findall(rf"aws-facts {numbers}((?:(?:, | and ){numbers})*)", path.read_text())
        for number in re.findall(numbers, " ".join(run[:2]))
    }
    assert named
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"`[^`]*`", "", page.read_text())
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", prose):
        assert target.startswith("https://") or (page.parent / target).exists(), target
