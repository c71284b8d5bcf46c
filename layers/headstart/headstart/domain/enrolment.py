"""From tags and Application Auto Scaling settings to a policy, or to what is wrong with them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from headstart.domain import floor
from headstart.domain import tags as said
from headstart.domain.capacity import capacity_of
from headstart.domain.model import Capacity, Mode, Native, Policy, ScheduleWindow, State
from headstart.domain.native import NATIVE_TAG, plan_from
from headstart.domain.schedule import SCHEDULE_TAG, schedule_from
from headstart.domain.tags import PREFIX, PolicyProblem, Tags

RESERVE = 2
"""Copies: where components wake most of what a reserve saves, and on the median trace no dearer than native scaling
(docs/benchmark.md, "What each copy of reserve buys")."""
TARGET_SHARE_OF_SLOTS = 0.7
"""Target tracking is usually aimed at about 70 % of what a copy can serve at once, to leave room while it reacts."""
SERVICE_SECONDS = 10.0
"""Until a service time has been measured: an answer of 300 tokens at 30 a second. Too short is the costlier mistake:
the first write is then too small, and the next is refused for minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the stack may do at most, whatever components are tagged with."""

    highest_mode: Mode = Mode.ACT
    creates_native: bool = False


def with_policy(state: State, tags: Tags, limits: Limits, now: datetime) -> State:
    """The enrolled state with the policy that tags and its settings make, or with the problem they have.

    Some problems leave a policy: then the component is looked at, but something its owner asks for is not done.
    A minimum that we raised is none of the owner's settings; one that is no longer ours is.
    """
    state = _without_our_floor(state, now)
    try:
        if state.unfit:
            raise PolicyProblem(said.MODE_TAG, state.unfit)
        policy = policy_from(tags, state.native, limits.highest_mode, now, capacity_of(state.component))
    except PolicyProblem as found:
        return replace(state, enrolled=True, policy=None, problem=str(found), problem_field=found.field)
    if state.rival is not None and policy.mode is Mode.ACT:
        policy = replace(policy, mode=Mode.OBSERVE, observes_because=f"stack {state.rival} had claimed it first")
        problem = f"{said.MODE_TAG} is act, but stack {state.rival} acts on it already; this stack only observes it"
        return replace(state, enrolled=True, policy=policy, problem=problem, problem_field=said.MODE_TAG)
    refusal = _no_native(state, tags, limits) if policy.mode is Mode.ACT else None
    field = NATIVE_TAG if refusal else ""
    return replace(state, enrolled=True, policy=policy, problem=refusal, problem_field=field)


def _without_our_floor(state: State, now: datetime) -> State:
    if state.floor is None or state.native.min_copies is None:
        return state
    own = floor.owners_minimum(state.native.min_copies, state.floor, now)
    if own is None:
        return replace(state, floor=replace(state.floor, lost=True))
    return replace(state, native=replace(state.native, min_copies=own))


def _no_native(state: State, tags: Tags, limits: Limits) -> str | None:
    """Why native scaling that is asked for is not set up."""
    made = state.created_native
    there = state.native.max_copies is not None if made is None else made.complete
    if plan_from(tags, capacity_of(state.component)) is None or there:
        return None
    if not limits.creates_native:
        return f"{NATIVE_TAG} is create, but this stack may not; it can be deployed with AllowNativeCreate=true"
    return f"{NATIVE_TAG} is create, but AWS refused: {made.refusal}" if made and made.refusal else None


def policy_from(
    tags: Tags, native: Native, highest_mode: Mode, now: datetime, capacity: Capacity = Capacity.COMPONENT
) -> Policy:
    """Build the policy of an enrolled component, as it counts now.

    A tag wins over the imported setting, but bounds only get narrower: never above the owner's MaxCapacity,
    never below the owner's MinCapacity.

    Raises:
        PolicyProblem: a value is impossible, missing, or contradicts another.
    """
    said.refuse_unknown(tags)
    plan = plan_from(tags, capacity)
    target = said.number(tags, "target", 0.1, 10_000.0) or native.target
    if target is None:
        raise PolicyProblem(PREFIX + "target", "is missing and there is no target tracking policy to import it from")
    most = said.whole(tags, "max", 1, 10_000)
    least = said.minimum(tags, capacity)
    max_copies = _narrower(min, most, native.max_copies)
    if max_copies is None:
        raise PolicyProblem(PREFIX + "max", "is missing (1 to 10000) and there is no scalable target to import it from")
    if plan is not None and native.max_copies is None:
        least = plan.min_copies
    min_copies = _narrower(max, least, native.min_copies) or 0
    if min_copies > max_copies:
        raise PolicyProblem(PREFIX + "min", f"is {min_copies}, above the maximum of {max_copies} copies")
    slots = _slots(tags, target)
    mode, because = _mode(tags, native, highest_mode, now)
    floor_allowed = native.min_copies is not None and not native.scheduled_suspended
    if mode is Mode.ACT and capacity is Capacity.VARIANT and not floor_allowed and plan is None:
        mode, because = Mode.OBSERVE, _no_floor(native)
    return Policy(
        mode=mode,
        target=target,
        slots=slots,
        min_copies=min_copies,
        max_copies=max_copies,
        reserve=RESERVE if (reserve := said.whole(tags, "reserve", 0, 100)) is None else reserve,
        service_seconds=said.number(tags, "service-seconds", 0.01, 3600.0) or SERVICE_SECONDS,
        observes_because=because,
        floor_allowed=floor_allowed,
        schedule=_schedule(tags, max_copies),
        max_step=said.whole(tags, "max-step", 1, 10_000),
        daily_copy_hours=_daily_copy_hours(tags, capacity),
        burst=_burst(tags, slots, max_copies),
        forecast=said.switch(tags, "forecast"),
        capacity=capacity,
    )


def _no_floor(native: Native) -> str:
    """Why a variant is not acted on: more instances are asked for through its minimum alone."""
    if native.scheduled_suspended:
        return "scheduled scaling is suspended on its scalable target, so a raised MinCapacity could not be released"
    return "a variant is scaled through MinCapacity, and it has no scalable target"


def _daily_copy_hours(tags: Tags, capacity: Capacity) -> float | None:
    hours = said.number(tags, "daily-copy-hours", 0.1, 240_000.0)
    if hours is not None and capacity is Capacity.VARIANT:
        raise PolicyProblem(
            PREFIX + "daily-copy-hours",
            "is for inference components: a variant's instances are native scaling's, none of them ours to count",
        )
    return hours


def _burst(tags: Tags, slots: float, max_copies: int) -> int:
    burst = said.whole(tags, "burst", 0, 100_000) or 0
    if burst > slots * max_copies:
        most = f"the {max_copies} copies allowed have {slots * max_copies:g} slots"
        raise PolicyProblem(PREFIX + "burst", f"is {burst} requests at once, but {most}")
    return burst


def _schedule(tags: Tags, max_copies: int) -> tuple[ScheduleWindow, ...]:
    windows = schedule_from(tags)
    most = max((window.copies for window in windows), default=0)
    if most > max_copies:
        raise PolicyProblem(SCHEDULE_TAG, f"asks for {most} copies, above the maximum of {max_copies} copies")
    return windows


def _mode(tags: Tags, native: Native, highest_mode: Mode, now: datetime) -> tuple[Mode, str]:
    """The mode that counts, and why it is not the one that is tagged."""
    tagged, paused_until = said.mode(tags), said.time(tags, "paused-until")
    if tagged is Mode.OBSERVE:
        return tagged, ""
    if highest_mode is Mode.OBSERVE:
        return Mode.OBSERVE, "the stack's MaximumMode is observe"
    if paused_until is not None and now < paused_until:
        return Mode.OBSERVE, f"it is paused until {paused_until:%Y-%m-%dT%H:%MZ}"
    if native.out_suspended:
        return Mode.OBSERVE, "dynamic scaling out is suspended on its scalable target"
    return tagged, ""


def _slots(tags: Tags, target: float) -> float:
    slots = said.number(tags, "slots", 1.0, 10_000.0)
    if slots is None:
        return max(1.0, float(round(target / TARGET_SHARE_OF_SLOTS)))
    if slots < target:
        raise PolicyProblem(PREFIX + "slots", f"is {slots:g}, below the target of {target:g} requests a copy")
    return slots


def _narrower(pick: Callable[[int, int], int], tag: int | None, imported: int | None) -> int | None:
    if tag is None or imported is None:
        return imported if tag is None else tag
    return pick(tag, imported)
