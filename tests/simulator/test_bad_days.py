"""The controller dies, is throttled or goes deaf: native scaling alone would not have served its clients better."""

import json
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from simulator.bench.traces import available
from simulator.deadman import command as commands
from simulator.deadman.command import Options
from simulator.deadman.measure import ALIVE, CUT, FRESH, NATIVE, Day, Ended, Job, Pair, planned, play, scene, window
from simulator.deadman.schedule import SHORTEST_S, WRITE, Crash, Kind, Schedule, busiest, draw
from simulator.deadman.sheets import sheets
from simulator.deadman.struck import Struck
from simulator.replay.options import OptionError
from simulator.replay.outcome import Scene
from simulator.replay.run import run
from simulator.replay.stack import quiet
from simulator.replay.world import COMPONENT, World
from simulator.traces import read
from simulator.traces.trace import Row, Trace, TraceWriter
from tests.simulator.small_trace import written

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

MINUTE = 60.0
DAYS = {
    "dead from the first minute on": Schedule(number=1, kind=Kind.ONCE, outages=((30.0, 1e9),)),
    "dead with copies on their way": Schedule(number=2, kind=Kind.ONCE, outages=((5 * MINUTE, 9 * MINUTE),)),
    "killed after the write, for ever": Schedule(
        number=3, kind=Kind.MIDWAY, crashes=(Crash(0.0, WRITE, 1, answered=True, dead_for_s=1e9),)
    ),
    "killed before the write, and back at once": Schedule(
        number=4, kind=Kind.MIDWAY, crashes=(Crash(0.0, WRITE, 1, answered=False, dead_for_s=0.0),)
    ),
    "every call refused": Schedule(number=5, kind=Kind.THROTTLED, throttled=1.0),
    "half of the calls refused": Schedule(number=6, kind=Kind.THROTTLED, throttled=0.5),
    "deaf": Schedule(number=7, kind=Kind.DEAF, lost_events=1.0, lost_messages=1.0),
}


