"""The demo's figures, tables and page."""

import json
import re
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from simulator.demo.comparison import Comparison, other_run
from simulator.demo.figures import copy_seconds, quantile, steps, waits, wake
from simulator.demo.options import OptionError, Options
from simulator.demo.page import render
from simulator.demo.page_data import alarm_spans, page_data, refused_by_second
from simulator.demo.run import run
from simulator.demo.tables import report, wake_rows
from tests.simulator.demo_story import journey, native_story, story


def test_waits_run_from_the_first_attempt_to_the_start_of_service() -> None:
    found = waits(story())
    assert (found.requests, found.served, found.gave_up, found.unserved) == (2, 2, 0, 0)
    assert found.mean_s == pytest.approx(29.0)
    assert found.slow_share == 0.5


def test_those_not_served_count_with_their_wait_so_far_and_those_who_gave_up_with_all_of_it() -> None:
    hopeless = journey(0, 0.0, None)
    hopeless.gave_up = True
    found = waits(story(journeys=(hopeless, journey(1, 100.0, None))))
    assert found.mean_s == pytest.approx((600.0 + 60.0) / 2)
    assert (found.gave_up, found.unserved) == (1, 1)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.95, 4.0), (0.25, 1.0)])
def test_quantile(share: float, expected: float) -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], share) == expected


def test_copy_seconds_count_from_the_accepted_write_to_the_end() -> None:
    assert copy_seconds(story()) == pytest.approx(4 * (160.0 - 30.5))


def test_the_wake_is_told_link_by_link() -> None:
    rows = wake_rows(wake(story()), headstart=True)
    assert [(name, at) for name, at, _ in rows] == [
        ("first refused request", 0.5),
        ("its alarm in ALARM", 30.0),
        ("Lambda's write for 4 copies", 30.5),
        ("first copy in service", 55.0),
        ("first request served", 60.0),
    ]
    assert rows[1][2] == pytest.approx(29.5)


def test_steps_say_who_asked_and_why() -> None:
    assert [(step.who, step.before, step.asked, step.why[:16]) for step in steps(story())] == [
        ("headstart (alarm)", 0, 4, "Asks for 4 copie")
    ]
    assert [(step.who, step.asked, step.why[:10]) for step in steps(native_story())] == [("native", 1, "Wake step:")]


def test_the_tables_fit_eighty_columns() -> None:
    console = Console(width=80, record=True, file=Path("/dev/null").open("w"), force_terminal=False)  # noqa: SIM115
    console.print(report(story()))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "Asks for 4 copies" in text
    assert "0 -> 4" in text


def test_refusals_and_alarms_by_time() -> None:
    assert refused_by_second(story())[:2] == [0, 2]
    assert alarm_spans(story())[0]["spans"] == [[30.0, 90.0]]
    assert len(alarm_spans(native_story())) == 2


class Outside(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "srcset")]


@pytest.mark.parametrize("told", [story(), native_story()], ids=["headstart", "native"])
def test_the_page_holds_its_data_and_needs_no_network(told: object) -> None:
    assert isinstance(told, type(story()))
    page = render(told, None)
    parser = Outside()
    parser.feed(page)
    assert parser.fetched == []
    assert not re.search(r"url\(|@import|fetch\(", page)
    assert "{{" not in page
    held = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert held is not None
    assert json.loads(held[1].replace("<\\/", "</")) == json.loads(json.dumps(page_data(told)))


def test_the_page_escapes_what_it_is_told() -> None:
    page = render(story(trace="<script>alert(1)</script>"), None)
    assert "<script>alert" not in page
    assert "&lt;12&gt; were refused." in page


def test_a_broken_chain_stands_on_the_page() -> None:
    assert "Broken at “its alarm in ALARM”" in render(story(journal=()), None)


def test_a_run_stands_beside_the_last_one_of_the_other_kind_on_the_same_window(tmp_path: Path) -> None:
    on, off = Options(None, True, tmp_path, 1), Options(None, False, tmp_path, 1)
    assert other_run(story(), on) is None
    Comparison.of(native_story()).save(off)
    beside = other_run(story(), on)
    assert beside is not None
    assert beside.name == "native alone"
    assert "native alone: 1 copy at 90&nbsp;s" in render(story(), beside)
    assert other_run(story(seed=2), on) is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"HEADSTART": "maybe"}, "HEADSTART=maybe: must be on or off"),
        ({"TRACE": "/nowhere.csv"}, "no such file"),
        ({"SEED": "-1"}, "must be a whole number"),
        ({"OUT": __file__}, "is a file"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(environment: dict[str, str], said: str) -> None:
    with pytest.raises(OptionError, match=re.escape(said)):
        Options.from_environment(environment)


def test_a_folder_that_cannot_be_written_to_is_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "out" / "demo.html").mkdir(parents=True)
    with pytest.raises(OptionError, match=r"OUT=.*/file/out: cannot be written to \(Not a directory\)"):
        Options(None, True, tmp_path / "file" / "out", 1).make_out()
    with pytest.raises(OptionError, match=r"OUT=.*/out: demo\.html cannot be overwritten"):
        Options(None, True, tmp_path / "out", 1).make_out()
    Options(None, False, tmp_path / "out", 1).make_out()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["demo.html"]


def test_a_trace_with_too_few_requests_is_refused_before_anything_starts(tmp_path: Path) -> None:
    trace, said = tmp_path / "quiet.csv", StringIO()
    trace.write_text("arrival_s,input_tokens,output_tokens\n1,900,150\n60,900,150\n")
    assert run(Options(trace, True, tmp_path, 1), Console(file=said)) == 2
    assert said.getvalue().startswith(
        "demo: quiet: 2 requests in its best 160 s are too few; to keep 6 copies busy each "
    )


def test_headstart_can_be_left_out(tmp_path: Path) -> None:
    options = Options.from_environment({"HEADSTART": "off", "OUT": str(tmp_path)})
    assert not options.headstart
    assert options.page == tmp_path / "demo-native.html"
