"""The hours of the week, learned anew once a day from what CloudWatch has kept."""

from dataclasses import dataclass, replace
from typing import Final

from headstart.app.ports import LoadHistory, Store
from headstart.app.rounds import Round
from headstart.domain import season

READ_A_RUN: Final = 5
"""7,200 components a day. Reading weeks of points takes longer than anything else that is done for a component."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecaster:
    """Keeps ``State.season`` up to date."""

    history: LoadHistory
    store: Store

    def renew(self, this: Round, name: str) -> None:
        """Learn and test it, if a day has passed; forget it, if its owner does not want it.

        Raises:
            Unavailable: the history cannot be read; what was planned stays for as long as the plan reaches.
            OutOfTime: not within this run.
        """
        state = this.states[name]
        policy = state.policy
        if policy is None or (not policy.forecast and state.season is None):
            return
        if not policy.forecast:
            this.keep(self.store, state, lambda s: replace(s, season=None))
            return
        if not season.is_due(policy, state.season, this.now) or this.histories_read >= READ_A_RUN:
            return
        this.histories_read += 1
        past = self.history.of(name, season.since(this.now), this.now)
        learned = season.renewed(policy, state, past, this.now)
        this.keep(self.store, state, lambda s: replace(s, season=learned))
