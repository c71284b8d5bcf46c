"""Native scaling that the owner asks us to set up: what it is to be, and what is still to be done about it."""

from dataclasses import dataclass
from enum import StrEnum

from headstart.domain import tags as said
from headstart.domain.model import Capacity, CreatedNative, Native
from headstart.domain.tags import PREFIX, PolicyProblem, Tags

NATIVE_TAG = PREFIX + "native"
MIN_COPIES = 1
"""Who wants a component to go to zero copies, where requests are refused, says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativePlan:
    """A scalable target, target tracking on concurrency per copy, and at minimum zero a late wake step."""

    min_copies: int
    max_copies: int
    target: float


class Step(StrEnum):
    """What to do. FORGET: what was begun has been overtaken by a scalable target of the owner's own."""

    NOTHING = "nothing"
    SET_UP = "set up"
    FORGET = "forget"


def plan_from(tags: Tags, capacity: Capacity = Capacity.COMPONENT) -> NativePlan | None:
    """What the owner asks for; ``None``: nothing. Raises PolicyProblem: not in words that would do."""
    asked = tags.get(NATIVE_TAG)
    if asked is None:
        return None
    if asked != "create":
        raise PolicyProblem(NATIVE_TAG, f"is {asked!r}; it must be create")
    most, target = said.whole(tags, "max", 1, 10_000), said.number(tags, "target", 0.1, 10_000.0)
    if most is None:
        raise PolicyProblem(PREFIX + "max", "is missing (1 to 10000); headstart:native needs it")
    if target is None:
        raise PolicyProblem(PREFIX + "target", "is missing (0.1 to 10000); headstart:native needs it")
    least = said.minimum(tags, capacity)
    return NativePlan(min_copies=MIN_COPIES if least is None else least, max_copies=most, target=target)


def begun(stack: str, component: str, plan: NativePlan) -> CreatedNative:
    """What is going to be made, and what it will be called."""
    return CreatedNative(
        min_copies=plan.min_copies,
        max_copies=plan.max_copies,
        target=plan.target,
        tracking_policy=f"headstart-{stack}-tracking",
        wake_policy=f"headstart-{stack}-wake",
        # Not under the stack's own prefix: its events are not for us.
        wake_alarm=f"headstart-native/{stack}/{component}/wake",
    )


def next_step(plan: NativePlan | None, made: CreatedNative | None, native: Native) -> Step:
    """What to do about native scaling as it was just read. What the owner set up or changed by hand is the owner's."""
    exists = native.max_copies is not None
    if plan is None or (made is None and exists):
        return Step.NOTHING
    if made is None or not exists:
        return Step.SET_UP
    if not is_ours(made, native):
        return Step.NOTHING if made.complete else Step.FORGET
    asked = (plan.min_copies, plan.max_copies, plan.target)
    as_asked = made.complete and asked == (made.min_copies, made.max_copies, made.target)
    return Step.NOTHING if as_asked else Step.SET_UP


def is_ours(made: CreatedNative, native: Native) -> bool:
    """Nobody has changed the bounds since we set them."""
    return (native.min_copies, native.max_copies) == (made.min_copies, made.max_copies)