@pytest.fixture(scope="module")
def two_bursts(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return scene(read(str(written(tmp_path_factory.mktemp("trace")))), 24)


@pytest.fixture(scope="module")
def native(two_bursts: Scene) -> Ended:
    return _played(two_bursts, None, NATIVE)


def _played(scene: Scene, schedule: Schedule | None, policy: str = "headstart") -> Ended:
    with quiet():
        return play(scene, Job("two-bursts", policy, 1, schedule), lambda _: None)


@pytest.mark.parametrize("day", DAYS)
def test_a_bad_day_is_no_worse_than_native_scaling_alone_and_leaves_no_floor(
    day: str, two_bursts: Scene, native: Ended
) -> None:
    ended = _played(two_bursts, DAYS[day])
    assert not Pair(ended.mean_wait_s, native.mean_wait_s).is_worse
    assert not ended.floor_for_ever
    assert sum(count for _, count in ended.told) > 0


def test_who_is_dead_from_the_start_is_native_scaling_alone(two_bursts: Scene, native: Ended) -> None:
    dead = _played(two_bursts, Schedule(number=1, kind=Kind.ONCE, outages=((0.0, 1e9),)))
    assert (dead.mean_wait_s, dead.copy_hours) == (native.mean_wait_s, native.copy_hours)


def test_a_process_killed_after_the_write_has_written_and_the_next_look_knows(two_bursts: Scene) -> None:
    def writes(*crashes: Crash) -> tuple[int, float]:
        struck = Struck(Schedule(number=1, kind=Kind.MIDWAY, crashes=crashes))
        with quiet():
            found = run(two_bursts.trace, two_bursts.spec, two_bursts.derived, struck, 1)
        return found.writes, found.waits.mean_wait_s

    in_peace, waited = writes()
    assert in_peace > 1
    written, waited_then = writes(Crash(0.0, WRITE, 1, answered=True, dead_for_s=0.0))
    assert written == in_peace
    assert waited_then == pytest.approx(waited, rel=0.2)


def test_a_minimum_left_raised_would_be_seen(two_bursts: Scene) -> None:
    struck = Struck(None)
    world = World.make(two_bursts.spec, two_bursts.derived, 1, 1)
    with quiet():
        struck.install(world)
    assert not struck.floor_for_ever()
    world.account.autoscaling.targets[COMPONENT].minimum += 1
    assert struck.floor_for_ever()


@given(st.integers(0, 10**6), st.sampled_from(Kind), st.lists(st.floats(0, 1e5), min_size=1, max_size=20).map(sorted))
def test_a_day_is_drawn_from_its_number_and_begins_within_the_trace(
    number: int, kind: Kind, arrivals: list[float]
) -> None:
    day = draw(number, kind, arrivals)
    assert day == draw(number, kind, arrivals)
    assert all(0 <= begin <= arrivals[-1] and end - begin >= 0.99 * SHORTEST_S for begin, end in day.outages)
    assert all(0 <= crash.at_s <= arrivals[-1] and crash.calls >= 1 for crash in day.crashes)
    assert all(0 <= share <= 1 for share in (day.throttled, day.lost_events, day.lost_messages))
    assert bool(day.outages) is (kind in (Kind.ONCE, Kind.OFTEN))
    assert bool(day.crashes) is (kind is Kind.MIDWAY)
    assert str(day)


def test_every_kind_of_day_comes_to_every_trace(two_bursts: Scene) -> None:
    jobs = planned({"a": two_bursts, "b": two_bursts}, 20)
    assert {(job.trace, job.schedule.kind) for job in jobs if job.schedule} == {(t, k) for t in "ab" for k in Kind}
    assert [job.schedule.number for job in jobs if job.schedule] == list(range(20))
    assert {job.seed for job in jobs} == {1, 2}


def _trace(arrivals: Sequence[float]) -> Trace:
    writer = TraceWriter("long", timed=True)
    for arrival in arrivals:
        writer.append(Row(arrival, 1, 1, 2.0))
    return writer.finish()


def test_of_a_long_trace_the_busiest_hours_are_played() -> None:
    arrivals = [0.0, *(7200 + second for second in range(100)), 20_000.0]
    assert busiest(arrivals, 3600) == pytest.approx(4500)  # the earliest quarter of an hour that holds them all
    part = window(_trace(arrivals), 3600)
    assert part.name == f"long{CUT}"
    assert list(part.arrivals()) == [arrival - 4500 for arrival in arrivals[1:-1]]
    short = _trace([0.0, 10.0])
    assert window(short, 3600) is short


def _ended(wait_s: float) -> Ended:
    return Ended(wait_s, 0.0, 1.0, floor_for_ever=False, told=())


def _day(ours: float, alive: float, fresh: float | None = None, fresh_alive: float = 1.0) -> Day:
    job = Job("two-bursts", "headstart", 1, draw(1, Kind.ONCE, [0.0, 600.0]))
    day = Day(job, _ended(ours), _ended(1.0), _ended(alive))
    return day if fresh is None else replace(day, fresh=Pair(fresh, 1.0), fresh_alive=Pair(fresh_alive, 1.0))


@pytest.mark.parametrize(
    ("ours_s", "native_s", "worse"),
    [(1.05, 1.0, False), (1.06, 1.0, True), (0.05, 0.0, False), (0.051, 0.0, True), (103.0, 100.0, False)],
)
def test_worse_is_a_twentieth_and_more_than_a_twentieth_of_a_second(
    ours_s: float, native_s: float, worse: bool
) -> None:
    assert Pair(ours_s, native_s).is_worse is worse


def test_a_day_that_is_worse_must_be_so_on_other_start_up_times_too() -> None:
    lucky, unlucky, harmed = _day(0.9, 0.9), _day(1.2, 0.9, 1.0), _day(1.2, 0.9, 1.3, 1.0)
    as_alive = _day(1.2, 1.2, 1.3, 1.3)
    days = [lucky, unlucky, harmed, as_alive]
    assert [day.is_worse for day in days] == [False, False, True, True]
    verdict, by_trace, _, worse = sheets(days)
    assert [row[1] for row in verdict.rows[:5]] == ["4", "3", "3", "2", "1"]
    assert by_trace.rows[0][-2:] == ("3 of 4", "2")
    assert [row[5] for row in worse.rows] == ["1.30", "1.30", "1.00"]


@pytest.fixture
def only_two_bursts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = str(written(tmp_path))
    monkeypatch.setattr(commands, "available", lambda: {"two-bursts": place})
    return tmp_path / "out"


def test_the_command_writes_figures_page_and_document(only_two_bursts: Path) -> None:
    options = Options.of(["DAYS=5", f"OUT={only_two_bursts}", "WORKERS=1"], {})
    shown = Console(file=StringIO(), width=180)
    assert commands.command(options, shown) == 0
    found = json.loads((only_two_bursts / "results.json").read_text())
    assert found["command"] == "make dead-man DAYS=5"
    assert [day["kind"] for day in found["days"]] == list(Kind)
    assert not any(day["worse"] or day["floor_for_ever"] for day in found["days"])
    assert (only_two_bursts / "dead-man.html").read_text().count('"trace":"two-bursts"') == 5
    assert "| two-bursts |" in (only_two_bursts / "benchmark-dead.md").read_text()
    assert not (only_two_bursts / "runs.pickle").exists()


def test_an_impossible_option_is_named() -> None:
    with pytest.raises(OptionError, match="DAYS=0: must be a whole number, 1 to 100000"):
        Options.of(["DAYS=0"], {})
    assert Options.of([], {}).command == "make dead-man"
    assert set(FRESH).isdisjoint({1, 2})
    assert {NATIVE, ALIVE}.isdisjoint(available())
