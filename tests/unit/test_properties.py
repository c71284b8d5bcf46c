"""What holds for every policy, load and order of events: the known traps of autoscalers, one property each."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from headstart.domain.counterfactual import follow, reserve
from headstart.domain.decide import SETTLE, decide
from headstart.domain.demand import measure
from headstart.domain.model import (
    Action,
    CopiesSeen,
    Counterfactual,
    Decision,
    Episode,
    Floor,
    Mode,
    NeedAt,
    Observation,
    Order,
    Point,
    Policy,
    Signal,
    SignalKind,
    State,
    Status,
)
from tests.support.builders import NOW, points, policy, seen, signal, state

CONCURRENCY = st.floats(0, 500, allow_nan=False)
SERIES = st.lists(st.none() | CONCURRENCY, max_size=8).map(lambda values: points(*values))
COUNTS = st.integers(0, 40)
REFUSED = st.lists(st.none() | st.integers(0, 2000).map(float), max_size=6).map(lambda values: points(*values))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    target = draw(st.floats(0.5, 50))
    most = draw(st.integers(1, 40))
    return policy(
        mode=draw(st.sampled_from(Mode)),
        target=target,
        slots=target * draw(st.floats(1, 3)),
        min_copies=draw(st.integers(0, most)),
        max_copies=most,
        service_seconds=draw(st.floats(0.05, 120)),
        reserve=draw(st.integers(0, 5)),
        floor_allowed=draw(st.booleans()),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    return seen(
        draw(COUNTS),
        desired_copies=draw(COUNTS),
        status=draw(st.sampled_from(Status)),
        concurrency=draw(SERIES),
        refused=draw(REFUSED),
    )


def floor_of(copies: int) -> Floor:
    return Floor(copies, 0, NOW - timedelta(minutes=5), NOW + timedelta(minutes=25), before=0)


@st.composite
def states(draw: st.DrawFn) -> State:
    age = timedelta(seconds=draw(st.integers(0, 3000)))
    episode = Episode(
        token="token-0",
        hop=draw(st.integers(1, 9000)),
        opened_at=NOW - age,
        opened_by=SignalKind.PRESSURE,
        next_look_at=NOW + timedelta(seconds=draw(st.integers(-100, 60))),
        calm_since=draw(st.none() | st.just(NOW - age / 2)),
        wake=draw(st.booleans()),
    )
    order = Order(
        "my-llama.20261122T125900000Z.00000000",
        draw(COUNTS),
        draw(COUNTS),
        NOW - age,
        draw(st.none() | st.just(NOW - age)),
        draw(COUNTS),
    )
    native = Counterfactual(
        at=NOW - timedelta(seconds=draw(st.integers(0, 200))),
        copies=draw(COUNTS),
        ready=draw(COUNTS),
        inside=draw(CONCURRENCY),
        saved=draw(st.floats(-30, 30)),
    )
    return state(
        episode=draw(st.none() | st.just(episode)),
        order=draw(st.none() | st.just(order)),
        needs=draw(st.just(()) | COUNTS.map(lambda copies: (NeedAt(NOW - timedelta(seconds=60), copies),))),
        load_at=draw(st.none() | st.just(NOW - age)),
        added=draw(COUNTS),
        known_desired=draw(st.none() | COUNTS),
        short_since=draw(st.none() | st.just(NOW - age)),
        floor=draw(st.none() | COUNTS.map(floor_of)),
        counterfactual=draw(st.none() | st.just(native)),
        copies_history=draw(st.just(()) | COUNTS.map(lambda copies: (CopiesSeen(NOW - age, copies, NOW - age / 2),))),
    )


@st.composite
def surplus(draw: st.DrawFn) -> tuple[State, Observation]:
    """Often something to give back: watched for five minutes, nothing in flight, some of the copies ours."""
    copies = draw(st.integers(1, 40))
    known = state(
        added=draw(st.integers(0, 40)),
        known_desired=draw(st.none() | st.just(copies) | COUNTS),
        copies_history=(CopiesSeen(NOW - timedelta(minutes=5), copies, NOW - timedelta(seconds=30)),),
        needs=draw(st.just(()) | COUNTS.map(lambda needed: (NeedAt(NOW - timedelta(seconds=60), needed),))),
        load_at=draw(st.none() | st.just(NOW - timedelta(minutes=1))),
    )
    low = st.lists(st.floats(0, 3), min_size=1, max_size=4).map(lambda values: points(*values))
    return known, seen(copies, concurrency=draw(low))


ANYTHING = st.tuples(states(), observations()) | surplus()


SIGNALS = st.sampled_from(SignalKind).map(signal)


@given(policies(), ANYTHING, SIGNALS)
def test_within_the_owners_bounds_and_never_lower_than_what_is_not_ours(
    settings: Policy, look: tuple[State, Observation], why: Signal
) -> None:
    known, observation = look
    decision = decide(settings, known, observation, why, NOW)
    ours = max(known.added, decision.next_state.added)
    assert observation.desired_copies - ours <= decision.desired
    assert settings.min_copies <= decision.desired <= max(settings.max_copies, observation.desired_copies)


@given(policies(), ANYTHING, SIGNALS)
def test_never_lower_than_what_is_needed_now(settings: Policy, look: tuple[State, Observation], why: Signal) -> None:
    known, observation = look
    decision = decide(settings, known, observation, why, NOW)
    if decision.desired < observation.desired_copies:
        assert decision.desired >= max(term.copies for term in decision.terms)
        assert decision.demand.concurrency is not None
        assert decision.desired * settings.target >= decision.demand.concurrency - 1e-6


@given(policies(), ANYTHING, SIGNALS)
def test_a_write_changes_something_and_only_where_it_may(
    settings: Policy, look: tuple[State, Observation], why: Signal
) -> None:
    known, observation = look
    decision = decide(settings, known, observation, why, NOW)
    if decision.action is Action.WRITE:
        assert settings.mode is Mode.ACT
        assert observation.status is Status.IN_SERVICE
        assert decision.desired != observation.desired_copies
    if decision.desired < observation.desired_copies:
        assert observation.current_copies == observation.desired_copies
        assert decision.action in (Action.WRITE, Action.OBSERVE)


@given(policies(), ANYTHING, SIGNALS)
def test_the_ledger_never_claims_what_nobody_asked_for(
    settings: Policy, look: tuple[State, Observation], why: Signal
) -> None:
    known, observation = look
    after = decide(settings, known, observation, why, NOW).next_state
    asked_for = max(0, known.order.adds) if known.order is not None and known.order.accepted_at is None else 0
    assert 0 <= after.added <= min(known.added + asked_for, observation.desired_copies)


@given(policies(), ANYTHING, SIGNALS)
def test_the_largest_term_binds_and_explains_itself(
    settings: Policy, look: tuple[State, Observation], why: Signal
) -> None:
    known, observation = look
    decision = decide(settings, known, observation, why, NOW)
    copies = {term.name: term.copies for term in decision.terms}
    assert copies[decision.binding] == max(copies.values())
    assert (max(copies.values()) > settings.max_copies) == ("maximum" in decision.limits)
    assert decision.reason.endswith(".")


@given(policies(), ANYTHING, SIGNALS)
def test_the_same_input_gives_the_same_decision(settings: Policy, look: tuple[State, Observation], why: Signal) -> None:
    known, observation = look
    assert decide(settings, known, observation, why, NOW) == decide(settings, known, observation, why, NOW)


def at_load(settings: Policy, copies: int, shape: list[float], factor: float) -> Decision:
    observation = seen(copies, concurrency=points(*(value * factor for value in shape)))
    return decide(settings, state(), observation, signal(), NOW)


@given(policies(), st.integers(1, 40), CONCURRENCY, st.lists(st.floats(0, 20), max_size=4), st.floats(1, 5))
def test_more_load_never_asks_for_fewer_copies(
    settings: Policy, copies: int, first: float, rises: list[float], factor: float
) -> None:
    shape = [first + sum(rises[:index]) for index in range(len(rises) + 1)]
    assert at_load(settings, copies, shape, factor).desired >= at_load(settings, copies, shape, 1.0).desired


@given(policies(), st.integers(1, 2000), st.integers(0, 2000))
def test_more_refusals_never_ask_for_fewer_copies(settings: Policy, refused: int, more: int) -> None:
    def wake(count: int) -> int:
        why = signal(SignalKind.WAKE)
        return decide(settings, state(), seen(0, refused=points(float(count))), why, NOW).desired

    assert wake(refused + more) >= wake(refused) >= 1


@given(policies(), st.integers(0, 40), SERIES, REFUSED)
def test_at_constant_load_what_was_asked_for_stays_enough_while_it_is_pending(
    settings: Policy,
    copies: int,
    concurrency: tuple[Point, ...],
    refused: tuple[Point, ...],
) -> None:
    observation = seen(copies, concurrency=concurrency, refused=refused)
    first = decide(settings, state(), observation, signal(), NOW)
    pending = replace(observation, status=Status.UPDATING, desired_copies=first.desired)
    for _ in range(3):
        again = decide(settings, first.next_state, pending, signal(SignalKind.FOLLOW), NOW)
        assert (again.action, again.desired) == (Action.HOLD, first.desired)


@given(policies(), states(), COUNTS, COUNTS, SIGNALS)
def test_no_data_changes_nothing(settings: Policy, known: State, current: int, desired: int, why: Signal) -> None:
    assume(desired >= settings.min_copies)
    decision = decide(settings, known, seen(current, desired_copies=desired), why, NOW)
    assert (decision.action, decision.desired) == (Action.HOLD, desired)


@given(policies(), SERIES, REFUSED, st.integers(0, 1790))
def test_a_wake_never_cancels_itself(
    settings: Policy,
    concurrency: tuple[Point, ...],
    refused: tuple[Point, ...],
    age: int,
) -> None:
    """Before a copy is in service neither silence nor any value of the metrics ends the episode."""
    episode = Episode(
        token="token-0",
        hop=3,
        opened_at=NOW - timedelta(seconds=age),
        opened_by=SignalKind.WAKE,
        next_look_at=NOW,
        wake=True,
    )
    waking = seen(0, desired_copies=1, status=Status.UPDATING, concurrency=concurrency, refused=refused)
    decision = decide(settings, state(episode=episode), waking, signal(SignalKind.FOLLOW), NOW)
    assert decision.desired >= 1
    assert decision.next_state.episode is not None
    assert decision.next_state.episode.wake
    assert decision.look_again is not None


@given(policies(), states(), observations())
def test_a_follow_up_either_books_the_next_or_ends_the_episode(
    settings: Policy, known: State, observation: Observation
) -> None:
    decision = decide(settings, known, observation, signal(SignalKind.FOLLOW), NOW)
    episode = decision.next_state.episode
    assert (episode is None) == (decision.look_again is None)
    if episode is not None and decision.look_again is not None:
        assert episode.next_look_at == NOW + decision.look_again
        assert known.episode is None or episode.hop == known.episode.hop + 1


@given(policies(), ANYTHING, SIGNALS)
def test_the_floor_keeps_to_what_is_asked_for_and_to_the_owners_bounds(
    settings: Policy, look: tuple[State, Observation], why: Signal
) -> None:
    known, observation = look
    decision = decide(settings, known, observation, why, NOW)
    if settings.mode is Mode.OBSERVE or not settings.floor_allowed:
        assert decision.floor is None
    seen_nothing = {term.name for term in decision.terms} == {"minimum"}
    if decision.floor is None or seen_nothing:
        return
    asked = decision.desired if decision.action is Action.WRITE else observation.desired_copies
    assert settings.min_copies < decision.floor <= min(asked, settings.max_copies)
    assert decision.floor <= decision.desired


@given(policies(), states(), COUNTS, COUNTS, SIGNALS)
def test_no_data_leaves_the_floor_alone_while_the_component_is_active(
    settings: Policy, known: State, current: int, desired: int, why: Signal
) -> None:
    assume(desired >= settings.min_copies)
    may = replace(settings, mode=Mode.ACT, floor_allowed=True)
    active = replace(known, load_at=NOW - timedelta(minutes=14))
    decision = decide(may, active, seen(current, desired_copies=desired), why, NOW)
    standing = min(active.floor.copies if active.floor is not None else 0, desired, may.max_copies)
    assert decision.floor == (standing if standing > may.min_copies else None)


@given(policies(), ANYTHING)
def test_the_reserve_is_between_nothing_and_twice_the_owners(settings: Policy, look: tuple[State, Observation]) -> None:
    known, observation = look
    followed = follow(known.counterfactual, settings, known, observation, measure(settings, known, observation))
    for native in (None, known.counterfactual, followed):
        assert 0.0 <= reserve(settings, native) <= 2.0 * settings.reserve


@given(policies(), st.integers(1, 40), SERIES, SIGNALS)
def test_settling_lasts_one_look(settings: Policy, copies: int, concurrency: tuple[Point, ...], why: Signal) -> None:
    may = replace(settings, mode=Mode.ACT)
    observation = seen(copies, concurrency=concurrency)
    first = decide(may, state(short_since=None), observation, why, NOW)
    if first.desired > copies:
        assert first.action is (Action.SETTLE if first.desired < may.max_copies else Action.WRITE)
    if first.action is Action.SETTLE:
        assert first.look_again == timedelta(seconds=10)
        again = decide(
            may, first.next_state, replace(observation, at=NOW + SETTLE), signal(SignalKind.FOLLOW), NOW + SETTLE
        )
        assert again.action is not Action.SETTLE


@given(policies(), st.integers(1, 2000))
def test_a_wake_never_settles(settings: Policy, refused: int) -> None:
    crowd = seen(0, refused=points(float(refused)))
    decision = decide(settings, state(short_since=None), crowd, signal(SignalKind.WAKE), NOW)
    assert decision.action in (Action.WRITE, Action.OBSERVE)
