"""The words of the domain as values. Missing is ``None`` or absent, never zero.

Units: times are aware datetimes in UTC, durations are seconds, loads are concurrent requests (a number of
requests in a copy at once), copies are whole copies of the component's container.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum


class Mode(StrEnum):
    """What Headstart may do to a component; the value of its tag ``headstart:mode``."""

    OBSERVE = "observe"
    ACT = "act"


class Capacity(StrEnum):
    """What is scaled: the copies of a component, or the instances of an endpoint's variant, which count as copies.

    An endpoint is locked while its instances change, and only its floor is ours to write.
    """

    COMPONENT = "component"
    VARIANT = "variant"


class Status(StrEnum):
    """``InferenceComponentStatus`` of DescribeInferenceComponent; an endpoint's status is told in the same words."""

    IN_SERVICE = "InService"
    CREATING = "Creating"
    UPDATING = "Updating"
    FAILED = "Failed"
    DELETING = "Deleting"


class SignalKind(StrEnum):
    """What made us look."""

    PRESSURE = "pressure"
    WAKE = "wake"
    FOLLOW = "follow"


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to look. ``id`` is the same for every delivery of it; ``token`` names the chain it may open.

    retried: an earlier attempt at it failed half-way, and may have left a chain without its next message.
    """

    kind: SignalKind
    id: str
    token: str
    retried: bool = False


class StartKind(StrEnum):
    """Where the copies of an order started. Into new instances: at least one had to be launched for it."""

    FREE_PLACE = "free-place"
    NEW_INSTANCE = "new-instance"


class Action(StrEnum):
    """What a decision does.

    WAIT: more copies are needed, but an update in flight would refuse the write. SETTLE: a rise has only just begun;
    the next look knows how much is coming, and the first write locks the component for minutes.
    """

    WRITE = "write"
    WAIT = "wait"
    OBSERVE = "observe"
    SETTLE = "settle"
    HOLD = "hold"


class OutcomeKind(StrEnum):
    """What became of a decision."""

    INTENDED = "intended"  # written before the copy count; a crash leaves it behind as evidence
    APPLIED = "applied"
    BLOCKED = "blocked"  # an update was in flight, or the call was throttled: not now
    REFUSED = "refused"  # quota, capacity, permission
    UNCERTAIN = "uncertain"  # no answer came; the next look finds out
    OBSERVED = "observed"  # would have been written, the mode forbids it
    HELD = "held"
    INTERRUPTED = "interrupted"  # the intention was left behind and the write never happened


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleWindow:
    """A minimum of copies at certain hours. days: 0 is Monday; start and end: minutes of the day in that zone."""

    days: tuple[int, ...]
    start: int
    end: int
    zone: str
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the owner allows and how one copy behaves.

    target: concurrent requests per copy that target tracking aims at.
    slots: requests one copy really serves at once; more than that wait inside its container.
    service_seconds: mean service time to assume until one has been measured.
    reserve: copies kept beyond need while the component is active; 0 in a policy stored before there was one.
    observes_because: why the mode is observe although the component is tagged act.
    floor_allowed: whether there is a scalable target whose raised minimum a scheduled action could release again.
    schedule: minimums by the clock.
    max_step: most copies that one write adds. daily_copy_hours: most copy-hours a UTC day of copies that we added.
    ``None``: no such limit.
    burst: requests that are to find a free slot when they come at once, while the component is active.
    forecast: whether the hours of the week may ask for copies, where they have earned it.
    capacity: what a copy is.
    """

    mode: Mode
    target: float
    slots: float
    min_copies: int
    max_copies: int
    service_seconds: float
    reserve: int = 0
    observes_because: str = ""
    floor_allowed: bool = True
    schedule: tuple[ScheduleWindow, ...] = ()
    max_step: int | None = None
    daily_copy_hours: float | None = None
    burst: int = 0
    forecast: bool = True
    capacity: Capacity = Capacity.COMPONENT

    @property
    def by_floor(self) -> bool:
        """Whether more copies are asked for through MinCapacity alone."""
        return self.capacity is Capacity.VARIANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """What the owner set up in Application Auto Scaling for the component. ``None``: not set up.

    out_suspended, scheduled_suspended: DynamicScalingOutSuspended and ScheduledScalingSuspended of its target.
    """

    min_copies: int | None = None
    max_copies: int | None = None
    target: float | None = None
    out_suspended: bool = False
    scheduled_suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedNative:
    """Native scaling that we set up because the owner asked for it, so that leaving can take it away again.

    Noted before the first call, ``complete`` after the last. The wake policy and its alarm are made at minimum zero
    only. refusal: what AWS said no to.
    """

    min_copies: int
    max_copies: int
    target: float
    tracking_policy: str
    wake_policy: str
    wake_alarm: str
    complete: bool = False
    refusal: str = ""

    @property
    def wakes(self) -> bool:
        """Target tracking cannot leave zero copies (aws-facts 0.8)."""
        return self.min_copies == 0


