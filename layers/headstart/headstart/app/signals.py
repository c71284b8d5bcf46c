"""The two ways a look begins: an alarm's state change, and the next message of a chain."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from headstart.app.errors import Conflict, NotEnrolled, Unavailable
from headstart.app.ports import FollowUp
from headstart.app.react import Looked, Reactor
from headstart.domain.model import Point, Signal, SignalKind, State

RETRY_DELAY = timedelta(seconds=5)
RETRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChange:
    """A state change of one of our alarms. ``evidence`` are the data points it names, missing ones left out."""

    component: str
    kind: SignalKind
    event_id: str
    value: str
    at: datetime
    evidence: tuple[Point, ...]
    event: Mapping[str, Any]


def on_alarm(reactor: Reactor, change: AlarmChange, attempt: int = 0) -> Looked:
    """Look at the component of an alarm that went into ALARM.

    OK and INSUFFICIENT_DATA, which the rule does not pass on, would change nothing: the chain of the open episode
    sees for itself, and no data is not no load. A passing error books another attempt in 5 s, since Lambda's own retry
    waits a minute.

    Raises:
        NotEnrolled: the alarm's component is not ours to touch.
        Unavailable, Conflict: the last attempt failed too.
    """
    if change.value != "ALARM":
        return Looked(None, f"alarm is {change.value}")
    # Another attempt is a signal of its own: the first may have got as far as noting the event as seen.
    signal_id = f"{change.event_id}#{attempt}" if attempt else change.event_id
    token = hashlib.sha256(signal_id.encode()).hexdigest()[:16]
    signal = Signal(change.kind, signal_id, token, retried=attempt > 0)

    def admits(state: State) -> str:
        return "duplicate delivery" if signal.id in state.recent_signals else ""

    try:
        return reactor.look(change.component, signal, admits, change.evidence)
    except (Unavailable, Conflict):
        if attempt >= RETRIES:
            raise
        reactor.follow_ups.book_retry(change.event, attempt + 1, RETRY_DELAY)
        return Looked(None, "AWS did not answer; booked another attempt")


def on_follow_up(reactor: Reactor, follow_up: FollowUp) -> Looked:
    """Go on with a component's chain, if this message is its current hop.

    Raises:
        Unavailable, Conflict: the queue delivers the message again.
    """
    signal = Signal(SignalKind.FOLLOW, f"{follow_up.token}/{follow_up.hop}", follow_up.token)

    def admits(state: State) -> str:
        episode = state.episode
        if episode is None:
            return "its episode is over"
        if (episode.token, episode.hop) != (follow_up.token, follow_up.hop):
            return "not the current hop of its chain"
        return ""

    try:
        return reactor.look(follow_up.component, signal, admits, host=follow_up.host)
    except NotEnrolled as gone:
        return Looked(None, str(gone))
