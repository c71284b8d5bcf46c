"""The hours of the week: what each usually needs, and whether knowing it is worth its copies.

CloudWatch keeps five-minute points for 63 days (aws-facts 5.5), so the history is there when a component is enrolled.
The gate is a back-test on that history: the weeks before the last one say what each hour needs, and the last one shows
what that would have been worth beside what is decided without it (docs/decisions/0024-forecasts-on-trial.md).
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median, median_low
from typing import Final

from headstart.domain import hold, sizing, startup
from headstart.domain.model import PastLoad, Policy, Season, StartUp, State, Term, Verdict
from headstart.domain.schedule import schedule_minimum

PERIOD: Final = timedelta(minutes=5)
HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)
WEEKS: Final = 3
"""Two to learn from and one to test on. More would be slower to notice that the pattern has changed."""
FEWEST_WEEKS: Final = 2
MARGIN: Final = 0.9
"""The loss has to fall by a tenth: a smaller gain may be the test week's luck."""
RENEWED_EVERY: Final = timedelta(days=1)
PLANNED_HOURS: Final = 48
"""A day, and another in which reading the history may fail."""
BEFORE: Final = timedelta(days=3)
"""Also asked for: who was silent over the weekend was there before it."""
LATE: Final = timedelta(minutes=10)
"""The newest five minutes may not have been published yet."""
QUEUED: Final = 2.0
"""Five minutes whose requests took longer than so many times the median had a queue, and a queue is not load."""
WEIGHT_A_COPY: Final = 10.0
MOST_WEIGHT: Final = 50.0
REACTION_SECONDS: Final = 40.0
"""From the first request too many to the write: metric, alarm, one look more (docs/algorithm.md)."""
LEAD_SHARE: Final = 0.9

IN_AN_HOUR: Final = HOUR // PERIOD
IN_A_WEEK: Final = WEEK // PERIOD
ACTIVE_PERIODS: Final = hold.ACTIVE // PERIOD


