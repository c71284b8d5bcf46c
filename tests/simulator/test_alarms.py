"""The alarm book over a metric store: what is seen when, and what is said about it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from simulator.plant.alarm_model import AlarmConfig
from simulator.plant.alarm_rules import Missing, Rule, State
from simulator.plant.metrics import MetricKey, metric_key
from simulator.plant.timefmt import alarm_time, epoch
from tests.simulator.stage import T0, Stage

LOAD = metric_key("Test", "Load", {"Component": "chat"})
BEGIN = T0 - 20  # a whole minute
LAG = 20


class Watch(Stage):
    """Alarms at BEGIN; points of ten seconds, visible `LAG` after they end."""

    def __init__(self) -> None:
        super().__init__(begin=BEGIN)
        self.events: list[dict[str, Any]] = []
        self.account.event_sinks.append(self.events.append)

    def watch(
        self,
        name: str = "load",
        *,
        metric: MetricKey = LOAD,
        m_of_n: tuple[int, int] = (1, 1),
        missing: Missing = Missing.MISSING,
        period: int = 10,
        statistic: str = "Maximum",
        threshold: float = 5.0,
    ) -> None:
        rule = Rule("GreaterThanThreshold", threshold, *m_of_n, missing)
        self.account.alarms.put(AlarmConfig(name, metric, statistic, period, rule, description="too much"))

    def points(self, *values: float | None, since: float = 0, metric: MetricKey = LOAD) -> None:
        for index, value in enumerate(values):
            if value is not None:
                self.account.metrics.put(metric, BEGIN + since + 10 * index, value)

    def state(self, name: str = "load") -> State:
        alarm = self.account.alarms.get(name)
        assert alarm is not None
        return alarm.state

    def transitions(self) -> list[tuple[float, str]]:
        return [
            (epoch(event["detail"]["state"]["timestamp"]) - BEGIN, event["detail"]["state"]["value"])
            for event in self.events
        ]


def test_a_point_counts_from_the_evaluation_at_which_it_can_be_seen() -> None:
    watch = Watch()
    watch.watch()
    watch.points(9.0)
    watch.run(10 + LAG - 1)
    assert watch.state() is State.INSUFFICIENT_DATA
    watch.run(1)
    assert watch.transitions() == [(30.0, "ALARM")]


def test_three_of_three_needs_three_in_a_row() -> None:
    watch = Watch()
    watch.watch(m_of_n=(3, 3))
    watch.points(1, 9, 9, 1, 9, 9, 9)
    watch.run(100)
    # The seventh point ends at 70 and is seen at 90.
    assert watch.transitions() == [(30.0, "OK"), (90.0, "ALARM")]


def test_two_of_three_does_not_need_them_in_a_row() -> None:
    watch = Watch()
    watch.watch(m_of_n=(2, 3))
    watch.points(1, 9, 1, 9, 1, 1)
    watch.run(90)
    assert watch.transitions() == [(30.0, "OK"), (60.0, "ALARM"), (70.0, "OK")]


def test_the_lag_makes_a_first_lone_breach_look_old() -> None:
    """The documented premature alarm: `- - X - -` is ALARM, and with this lag the newest point always stands there."""
    watch = Watch()
    watch.watch(m_of_n=(3, 3))
    watch.points(9.0)
    watch.run(30)
    assert watch.transitions() == [(30.0, "ALARM")]


def test_dimensions_are_exact() -> None:
    watch = Watch()
    watch.watch("right")
    watch.watch("none", metric=metric_key("Test", "Load", {}))
    watch.watch("more", metric=metric_key("Test", "Load", {"Component": "chat", "Variant": "AllTraffic"}))
    watch.watch("other", metric=metric_key("Test", "Load", {"Component": "code"}))
    watch.points(9.0)
    watch.run(40)
    states = {alarm.name: alarm.state for alarm in watch.account.alarms.all()}
    assert states.pop("right") is State.ALARM
    assert set(states.values()) == {State.INSUFFICIENT_DATA}


@pytest.mark.parametrize(("period", "at"), [(10, 30.0), (20, 30.0), (30, 30.0), (60, 60.0)])
def test_short_periods_are_evaluated_every_ten_seconds_and_minutes_every_minute(period: int, at: float) -> None:
    watch = Watch()
    watch.watch(period=period)
    watch.points(9.0)
    watch.run(70)
    assert watch.transitions()[0] == (at, "ALARM")


def test_a_period_slides_with_the_evaluation() -> None:
    """Two failures either side of a half-minute boundary lie in one period of 30 s."""
    watch = Watch()
    watch.watch(period=30, statistic="Sum", threshold=1.5, missing=Missing.NOT_BREACHING)
    watch.points(1, 1, since=20)
    watch.run(80)
    # At 60 the window 30-60 holds one of them, at 70 the window 10-40 holds both.
    assert watch.transitions() == [(10.0, "OK"), (70.0, "ALARM")]


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (Missing.MISSING, State.INSUFFICIENT_DATA),
        (Missing.IGNORE, State.ALARM),
        (Missing.BREACHING, State.ALARM),
        (Missing.NOT_BREACHING, State.OK),
    ],
)
def test_what_silence_means(missing: Missing, expected: State) -> None:
    watch = Watch()
    watch.watch(missing=missing)
    watch.points(9.0)
    watch.run(30)
    assert watch.state() is State.ALARM
    watch.run(300)
    assert watch.state() is expected


def test_the_last_points_are_evaluated_again_for_a_while_after_the_metric_stopped() -> None:
    watch = Watch()
    watch.watch(missing=Missing.NOT_BREACHING)
    watch.points(9.0)
    watch.run(600)
    # Seven periods of ten seconds are looked at, and the point began at 0.
    assert watch.transitions() == [(10.0, "OK"), (30.0, "ALARM"), (80.0, "OK")]


def test_configuring_an_alarm_anew_keeps_its_state() -> None:
    watch = Watch()
    watch.watch()
    watch.points(9.0)
    watch.run(30)
    watch.watch(threshold=100.0)
    assert watch.state() is State.ALARM
    watch.run(10)
    assert watch.state() is State.OK


def test_an_account_without_alarms_books_nothing() -> None:
    watch = Watch()
    watch.watch()
    watch.account.alarms.delete("load")
    watch.run(20)
    assert watch.engine.next_time() is None


def _detail(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return event["detail"]  # type: ignore[no-any-return]


def test_the_event_has_the_documented_shape() -> None:
    """aws-facts 5.2."""
    watch = Watch()
    watch.watch(m_of_n=(2, 3))
    watch.points(1, 9, None, 9)
    watch.run(60)
    event = watch.events[-1]
    assert {key: event[key] for key in ("version", "source", "detail-type", "account", "region")} == {
        "version": "0",
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": "123456789012",
        "region": "us-east-1",
    }
    assert event["resources"] == ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:load"]
    assert event["time"] == "2023-11-14T22:14:00Z"
    detail = _detail(event)
    assert detail["alarmName"] == "load"
    assert detail["previousState"]["value"] == "OK"
    assert detail["configuration"]["description"] == "too much"
    [metric] = detail["configuration"]["metrics"]
    assert metric["returnData"] is True
    assert metric["metricStat"] == {
        "metric": {"namespace": "Test", "name": "Load", "dimensions": {"Component": "chat"}},
        "period": 10,
        "stat": "Maximum",
    }
    assert detail["state"]["reason"] == (
        "Threshold Crossed: 2 out of the last 3 datapoints [9 (14/11/23 22:13:30), 9 (14/11/23 22:13:10)] were "
        "greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    assert json.loads(detail["state"]["reasonData"]) == {
        "version": "1.0",
        "queryDate": "2023-11-14T22:14:00.000+0000",
        "startDate": "2023-11-14T22:13:00.000+0000",
        "statistic": "Maximum",
        "period": 10,
        "recentDatapoints": [1, 9, 9],
        "threshold": 5.0,
        "evaluatedDatapoints": [
            {"timestamp": alarm_time(BEGIN + at), "sampleCount": 1.0, "value": value}
            for at, value in ((30, 9), (10, 9), (0, 1))
        ],
    }


def test_an_alarm_out_of_nothing_says_so_and_lists_the_missing_points() -> None:
    watch = Watch()
    watch.watch()
    watch.points(9.0)
    watch.run(200)
    detail = _detail(watch.events[-1])
    assert detail["state"]["value"] == "INSUFFICIENT_DATA"
    assert detail["state"]["reason"] == "Insufficient Data: 7 datapoints were unknown."
    data = json.loads(detail["state"]["reasonData"])
    assert data["recentDatapoints"] == []
    assert all(set(point) == {"timestamp"} for point in data["evaluatedDatapoints"])


def test_points_filled_in_are_named_in_the_reason() -> None:
    watch = Watch()
    watch.watch(missing=Missing.NOT_BREACHING)
    watch.run(10)
    assert _detail(watch.events[-1])["state"]["reason"] == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[NonBreaching]."
    )


def test_the_first_state_and_a_set_state_carry_no_reason_data() -> None:
    watch = Watch()
    watch.watch()
    watch.account.alarms.set_state("load", State.ALARM, "a drill")
    detail = _detail(watch.events[-1])
    assert detail["state"] == {"value": "ALARM", "reason": "a drill", "timestamp": alarm_time(BEGIN)}
    assert detail["previousState"]["reason"] == "Unchecked: Initial alarm creation"
    assert "reasonData" not in detail["previousState"]
    watch.run(10)
    assert watch.state() is State.INSUFFICIENT_DATA


def test_event_ids_are_unique_and_the_same_in_every_run() -> None:
    def ids() -> list[str]:
        watch = Watch()
        watch.watch()
        watch.points(9, 1, 9, 1, 9)
        watch.run(200)
        return [event["id"] for event in watch.events]

    first = ids()
    assert len(set(first)) == len(first) > 3
    assert first == ids()
