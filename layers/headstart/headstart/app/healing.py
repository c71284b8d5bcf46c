"""Chains that are missing: opened, restarted, or hurried."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headstart.app.ports import FollowUp, FollowUps, Store
from headstart.app.rounds import Round
from headstart.domain.floor import stands
from headstart.domain.model import Episode, Mode, SignalKind, State

OVERDUE = timedelta(seconds=60)
"""A chain whose next look is this late has lost its message."""
PRESSURE, WAKE = SignalKind.PRESSURE, SignalKind.WAKE


@dataclass(frozen=True, slots=True, kw_only=True)
class Healer:
    """Makes good what signals did not bring about."""

    store: Store
    follow_ups: FollowUps

    def heal(self, this: Round, before: State | None, state: State) -> None:
        """Restart a chain that lost its message; open an episode where there is a reason for one and none is open.

        Reasons: an alarm of ours in ALARM (its event was lost, or came when nothing was enrolled), or copies or a
        floor of ours, which outlive an episode only where its chain met its own bound. ``before``: as it was a minute
        ago; who may act now and could not then does not wait for the next look, which may be a minute away.
        """
        episode = state.episode
        if state.policy is None or (episode is None and not _reasons(this, state)):
            return
        if episode is not None and this.now - episode.next_look_at < OVERDUE and not _freed(before, state):
            return
        opened = _opened(this, state) if episode is None else episode
        token = _token(state, this.now)
        opened = replace(opened, token=token, hop=opened.hop + 1, next_look_at=this.now)
        this.states[state.component] = self.store.save(replace(state, episode=opened))
        self.follow_ups.book(FollowUp(state.component, token, opened.hop, this.now), timedelta(0))
        this.chains_started += 1


def _reasons(this: Round, state: State) -> list[SignalKind]:
    ringing = [kind for kind in (WAKE, PRESSURE) if (state.component, kind) in this.ringing]
    acts = state.policy is not None and state.policy.mode is Mode.ACT
    gives_back = (acts and state.added > 0) or stands(state.floor)
    return [*ringing, *([SignalKind.FOLLOW] if gives_back else [])]


def _freed(before: State | None, state: State) -> bool:
    if before is None or before.policy is None or state.policy is None:
        return False
    return before.policy.mode is Mode.OBSERVE and state.policy.mode is Mode.ACT


def _opened(this: Round, state: State) -> Episode:
    kind = _reasons(this, state)[0]
    return Episode(token="", hop=0, opened_at=this.now, opened_by=kind, next_look_at=this.now, wake=kind is WAKE)


def _token(state: State, now: datetime) -> str:
    return hashlib.sha256(f"{state.component}|{now.isoformat()}".encode()).hexdigest()[:16]
