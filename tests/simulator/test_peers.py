"""Each peer's formula against values worked out by hand from its documentation and source."""

import pytest

from simulator.replay.peers import PEERS
from simulator.replay.peers.controls import copies_for
from simulator.replay.peers.dynamo import stepped
from simulator.replay.peers.gauge import Point
from simulator.replay.peers.horizontal import Behaviour, external_metric, pods_metric
from simulator.replay.peers.keda import Activation
from simulator.replay.peers.knative import KpaLaw
from simulator.replay.peers.limits import episode
from simulator.replay.peers.ray import RayLaw, scaled
from simulator.replay.peers.skyserve import SkyServeLaw, replicas_for


def test_every_peer_has_the_name_it_is_found_by_and_tells_what_is_different_here() -> None:
    for name, make in PEERS.items():
        policy = make()
        assert policy.name == name
        assert getattr(policy, "remark", "")


@pytest.mark.parametrize(("load", "target", "copies"), [(0, 4.9, 0), (49, 4.9, 10), (49.1, 4.9, 11), (0.1, 7, 1)])
def test_load_over_target_rounds_up_but_not_for_the_last_bit(load: float, target: float, copies: int) -> None:
    assert copies_for(load, target) == copies


@pytest.mark.parametrize(
    ("point", "load"),
    [
        (Point(0, 3.5, 0, 4), 14.0),
        (Point(0, 3.5, 6, 4), 20.0),
        (Point(0, None, 6, 0), 6.0),
        (Point(0, None, 0, 0), 0.0),
        (Point(0, None, 0, 2), None),
    ],
)
def test_a_point_tells_the_load_unless_nobody_can(point: Point, load: float | None) -> None:
    assert point.load == load


# Knative: target 7, so 70 concurrent requests are ten pods.


def test_kpa_divides_total_concurrency_by_the_target() -> None:
    assert KpaLaw(7.0).desired(0, ready_pods=6, stable=70, panic=70) == 10


def test_kpa_gives_back_at_most_half() -> None:
    assert KpaLaw(7.0).desired(0, ready_pods=9, stable=7, panic=7) == 4


def test_kpa_panics_at_twice_the_ready_pods_and_takes_the_panic_windows_count() -> None:
    assert KpaLaw(7.0).desired(0, ready_pods=6, stable=42, panic=77) == 6
    assert KpaLaw(7.0).desired(0, ready_pods=6, stable=42, panic=78) == 12


def test_kpa_never_decreases_in_panic_and_leaves_it_a_stable_window_after_the_last_cause() -> None:
    law = KpaLaw(7.0)
    assert law.desired(0, 2, stable=14, panic=70) == 10
    assert law.desired(60, 10, stable=14, panic=14) == 10
    assert law.desired(62, 10, stable=14, panic=14) == 5


def test_kpa_with_more_than_one_pod_begins_in_panic() -> None:
    law = KpaLaw.starting(7.0, ready=4, now=100)
    assert law.desired(102, 4, stable=0, panic=0) == 4
    assert law.desired(162, 4, stable=0, panic=0) == 2


def test_kpa_keeps_the_last_pod_for_the_grace_period_and_starts_none_for_it() -> None:
    law = KpaLaw(7.0)
    assert [law.after_grace(now, 1, 0) for now in (0, 28, 30)] == [1, 1, 0]
    assert KpaLaw(7.0).after_grace(0, 0, 0) == 0


# Kubernetes


@pytest.mark.parametrize(
    ("replicas", "ready", "per_pod", "wanted"),
    [
        (4, 4, 7.6, 4),  # within a tenth
        (4, 4, 14.0, 8),  # ratio 2
        (4, 4, 3.5, 2),
        (10, 2, 14.0, 10),  # with eight starting pods at nothing the ratio is 0.4: the other way, nothing is done
        (10, 2, 49.0, 14),  # 7 x 2 / 10 = 1.4 of ten
        (10, 2, 38.0, 10),  # 5.43 x 2 / 10 = 1.09: within the tolerance
    ],
)
def test_hpa_counts_starting_pods_as_idle_on_the_way_up(replicas: int, ready: int, per_pod: float, wanted: int) -> None:
    assert pods_metric(replicas, ready, per_pod, 7.0) == wanted


@pytest.mark.parametrize(
    ("replicas", "ready", "value", "wanted"), [(4, 4, 7.6, 4), (4, 4, 14.0, 8), (10, 2, 14.0, 4), (0, 0, 14.0, 2)]
)
def test_an_external_metric_multiplies_ready_pods(replicas: int, ready: int, value: float, wanted: int) -> None:
    assert external_metric(replicas, ready, value, 7.0) == wanted


