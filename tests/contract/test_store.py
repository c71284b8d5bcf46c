"""One suite for the store in memory, which the unit tests trust, and the one that is deployed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from headstart.adapters.dynamodb import DynamoStore
from headstart.adapters.items import (
    DECISIONS,
    STATES,
    from_attribute,
    from_item,
    time_text,
    to_attribute,
    to_item,
)
from headstart.app.errors import Conflict, Unavailable
from headstart.app.ports import Store
from headstart.app.records import DecisionRecord, Kept, RecordKey, record, record_key
from headstart.domain.decide import decide
from headstart.domain.model import (
    CopiesSeen,
    Floor,
    Order,
    Outcome,
    OutcomeKind,
    Resolution,
    ServiceTime,
    SignalKind,
    StartKind,
    State,
)
from tests.support.aws import client, create_table
from tests.support.builders import NOW, points, policy, seen, signal, state
from tests.support.fakes import MemoryStore

NAME = "my-llama"
RETENTION = timedelta(days=90)
APPLIED = Outcome(OutcomeKind.APPLIED, NOW)
INTENDED = Outcome(OutcomeKind.INTENDED, NOW)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        yield client("dynamodb")


@pytest.fixture(scope="module")
def dynamo_stores(dynamodb: Any) -> Callable[[], DynamoStore]:
    numbers = count()

    def make() -> DynamoStore:
        name = f"table-{next(numbers)}"
        create_table(dynamodb, name)
        return DynamoStore(dynamodb, name, RETENTION)

    return make


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    make: Callable[[], DynamoStore] = request.getfixturevalue("dynamo_stores")
    return make()


def new(name: str = NAME, **changes: Any) -> State:
    return state(component=name, version=0, **changes)


def decided(seconds: float = 0.0, name: str = NAME, event_id: str = "event-1") -> DecisionRecord:
    """What a look at that time records."""
    at = NOW + timedelta(seconds=seconds)
    why = signal(SignalKind.PRESSURE, event_id)
    observation = seen(2, concurrency=points(9, 9, 9))
    decision = decide(policy(), state(), observation, why, NOW)
    return record(record_key(name, why, at), policy(), observation, why, decision, INTENDED, Kept(None))


def key_of(found: DecisionRecord) -> RecordKey:
    return RecordKey.parse(found.id)


# ---- states


def test_what_was_never_saved_is_not_there(store: Store) -> None:
    assert store.load(NAME) is None
    assert store.load_many([NAME, "nobody"]) == {}
    assert store.names() == []
    assert store.decision(key_of(decided())) is None
    assert store.decisions(NAME, NOW, NOW, 10, None).records == ()


def test_a_state_is_loaded_as_it_was_saved_with_its_next_version(store: Store) -> None:
    first = store.save(new())
    assert first == state(version=1)
    assert store.load(NAME) == first
    second = store.save(replace(first, policy=policy(max_copies=3)))
    assert second.version == 2
    assert store.load(NAME) == second


def test_only_one_of_two_first_writers_wins(store: Store) -> None:
    won = store.save(new(problem="first"))
    with pytest.raises(Conflict):
        store.save(new(problem="second"))
    assert store.load(NAME) == won


@pytest.mark.parametrize("stale", [1, 7], ids=["older", "from nowhere"])
def test_only_the_version_that_was_read_can_be_replaced(store: Store, stale: int) -> None:
    current = store.save(store.save(new()))
    with pytest.raises(Conflict):
        store.save(replace(current, version=stale, problem="lost"))
    assert store.load(NAME) == current


def test_many_states_are_loaded_at_once(store: Store) -> None:
    names = [f"component-{number:03d}" for number in range(120)]
    for name in names:
        store.save(new(name))
    found = store.load_many([*names, "nobody"])
    assert sorted(found) == names
    assert found["component-007"] == store.load("component-007")
    assert sorted(store.names()) == names


def test_names_come_in_order_from_any_place_on(store: Store) -> None:
    for name in ("b", "a-9", "B", "a", "c"):
        store.save(new(name))
    store.record(decided(name="decided"), new("decided"))
    ordered = ["B", "a", "a-9", "b", "c", "decided"]
    assert store.names_after(None, 100) == ordered
    assert store.names_after(None, 2) == ordered[:2]
    assert store.names_after("a", 3) == ordered[2:5]
    assert store.names_after("bb", 100) == ordered[4:]
    assert store.names_after("decided", 1) == []


def test_names_include_those_that_have_left_and_no_decisions(store: Store) -> None:
    store.save(new("zephyr", enrolled=False, policy=None))
    store.record(decided(), new())
    assert sorted(store.names()) == [NAME, "zephyr"]


# ---- decisions


def test_a_decision_and_its_state_are_written_together(store: Store) -> None:
    written = store.record(decided(), new())
    assert written.version == 1
    assert store.load(NAME) == written
    assert store.decision(key_of(decided())) == decided()


def test_a_decision_on_a_stale_state_leaves_no_trace(store: Store) -> None:
    current = store.save(store.save(new()))
    with pytest.raises(Conflict):
        store.record(decided(), replace(current, version=1))
    assert store.load(NAME) == current
    assert store.decision(key_of(decided())) is None


def test_the_same_decision_cannot_be_written_twice(store: Store) -> None:
    current = store.record(decided(), new())
    with pytest.raises(Conflict):
        store.record(replace(decided(), desired=9), current)
    assert store.load(NAME) == current
    assert store.decision(key_of(decided())) == decided()


def test_an_intention_is_completed_together_with_the_state(store: Store) -> None:
    begun = store.record(decided(), new())
    refused = Outcome(OutcomeKind.REFUSED, NOW + timedelta(seconds=1), "ResourceLimitExceeded: no more")
    floor = Floor(3, 0, NOW, NOW + timedelta(minutes=30), before=2)
    ended = replace(decided(), outcome=refused, floor=floor.copies, floor_note="as asked")
    done = store.complete(ended, replace(begun, problem="seen", floor=floor))
    assert (done.version, done.problem) == (2, "seen")
    assert store.load(NAME) == done
    assert store.decision(key_of(decided())) == ended


def test_completing_on_a_stale_state_changes_neither(store: Store) -> None:
    begun = store.record(decided(), new())
    renewed = store.save(begun)
    with pytest.raises(Conflict):
        store.complete(replace(decided(), outcome=APPLIED), begun)
    assert store.load(NAME) == renewed
    assert store.decision(key_of(decided())) == decided()


def test_what_is_found_out_later_is_added(store: Store) -> None:
    store.record(decided(), new())
    later = NOW + timedelta(seconds=90)
    store.resolve(Resolution(decided().id, outcome=OutcomeKind.APPLIED), later)
    found = store.decision(key_of(decided()))
    assert found is not None
    assert (found.outcome.kind, found.outcome.at) == (OutcomeKind.APPLIED, later)
    store.resolve(Resolution(decided().id, in_service_at=later), later)
    assert store.decision(key_of(decided())) == replace(found, in_service_at=later)
    first, kind = later - timedelta(seconds=9), StartKind.NEW_INSTANCE
    store.resolve(Resolution(decided().id, in_service_at=later, first_in_service_at=first, start_kind=kind), later)
    told = replace(found, in_service_at=later, first_in_service_at=first, start_kind=kind)
    assert store.decision(key_of(decided())) == told


def test_an_expired_decision_is_not_brought_back(store: Store) -> None:
    store.resolve(Resolution(decided().id, in_service_at=NOW), NOW)
    assert store.decision(key_of(decided())) is None


# ---- reading decisions


@pytest.fixture
def recorded(store: Store) -> list[DecisionRecord]:
    """Seven decisions, newest first; two of them in the same millisecond, and one of another component."""
    current = new()
    for seconds in (0, 10, 20, 30, 40, 50):
        current = store.record(decided(seconds), current)
    store.record(decided(50, event_id="another"), current)
    store.record(decided(25, name=f"{NAME}-2"), new(f"{NAME}-2"))
    found = [decided(seconds) for seconds in (0, 10, 20, 30, 40, 50)] + [decided(50, event_id="another")]
    return sorted(found, key=lambda r: (r.at, key_of(r).digest), reverse=True)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_decisions_come_newest_first_and_of_one_component(store: Store, recorded: list[DecisionRecord]) -> None:
    assert list(store.decisions(NAME, at(-60), at(60), 100, None).records) == recorded


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(10, 30, [30, 20, 10], id="both ends included"),
        pytest.param(10.001, 29.999, [20], id="to the millisecond"),
        pytest.param(31, 39, [], id="none"),
        pytest.param(-9e8, 0, [0], id="from decades ago"),
    ],
)
@pytest.mark.usefixtures("recorded")
def test_a_range_of_time(store: Store, start: float, end: float, expected: list[float]) -> None:
    found = store.decisions(NAME, at(start), at(end), 100, None).records
    assert [record.at for record in found] == [at(seconds) for seconds in expected]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_follow_each_other_without_gap_or_repetition(
    store: Store, recorded: list[DecisionRecord], limit: int
) -> None:
    found: list[DecisionRecord] = []
    after: RecordKey | None = None
    for _ in range(10):
        page = store.decisions(NAME, at(-60), at(60), limit, after)
        assert len(page.records) <= limit
        found += page.records
        after = page.after
        if after is None:
            break
    assert after is None
    assert found == recorded


# ---- what only the table has


def test_decisions_expire_and_lie_in_the_time_index(dynamodb: Any, dynamo_stores: Callable[[], DynamoStore]) -> None:
    store = dynamo_stores()
    store.record(decided(), new())
    items = dynamodb.scan(TableName=store._table)["Items"]
    by_sort_key = {item["sk"]["S"].partition("#")[0]: from_item(item) for item in items}
    assert by_sort_key["decision"]["expires_at"] == int((NOW + RETENTION).timestamp())
    assert by_sort_key["decision"]["ipk"].startswith("decisions#2026-11-22#")
    assert by_sort_key["decision"]["isk"] == f"2026-11-22T13:00:00.000Z#{NAME}#{key_of(decided()).digest}"
    assert "expires_at" not in by_sort_key["state"]
    assert by_sort_key["state"]["schema"] == by_sort_key["decision"]["schema"] == 1


def test_what_the_table_cannot_answer_is_unavailable_and_never_empty(dynamodb: Any) -> None:
    store = DynamoStore(dynamodb, "no-such-table", RETENTION)
    calls: list[Callable[[], object]] = [
        lambda: store.load(NAME),
        lambda: store.load_many([NAME]),
        store.names,
        lambda: store.save(new()),
        lambda: store.record(decided(), new()),
        lambda: store.resolve(Resolution(decided().id, in_service_at=NOW), NOW),
        lambda: store.decision(key_of(decided())),
        lambda: store.decisions(NAME, NOW, NOW, 1, None),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()


def test_one_state_that_cannot_be_read_does_not_hide_the_others(
    dynamodb: Any, dynamo_stores: Callable[[], DynamoStore]
) -> None:
    store = dynamo_stores()
    fine = store.save(new("fine"))
    store.save(new("garbled"))
    key = {"pk": {"S": "component#garbled"}, "sk": {"S": "state"}}
    item = dynamodb.get_item(TableName=store._table, Key=key)["Item"]
    dynamodb.put_item(TableName=store._table, Item=item | {"created": {"S": "yesterday"}})
    unreadable: dict[str, str] = {}
    assert store.load_many(["fine", "garbled"], unreadable) == {"fine": fine}
    assert list(unreadable) == ["garbled"]
    assert "created" in unreadable["garbled"]
    with pytest.raises(ValueError, match="created"):
        store.load_many(["fine", "garbled"])


TIMES = st.timedeltas(timedelta(0), timedelta(days=30_000)).map(lambda age: datetime(2020, 1, 1, tzinfo=UTC) + age)
NUMBERS = st.floats(1e-9, 1e9) | st.just(0.0)
st.register_type_strategy(datetime, TIMES)
st.register_type_strategy(float, NUMBERS)
st.register_type_strategy(int, st.integers(0, 1_000_000))
st.register_type_strategy(str, st.text(min_size=1, max_size=20))


@given(st.from_type(State))
def test_every_field_of_a_state_survives_the_table(any_state: State) -> None:
    item = to_item(STATES.dump_python(any_state, mode="json"))
    assert STATES.validate_python(from_item(item)) == any_state


@given(st.from_type(DecisionRecord))
def test_every_field_of_a_decision_survives_the_table(any_record: DecisionRecord) -> None:
    item = to_item(DECISIONS.dump_python(any_record, mode="json"))
    assert DECISIONS.validate_python(from_item(item)) == any_record


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def for_boto3(value: Any) -> Any:
    """Boto3 wants numbers with a point as Decimal."""
    match value:
        case float():
            return Decimal(repr(value))
        case list():
            return [for_boto3(inner) for inner in value]
        case dict():
            return {key: for_boto3(inner) for key, inner in value.items()}
        case _:
            return value


@given(PLAIN)
def test_boto3_reads_what_is_written_and_what_it_writes_is_read(value: Any) -> None:
    written: Any = to_attribute(value)
    assert TypeDeserializer().deserialize(written) == for_boto3(value)
    assert from_attribute(TypeSerializer().serialize(for_boto3(value))) == value
    assert from_attribute(to_attribute(value)) == value


def test_a_state_somebody_else_wrote_is_read_anew(dynamo_stores: Callable[[], DynamoStore]) -> None:
    mine = dynamo_stores()
    other = DynamoStore(mine._client, mine._table, RETENTION)
    first = mine.save(new())
    assert mine.load(NAME) == first
    second = other.save(replace(first, added=3))
    assert mine.load(NAME) == second != first
    with pytest.raises(Conflict):
        mine.save(replace(first, added=9))
    assert mine.load(NAME) == second


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e-200])
def test_numbers_the_table_cannot_hold_are_refused(number: float) -> None:
    with pytest.raises((TypeError, ArithmeticError)):
        to_attribute({"needed": number})


# ---- what was written before a field existed

NEW_IN_STATE = (
    *("needs", "load_at", "added", "known_desired", "short_since", "floor", "counterfactual"),
    *("tags", "native", "imported_at", "target_read_at", "problem_field", "problem_told", "rival", "created_native"),
    *("traces", "refusals", "spent"),
)
NEW_IN_POLICY = ("reserve", "observes_because", "floor_allowed", "schedule", "max_step", "daily_copy_hours")


def test_a_state_stored_before_there_was_a_ledger_is_read_and_claims_nothing(
    dynamodb: Any, dynamo_stores: Callable[[], DynamoStore]
) -> None:
    order = Order(decided().id, 2, 4, NOW, NOW)
    stored = new(
        order=order,
        policy=policy(reserve=0, floor_allowed=True),
        service_time=ServiceTime(2.0, NOW),
        copies_history=(CopiesSeen(NOW, 2, NOW),),
        short_since=None,
    )
    store = dynamo_stores()
    written = store.save(stored)
    key = {"pk": {"S": f"component#{NAME}"}, "sk": {"S": "state"}}
    item = dynamodb.get_item(TableName=store._table, Key=key)["Item"]
    for name in NEW_IN_STATE:
        del item[name]
    del item["order"]["M"]["before"]
    del item["service_time"]["M"]["requests"]
    for name in NEW_IN_POLICY:
        del item["policy"]["M"][name]
    dynamodb.put_item(TableName=store._table, Item=item)
    assert store.load(NAME) == written
    assert store.load_many([NAME]) == {NAME: written}
    arrived = seen(4, concurrency=points(3, 3, 3))
    assert decide(policy(), written, arrived, signal(SignalKind.FOLLOW), NOW).next_state.added == 0
    assert store.save(written).version == 2


def test_a_floor_stored_before_its_change_was_noted_is_read(
    dynamodb: Any, dynamo_stores: Callable[[], DynamoStore]
) -> None:
    store = dynamo_stores()
    written = store.save(new(floor=Floor(3, 0, NOW, NOW + timedelta(minutes=30), before=2)))
    key = {"pk": {"S": f"component#{NAME}"}, "sk": {"S": "state"}}
    item = dynamodb.get_item(TableName=store._table, Key=key)["Item"]
    del item["floor"]["M"]["changed_at"]
    dynamodb.put_item(TableName=store._table, Item=item)
    assert store.load(NAME) == written


# ---- what a later version has written, after a rollback

BY_NAME = ("tags", "numbers")
"""Maps of the owner's tags and of a term's numbers: any key is one of theirs."""


def from_the_future(attribute: Any, name: str = "") -> Any:
    """The same with a field more in every map."""
    match attribute:
        case {"M": values}:
            more = {} if name in BY_NAME else {"later": {"M": {"field": {"N": "1"}}}}
            return {"M": {key: from_the_future(value, key) for key, value in values.items()} | more}
        case {"L": values}:
            return {"L": [from_the_future(value) for value in values]}
        case _:
            return attribute


@given(st.from_type(State))
def test_fields_of_a_later_state_are_passed_over(any_state: State) -> None:
    item = {"M": to_item(STATES.dump_python(any_state, mode="json") | {"schema": 2})}
    assert STATES.validate_python(from_attribute(from_the_future(item))) == any_state


@given(st.from_type(DecisionRecord))
def test_fields_of_a_later_decision_are_passed_over(any_record: DecisionRecord) -> None:
    item = {"M": to_item(DECISIONS.dump_python(any_record, mode="json") | {"schema": 2})}
    assert DECISIONS.validate_python(from_attribute(from_the_future(item))) == any_record


def test_a_rolled_back_version_goes_on_with_a_state_that_a_later_one_wrote(
    dynamodb: Any, dynamo_stores: Callable[[], DynamoStore]
) -> None:
    store = dynamo_stores()
    written = store.save(new())
    key = {"pk": {"S": f"component#{NAME}"}, "sk": {"S": "state"}}
    item = from_the_future({"M": dynamodb.get_item(TableName=store._table, Key=key)["Item"]})["M"]
    dynamodb.put_item(TableName=store._table, Item=item)
    assert store.load(NAME) == written
    assert store.save(written).version == 2


def test_a_decision_stored_before_its_demand_told_the_concurrency_is_read(
    dynamodb: Any, dynamo_stores: Callable[[], DynamoStore]
) -> None:
    store = dynamo_stores()
    store.record(decided(), new())
    (item,) = (i for i in dynamodb.scan(TableName=store._table)["Items"] if "demand" in i)
    del item["demand"]["M"]["concurrency"], item["observes_because"]
    dynamodb.put_item(TableName=store._table, Item=item)
    found = store.decision(key_of(decided()))
    assert found is not None
    assert found == replace(decided(), demand=replace(decided().demand, concurrency=None))
    assert store.decisions(NAME, at(-60), at(60), 10, None).records == (found,)


@given(TIMES, TIMES)
def test_times_sort_as_text(one: datetime, other: datetime) -> None:
    assert (time_text(one) <= time_text(other)) or one > other
    assert len(time_text(one)) == len(time_text(other))
