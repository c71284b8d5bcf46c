"""Where the account or the cloud has fewer instances than are needed: what fits is asked for, and got."""

from dataclasses import replace
from datetime import datetime

import pytest

from headstart.domain import refusals
from headstart.domain.model import Refusals
from simulator.plant.sizing import derive_for
from simulator.plant.spec import PlantSpec, load_plant
from simulator.replay.choose import maker
from simulator.replay.run import Run, run
from tests.simulator.test_replay_laws import trace

STEP_S = 600.0
"""When the trace's load rises, from two copies' worth to far more than three instances hold."""
FITS = 6


def replayed(policy: str, spec: PlantSpec) -> Run:
    return run(trace("step"), spec, derive_for(trace("step"), spec), maker(policy)(), seed=1, in_detail=True)


@pytest.fixture(scope="module")
def quota() -> Run:
    return replayed("headstart", load_plant("quota-short"))


def tries(found: Run) -> list[tuple[float, str, int]]:
    """When more copies were asked for, what became of it, and how many."""
    more = (one for one in found.decisions if one.reason.startswith("Asks for"))
    return [(one.at_s, one.kind, one.desired) for one in more]


def most_asked_for(found: Run) -> int:
    return max(copies for _, kind, copies in tries(found) if kind == "applied")


def test_with_too_small_a_quota_what_fits_is_there_within_a_minute_of_the_first_refusal(quota: Run) -> None:
    refused_at = next(at for at, kind, _ in tries(quota) if kind == "refused")
    granted_at = next(at for at, kind, copies in tries(quota) if (kind, copies) == ("applied", FITS))
    assert STEP_S < refused_at < granted_at <= refused_at + 60
    assert most_asked_for(quota) == FITS
    assert quota.failures == ()


def test_asking_for_all_of_it_every_time_would_get_nothing(quota: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_of_it(known: Refusals | None, standing: int, wanted: int, now: datetime) -> int:
        return wanted

    monkeypatch.setattr(refusals, "ask", all_of_it)
    stubborn = replayed("headstart", load_plant("quota-short"))
    assert sum(kind == "refused" for _, kind, _ in tries(quota)) < sum(
        kind == "refused" for _, kind, _ in tries(stubborn)
    )
    assert quota.waits.gave_up < stubborn.waits.gave_up / 2


def test_native_alone_is_refused_all_of_it_too(quota: Run) -> None:
    native = replayed("native-high-res", load_plant("quota-short"))
    assert quota.waits.gave_up < native.waits.gave_up / 2


def test_rounds_of_refusals_become_rare(quota: Run) -> None:
    """Once six copies stand, each further round begins later than the one before."""
    ends = [at for at, kind, copies in tries(quota) if (kind, copies) == ("refused", FITS + 1)]
    begins = [next(at for at, kind, _ in tries(quota) if kind == "refused" and at > end) for end in ends[:-1]]
    pauses = [begin - end for end, begin in zip(ends, begins, strict=False)]
    assert pauses == [pytest.approx(60, abs=11), pytest.approx(120, abs=11), pytest.approx(240, abs=11)]


def test_copies_that_never_come_are_a_refusal_and_those_that_came_stay() -> None:
    short = load_plant("instances-short")
    assert short.shortage is not None
    quick = replace(short, shortage=replace(short.shortage, timeout_s=240.0))
    # Beside native scaling, which asks for all of it the moment the lock opens, it would be native's turn.
    found = replayed("headstart-alone", quick)
    (first_at, _, first), *others = [one for one in tries(found) if one[1] == "applied"]
    assert first > FITS
    said = next(one for one in found.decisions if refusals.NEVER_CAME in one.reason)
    assert said.at_s > first_at + 240
    assert said.kind == "held"
    assert all(at >= said.at_s + 60 for at, _, _ in others)
    assert min(one.desired for one in found.decisions if said.at_s <= one.at_s < said.at_s + 60) == FITS
