"""Chains that are missing: opened, restarted, or hurried."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headstart.app.ports import FollowUp, FollowUps, Store
from headstart.app.rounds import Round
from headstart.domain.floor import stands
from headstart.domain.model import Episode, Mode, SignalKind, State
from headstart.domain.season import clock_minimums

OVERDUE = timedelta(seconds=60)
"""A chain whose next look is this late has lost its message."""
LOOKED_AGAIN = timedelta(minutes=10)
"""While a scheduled minimum counts, this often somebody looks whether it is still met."""
PRESSURE, WAKE = SignalKind.PRESSURE, SignalKind.WAKE


@dataclass(frozen=True, slots=True, kw_only=True)
class Healer:
    """Makes good what signals did not bring about."""

    store: Store
    follow_ups: FollowUps

    def heal(self, this: Round, before: State | None, state: State) -> None:
        """Restart a chain that lost its message; open an episode where there is a reason for one and none is open.

        Reasons: an alarm of ours in ALARM (its event was lost, or came when nothing was enrolled); copies or a floor of
        ours, which outlive an episode only where its chain met its own bound; a scheduled minimum that is not met.
        ``before``: as it was a minute ago. Who may act now and could not then does not wait for the next look, which
        may be a minute away; nor who may not any more while a floor stands.
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
    unfinished = stands(state.floor) or (acts and (state.added > 0 or _is_short(state, this.now)))
    return [*ringing, *([SignalKind.FOLLOW] if unfinished else [])]


def _is_short(state: State, now: datetime) -> bool:
    """By the clock there should be more copies, or it is long since anybody looked how many there are."""
    asked = clock_minimums(state.policy, state, now) if state.policy is not None else ()
    if not asked:
        return False
    looked_at = state.copies_history[-1].until if state.copies_history else None
    unsure = looked_at is None or now - looked_at >= LOOKED_AGAIN
    return unsure or (state.known_desired or 0) < max(term.copies for term in asked)


def _freed(before: State | None, state: State) -> bool:
    if before is None or before.policy is None or state.policy is None:
        return False
    if before.policy.mode is Mode.ACT and state.policy.mode is Mode.OBSERVE:
        return stands(state.floor)  # the owner's minimum is to be back at once
    return before.policy.mode is Mode.OBSERVE and state.policy.mode is Mode.ACT


def _opened(this: Round, state: State) -> Episode:
    kind = _reasons(this, state)[0]
    return Episode(token="", hop=0, opened_at=this.now, opened_by=kind, next_look_at=this.now, wake=kind is WAKE)


def _token(state: State, now: datetime) -> str:
    return hashlib.sha256(f"{state.component}|{now.isoformat()}".encode()).hexdigest()[:16]
