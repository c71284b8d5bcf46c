"""CloudWatch alarms over the plant's metric store, evaluated as aws-facts 5.1 says.

Assumed: evaluations fall on whole 10 s and whole minutes (AWS gives every alarm a phase of its own); a period
whose data is visible in part counts with the part that is.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from uuid import uuid5

from simulator.plant.alarm_model import IDENTIFIERS, Alarm, AlarmConfig, HistoryItem, Point, Standing
from simulator.plant.alarm_reason import INITIAL, reason, reason_data, state_change_event
from simulator.plant.alarm_rules import Run, State, evaluation_range, judge
from simulator.plant.metrics import COARSE_S, FINE_S, STATISTICS, Bin, Series

if TYPE_CHECKING:
    from simulator.engine import Handle
    from simulator.plant.account import Account

type Listener = Callable[[Alarm, State], None]


class AlarmBook:
    """The alarms of one account and region. `listeners` hear of every transition, after the event went out."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._engine = account.engine
        self._metrics = account.metrics
        self._alarms: dict[str, Alarm] = {}
        self._acting: dict[str, set[str]] = {}
        self._ticks: dict[int, Handle] = {}
        self._events = 0
        self.listeners: list[Listener] = []

    def __len__(self) -> int:
        return len(self._alarms)

    def get(self, name: str) -> Alarm | None:
        return self._alarms.get(name)

    def all(self) -> list[Alarm]:
        """By name, as DescribeAlarms lists them."""
        return [self._alarms[name] for name in sorted(self._alarms)]

    def acting_on(self, arn: str) -> list[Alarm]:
        """Those that name it as an action when they go to ALARM, by name."""
        return [self._alarms[name] for name in sorted(self._acting.get(arn, ()))]

    def put(self, config: AlarmConfig) -> Alarm:
        """PutMetricAlarm: an alarm that exists keeps its state and is configured anew."""
        now = self._engine.now
        alarm = self._alarms.get(config.name)
        if alarm is None:
            standing = Standing(State.INSUFFICIENT_DATA, INITIAL, None, now)
            alarm = self._alarms[config.name] = Alarm(config, self._arn(config.name), now, now, standing, now)
            summary = f'Alarm "{config.name}" created'
        else:
            self._forget_actions(alarm)
            alarm.config, alarm.configured, alarm.run = config, now, None
            summary = f'Alarm "{config.name}" updated'
        for arn in config.alarm_actions:
            self._acting.setdefault(arn, set()).add(config.name)
        alarm.history.append(HistoryItem(now, "ConfigurationUpdate", summary, {"version": "1.0"}))
        self._book(config.cadence)
        return alarm

    def delete(self, name: str) -> bool:
        alarm = self._alarms.pop(name, None)
        if alarm is not None:
            self._forget_actions(alarm)
        return alarm is not None

    def _forget_actions(self, alarm: Alarm) -> None:
        for arn in alarm.config.alarm_actions:
            self._acting[arn].discard(alarm.name)

    def set_state(self, name: str, state: State, said: str, data: str | None = None) -> None:
        """SetAlarmState: holds until the next evaluation. Raises KeyError for an unknown alarm."""
        self._move(self._alarms[name], Standing(state, said, data, self._engine.now))

    def newest(self, config: AlarmConfig) -> float | None:
        """The newest value visible now within the alarm's evaluation range."""
        self._metrics.flush()
        return next((p.value for p in self._points(config) if p.value is not None), None)

    def _arn(self, name: str) -> str:
        return f"arn:aws:cloudwatch:{self._account.region}:{self._account.account_id}:alarm:{name}"

    def _book(self, cadence: int) -> None:
        if cadence not in self._ticks:
            due = (self._engine.now // cadence + 1) * cadence
            self._ticks[cadence] = self._engine.at(due, lambda: self._tick(cadence))

    def _tick(self, cadence: int) -> None:
        del self._ticks[cadence]
        due = [alarm for alarm in self._alarms.values() if alarm.config.cadence == cadence]
        if not due:
            return
        self._metrics.flush()
        for alarm in due:
            # A listener of an earlier transition may have deleted this one.
            if alarm.name in self._alarms:
                self._evaluate(alarm)
        self._book(cadence)

    def _evaluate(self, alarm: Alarm) -> None:
        config = alarm.config
        state = self._run(alarm).state if config.contiguous else judge(config.rule, self._values(config))
        if state is None or state is alarm.state:
            return
        points = _evaluated(config, list(self._points(config)))
        said = reason(config, points, alarm.state, state)
        data = reason_data(config, points, self._engine.now)
        alarm.newest_value = next((p.value for p in points if p.value is not None), None)
        self._move(alarm, Standing(state, said, data, self._engine.now))

    def _run(self, alarm: Alarm) -> Run:
        """The alarm's run, brought up to the newest point; begun anew if an evaluation was left out."""
        config, starts = alarm.config, self._starts(alarm.config)
        run, newest = alarm.run, starts[0]
        if run is None or run.newest != newest - config.period:
            run = alarm.run = Run(config.rule)
            for point in reversed(list(self._points(config))[1:]):
                run.add(int(point.start), point.value)
        run.add(newest, self._point(config, newest).value)
        return run

    def _move(self, alarm: Alarm, standing: Standing) -> None:
        previous, alarm.standing = alarm.standing, standing
        if previous.state is standing.state:
            return
        alarm.transitions += 1
        alarm.transitioned = standing.since
        summary = f"Alarm updated from {previous.state} to {standing.state}"
        data = {"version": "1.0", "oldState": previous.detail(), "newState": standing.detail()}
        alarm.history.append(HistoryItem(standing.since, "StateUpdate", summary, data))
        self._account.emit(state_change_event(alarm, previous, self._event_id()))
        for listener in self.listeners:
            listener(alarm, previous.state)

    def _event_id(self) -> str:
        self._events += 1
        account = self._account
        return str(uuid5(IDENTIFIERS, f"{account.account_id}/{account.region}/{account.seed}/{self._events}"))

    def _starts(self, config: AlarmConfig) -> range:
        """Starts of the periods looked at, newest first. The window slides with the evaluation (DOC alarm-evaluation).

        A contiguous alarm looks at exactly N periods, the newest of them the last that could have been published."""
        now, cadence = self._engine.now, config.cadence
        periods = config.rule.periods
        if config.contiguous:
            now -= self._account.spec.metrics.publish_lag_s
        else:
            periods = evaluation_range(config.period, periods)
        newest = int(now // cadence) * cadence - config.period
        return range(newest, newest - periods * config.period, -config.period)

    def _values(self, config: AlarmConfig) -> Iterator[float | None]:
        series, starts = self._metrics.series(config.metric), self._starts(config)
        if series is None or series.newest < starts[-1]:
            return iter([None])
        if config.period != FINE_S:
            return (point.value for point in self._points(config))
        read, now = STATISTICS[config.statistic], self._engine.now
        return (None if (found := _fine(series, start, now)) is None else read(found) for start in starts)

    def _points(self, config: AlarmConfig) -> Iterator[Point]:
        return (self._point(config, start) for start in self._starts(config))

    def _point(self, config: AlarmConfig, start: int) -> Point:
        series = self._metrics.series(config.metric)
        if series is None:
            return Point(start, None)
        now = self._engine.now
        if config.period == FINE_S:
            seen = _fine(series, start, now)
        else:
            seen = _visible(series, start, start + config.period, now)
        return Point(start, None) if seen is None else Point(start, STATISTICS[config.statistic](seen), seen.count)


def _fine(series: Series, start: int, now: float) -> Bin | None:
    found = series.fine.get(start)
    if found is None and start % COARSE_S == 0:
        # One-minute data shows at the beginning of its minute.
        found = series.coarse.get(start)
    return found if found is not None and found.visible_at <= now else None


def _visible(series: Series, start: int, end: int, now: float) -> Bin | None:
    merged: Bin | None = None
    for part in series.parts(start, end):
        if part.visible_at <= now:
            if merged is None:
                merged = Bin(part.minimum, part.maximum, part.total, part.count, part.visible_at)
            else:
                merged.add(part)
    return merged


def _evaluated(config: AlarmConfig, points: list[Point]) -> list[Point]:
    """What AWS reports as evaluated: the newest N real points if there are N, else the whole range."""
    real = [point for point in points if point.value is not None]
    return real[: config.rule.periods] if len(real) >= config.rule.periods else points
