"""The benchmark: what is planned, what is compared, and what is written."""

import json
import re
from collections.abc import Iterator
from io import StringIO
from math import inf
from pathlib import Path

import pytest
from rich.console import Console

from simulator.bench import command as bench
from simulator.bench import measure as measuring
from simulator.bench.ablations import ABLATIONS
from simulator.bench.command import Options
from simulator.bench.compare import compared, every_ratio, over_traces, select
from simulator.bench.frontier import beside_frontier
from simulator.bench.html import render
from simulator.bench.kept import Kept
from simulator.bench.markdown import document
from simulator.bench.measure import Measured, measure
from simulator.bench.plan import BASELINES, OTHER_RESERVES, SHOWN, VARIANTS, Job, Plan, everyday, full
from simulator.bench.results import as_results, compact_json
from simulator.bench.sheets import sheets
from simulator.bench.shown import COLUMNS, number, show, tables
from simulator.bench.traces import Sized, available, limited, sized
from simulator.plant.tomlfile import PLANTS
from simulator.replay.choose import FRONTIER, LIMITS, NAMED
from simulator.replay.options import OptionError
from simulator.replay.policies import MISTAKEN
from tests.simulator.small_trace import written

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

POLICIES = ("native-high-res", "native-min-1", "headstart", "present", "static", "native-t55-m0-s4", "native-t35-m2-s1")
EXTRA = (*OTHER_RESERVES, "without-reserve")


def _console() -> Console:
    return Console(file=StringIO(), width=180)


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> list[Sized]:
    return sized({"two-bursts": str(written(tmp_path_factory.mktemp("trace")))}, _console())


@pytest.fixture(scope="module")
def plan() -> Plan:
    jobs = [Job("two-bursts", "standard", name, 1 if name in FRONTIER else 2) for name in POLICIES]
    jobs += [Job("two-bursts", "no-retry", name, 1) for name in (*BASELINES, "headstart")]
    jobs += [Job("two-bursts", "standard", name, 1) for name in EXTRA]
    return Plan("make bench-full", tuple(jobs))


@pytest.fixture(scope="module")
def measured(plan: Plan, traces: list[Sized]) -> list[Measured]:
    return measure(plan, traces, _console())


def test_the_everyday_plan_has_five_paired_seeds_of_native_headstart_and_the_limits(traces: list[Sized]) -> None:
    jobs = everyday(traces).jobs
    assert [job.policy for job in jobs] == ["native-high-res", "native-min-1", "headstart", *LIMITS]
    assert {(job.plant, job.seeds) for job in jobs} == {("standard", 5)}


def test_the_full_plan_has_every_policy_frontier_and_variant_and_twenty_seeds_where_components_wake(
    traces: list[Sized],
) -> None:
    jobs = full(traces).jobs
    standard = {job.policy: job.seeds for job in jobs if job.plant == "standard"}
    assert set(standard) == {*NAMED, *FRONTIER, *OTHER_RESERVES, *ABLATIONS, *MISTAKEN, "static"}
    assert (standard["headstart"], standard["native-high-res"], standard["native-min-1"]) == (20, 20, 20)
    assert (standard["headstart-alone"], standard["keda"], standard["native-t35-m0-s1"]) == (3, 3, 3)
    assert (standard["headstart-reserve-0"], standard["without-hold"], standard["headstart-service-half"]) == (2, 2, 2)
    assert {job.plant for job in jobs} == {"standard", *VARIANTS}
    assert len(jobs) == len(set(jobs))


def test_every_variant_is_a_plant_file() -> None:
    assert {path.stem for path in PLANTS.glob("*.toml")} >= {*VARIANTS, "standard"}


def test_all_shared_traces_are_found_and_the_shapes(tmp_path: Path) -> None:
    for name in ("b.csv.gz", "a.jsonl", "SOURCES.md"):
        (tmp_path / name).touch()
    assert list(available(tmp_path)) == ["a", "b", "step", "ramp", "spikes", "onoff", "day", "steady"]
    assert next(iter(available(tmp_path / "nowhere"))) == "step"
    assert limited(available(tmp_path), ["onoff", "a"]) == {"onoff": "generate:onoff:1", "a": str(tmp_path / "a.jsonl")}
    with pytest.raises(OptionError, match=r"LIMIT=c: there is no such trace; there are a, b, step"):
        limited(available(tmp_path), ["c"])


def test_jobs_come_in_the_plans_order_with_all_their_seeds(plan: Plan, measured: list[Measured]) -> None:
    assert tuple(one.job for one in measured) == plan.jobs
    for one in measured:
        assert [run.seed for run in one.outcomes] == list(range(1, one.job.seeds + 1))


