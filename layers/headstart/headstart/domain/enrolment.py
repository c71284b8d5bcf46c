"""From tags and Application Auto Scaling settings to a policy, or to what is wrong with them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from headstart.domain import floor
from headstart.domain.model import Mode, Native, Policy, State

PREFIX = "headstart:"
MODE_TAG = PREFIX + "mode"
SETTINGS = ("mode", "target", "slots", "min", "max", "reserve", "service-seconds")
RESERVE = 2
"""Copies. In replays the second copy of reserve still saved more waiting than it cost; the third did not."""
TARGET_SHARE_OF_SLOTS = 0.7
"""Target tracking is usually aimed at about 70 % of what a copy can serve at once, to leave room while it reacts."""
SERVICE_SECONDS = 10.0
"""Until a service time has been measured: an answer of 300 tokens at 30 a second. Too short is the costlier mistake:
the first write is then too small, and the next is refused for minutes."""


class PolicyProblem(ValueError):
    """The tags and settings do not add up to a policy. The message names the tag and the allowed range."""


def ours(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that are meant for us."""
    return {name: value for name, value in tags.items() if name.startswith(PREFIX)}


def with_policy(state: State, tags: Mapping[str, str], native: Native, highest_mode: Mode, now: datetime) -> State:
    """The enrolled state with the policy that tags and settings make, or with the problem they have.

    A minimum that we raised is none of the owner's settings; one that is no longer ours is.
    """
    if state.floor is not None and native.min_copies is not None:
        own = floor.owners_minimum(native.min_copies, state.floor, now)
        if own is None:
            state = replace(state, floor=replace(state.floor, lost=True))
        else:
            native = replace(native, min_copies=own)
    try:
        policy = policy_from(tags, native, highest_mode)
    except PolicyProblem as found:
        return replace(state, enrolled=True, policy=None, problem=str(found), native=native)
    return replace(state, enrolled=True, policy=policy, problem=None, native=native)


def policy_from(tags: Mapping[str, str], native: Native, highest_mode: Mode) -> Policy:
    """Build the policy of an enrolled component.

    A tag wins over the imported setting, but bounds only get narrower: never above the owner's MaxCapacity,
    never below the owner's MinCapacity.

    Raises:
        PolicyProblem: a value is impossible, missing, or contradicts another.
    """
    unknown = sorted(tag for tag in tags if tag.startswith(PREFIX) and tag.removeprefix(PREFIX) not in SETTINGS)
    if unknown:
        raise PolicyProblem(f"{unknown[0]} is not a setting; there are {', '.join(PREFIX + name for name in SETTINGS)}")
    target = _number(tags, "target", 0.1, 10_000.0) or native.target
    if target is None:
        raise PolicyProblem("headstart:target is missing and there is no target tracking policy to import it from")
    most = _whole(tags, "max", 1, 10_000)
    least = _whole(tags, "min", 0, 10_000)
    max_copies = _narrower(min, most, native.max_copies)
    if max_copies is None:
        raise PolicyProblem("headstart:max is missing (1 to 10000) and there is no scalable target to import it from")
    min_copies = _narrower(max, least, native.min_copies) or 0
    if min_copies > max_copies:
        raise PolicyProblem(f"headstart:min is {min_copies}, above the maximum of {max_copies} copies")
    mode, because = _mode(tags, native, highest_mode)
    return Policy(
        mode=mode,
        target=target,
        slots=_slots(tags, target),
        min_copies=min_copies,
        max_copies=max_copies,
        reserve=RESERVE if (reserve := _whole(tags, "reserve", 0, 100)) is None else reserve,
        service_seconds=_number(tags, "service-seconds", 0.01, 3600.0) or SERVICE_SECONDS,
        observes_because=because,
        floor_allowed=native.min_copies is not None and not native.scheduled_suspended,
    )


def _mode(tags: Mapping[str, str], native: Native, highest_mode: Mode) -> tuple[Mode, str]:
    """The mode that counts, and why it is not the one that is tagged."""
    try:
        tagged = Mode(tags[MODE_TAG])
    except ValueError:
        raise PolicyProblem(f"headstart:mode is {tags[MODE_TAG]!r}; it must be observe or act") from None
    if tagged is Mode.ACT and highest_mode is Mode.OBSERVE:
        return Mode.OBSERVE, "the stack's MaximumMode is observe"
    if tagged is Mode.ACT and native.out_suspended:
        return Mode.OBSERVE, "dynamic scaling out is suspended on its scalable target"
    return tagged, ""


def _slots(tags: Mapping[str, str], target: float) -> float:
    slots = _number(tags, "slots", 1.0, 10_000.0)
    if slots is None:
        return max(1.0, float(round(target / TARGET_SHARE_OF_SLOTS)))
    if slots < target:
        raise PolicyProblem(f"headstart:slots is {slots:g}, below the target of {target:g} requests a copy")
    return slots


def _narrower(pick: Callable[[int, int], int], tag: int | None, imported: int | None) -> int | None:
    if tag is None or imported is None:
        return imported if tag is None else tag
    return pick(tag, imported)


def _whole(tags: Mapping[str, str], name: str, lowest: int, highest: int) -> int | None:
    value = _number(tags, name, lowest, highest)
    if value is not None and not value.is_integer():
        raise PolicyProblem(f"headstart:{name} is {value:g}; it must be a whole number from {lowest} to {highest}")
    return None if value is None else int(value)


def _number(tags: Mapping[str, str], name: str, lowest: float, highest: float) -> float | None:
    text = tags.get(PREFIX + name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest:
        raise PolicyProblem(f"headstart:{name} is {text!r}; it must be a number from {lowest:g} to {highest:g}")
    return value
