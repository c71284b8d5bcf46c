"""The standard plant's sizing: the exact step function, its percentile, and what is derived from it."""

import random
from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.plant.offered import Demand, Load, loads, occupancy, percentile, steps
from simulator.plant.sizing import LEAST_BUSY, Derived, derive, smallest_factor
from simulator.plant.spec import ServiceSpec, load_plant
from simulator.traces import Row, Trace, TraceWriter, generate, read

LAW = load_plant("standard").service
SHARED = Path(__file__).resolve().parents[3] / "shared" / "traces"

# Busy:  0 ----- 2 === 4 --- 5 ==== 7 --- 10
#            1       2     1     0     1
SMALL: list[Demand] = [(2, 3), (4, 1.5), (7, 3)]


def test_the_step_function_of_a_small_example() -> None:
    assert list(steps(SMALL)) == [(2, 1), (4, 2), (5, 1), (5.5, 0), (7, 1), (10, 0)]
    assert occupancy(SMALL) == [3.5, 5.5, 1]


@pytest.mark.parametrize(("share", "level"), [(0.2, 0), (0.35, 0), (0.36, 1), (0.9, 1), (0.91, 2), (0.999, 2), (1, 2)])
def test_the_time_weighted_percentile_of_a_small_example(share: float, level: int) -> None:
    """Of ten seconds 3.5 are at 0, 5.5 at 1 and one at 2."""
    assert percentile(occupancy(SMALL), share) == level


def test_a_share_that_is_met_exactly_is_met() -> None:
    """999 s of a thousand at one request, the last second at three: 99.9 % of the time it is one."""
    demands = [(0.0, 1000.0), (999.0, 1.0), (999.0, 1.0)]
    assert occupancy(demands) == [0, 999, 0, 1]
    assert percentile(occupancy(demands), 0.999) == 1
    assert percentile(occupancy(demands), 0.9991) == 3


def test_a_request_that_ends_makes_room_for_one_that_comes_at_that_moment() -> None:
    assert max(level for _, level in steps([(0, 1), (1, 1), (2, 1)])) == 1
    assert occupancy([(0, 1), (1, 1), (2, 1)]) == [0, 3]


def test_requests_that_take_no_time_are_never_busy() -> None:
    assert occupancy([(1, 0), (1, 0)]) == [1]
    assert percentile([0.0], 0.999) == 0


def test_load_by_bins() -> None:
    assert list(loads(SMALL, 2)) == [Load(0, 0, 0), Load(2, 1, 1), Load(4, 1.25, 2), Load(6, 0.5, 1), Load(8, 1, 1)]
    assert list(loads([], 10)) == []
    assert list(loads([(25, 1)], 10)) == [Load(0, 0, 0), Load(10, 0, 0), Load(20, 0.1, 1)]


DEMANDS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=40).map(
    lambda pairs: [(arrival / 4, service / 4) for arrival, service in sorted(pairs)]
)


@settings(deadline=None)
@given(DEMANDS)
def test_the_step_function_against_counting(demands: list[Demand]) -> None:
    """Quarter seconds are exact in floating point, and nothing changes between two of them."""
    end = max((arrival + service for arrival, service in demands), default=0.0)
    levels = [
        sum(arrival <= tick / 4 < arrival + service for arrival, service in demands) for tick in range(int(4 * end))
    ]
    seconds = occupancy(demands)
    assert seconds == [levels.count(level) / 4 for level in range(len(seconds))]
    assert sum(load.mean for load in loads(demands, 1)) == pytest.approx(sum(levels) / 4)
    assert max((load.peak for load in loads(demands, 1)), default=0) == max(levels, default=0)


def _trace(demands: list[Demand]) -> Trace:
    writer = TraceWriter("small", timed=True)
    for arrival, service in demands:
        writer.append(Row(arrival, 1, 1, service))
    return writer.finish()


def _busy(trace: Trace, law: ServiceSpec, factor: int) -> int:
    return percentile(occupancy(trace.demands(law, factor)), 0.999)


BURSTS = st.builds(
    lambda sizes, spread, tail: sorted(
        [(100.0 * n + i * spread, 1.0 + i % 7) for n, size in enumerate(sizes) for i in range(size)] + [(0.0, tail)]
    ),
    st.lists(st.integers(20, 60), min_size=1, max_size=5),
    st.sampled_from([0.0, 0.1, 1.0]),
    st.sampled_from([1.0, 500.0, 5000.0]),
)


@settings(max_examples=40, deadline=None)
@given(BURSTS)
def test_the_factor_is_the_smallest_of_all(demands: list[Demand]) -> None:
    """A request with a long tail makes the whole time grow with the factor, which a plain bisection would not stand."""
    trace = _trace(demands)
    found = smallest_factor(trace, LAW)
    tried = next((factor for factor in range(1, 61) if _busy(trace, LAW, factor) >= LEAST_BUSY), None)
    assert (found == tried) if tried else (found == 1 or found > 60)


