"""Keep the floor: read what stands, book the release, raise; or give the owner's own minimum back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from headstart.app.errors import Unavailable
from headstart.app.ports import ScalableTarget, Scaling
from headstart.app.records import Kept
from headstart.domain.floor import LASTS, OTHERS_PLAN, STALE, is_due, is_open, ours, stands
from headstart.domain.model import Floor, Outcome, OutcomeKind, State

NOT_NOW = ("ConcurrentUpdateException", "ThrottlingException", "Throttling", "TooManyRequestsException")
NO_ANSWER = ("", "InternalServiceException", "InternalFailure", "ServiceUnavailable")
"""What a write was answered may not say whether it was made."""


def _nothing(_: str) -> Floor | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorKeeper:
    """Native scaling's MinCapacity, raised for a while. It never fails a look: the next one tries again.

    remembered: the floor of a component as the table has it now, asked for before a minimum is taken for its owner's.
    """

    scaling: Scaling
    remembered: Callable[[str], Floor | None] = _nothing
    _set: dict[str, Floor] = field(default_factory=dict)
    """By component, as set by this process. A state need not know of it: its look may have met another writer."""

    def keep(self, name: str, standing: Floor | None, wanted: int | None, now: datetime) -> Kept:
        """Bring the scalable target's minimum to ``wanted`` (``None``: the owner's own), if it is not there already."""
        if wanted is None and not stands(standing):
            return Kept(standing)
        if standing is not None and standing.copies == wanted and not is_open(standing, now):
            mine = self._lately_set(name, now)
            if mine is None or mine.copies == wanted:
                return Kept(standing)
            # Our look set another minimum, and met another writer before it could say so.
        try:
            return self._change(name, standing, wanted, now)
        except Unavailable as error:
            return Kept(standing, f"the floor stays as it is: {error}")

    def ask(self, name: str, standing: Floor | None, copies: int, now: datetime) -> tuple[Kept, Outcome]:
        """Ask for so many through the minimum, again if it stands already: native scaling moves on a call alone."""
        try:
            kept = self._change(name, standing, copies, now, again=True)
        except Unavailable as error:
            kind = OutcomeKind.BLOCKED if error.code in NOT_NOW else OutcomeKind.REFUSED
            kind = OutcomeKind.UNCERTAIN if error.code in NO_ANSWER else kind
            return Kept(standing, f"the floor stays as it is: {error}"), Outcome(kind, now, str(error))
        if kept.floor is None or kept.floor.copies < copies:
            held = kept.note or "MaxCapacity, or the minimum itself, stands against it"
            return kept, Outcome(OutcomeKind.REFUSED, now, held)
        return kept, Outcome(OutcomeKind.APPLIED, now, f"MinCapacity is {kept.floor.copies}")

    def release(self, state: State, now: datetime) -> Floor | None:
        """Give the owner's minimum back; returns what to remember for those who read the minimum before.

        A look that died may have raised a floor that its state does not know of; the booking does.

        Raises:
            Unavailable: it stands as before. Once its booked release has run, that is not raised: nothing is left.
        """
        standing = state.floor
        died = standing is None and (state.order is not None or state.episode is not None)
        if not stands(standing) and not died:
            return standing
        try:
            if died and self.scaling.booked_release(state.component) is None:
                return None
            return self._change(state.component, standing, None, now).floor
        except Unavailable:
            if standing is None or now <= standing.until:
                raise
            return None

    def release_of_former(self, former: State, now: datetime) -> Floor | None:
        """The component was recreated under its name. A scalable target without our booking is a new one as well.

        Raises:
            Unavailable: as ``release``.
        """
        if not stands(former.floor) or self.scaling.booked_release(former.component) is None:
            return None
        return self.release(former, now)

    def retreat(self, name: str, now: datetime) -> None:
        """The component has left in the middle of a look: who let it go did not see what that look has set."""
        mine = self._set.pop(name, None)
        if mine is not None:
            self.keep(name, mine, None, now)

    def _change(
        self, name: str, standing: Floor | None, wanted: int | None, now: datetime, *, again: bool = False
    ) -> Kept:
        target = self.scaling.target(name)
        if target is None:
            return Kept(None, "there is no scalable target any more" if standing else "")
        if standing is not None and target.min_copies not in ours(standing, now):
            known = self._unremembered(name, standing, target, now)
            if known is None:
                self.scaling.cancel_release(name)
                return Kept(None, f"the owner set MinCapacity to {target.min_copies}; the floor is dropped")
            if known != self._lately_set(name, now) and not again:
                return Kept(known)  # another look's, newer than what ours knows
            standing = known
        own = self._own(name, standing, target)
        if wanted is None or wanted <= own:
            self._release(name, own, target, again=again)
            before = target.min_copies if standing is None else standing.copies
            return Kept(Floor(own, own, booked_at=now - LASTS, until=now, before=before, changed_at=now))
        return self._raise(name, standing, own, min(wanted, target.max_copies), target, now, again=again)

    def _unremembered(self, name: str, standing: Floor, target: ScalableTarget, now: datetime) -> Floor | None:
        """Whose minimum shows, if it is ours all the same: set by this process, or by another look since ours began."""
        mine = self._lately_set(name, now)
        if mine is not None and (mine.copies, mine.own) == (target.min_copies, standing.own):
            return mine
        others = self.remembered(name)
        if others is None or others.own != standing.own or target.min_copies not in ours(others, now):
            return None
        return others

    def _lately_set(self, name: str, now: datetime) -> Floor | None:
        mine = self._set.get(name)
        fresh = mine is not None and mine.changed_at is not None and now - mine.changed_at <= STALE
        return mine if fresh else None

    def _own(self, name: str, standing: Floor | None, target: ScalableTarget) -> int:
        """The owner's minimum. A booking knows it: ours after a crash, or a deleted stack's."""
        if standing is not None:
            return standing.own
        booked = self.scaling.booked_release(name) or self.scaling.inherited_release(name)
        return target.min_copies if booked is None else booked.min_copies

    def _release(self, name: str, own: int, target: ScalableTarget, *, again: bool) -> None:
        if again or target.min_copies != own:
            self.scaling.set_minimum(name, own)
        self.scaling.cancel_release(name)

    def _raise(
        self,
        name: str,
        standing: Floor | None,
        own: int,
        copies: int,
        target: ScalableTarget,
        now: datetime,
        *,
        again: bool,
    ) -> Kept:
        booked_at, until = (now, now) if standing is None else (standing.booked_at, standing.until)
        if standing is None or is_due(standing, now):
            booked_at, until = now, now + (OTHERS_PLAN if self.scaling.has_plans(name) else LASTS)
            self.scaling.book_release(name, own, until)
        if again or target.min_copies != copies:
            self.scaling.set_minimum(name, copies)
        before = own if standing is None else standing.copies
        changed_at = now if before != copies or standing is None else standing.changed_at
        self._set[name] = floor = Floor(copies, own, booked_at, until, before, changed_at=changed_at)
        return Kept(floor)


def lowered(floor: int | None, asked: int) -> int | None:
    """A floor for copies that were not granted would have native scaling ask for them."""
    return None if floor is None else min(floor, asked)
