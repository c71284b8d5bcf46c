"""The count of rounds that rides in a trace header."""

import pytest

from simulator.cloud.lineage import MAX_ROUNDS, Trace, must_stop

MINE = "arn:aws:lambda:us-east-1:123456789012:function:mine"
OTHER = "arn:aws:lambda:us-east-1:123456789012:function:other"


def after(rounds: int, *functions: str) -> Trace:
    header = None
    for _ in range(rounds):
        for function in functions:
            header = Trace.parse(header).entering(function)
    return Trace.parse(header)


def test_each_function_of_a_chain_is_counted_for_itself() -> None:
    trace = after(3, MINE, OTHER)
    assert (trace.rounds_of(MINE), trace.rounds_of(OTHER)) == (3, 3)
    assert trace.root == Trace.parse(trace.entering(MINE)).root


def test_the_sixteenth_invocation_is_the_last() -> None:
    assert not must_stop(after(MAX_ROUNDS - 1, MINE), MINE, None)
    assert must_stop(after(MAX_ROUNDS, MINE), MINE, None)
    assert must_stop(after(MAX_ROUNDS, MINE), MINE, "Terminate")
    assert not must_stop(after(MAX_ROUNDS, MINE), MINE, "Allow")
    assert not must_stop(after(MAX_ROUNDS, MINE), OTHER, None)


def test_a_header_quoted_by_the_sdk_is_read() -> None:
    header = after(2, MINE, OTHER).header().replace("|", "%7C")
    assert Trace.parse(header).rounds_of(OTHER) == 2


def test_a_batch_counts_as_its_longest_chain() -> None:
    merged = Trace.merge([after(2, MINE).header(), None, after(5, MINE, OTHER).header()])
    assert (merged.rounds_of(MINE), merged.rounds_of(OTHER)) == (5, 5)


@pytest.mark.parametrize("header", [None, "", "Root=1-0-0", "Lineage=", "Lineage=1:x", "Lineage=1:a:b", "; ;="])
def test_an_unreadable_header_begins_a_chain(header: str | None) -> None:
    assert Trace.parse(header).rounds == {}