def test_what_is_kept_is_not_run_again(tmp_path: Path, traces: list[Sized], monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [Job("two-bursts", "standard", name, 2) for name in ("headstart", "without-hold", "static")]
    plan = Plan("make bench", tuple(jobs))
    first = measure(plan, traces, _console(), kept=Kept(tmp_path / "runs.pickle"))

    def nothing_left(tasks: list[object], *_: object) -> Iterator[object]:
        assert not tasks
        return iter(())

    monkeypatch.setattr(measuring, "results", nothing_left)
    assert measure(plan, traces, _console(), kept=Kept(tmp_path / "runs.pickle")) == first


def test_static_has_headstarts_copy_hours_rounded_up_to_whole_copies(measured: list[Measured]) -> None:
    places = {one.job.policy: one for one in measured if one.job.plant == "standard"}
    ours = sorted(run.metrics["copy_hours"] for run in places["headstart"].outcomes)
    fixed = [run.metrics["copy_hours"] for run in places["static"].outcomes]
    copies = int(places["static"].outcomes[0].policy.removeprefix("static-"))
    hours = (619.5 + 1800) / 3600
    assert fixed == pytest.approx([copies * hours] * 2, abs=1e-4)
    assert (copies - 1) * hours < sum(ours) / 2 <= copies * hours + 1e-4


def test_a_policy_is_compared_seed_by_seed_on_the_same_trace_and_plant(measured: list[Measured]) -> None:
    rows = compared(measured, BASELINES)
    row = next(row for row in select(rows, "headstart", "native-high-res"))
    by_name = {one.job.policy: one for one in measured if one.job.plant == "standard"}
    pairs = zip(by_name["headstart"].outcomes, by_name["native-high-res"].outcomes, strict=True)
    each = [mine.metrics["mean_wait_s"] / other.metrics["mean_wait_s"] for mine, other in pairs]
    assert row.ratios["mean_wait_s"].median == pytest.approx(sum(each) / 2)
    assert row.ratios["mean_wait_s"].low <= row.ratios["mean_wait_s"].median <= row.ratios["mean_wait_s"].high
    assert row.waits.overall.median == pytest.approx(row.ratios["mean_wait_s"].median, rel=1e-5)
    assert row.waits.without_worst is not None
    assert [row.plant for row in select(rows, "headstart", "native-min-1", "no-retry")] == ["no-retry"]


def test_over_traces_is_the_median_of_their_medians(measured: list[Measured]) -> None:
    row = select(compared(measured, BASELINES), "headstart", "native-high-res")[0]
    found = over_traces([row, row])
    assert set(found) == set(every_ratio(row)) == set(COLUMNS)
    assert found["mean_wait_s"].median == row.ratios["mean_wait_s"].median


def test_headstart_beside_natives_frontier(measured: list[Measured]) -> None:
    found = beside_frontier("two-bursts", measured)
    assert found is not None
    for best in (found.at_equal_cost, found.at_equal_wait):
        assert best is None or (best[0] in FRONTIER and best[1] >= 0)
    assert found.at_equal_cost is not None or found.at_equal_wait is not None
    assert beside_frontier("two-bursts", [one for one in measured if one.job.policy not in FRONTIER]) is None


def test_results_page_document_and_tables_have_it_all(
    plan: Plan, traces: list[Sized], measured: list[Measured]
) -> None:
    rows = compared([one for one in measured if one.job.policy in SHOWN], BASELINES)
    text = compact_json(as_results(plan, traces, measured, rows))
    found = json.loads(text)
    figures = found["traces"]["two-bursts"]["plants"]["standard"]
    assert list(figures) == [*POLICIES, *EXTRA]
    assert len(figures["headstart"]["mean_wait_s"]) == 2
    assert figures["static"]["policy"].startswith("static-")
    assert {(row["policy"], row["baseline"]) for row in found["comparisons"]} >= {("headstart", "native-min-1")}
    assert re.search(r'"copy_hours": \[[\d., ]+\]', text)

    html, markdown = render(plan, traces, measured, rows), document(plan, traces, measured, rows)
    assert not re.findall(r"{{\w+}}", html)
    for said in ("headstart to native-high-res", "two-bursts", str(traces[0].derived)):
        assert said in html
        assert said in markdown
    for said in ("## Verdict: wakes", "| the class |", "## What each copy of reserve buys", "| reserve: "):
        assert said in markdown
    for said in ("make bench-full", "## Beside native's whole frontier", "| no-retry |", " cores, "):
        assert said in markdown
    console = _console()
    for table in tables(rows, BASELINES):
        console.print(table)
    for sheet in sheets(traces, measured):
        show(console, sheet)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "headstart to native-min-1, trace by trace" in printed
    assert printed.rindex("Verdict: wakes") > printed.rindex("Against the limits")


def test_the_command_writes_its_files_and_says_how_it_was_narrowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "available", lambda: {"two-bursts": str(written(tmp_path))})
    options = Options.of([f"OUT={tmp_path}/out", "SEEDS=1", "LIMIT=two-bursts"], {})
    assert bench.command(options, _console()) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["benchmark.html", "results.json"]
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["command"] == "make bench LIMIT=two-bursts SEEDS=1"


@pytest.mark.parametrize("words", [["FULL=1", "LIMIT=step"], ["FULL=1", "SEEDS=2"], ["SEEDS=5"], []])
def test_only_a_whole_full_run_replaces_what_is_committed(words: list[str]) -> None:
    assert not Options.of(words, {}).whole
    assert Options.of(["FULL=1"], {}).whole


def test_numbers_as_a_reader_wants_them() -> None:
    assert [number(value) for value in (0.123, 12.34, 123.4, inf)] == ["0.12", "12.3", "123", "∞"]
