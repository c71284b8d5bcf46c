"""A burst to absorb: free slots for requests that come at once."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.domain.burst import burst
from headstart.domain.decide import decide
from headstart.domain.enrolment import policy_from
from headstart.domain.model import Action, Decision, Mode, Native, Observation, SignalKind, State
from headstart.domain.tags import PolicyProblem
from tests.support.builders import NOW, points, policy, seen, signal, state

QUIET = seen(2, concurrency=points(5, 5, 5))


def look(known: State, observation: Observation, **settings: Any) -> Decision:
    return decide(policy(**settings), known, observation, signal(SignalKind.FOLLOW), NOW)


@given(held=st.integers(0, 50), requests=st.integers(1, 2000), target=st.floats(0.5, 10.0))
def test_the_burst_finds_a_free_slot_and_no_copy_is_idle_for_it(held: int, requests: int, target: float) -> None:
    term = burst(policy(target=target, burst=requests), held)
    filled = held * target
    assert term.copies * 10 >= filled + requests - 1e-6
    assert term.copies == held or (term.copies - 1) * 10 < filled + requests


def test_free_slots_are_kept_for_it_while_there_is_load() -> None:
    decision = look(state(), QUIET, burst=25)
    assert [(term.name, term.copies) for term in decision.terms][-2:] == [("hold", 2), ("burst", 4)]
    assert (decision.action, decision.desired, decision.binding) == (Action.WRITE, 4, "burst")
    assert decision.reason == (
        "Asks for 4 copies (2 in service): an offered load of 10.0 over a target of 7 a copy; "
        "25 more at once are to find a free slot while the component is active."
    )


def test_it_and_the_reserve_are_the_same_free_slots() -> None:
    assert look(state(), QUIET, burst=25, reserve=2).desired == look(state(), QUIET, burst=25).desired
    assert look(state(), QUIET, burst=25, reserve=6).desired == look(state(), QUIET, reserve=6).desired


@pytest.mark.parametrize(
    ("known", "observation"),
    [
        pytest.param(
            state(load_at=NOW - timedelta(minutes=15)), seen(2, concurrency=points(0, 0, 0)), id="no load for long"
        ),
        pytest.param(state(load_at=NOW), seen(2), id="nothing can be seen"),
    ],
)
def test_none_is_kept_for_it_otherwise(known: State, observation: Observation) -> None:
    decision = look(known, observation, burst=100)
    assert "burst" not in [term.name for term in decision.terms]
    assert decision.desired == 2


def test_never_more_than_the_owner_allows() -> None:
    decision = look(state(), QUIET, burst=200, max_copies=8)
    assert (decision.desired, decision.limits) == (8, ("maximum",))


def tagged(burst: str) -> dict[str, str]:
    return {"headstart:mode": "act", "headstart:target": "7", "headstart:max": "20", "headstart:burst": burst}


def test_it_is_said_in_a_tag() -> None:
    assert policy_from(tagged("40"), Native(), Mode.ACT, NOW).burst == 40
    assert policy_from(tagged("0"), Native(), Mode.ACT, NOW).burst == 0


@pytest.mark.parametrize(
    ("burst", "problem"),
    [
        ("many", "must be a number from 0 to 100000"),
        ("-1", "must be a number from 0 to 100000"),
        ("2.5", "must be a whole number from 0 to 100000"),
        ("201", "is 201 requests at once, but the 20 copies allowed have 200 slots"),
    ],
)
def test_an_impossible_burst_names_the_tag_and_what_is_allowed(burst: str, problem: str) -> None:
    with pytest.raises(PolicyProblem, match=problem) as found:
        policy_from(tagged(burst), Native(), Mode.ACT, NOW)
    assert found.value.field == "headstart:burst"
