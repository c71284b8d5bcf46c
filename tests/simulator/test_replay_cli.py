"""`python -m simulator.replay`: its files, their bytes, what it refuses, and how it ends when it is stopped."""

import json
import re
import signal
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from simulator.replay.choose import DEFAULT, FRONTIER, UnknownPolicy, chosen
from simulator.replay.command import REFUSED, command
from simulator.replay.files import write_all
from simulator.replay.options import Options
from simulator.replay.summary import medians
from simulator.replay.workers import WorkerFailed, results
from tests.simulator.small_trace import finished, started, written
from tests.support.waiting import eventually

MODULE = "simulator.replay"
KEYS = [
    "requests", "served", "gave_up", "mean_wait_s", "p50_wait_s", "p95_wait_s", "p99_wait_s", "slow_1s_share",
    "slow_10s_share", "slow_intervals_share", "refused_attempts", "copy_hours", "instance_hours", "writes",
    "writes_blocked", "aws_calls", "invocations",
]  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The same replay twice: on one worker and on three, with text hashed differently."""
    folder = tmp_path_factory.mktemp("replay")
    words = [f"TRACE={written(folder)}", "POLICIES=native-high-res,headstart,present", "SEED=3", "SEEDS=2"]
    shown = ""
    for number, workers in enumerate((1, 3)):
        code, shown, error = finished(
            MODULE, *words, f"OUT={folder}/{number}", f"WORKERS={workers}", PYTHONHASHSEED=str(number)
        )
        assert (code, error) == (0, ""), error
    return folder / "0", folder / "1", shown


def _summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return found


def test_the_same_seed_gives_the_same_bytes(runs: tuple[Path, Path, str]) -> None:
    one, other, _ = runs
    names = sorted(path.name for path in one.iterdir())
    assert names == ["report.html", "summary.json", "timeline.csv"]
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_the_summary_has_the_published_keys(runs: tuple[Path, Path, str]) -> None:
    found = _summary(runs[0])
    assert list(found) == ["trace", "plant", "seed", "policies", "runs"]
    assert (found["trace"], found["plant"], found["seed"]) == ("two-bursts", "standard", 3)
    assert [run["seed"] for run in found["runs"]] == [3, 4]
    for policies in (found["policies"], *(run["policies"] for run in found["runs"])):
        assert list(policies) == ["native-high-res", "headstart", "present"]
        for figures in policies.values():
            assert list(figures) == KEYS
            assert figures["requests"] == 240
            assert figures["served"] + figures["gave_up"] == 240
    assert found["policies"]["headstart"]["invocations"] > 0
    assert found["policies"]["native-high-res"]["invocations"] == 0


def test_with_several_seeds_the_figures_are_medians(runs: tuple[Path, Path, str]) -> None:
    found = _summary(runs[0])
    each = [run["policies"]["headstart"]["mean_wait_s"] for run in found["runs"]]
    assert found["policies"]["headstart"]["mean_wait_s"] == pytest.approx(sum(each) / 2, abs=1e-6)
    assert each[0] != each[1]


def test_the_timeline_has_a_row_every_ten_seconds_for_each_policy(runs: tuple[Path, Path, str]) -> None:
    header, *rows = (runs[0] / "timeline.csv").read_text().splitlines()
    assert header == "policy,seed,at_s,offered,waiting,queued,in_service,starting,draining,desired"
    found = [row.split(",") for row in rows if row.startswith("headstart,3,")]
    looks = int((619.5 + 1800) // 10) + 1
    assert [int(row[2]) for row in found] == [10 * number for number in range(looks)]
    assert max(int(row[3]) for row in found) > 0
    assert len(rows) == 3 * looks


def test_the_table_and_what_was_derived_are_shown(runs: tuple[Path, Path, str]) -> None:
    words = " ".join(runs[2].split())
    assert "medians over 2 seeds" in words
    assert re.search(r"slots a copy; target \S+; 0 to 24 copies, 0 at the start; 1 gap", words)
    assert re.search(r"^headstart +\S+ ", runs[2], re.MULTILINE)


def test_one_seed_has_no_runs(tmp_path: Path) -> None:
    code, _, error = finished(MODULE, f"OUT={tmp_path}", "POLICIES=static-2", TRACE=str(written(tmp_path)))
    assert (code, error) == (0, "")
    found = _summary(tmp_path)
    assert list(found) == ["trace", "plant", "seed", "policies"]
    assert list(found["policies"]) == ["static-2"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "TRACE is missing: name a trace file, or generate:SHAPE"),
        (["TRACE=nowhere.csv"], "nowhere.csv: cannot be read"),
        (["TRACE={bad}"], "bad.csv:3: arrival_s = '-1': must be seconds"),
        (["TRACE=generate:wave"], "there is no shape 'wave'; name generate:SHAPE[:SEED] with a SHAPE of step, ramp"),
        (["TRACE=generate:step:x"], "must be a whole number"),
        (["TRACE={good}", "PLANT=nowhere"], "there are abandoned-served, all-warm"),
        (["TRACE={good}", "PLANT={plant}"], "mine.toml:5: start.median_s = -1: must be 0 to 7200 seconds"),
        (["TRACE={good}", "POLICIES=headstart,best"], "best: there is no such policy; there are native-standard, "),
        (["TRACE={good}", "POLICIES=static-0x"], "static-0x: there is no such policy"),
        (["TRACE={good}", "SEED=-1"], "SEED=-1: must be a whole number, 0 or more"),
        (["TRACE={good}", "SEEDS=0"], "SEEDS=0: must be a whole number, 1 to 1000"),
        (["TRACE={good}", "OUT={good}"], "must be a folder that can be made"),
        (["TRACE={good}", "POLICY=headstart"], "POLICY=headstart: must be NAME=value with a NAME of TRACE, PLANT"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_would_be_right(tmp_path: Path, words: list[str], says: str) -> None:
    bad, plant = tmp_path / "bad.csv", tmp_path / "mine.toml"
    bad.write_text("arrival_s,input_tokens,output_tokens\n1,2,3\n-1,2,3\n")
    plant.write_text('base = "standard"\nname = "mine"\nabout = ""\n[start]\nmedian_s = -1\n')
    places = {"good": written(tmp_path), "bad": bad, "plant": plant}
    with pytest.raises(REFUSED) as refused:
        command(Options.of([word.format(**places) for word in words], {}), Console(file=StringIO()))
    assert says in str(refused.value)


def test_a_refusal_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    code, out, error = finished(MODULE, "TRACE=generate:wave", f"OUT={tmp_path}")
    assert (code, out) == (2, "")
    assert re.fullmatch(r"replay: TRACE=generate:wave: there is no shape 'wave'; .*\n", error)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_replay_ends_its_workers_and_leaves_no_files(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process = started(MODULE, "TRACE=generate:day", f"OUT={tmp_path}", "POLICIES=headstart,native-high-res")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    workers = eventually("a worker", lambda: children.read_text().split(), 120)
    process.send_signal(number)
    _, error = process.communicate(timeout=120)
    assert (process.returncode, error) == (code, "replay: stopped; nothing was written\n")
    assert list(tmp_path.iterdir()) == []
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_names_stand_for_policies_and_groups() -> None:
    assert list(chosen(DEFAULT)) == list(DEFAULT)
    assert list(chosen(["limits", "present"])) == ["size-oracle", "present", "clairvoyant"]
    assert set(chosen(["all", "frontier"])) >= {"headstart", "keda", "native-t35-m0-s1"}
    assert chosen(["static-7"])["static-7"]().min_copies == 7
    assert len(FRONTIER) == 36
    with pytest.raises(UnknownPolicy, match=r"nobody: .* the groups limits, peers, frontier, reserves, all"):
        chosen(["headstart", "nobody"])


def test_medians_of_counts_and_of_calls() -> None:
    found = medians([{"writes": 1, "aws_calls": {"A": 2}}, {"writes": 2, "aws_calls": {"B": 4}}])
    assert found == {"writes": 1.5, "aws_calls": {"A": 1, "B": 2}}


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def breaks() -> Any:
        yield "half"
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_all(tmp_path, {"one": ["whole"], "two": breaks()})
    assert list(tmp_path.iterdir()) == []
    write_all(tmp_path, {"one": ["wh", "ole"], "deep/two": ["2"]})
    assert (tmp_path / "one").read_text() == "whole"
    assert (tmp_path / "deep" / "two").read_text() == "2"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_broken_run_ends_all_of_them() -> None:
    def fine(_: object) -> int:
        time.sleep(600)
        return 1

    def broken(_: object) -> int:
        raise KeyError("lost")

    began = time.monotonic()
    with pytest.raises(WorkerFailed, match="KeyError: 'lost'"):
        list(results([fine, broken], 2, lambda *_: None))
    assert time.monotonic() - began < 300
