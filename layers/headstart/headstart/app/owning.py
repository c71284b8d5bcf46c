"""A table that was kept serves one stack at a time: it is free once its last stack's clean-up is over."""

from dataclasses import dataclass
from datetime import timedelta

from headstart.app.errors import HeadstartError
from headstart.app.ports import Clock, Deed, Tombstone

CLEANED_UP = timedelta(minutes=40)
"""After its tombstone a stack's clean-up is over, done or not: the template gives it 2000 s."""


class InUse(HeadstartError):
    """Another stack works on the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Which stack the table belongs to, by CloudFormation's own ID: a stack deployed anew has another."""

    deed: Deed
    tombstone: Tombstone
    clock: Clock

    def take(self, stack_id: str) -> None:
        """Make the table this stack's.

        Raises:
            InUse: another stack works on it, or has not been cleaned up after.
            Conflict: another stack took it just now.
        """
        owner = self.deed.owner()
        if owner == stack_id:
            return
        if owner is not None and not self._is_cleaned_up():
            raise InUse(
                f"the table belongs to {owner}; delete that stack first. If it is gone, wait 40 minutes after its "
                "deletion, or delete the table's item with pk stack and sk owner"
            )
        self.deed.take(stack_id, owner)

    def is_anothers(self, stack_id: str) -> bool:
        """Whether what the table says is about another stack's work. A table of an earlier version names none."""
        return self.deed.owner() not in (None, stack_id)

    def give_up(self) -> None:
        """Nothing of this stack's is left to do."""
        self.deed.give_up()

    def _is_cleaned_up(self) -> bool:
        laid = self.tombstone.laid()
        return laid is not None and self.clock.now() - laid >= CLEANED_UP