@dataclass(frozen=True, slots=True)
class Point:
    """One 10-second (or one-minute) data point; ``at`` is the start of its period."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Instances:
    """Instances of the variant that hosts the component, and perhaps others: running, and asked for."""

    current: int
    desired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was measured at one time. Series are oldest first; a period without data has no point.

    concurrency: Maximum of ConcurrentRequestsPerCopy per 10 s, queued requests included.
    refused: Sum of NoCapacityInvocationFailures per 10 s.
    latency: Average of ModelLatency per minute, in seconds, container queue included.
    completed: requests that ended, per minute: the samples behind ``latency``.
    instances: looked at while an order is new only.
    """

    at: datetime
    created: datetime
    status: Status
    current_copies: int
    desired_copies: int
    concurrency: tuple[Point, ...] = ()
    refused: tuple[Point, ...] = ()
    latency: tuple[Point, ...] = ()
    completed: tuple[Point, ...] = ()
    failure: str | None = None
    instances: Instances | None = None


@dataclass(frozen=True, slots=True)
class CopiesSeen:
    """From ``at`` until ``until`` every look saw ``copies`` in service: what a per-copy metric is multiplied with."""

    at: datetime
    copies: int
    until: datetime


@dataclass(frozen=True, slots=True)
class StartUp:
    """One measured start: ``seconds`` from the accepted write until ``copies`` more were in service.

    first_seconds: until the first of them was. kind: ``None`` where nobody could look at the instances meanwhile.
    """

    at: datetime
    copies: int
    seconds: float
    first_seconds: float | None = None
    kind: StartKind | None = None


@dataclass(frozen=True, slots=True)
class StartTimes:
    """How long an order takes until all its copies are in service, in seconds: half of them, and nine of ten.

    kind: ``None`` for orders of either kind. measured: starts learned here; while they are few, priors count, too.
    """

    kind: StartKind | None
    p50: float
    p90: float
    measured: int


@dataclass(frozen=True, slots=True)
class NeedAt:
    """Copies that were needed at ``at``: what demand asked for, never what was held."""

    at: datetime
    copies: int