def renewed(policy: Policy, state: State, past: Sequence[PastLoad], now: datetime) -> Season:
    """Learn the hours of the week from ``past`` (since ``since(now)``), test them on its last week, plan two days."""
    end = since(now) + BEFORE + WEEKS * WEEK
    weeks = min(WEEKS, (end - past[0].at) // WEEK) if past else 0
    needs = [load / policy.target for load in _loads(past, end - weeks * WEEK, weeks * IN_A_WEEK)]
    if weeks < FEWEST_WEEKS:
        return Season(read_at=now, weeks=weeks, verdict=Verdict.TOO_LITTLE)
    learned, tested = needs[:-IN_A_WEEK], needs[-IN_A_WEEK:]
    without, with_it = losses(policy, state.start_ups, learned, tested, end - WEEK)
    earns = with_it <= MARGIN * without and with_it < without
    usual = _usual(needs, _quantile(policy)) if earns else []
    return Season(
        read_at=now,
        weeks=weeks,
        verdict=Verdict.EARNS if earns else Verdict.COSTS,
        loss_without=round(without, 1),
        loss_with=round(with_it, 1),
        begins=end if earns else None,
        minimums=tuple(usual[hour % len(usual)] for hour in range(PLANNED_HOURS)) if earns else (),
    )


def since(now: datetime) -> datetime:
    """From when on the history is asked for, so that it ends on the hour, a little ago."""
    return (now - LATE).replace(minute=0, second=0, microsecond=0) - WEEKS * WEEK - BEFORE


def is_due(policy: Policy, season: Season | None, now: datetime) -> bool:
    """Whether the history is to be read: once a day, while the owner has nothing against it."""
    return policy.forecast and (season is None or now - season.read_at >= RENEWED_EVERY)


def clock_minimums(policy: Policy, state: State, now: datetime) -> tuple[Term, ...]:
    """The terms that speak by the clock alone: ``schedule`` and ``season``."""
    return tuple(term for term in (schedule_minimum(policy, now), season_minimum(policy, state, now)) if term)


def season_minimum(policy: Policy, state: State, now: datetime) -> Term | None:
    """The term ``season``: what this hour usually needs, or the next, if copies have to start for it now.

    ``None``: it has not earned its cost, was planned too long ago, or asks for no more than the owner's minimum.
    """
    season = state.season
    if season is None or not policy.forecast or season.begins is None:
        return None
    lead = lead_seconds(state.start_ups)
    usual = max(_planned(season, now), _planned(season, now + timedelta(seconds=lead)))
    copies = min(usual, policy.max_copies)
    if copies <= policy.min_copies:
        return None
    numbers = {"minimum": float(usual), "lead_seconds": round(lead, 1)}
    return Term("season", copies, numbers | _scores(season))


def lead_seconds(start_ups: Sequence[StartUp]) -> float:
    """How long before an hour its copies are asked for: nine start-ups in ten are over by then.

    Five minutes at least, as the back-test counts it: a quick start just learned must not undo what it was for.
    """
    known = sorted(one.seconds for one in start_ups)
    long = known[math.ceil(LEAD_SHARE * len(known)) - 1] if known else 0.0
    return max(PERIOD.total_seconds(), min(long, HOUR.total_seconds()))


def losses(
    policy: Policy, start_ups: Sequence[StartUp], learned: Sequence[float], tested: Sequence[float], begin: datetime
) -> tuple[float, float]:
    """The tested week's loss in copy-hours, without the hours of the week and with them.

    Missing copies by their weight, and with them the copies that stand only because of them. What stands anyway, such
    as the reserve, is in neither: it is not what is on trial.
    learned, tested: exact copies needed, period by period; ``tested`` begins at ``begin``, where ``learned`` ends.
    """
    usual = _usual(learned, _quantile(policy))
    ahead = math.ceil(lead_seconds(start_ups) / PERIOD.total_seconds())
    needs = [*learned[-IN_AN_HOUR:], *tested]
    clock = _scheduled(policy, begin, len(tested))
    start = startup.horizon(start_ups)
    late = min((start + REACTION_SECONDS) / PERIOD.total_seconds(), IN_AN_HOUR - 1.0)
    without = with_it = 0.0
    for whole, share in ((int(late), 1.0 - late % 1.0), (int(late) + 1, late % 1.0)):
        for at, need in enumerate(tested):
            standing = max(_standing(policy, needs, at + IN_AN_HOUR, whole), clock[at])
            at_least = max(usual[at // IN_AN_HOUR], usual[(at + ahead) // IN_AN_HOUR % len(usual)])
            ready = max(standing, min(at_least, policy.max_copies))
            without += share * weight(policy) * max(0.0, need - standing)
            with_it += share * (weight(policy) * max(0.0, need - ready) + max(0.0, ready - max(need, standing)))
    hours = PERIOD / HOUR
    return hours * without, hours * with_it


def weight(policy: Policy) -> float:
    """How many idle copies one missing copy is worth: ten for each copy that the owner keeps in reserve.

    The reserve is the one number in which owners say what waiting is worth to them; none means nothing. It pays far
    more itself: by the figures in decision 0024, 88 to 236 idle copy-hours for a missing one that it averts.
    """
    return min(MOST_WEIGHT, WEIGHT_A_COPY * policy.reserve)


def _quantile(policy: Policy) -> float:
    """The newsvendor's: where a copy more costs as much as it is worth. 20 / 21 with two copies of reserve."""
    return weight(policy) / (weight(policy) + 1.0)


def _standing(policy: Policy, needs: Sequence[float], at: int, late: int) -> int:
    """Copies that stand without the hours of the week: those that all of the last ``late`` periods asked for, and the
    reserve while there was load lately."""
    asked = min(needs[at - back] for back in range(1, late + 1)) if late else needs[at]
    copies = sizing.copies(asked)
    if policy.reserve and any(needs[at - back] > 0.0 for back in range(1, ACTIVE_PERIODS + 1)):
        copies = max(copies, sizing.copies(copies * policy.target / policy.slots + policy.reserve))
    return max(policy.min_copies, min(copies, policy.max_copies))


def _scheduled(policy: Policy, begin: datetime, periods: int) -> list[int]:
    if not policy.schedule:
        return [0] * periods
    terms = (schedule_minimum(policy, begin + at * PERIOD) for at in range(periods))
    return [term.copies if term is not None else 0 for term in terms]


def _usual(needs: Sequence[float], quantile: float) -> list[int]:
    """Copies for each hour of the week, counted from where ``needs`` begin: what half of the weeks needed.

    Of each week's hour the quantile of its periods; of the weeks the lower median, so that one burst is no habit.
    """
    usual = []
    for hour in range(0, IN_A_WEEK, IN_AN_HOUR):
        weeks = [sorted(needs[at : at + IN_AN_HOUR]) for at in range(hour, len(needs), IN_A_WEEK)]
        rank = max(0, math.ceil(quantile * IN_AN_HOUR) - 1)
        usual.append(sizing.copies(median_low(week[rank] for week in weeks)))
    return usual


def _loads(past: Sequence[PastLoad], begin: datetime, periods: int) -> list[float]:
    """Offered load of each period, by Little's law; 0 where there is no point, since only requests make points."""
    loads = [0.0] * periods
    longest = QUEUED * median(one.seconds for one in past) if past else 0.0
    for one in past:
        at = (one.at - begin) // PERIOD
        if 0 <= at < periods:
            loads[at] = one.completed / PERIOD.total_seconds() * min(one.seconds, longest)
    return loads


def _planned(season: Season, at: datetime) -> int:
    hour = (at - season.begins) // HOUR if season.begins is not None else -1
    return season.minimums[hour] if 0 <= hour < len(season.minimums) else 0


def _scores(season: Season) -> dict[str, float]:
    said = {"loss_without": season.loss_without, "loss_with": season.loss_with}
    return {name: loss for name, loss in said.items() if loss is not None}
