"""What may go wrong with a deployed stack while a replay goes on."""

from collections.abc import Callable
from typing import Any, Literal, Protocol

type Answer = dict[str, Any]
type Lost = Literal["event", "message"]
"""An alarm's event on its way to its function; a follow-up message on its way to the queue."""


class Killed(BaseException):
    """The process of a function ends here: nothing in it can catch that."""


class Fate(Protocol):
    """Asked by the stack at each step that may go wrong."""

    def is_dead(self) -> bool:
        """No function is run."""
        ...

    def loses(self, what: Lost) -> bool: ...

    def call(self, operation: str, answered: Callable[[], Answer]) -> Answer:
        """One AWS call of a function. Raises Killed before or after it was answered, ServiceError in place of it."""
        ...


class Spared:
    """Nothing goes wrong."""

    def is_dead(self) -> bool:
        return False

    def loses(self, what: Lost) -> bool:  # noqa: ARG002
        return False

    def call(self, operation: str, answered: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        return answered()


SPARED = Spared()
