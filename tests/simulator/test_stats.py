"""Medians of paired ratios and their intervals."""

from math import inf, isinf
from random import Random

import pytest

from simulator.replay.stats import Ratio, Run, compare, paired_ratio, ratio
from simulator.replay.waits import Episode


def test_the_median_of_ratios_pair_by_pair() -> None:
    found = paired_ratio([1, 10, 100], [2, 40, 100])
    assert (found.median, found.pairs) == (0.5, 3)
    assert (found.low, found.high) == (0.25, 1.0)


def test_one_pair_has_no_spread() -> None:
    assert paired_ratio([3], [4]) == Ratio(0.75, 0.75, 0.75, 1)


def test_nothing_against_nothing_is_equal_and_something_against_nothing_is_infinite() -> None:
    assert (ratio(0, 0), ratio(1, 0), ratio(0, 1)) == (1, inf, 0)
    found = paired_ratio([0, 1, 2, 3], [0, 1, 0, 0])
    assert isinf(found.median)
    assert (found.low, found.high) == (1, inf)


def test_the_same_arguments_give_the_same_interval() -> None:
    draw = Random(2)
    ours, theirs = ([draw.lognormvariate(0, 1) for _ in range(20)] for _ in range(2))
    assert paired_ratio(ours, theirs) == paired_ratio(ours, theirs)
    assert len({paired_ratio(ours, theirs, seed).low for seed in range(10)}) > 1


def test_the_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    draw = Random(5)
    covered = 0
    for _ in range(60):
        found = paired_ratio([draw.lognormvariate(-0.7, 0.5) for _ in range(20)], [1.0] * 20)
        covered += found.low <= 0.4966 <= found.high
    assert covered >= 52


def test_lengths_must_match_and_there_must_be_something() -> None:
    with pytest.raises(ValueError, match="shorter"):
        paired_ratio([1, 2], [1])
    with pytest.raises(ValueError, match="nothing to compare"):
        paired_ratio([], [])


def _run(*waits: float) -> Run:
    return [Episode(1000.0 * number, requests=10, total_wait_s=wait) for number, wait in enumerate(waits)]


def test_leaving_out_the_worst_episode_shows_what_it_hid() -> None:
    """Ours wins the one bad hour by far and loses every other one."""
    ours, theirs = [_run(20, 100, 20), _run(22, 120, 22)], [_run(10, 1000, 10), _run(11, 900, 11)]
    found = compare(ours, theirs)
    assert found.overall.median == pytest.approx((140 / 1020 + 164 / 922) / 2)
    assert found.without_worst is not None
    assert (found.without_worst.median, found.without_worst.pairs) == (2, 2)
    assert (found.per_episode.median, found.per_episode.pairs) == (2, 3)
    assert found.worst_start_s == 1000
    assert found.worst_share == pytest.approx(2120 / 2246)


def test_one_episode_cannot_be_left_out() -> None:
    found = compare([_run(1)], [_run(2)])
    assert found.without_worst is None
    assert (found.overall.median, found.worst_share) == (0.5, 1)


def test_nobody_waits_anywhere() -> None:
    found = compare([_run(0, 0)], [_run(0, 0)])
    assert (found.overall.median, found.per_episode.median, found.worst_share) == (1, 1, 0)


@pytest.mark.parametrize(("ours", "theirs"), [([], []), ([_run(1)], [_run(1), _run(1)]), ([_run(1, 2)], [_run(1)])])
def test_runs_that_do_not_belong_together(ours: list[Run], theirs: list[Run]) -> None:
    with pytest.raises(ValueError, match="the same trace and the same seeds"):
        compare(ours, theirs)


def test_a_ratio_prints_itself() -> None:
    assert str(Ratio(0.5, 0.25, 1.0, 5)) == "0.5 (0.25 to 1, 5 pairs)"
