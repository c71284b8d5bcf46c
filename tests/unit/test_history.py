"""The read side over recorded decisions."""

from datetime import datetime, timedelta

import pytest

from headstart.app.errors import InvalidInput
from headstart.app.history import History, NotFound
from headstart.app.records import RecordKey, record_key
from headstart.domain.model import SignalKind
from tests.support.builders import NOW, signal, state
from tests.support.world import NAME, World


@pytest.fixture
def world() -> World:
    """Five looks, ten seconds apart."""
    world = World(copies=2)
    world.metrics.concurrency = (9, 9, 9)
    world.alarm()
    for _ in range(4):
        world.follow_when_due()
    return world


@pytest.fixture
def history(world: World) -> History:
    return History(store=world.store, clock=world.clock)


def seconds(*counts: int) -> list[datetime]:
    return [NOW + timedelta(seconds=count) for count in counts]


def times(history: History, start: datetime | None, end: datetime | None) -> list[datetime]:
    return [record.at for record in history.decisions(NAME, start, end, 100, None).records]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(None, None, [40, 30, 20, 10, 0], id="everything, newest first"),
        pytest.param(20, None, [40, 30, 20], id="from"),
        pytest.param(None, 20, [20, 10, 0], id="to is included"),
        pytest.param(10, 30, [30, 20, 10], id="both"),
        pytest.param(11, 19, [], id="nothing in between"),
        pytest.param(3600, None, [], id="from the future"),
    ],
)
def test_a_time_range(history: History, start: int | None, end: int | None, expected: list[int]) -> None:
    bounds = [None if offset is None else NOW + timedelta(seconds=offset) for offset in (start, end)]
    assert times(history, *bounds) == seconds(*expected)


def test_to_before_anything_can_have_been_recorded_is_empty(history: History) -> None:
    assert times(history, None, datetime.fromisoformat("2001-01-01T00:00:00Z")) == []


def test_pages_join_without_gap_or_repetition(history: History) -> None:
    found: list[datetime] = []
    after: RecordKey | None = None
    for _ in range(3):
        page = history.decisions(NAME, None, None, 2, after)
        found += [record.at for record in page.records]
        after = page.after
    assert after is None
    assert found == seconds(40, 30, 20, 10, 0)


def test_a_cursor_from_outside_the_range_is_named(history: History) -> None:
    after = history.decisions(NAME, None, None, 2, None).after
    with pytest.raises(InvalidInput, match="cursor"):
        history.decisions(NAME, None, NOW, 2, after)


def test_one_decision_is_found_by_its_id(world: World, history: History) -> None:
    (first, *_) = world.records
    assert history.decision(RecordKey.parse(first.id)) == first


def test_unknown_names_and_ids_are_not_found(history: History) -> None:
    with pytest.raises(NotFound, match="nobody"):
        history.decisions("nobody", None, None, 10, None)
    with pytest.raises(NotFound, match=r"my-llama\.20261122T130000000Z\.00000000"):
        history.decision(RecordKey(NAME, NOW, "00000000"))


@pytest.fixture
def three(world: World) -> None:
    for name in ("zephyr", "alpha"):
        world.store.states[name] = state(component=name)


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("limit", "pages"),
    [
        pytest.param(1, [["alpha"], [NAME], ["zephyr"]], id="one by one"),
        pytest.param(2, [["alpha", NAME], ["zephyr"]], id="the last page is shorter"),
        pytest.param(3, [["alpha", NAME, "zephyr"]], id="a page that is just full is the last"),
        pytest.param(100, [["alpha", NAME, "zephyr"]], id="all on one"),
    ],
)
def test_components_are_listed_by_name_page_by_page(history: History, limit: int, pages: list[list[str]]) -> None:
    found: list[list[str]] = []
    after: str | None = None
    while after is not None or not found:
        listed = history.components(limit, after)
        after = listed.after
        found.append([one.component for one in listed.states])
    assert found == pages


@pytest.mark.usefixtures("three")
def test_a_page_may_begin_after_a_component_that_is_not_there(history: History) -> None:
    listed = history.components(10, "beta")
    assert ([one.component for one in listed.states], listed.after) == ([NAME, "zephyr"], None)


@pytest.mark.usefixtures("three")
def test_a_state_that_cannot_be_read_hides_neither_itself_nor_the_others(world: World, history: History) -> None:
    del world.store.states[NAME]
    world.store.garbled.add(NAME)
    listed = history.components(2, None)
    assert [one.component for one in listed.states] == ["alpha"]
    assert (listed.unreadable, listed.after) == ({NAME: "its state cannot be read"}, NAME)
    assert [one.component for one in history.components(2, listed.after).states] == ["zephyr"]
    assert len(history.decisions(NAME, None, None, 10, None).records) == 5


def test_an_id_reads_back_as_its_key() -> None:
    key = record_key(NAME, signal(SignalKind.WAKE), NOW + timedelta(microseconds=123_456))
    assert str(key).startswith("my-llama.20261122T130000123Z.")
    assert RecordKey.parse(str(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("my-llama", id="only a name"),
        pytest.param(".20261122T130000123Z.3f9a07c2", id="no name"),
        pytest.param("my-llama.20261122T130000123Z", id="no digest"),
        pytest.param("my-llama.20261122T130000123Z.3f9a", id="short digest"),
        pytest.param("my-llama.20261322T130000123Z.3f9a07c2", id="thirteenth month"),
        pytest.param("my-llama.20261122T1300001xxZ.3f9a07c2", id="letters for milliseconds"),
        pytest.param("my-llama.20261122T130000123+.3f9a07c2", id="no zone"),
        pytest.param("my-llama.20261122T130000 12Z.3f9a07c2", id="a space for a digit"),
        pytest.param("my llama.20261122T130000123Z.3f9a07c2", id="not a component's name"),
        pytest.param("x" * 3000 + ".20261122T130000123Z.3f9a07c2", id="longer than any key"),
    ],
)
def test_what_is_no_id_is_named(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^id: "):
        RecordKey.parse(text)