@pytest.mark.parametrize(("replicas", "limit"), [(1, 5), (3, 7), (4, 8), (10, 20)])
def test_hpa_adds_four_pods_or_as_many_again(replicas: int, limit: int) -> None:
    assert Behaviour().settled(0, replicas, 100) == limit


def test_hpa_goes_down_to_the_largest_recommendation_of_five_minutes() -> None:
    behaviour = Behaviour()
    assert behaviour.settled(0, 10, 4) == 10
    assert behaviour.settled(150, 10, 6) == 10
    assert behaviour.settled(300, 10, 2) == 6
    assert behaviour.settled(450, 6, 2) == 2


def test_keda_wakes_one_and_sleeps_after_its_cooldown() -> None:
    activation = Activation(active_at=0)
    assert activation.replicas(10, 0, active=True) == 1
    assert activation.replicas(40, 3, active=True) == 3
    assert activation.replicas(340, 3, active=False) == 3
    assert activation.replicas(341, 3, active=False) == 0


# Ray Serve


@pytest.mark.parametrize(
    ("ongoing", "current", "factor", "count"),
    [(70, 4, 1.0, 10), (71, 4, 1.0, 11), (70, 4, 0.5, 7), (14, 4, 1.0, 2), (21, 4, 0.1, 3)],
)
def test_ray_goes_a_factor_of_the_way(ongoing: float, current: int, factor: float, count: int) -> None:
    assert scaled(ongoing, current, 7.0, factor) == count


def test_ray_acts_once_a_direction_was_held_for_its_delay() -> None:
    law = RayLaw(7.0, least=0, most=24, goal=4)
    assert [law.decide(now, 4, 70) for now in (0, 29, 30)] == [4, 4, 10]
    assert [law.decide(now, 10, 14) for now in (100, 400)] == [10, 10]
    assert law.decide(500, 10, 70) == 10  # interrupted: the count begins anew
    assert [law.decide(now, 10, 14) for now in (501, 1100, 1101)] == [10, 10, 2]


def test_ray_wakes_one_at_once_and_only_the_last_replica_gives_way_to_none() -> None:
    law = RayLaw(7.0, least=0, most=24, goal=0)
    assert law.decide(0, 0, 50) == 1
    law.goal = 3
    assert [law.decide(now, 3, 0) for now in (0, 600)] == [3, 1]
    assert [law.decide(now, 1, 0) for now in (601, 1201)] == [1, 0]


# SkyServe: two requests a second and replica.


def test_skyserve_divides_the_last_minutes_requests() -> None:
    assert [replicas_for(requests, 2.0) for requests in (0, 1, 120, 121)] == [0, 1, 1, 2]


def test_skyserve_needs_fifteen_decisions_up_sixty_down_and_one_from_zero() -> None:
    law = SkyServeLaw(2.0, least=0, most=24, goal=0)
    assert law.decide(600) == 5
    assert [law.decide(1200) for _ in range(15)] == [5] * 14 + [10]
    assert [law.decide(0) for _ in range(60)] == [10] * 59 + [0]


def test_one_jitter_resets_skyserves_counter() -> None:
    law = SkyServeLaw(2.0, least=1, most=24, goal=5)
    for _ in range(14):
        law.decide(1200)
    law.decide(600)
    assert law.decide(1200) == 5


@pytest.mark.parametrize(
    ("workers", "per_worker", "after"),
    [(4, 7.1, 5), (4, 7.0, 4), (4, 4.3, 4), (4, 4.1, 3), (1, 0.0, 1)],  # 4.2 x 4/3 = 0.8 x 7
)
def test_dynamo_steps_by_one_and_down_only_if_the_others_can_take_it(
    workers: int, per_worker: float, after: int
) -> None:
    assert stepped(workers, per_worker, 7.0) == after


# Limits


def test_an_episode_lasts_until_fifteen_minutes_below_nine_tenths_of_its_most() -> None:
    peaks = [7] * 100 + [70] * 50 + [62] * 1000 + [63] * 10 + [62] * 2000
    assert episode(peaks, 0, held=1, target=7.0) == (10, 1050.0)
    peaks[1000] = 63
    assert episode(peaks, 0, held=1, target=7.0) == (10, 1160.0 + 900)


def test_an_episode_cut_by_the_traces_end_ends_with_it() -> None:
    assert episode([70] * 100, 0, held=0, target=7.0) == (10, 1000.0)