@dataclass(frozen=True, slots=True)
class Surge:
    """A rise under load, last seen at ``at``: to so many copies, ``rise`` more than within the five minutes before."""

    at: datetime
    copies: int
    rise: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Surges:
    """Rises of the last day, and what the next one is told by (``domain/surge.py``).

    need: at the last look, ``at``. watched_since: since when the need was seen without a gap. lows: the needs of the
    last five minutes that no later one fell below.
    """

    at: datetime
    need: int
    watched_since: datetime
    lows: tuple[NeedAt, ...]
    past: tuple[Surge, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """A learned mean service time, the end of the newest minute it was learned from, and how many requests it rests on.

    requests: 1 in a state stored when that was not noted, so that the next lesson replaces it.
    """

    seconds: float
    learned_until: datetime
    requests: float = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """A copy count asked for and not yet in service. ``accepted_at`` is ``None`` while it is an intention only.

    from_copies were in service then; before were asked for (``None``: stored when that was not noted).
    by_floor: asked for through MinCapacity, so native scaling's from then on, and none of ours to give back.
    first_at: when the first of its copies was seen in service. kind: as far as looks at the instances tell yet.
    """

    decision_id: str
    from_copies: int
    to_copies: int
    asked_at: datetime
    accepted_at: datetime | None
    before: int | None = None
    first_at: datetime | None = None
    kind: StartKind | None = None
    by_floor: bool = False

    @property
    def adds(self) -> int:
        """Copies of ours beyond those asked for before; negative for a give-back, 0 where that was not noted."""
        return 0 if self.before is None or self.by_floor else self.to_copies - self.before

    @property
    def gives_back(self) -> bool:
        """Fewer copies than were asked for before."""
        return self.adds < 0


@dataclass(frozen=True, slots=True)
class Floor:
    """The scalable target's MinCapacity, raised by us so that native scaling holds what was added.

    copies: as we set it. own: the owner's, which it goes back to. until: when the release that was booked at
    ``booked_at`` restores that by itself. before: what we had set before, in case somebody read it while it changed
    at ``changed_at`` (``None``: stored when that was not noted).
    lost: the owner has set another minimum since; only the booking is left to cancel. Remembered when it has been
    released, too (copies = own), for who read it just before.
    begun: minimums whose setting was begun, and of which nobody knows yet whether they stand: also ours.
    """

    copies: int
    own: int
    booked_at: datetime
    until: datetime
    before: int
    lost: bool = False
    changed_at: datetime | None = None
    begun: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """What native target tracking alone would have done on the load that was seen (``domain/counterfactual.py``).

    copies: it would have asked for by now. ready: of those, in service. inside: requests in them, queue included.
    high_s, low_s: for how long that was above the target, or below nine tenths of it. starting_until: its own update
    lock. refused_s: for how long requests met zero copies. saved: copy-hours it would have paid for and we did not,
    negative if we paid more.
    """

    at: datetime
    copies: int
    ready: int
    inside: float = 0.0
    high_s: float = 0.0
    low_s: float = 0.0
    refused_s: float = 0.0
    starting_until: datetime | None = None
    saved: float = 0.0


class Verdict(StrEnum):
    """Whether the hours of the week are worth what they cost, by a component's own history."""

    EARNS = "earns"
    COSTS = "costs"
    TOO_LITTLE = "too-little-history"


@dataclass(frozen=True, slots=True)
class PastLoad:
    """Five minutes of the past from ``at``: requests that ended, and their mean time, container queue included."""

    at: datetime
    completed: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """What the hours of the week usually need, and what a back-test says of it (``domain/season.py``).

    weeks: whole weeks of history at ``read_at``. losses: of the last of them, in copy-hours, missing copies counted by
    their weight; ``None``: not tested. minimums: copies for each hour from ``begins`` on; empty unless they earn it.
    """

    read_at: datetime
    weeks: int
    verdict: Verdict
    loss_without: float | None = None
    loss_with: float | None = None
    begins: datetime | None = None
    minimums: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """AWS refuses copies that are wanted, since then until they are there or wanted no more (``domain/refusals.py``).

    detail: what it said first. at: the last refusal; copies: asked for then, where ``standing`` were. most: the largest
    number refused since. rounds: times in a row that not one more was granted. late: accepted, and did not come.
    """

    since: datetime
    detail: str
    at: datetime
    copies: int
    standing: int
    most: int
    rounds: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """Copy-hours of copies that we added, on that UTC day, as of ``at``."""

    day: date
    hours: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """From the first signal to calm again; carries the one chain of follow-up messages.

    token and hop name the only follow-up message that may go on; both change under a conditional write.
    wake: a wake from zero is under way; it stays latched until a copy is in service (the concurrency metric is
    silent meanwhile and would cancel it).
    """

    token: str
    hop: int
    opened_at: datetime
    opened_by: SignalKind
    next_look_at: datetime
    calm_since: datetime | None = None
    wake: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is remembered of one component. Every write of it is conditional on ``version``.

    needs: what demand asked for within the last two minutes. load_at: when load was last seen.
    added: the ledger, copies that stand because we asked for them, so that they are ours to give back.
    known_desired: the count asked for, as of the last look or write; lower now means somebody else lowered it.
    recent_signals: ids of the latest alarm events that were looked at, so that a second delivery of one is known.
    short_since: the look from which on more copies were wanted than had been asked for.
    tags: those of ours when last imported. imported_at: when native settings were last read (``None``: never, so
    native says nothing), target_read_at: when the policies, which have to be asked for one by one, were.
    problem_field: the tag that the problem is about. problem_told: the problem that an event has told of.
    rival: the stack that claimed the component before ours did. created_native: native scaling that is our work.
    traces: it is not enrolled any more, and what is ours about it has not all been taken away yet.
    unfit: why a variant cannot be scaled by its instances.
    season: what the hours of the week need (``None``: the history has not been read, or is not to be).
    """

    component: str
    created: datetime
    version: int
    enrolled: bool
    policy: Policy | None
    problem: str | None = None
    described_at: datetime | None = None
    episode: Episode | None = None
    order: Order | None = None
    service_time: ServiceTime | None = None
    copies_history: tuple[CopiesSeen, ...] = ()
    start_ups: tuple[StartUp, ...] = ()
    needs: tuple[NeedAt, ...] = ()
    load_at: datetime | None = None
    added: int = 0
    known_desired: int | None = None
    short_since: datetime | None = None
    floor: Floor | None = None
    counterfactual: Counterfactual | None = None
    recent_signals: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    native: Native = Native()
    imported_at: datetime | None = None
    target_read_at: datetime | None = None
    problem_field: str = ""
    problem_told: str | None = None
    rival: str | None = None
    created_native: CreatedNative | None = None
    traces: bool = False
    refusals: Refusals | None = None
    spent: Spent | None = None
    season: Season | None = None
    surges: Surges | None = None
    unfit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the points say is asked of the component.

    offered_load: arrival rate x service time, without the queue; ``None``: could not be seen.
    concurrency: requests inside at the newest point, queue included, which native scaling goes by.
    queue: requests waiting inside containers. growth: requests per second by which those inside grow.
    refused_clients: distinct clients turned away at zero copies within ``refused_seconds``, retries deflated.
    """

    offered_load: float | None
    queue: float
    growth: float
    service_seconds: float
    refused_requests: float
    refused_clients: float
    refused_seconds: float
    concurrency: float | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One named answer to "how many copies", with the numbers it came from."""

    name: str
    copies: int
    numbers: dict[str, float]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a later look found out about an earlier decision: its outcome, or when its copies were in service.

    first_in_service_at: the first of them. start_kind: where they started.
    """

    decision_id: str
    outcome: OutcomeKind | None = None
    in_service_at: datetime | None = None
    first_in_service_at: datetime | None = None
    start_kind: StartKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do and why.

    desired: absolute number of copies, those that are still starting included.
    floor: the MinCapacity native scaling is to keep meanwhile; ``None``: the owner's own.
    look_again: delay of the follow-up message to book; ``None``: none, or the one already booked stands.
    expected: how long the copies that it wants will take; ``None`` where it wants no more.
    """

    action: Action
    desired: int
    terms: tuple[Term, ...]
    binding: str
    limits: tuple[str, ...]
    reason: str
    demand: Demand
    next_state: State
    look_again: timedelta | None
    floor: int | None = None
    resolution: Resolution | None = None
    expected: StartTimes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What AWS answered, or why it was not asked."""

    kind: OutcomeKind
    at: datetime
    detail: str = ""
