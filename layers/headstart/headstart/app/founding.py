"""Native scaling set up where the owner asks for it and has none; taken away with the component."""

from dataclasses import dataclass, replace
from datetime import datetime

from headstart.app.errors import Refused
from headstart.app.ports import Enrolments, Natives, Store
from headstart.app.rounds import Round
from headstart.domain.capacity import capacity_of
from headstart.domain.enrolment import Limits, with_policy
from headstart.domain.floor import owners_minimum, stands
from headstart.domain.model import CreatedNative, Floor, Mode, Native, State
from headstart.domain.native import NativePlan, Step, begun, is_ours, next_step, plan_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Founder:
    """Notes what it is about to make before it makes it: a crash in between leaves nothing that nobody knows of."""

    natives: Natives
    enrolments: Enrolments
    store: Store
    limits: Limits

    def found(self, this: Round, state: State) -> State:
        """Bring native scaling in line with the tags. The state's native settings were read in this run."""
        if not self.limits.creates_native or state.policy is None or state.policy.mode is not Mode.ACT:
            return state
        if stands(state.floor):
            return state  # its booked release would bring the old minimum back; the next turn will do
        plan = plan_from(this.tagged[state.component], capacity_of(state.component))
        match next_step(plan, state.created_native, state.native):
            case Step.FORGET:
                return self._keep(this, state, None)
            case Step.SET_UP if plan is not None:
                return self._set_up(this, state, plan)
            case _:
                return state

    def clear(self, state: State, now: datetime) -> None:
        """Take away what we made, unless its owner has changed it and so made it theirs."""
        made = state.created_native
        if made is None:
            return
        native = self.enrolments.bounds([state.component]).get(state.component)
        if native is None or is_ours(made, _without_floor(native, state.floor, now)):
            self.natives.remove(state.component, made)

    def _set_up(self, this: Round, state: State, plan: NativePlan) -> State:
        before, made = state.created_native, begun(this.stack, state.component, plan)
        state = self._keep(this, state, made)
        try:
            self.natives.set_up(state.component, made)
            if before is not None and before.wakes and not made.wakes:
                self.natives.remove_wake(state.component, before)
        except Refused as refusal:
            return self._keep(this, state, replace(made, refusal=str(refusal)))
        native = replace(state.native, min_copies=plan.min_copies, max_copies=plan.max_copies)
        return self._keep(this, state, replace(made, complete=True), native)

    def _keep(self, this: Round, state: State, made: CreatedNative | None, native: Native | None = None) -> State:
        def changed(current: State) -> State:
            noted = replace(current, created_native=made, native=native or current.native)
            return with_policy(noted, this.tagged[state.component], self.limits, this.now)

        return this.keep(self.store, state, changed)


def _without_floor(native: Native, floor: Floor | None, now: datetime) -> Native:
    """As its owner has it: what was read may be a floor that has been released just now."""
    if native.min_copies is None:
        return native
    own = owners_minimum(native.min_copies, floor, now)
    return native if own is None else replace(native, min_copies=own)
