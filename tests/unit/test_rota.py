"""Whose turn it is."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.domain.model import Episode, Mode, SignalKind, State
from headstart.domain.rota import IMPORT_EVERY, Rota, reads_target, rota
from tests.support.builders import NOW, policy, state

TAGS = {"headstart:mode": "act"}


def known(name: str, minutes_ago: float, **changes: object) -> State:
    at = NOW - timedelta(minutes=minutes_ago)
    return state(component=name, tags=TAGS, imported_at=at, target_read_at=at, **changes)


def chosen(*states: State, tags: dict[str, str] | None = None, recreated: tuple[str, ...] = ()) -> Rota:
    tagged = {s.component: TAGS if tags is None else tags for s in states}
    return rota(tagged, {s.component: s for s in states}, recreated, NOW)


def test_settings_are_read_again_after_ten_minutes() -> None:
    assert chosen(known("a", 9.9)) == Rota((), (), ())
    assert chosen(known("a", 10)) == Rota((), ("a",), ())


def test_who_waited_longest_is_first() -> None:
    found = chosen(*(known(f"c{minutes}", minutes) for minutes in (11, 14, 10, 30, 12, 13, 20, 15, 16)))
    assert found.due == ("c30", "c20"), "a ninth of nine, rounded up, is two"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"enrolled": False}, id="it had left"),
        pytest.param({"described_at": None}, id="a look found another component under its name"),
        pytest.param({"imported_at": None}, id="its state is older than the import"),
        pytest.param({"tags": {"headstart:mode": "observe"}}, id="its tags have changed"),
    ],
)
def test_what_is_known_may_not_do(changes: dict[str, object]) -> None:
    known_once = known("a", 1)
    assert chosen(State(**{f: getattr(known_once, f) for f in known_once.__slots__} | changes)).urgent == ("a",)


def test_unknown_and_recreated_components_are_urgent() -> None:
    assert rota({"a": TAGS}, {}, (), NOW).urgent == ("a",)
    assert chosen(known("a", 1), recreated=("a",)).urgent == ("a",)


def test_tags_of_others_are_none_of_our_business() -> None:
    assert chosen(known("a", 1), tags=TAGS | {"team": "research"}).urgent == ()


def test_neither_newcomers_nor_a_large_fleet_keeps_the_other_waiting() -> None:
    assert Rota(("n1", "n2", "n3"), ("d1", "d2"), ()).in_turn() == ["n1", "d1", "n2", "d2", "n3"]


def test_newcomers_are_taken_in_another_order_every_minute() -> None:
    tagged = {f"c{number}": TAGS for number in range(20)}
    orders = {rota(tagged, {}, (), NOW + timedelta(minutes=minute)).urgent for minute in range(10)}
    assert len(orders) == 10
    assert all(set(order) == set(tagged) for order in orders)


def test_a_component_we_act_on_is_watched() -> None:
    episode = Episode(token="t", hop=1, opened_at=NOW, opened_by=SignalKind.WAKE, next_look_at=NOW)
    acting = known("acting", 1, episode=episode)
    observing = known("observing", 1, episode=episode, policy=policy(mode=Mode.OBSERVE))
    assert chosen(acting, observing, known("calm", 1)).watched == ("acting",)


def test_policies_are_asked_for_when_they_have_not_been_for_ten_minutes() -> None:
    assert not reads_target(known("a", 9), NOW)
    assert reads_target(known("a", 10), NOW)
    assert reads_target(state(), NOW)


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=400))
def test_everybody_has_a_turn_and_calls_stay_flat(seconds_ago: list[int]) -> None:
    """However they came: after half an hour nobody waited much longer than planned, and no minute does it all."""
    fleet = {f"c{n}": known(f"c{n}", seconds / 60) for n, seconds in enumerate(seconds_ago)}
    tagged = dict.fromkeys(fleet, TAGS)
    for minute in range(1, 40):
        now = NOW + timedelta(minutes=minute)
        due = rota(tagged, fleet, (), now).due
        assert len(due) <= -(-len(fleet) // 8)
        for name in due:
            fleet[name] = known(name, -minute)
        if minute >= 20:
            oldest = max(now - s.imported_at for s in fleet.values() if s.imported_at)
            assert oldest <= IMPORT_EVERY + timedelta(minutes=8)
