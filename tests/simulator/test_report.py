"""The page of a replay."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from simulator.plant.sizing import derive_for
from simulator.plant.spec import load_plant
from simulator.replay.choose import chosen
from simulator.replay.outcome import Outcome, Scene, replay
from simulator.replay.page import asset, page
from simulator.replay.report import render
from simulator.replay.report_data import group, report_data
from simulator.traces import read
from tests.simulator.small_trace import written

POLICIES = ["native-high-res", "headstart", "present", "native-t55-m1-s1"]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, list[Outcome]]:
    trace, spec = read(written(tmp_path_factory.mktemp("trace"))), load_plant("standard")
    scene = Scene(trace, spec, derive_for(trace, spec))
    makers = chosen(POLICIES).values()
    outcomes = [replay(scene, make, seed, lambda _: None, in_detail=seed == 1) for make in makers for seed in (1, 2)]
    return scene, outcomes


def _drawn(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    drawn: dict[str, Any] = json.loads(found[1])
    return drawn


def test_the_page_has_every_policy_and_every_decision_with_its_reason(played: tuple[Scene, list[Outcome]]) -> None:
    html = render(*played)
    drawn = _drawn(html)
    for name in POLICIES:
        assert f"<td>{name}</td>" in html
    assert [policy["name"] for policy in drawn["policies"]] == POLICIES[:3]
    assert [point["name"] for point in drawn["points"]] == POLICIES
    decisions = next(run for run in played[1] if run.policy == "headstart").decisions
    told = next(policy for policy in drawn["policies"] if policy["name"] == "headstart")["decisions"]
    assert [one[4] for one in told] == [one.reason for one in decisions]
    assert any(one.kind == "applied" and one.reason.startswith("Asks for ") for one in decisions)


def test_the_page_needs_nothing_from_elsewhere(played: tuple[Scene, list[Outcome]]) -> None:
    html = render(*played)
    assert not re.findall(r"{{\w+}}", html)
    assert not re.findall(r'(?:src|href)="|@import|url\(', html)
    assert set(re.findall(r"https?://[^\"' ]+", html)) == {"http://www.w3.org/2000/svg"}


def test_what_was_derived_and_the_remarks_stand_in_it(played: tuple[Scene, list[Outcome]]) -> None:
    html = render(*played)
    assert str(played[0].derived) in html
    assert "limit: knows the true load of this second" in html
    assert "medians over the seeds" in html


def test_curves_are_as_long_as_the_replay_and_episodes_as_many(played: tuple[Scene, list[Outcome]]) -> None:
    scene, outcomes = played
    drawn = report_data(scene, outcomes)
    looks = int(scene.duration_s // 10) + 1
    assert drawn["length"] == 10 * looks
    for policy in drawn["policies"]:
        assert (
            len(policy["copies"]) == len(policy["desired"]) == len(policy["waiting"]) == len(drawn["demand"]) == looks
        )
        assert len(policy["episodes"]) == 2
    assert drawn["episodes"]["requests"] == [120, 120]


def test_policies_are_coloured_by_kind() -> None:
    kinds = {
        name: group(name) for name in ("headstart", "native-min-1", "native-t35-m0-s1", "present", "keda", "static-3")
    }
    assert list(kinds.values()) == ["headstart", "native", "frontier", "limit", "peer", "peer"]


def test_a_name_cannot_leave_its_place_in_the_page(tmp_path: Path, played: tuple[Scene, list[Outcome]]) -> None:
    scene, outcomes = played
    file = written(tmp_path).rename(tmp_path / "<b>&{{css}}.csv")
    odd = Scene(read(file), scene.spec, scene.derived)
    html = render(odd, outcomes)
    assert "<h1>&lt;b&gt;&amp;{{css}}: 4 policies</h1>" in html
    holes = dict.fromkeys(re.findall(r"{{(\w+)}}", asset("report.html")), "")
    assert '{"name":"<\\/script>"}' in page("report.html", (), {"name": "</script>"}, holes)