def test_a_trace_too_light_for_any_factor_keeps_its_service_times_and_says_so() -> None:
    derived = derive(_trace([(at, 1.0) for at in range(47)]), LAW)
    assert (derived.factor, derived.busy, derived.slots, derived.start_copies) == (1, 1, 1, 2)
    assert "no factor brings them to 48" in str(derived)


def test_sizes_follow_from_the_percentile() -> None:
    derived = Derived(factor=2, busy=84, start_busy=49, mean_service_s=2.0, gaps=0, longest_gap_s=0)
    assert (derived.slots, derived.target) == (7, 4.9)
    assert (derived.min_copies, derived.max_copies, derived.start_copies) == (1, 24, 10)
    assert replace(derived, busy=85).slots == 8
    assert replace(derived, start_busy=50).start_copies == 11
    assert replace(derived, start_busy=0).start_copies == 1
    assert replace(derived, start_busy=1000).start_copies == 24
    assert [derived.start_with(least) for least in (0, 1, 4, 12)] == [10, 10, 10, 12]


def test_with_gaps_over_five_minutes_the_minimum_and_the_start_are_zero() -> None:
    def trace(silence: float) -> Trace:
        return _trace([(0.1 * n, 5.0) for n in range(200)] + [(19.9 + silence, 5.0)])

    kept, gone = derive(trace(300.0), LAW), derive(trace(301.0), LAW)
    assert (kept.gaps, kept.min_copies) == (0, 1)
    assert kept.start_copies > 1
    assert (gone.gaps, gone.min_copies, gone.start_copies) == (1, 0, 0)
    assert gone.longest_gap_s == pytest.approx(301)
    assert gone.start_with(1) == 1
    assert "1 gap over five minutes, the longest 5 min" in str(gone)


def test_only_the_first_three_hundred_seconds_set_the_start() -> None:
    derived = derive(_trace([(at, 10.0) for at in range(300)] + [(300.0, 10.0)] * 500), LAW)
    assert derived.start_busy == 10 * derived.factor


def test_derived_prints_everything() -> None:
    derived = Derived(factor=3, busy=58, start_busy=0, mean_service_s=11.55, gaps=37, longest_gap_s=9660)
    assert str(derived) == (
        "service times x 3, 11.55 s on average; 99.9th percentile of busy requests 58; 5 slots a copy; target 3.5; "
        "0 to 24 copies, 0 at the start; 37 gaps over five minutes, the longest 161 min"
    )


def test_a_generated_trace_is_sized_by_the_convention() -> None:
    trace = generate("steady", 1)
    derived = derive(trace, LAW)
    assert _busy(trace, LAW, derived.factor) == derived.busy >= LEAST_BUSY
    assert _busy(trace, LAW, derived.factor - 1) < LEAST_BUSY
    assert derived.slots == ceil(derived.busy / 12)
    services = [service for _, service in trace.demands(LAW, derived.factor)]
    assert derived.mean_service_s == pytest.approx(sum(services) / len(services))


# Counted independently, by sorting all arrivals and ends of a trace: factor, busy, slots, minimum, start, gaps.
SHARED_SIZES = {
    "azure_code_2023": (2, 84, 7, 1, 13, 0),
    "burstgpt_d9_burst_thin4": (11, 48, 4, 1, 1, 0),
    "mooncake_conversation": (1, 57, 5, 1, 14, 0),
    "servegen_mlarge_c133_d10_onoff": (3, 58, 5, 0, 0, 37),
    "servegen_mmid_c46_d7_onoff": (3, 60, 5, 0, 0, 25),
    "servegen_mmimage_steady_6h": (2, 51, 5, 1, 15, 0),
    "servegen_r1_24h_thin8": (1, 148, 13, 1, 7, 0),
}


@pytest.mark.parametrize("name", SHARED_SIZES)
def test_the_sizes_of_the_shared_traces(name: str) -> None:
    file = SHARED / f"{name}.csv.gz"
    if not file.is_file():
        pytest.skip("the shared traces are not beside this project")
    d = derive(read(file), LAW)
    assert (d.factor, d.busy, d.slots, d.min_copies, d.start_copies, d.gaps) == SHARED_SIZES[name]


def test_levels_match_a_plain_count_on_random_traffic() -> None:
    draw = random.Random(4)
    arrivals = sorted(draw.uniform(0, 1000) for _ in range(2000))
    demands = [(arrival, draw.expovariate(0.1)) for arrival in arrivals]
    seconds = occupancy(demands)
    assert sum(level * spent for level, spent in enumerate(seconds)) == pytest.approx(sum(s for _, s in demands))
    assert sum(seconds) == pytest.approx(max(arrival + service for arrival, service in demands))
