"""`make fetch-history` with a real boto3 client, against the simulator's CloudWatch over HTTP."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from subprocess import run

import boto3
import pytest

from simulator.engine import WALL_CLOCK, Engine, RealTime
from simulator.plant.account import Account
from simulator.plant.metrics import component_metric
from simulator.replay.traffic import Traffic
from simulator.services.http import HttpServer
from simulator.services.registry import Services
from simulator.traces import read
from simulator.traces.history import History, HistoryError, fetch
from tests.simulator.small_trace import ROOT
from tests.simulator.stage import STANDARD
from tests.support.waiting import HoldableClock

HOURS = 2
SERVED = 1200


@pytest.fixture(scope="module")
def begin() -> float:
    """A whole minute, two hours ago."""
    return WALL_CLOCK() // 60 * 60 - HOURS * 3600


@pytest.fixture(scope="module")
def arrivals(begin: float) -> list[float]:
    """Half of them in the first half hour, half an hour of silence, the rest within 10 s of each minute."""
    random = Random(1)
    early = [random.uniform(0, 1800) for _ in range(SERVED // 2)]
    late = [3600 + 60 * (number % 30) + random.uniform(20, 29) for number in range(SERVED // 2)]
    return sorted(early + late)


@pytest.fixture(scope="module")
def url(begin: float, arrivals: list[float]) -> Iterator[str]:
    """A component that served the arrivals, two seconds each, as CloudWatch tells it now; nothing is added later."""
    engine = Engine(begin)
    account = Account(engine, STANDARD, seed=1)
    busy = account.create_component("chat", "models", 4, slots=64, warm=True)
    account.create_component("idle", "models", 0)
    Traffic(engine, busy, [(at, 2.0) for at in arrivals], STANDARD, 1, by_gaps=True)
    engine.run_until(begin + HOURS * 3600 - 600)
    account.metrics.put(component_metric("NoCapacityInvocationFailures", "chat"), engine.now - 60, 1, count=7)
    for name, hours in (("long-ago", 5), ("untimed", 1)):
        account.metrics.put(component_metric("Invocations", name), WALL_CLOCK() - 3600 * hours, 1, resolution=60)
    clock = HoldableClock()
    realtime = RealTime(engine, clock)
    server = HttpServer(realtime, Services(account))
    with clock.held():
        realtime.start()
        server.start()
        yield server.url
        server.stop()
        realtime.stop()


def fetched(url: str, component: str = "chat", page_size: int | None = None) -> History:
    client = boto3.client(
        "cloudwatch", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    return fetch(client, component, WALL_CLOCK(), HOURS + 1, page_size)


def minutes(history: History) -> Counter[int]:
    rows = list(history.rows(1))[1:]
    return Counter(int(float(line.split(",")[0]) // 60) for text in rows for line in text.splitlines())


def test_every_request_comes_back_in_its_minute(url: str, arrivals: list[float]) -> None:
    history = fetched(url)
    assert minutes(history) == Counter(int(at // 60) for at in arrivals)
    assert [service_s for _, _, service_s in history.services()] == pytest.approx([2.0] * len(history.requests))


def test_pages_are_put_together(url: str) -> None:
    assert fetched(url, page_size=7) == fetched(url)


def test_within_a_minute_arrivals_follow_the_concurrency(url: str) -> None:
    """Requests of the last half hour came between second 20 and 29 and were served for two seconds."""
    rows = [line.split(",") for text in list(fetched(url).rows(1))[1:] for line in text.splitlines()]
    late = [float(arrival) % 60 for arrival, *_ in rows if float(arrival) > 3000]
    assert sum(20 <= second < 32 for second in late) > 0.8 * len(late)


def test_without_concurrency_they_are_drawn_evenly() -> None:
    history = History("chat", {60: 6000.0, 120: 1.0}, {120: 1e6}, {}, {})
    rows = [line.split(",") for text in list(history.rows(1))[1:] for line in text.splitlines()]
    places = Counter(int(float(arrival) // 10) for arrival, *_ in rows[:-1])
    assert sorted(places) == list(range(6))
    assert all(count == pytest.approx(1000, rel=0.15) for count in places.values())
    assert rows[0][1:] == ["0", "0", "1.0000"]


def test_the_same_seed_draws_the_same_trace() -> None:
    history = History("chat", {0: 50.0}, {0: 1e6}, {}, {})
    assert list(history.rows(1)) == list(history.rows(1)) != list(history.rows(2))


def command(folder: Path, url: str, **said: str) -> tuple[int, str, str]:
    """The command with nothing in its environment but `said` and an address; no profile, no metadata service."""
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), "AWS_ENDPOINT_URL": url,
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1",
    }  # fmt: skip
    code = run(
        [sys.executable, "-m", "simulator.traces"],
        cwd=folder,
        env=environment | said,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return code.returncode, code.stdout, code.stderr


KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


def test_the_command_writes_a_trace_that_says_that_it_is_drawn(url: str, tmp_path: Path) -> None:
    code, shown, said = command(tmp_path, url, COMPONENT="chat", HOURS="3", **KEYS)
    assert (code, said) == (0, "")
    trace = read(tmp_path / "out" / "chat-drawn-1.csv")
    assert (trace.name, trace.requests, trace.timed) == ("chat-drawn-1", SERVED, True)
    assert f"chat: {SERVED} requests from" in shown
    assert "Arrivals are drawn inside their minutes (seed 1)" in shown
    assert "7 attempts refused at zero copies are left out" in shown


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"COMPONENT": "chat"}, "Unable to locate credentials; set AWS_PROFILE"),
        (KEYS, "COMPONENT is missing: make fetch-history COMPONENT=name"),
        (KEYS | {"COMPONENT": "chat", "HOURS": "400"}, "HOURS=400: must be 1 to 360"),
        (KEYS | {"COMPONENT": "chat", "HOURS": "many"}, "HOURS=many: must be a whole number"),
        (
            KEYS | {"COMPONENT": "nobody"},
            "nobody: CloudWatch has no Invocations of an inference component of that name",
        ),
        (KEYS | {"COMPONENT": "long-ago", "HOURS": "1"}, "long-ago: no Invocations between"),
        (KEYS | {"COMPONENT": "untimed"}, "untimed: Invocations, but no ModelLatency"),
        (KEYS | {"COMPONENT": "chat", "AWS_REGION": ""}, "You must specify a region.; set AWS_REGION"),
        (KEYS | {"COMPONENT": "chat", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "Could not connect"),
    ],
)
def test_what_cannot_be_had_is_said(url: str, tmp_path: Path, said: dict[str, str], text: str) -> None:
    code, shown, error = command(tmp_path, url, **said)
    assert (code, shown) == (2, "")
    assert error.startswith("fetch-history: ")
    assert text in error
    assert error.count("\n") == 1
    assert not list(tmp_path.rglob("*.csv"))


def test_an_unknown_component_is_told_which_there_are(url: str) -> None:
    with pytest.raises(HistoryError, match="it has chat, long-ago, untimed"):
        fetched(url, "chta")
