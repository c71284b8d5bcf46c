"""Headstart with one rule switched off at a time: what each is worth.

The deployed code has no such switches: while one replay runs, a function or constant of the domain is replaced.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

from headstart.domain import counterfactual, decide, demand, enrolment, episode, floor, hold, sizing, surge
from headstart.domain.model import Counterfactual, Demand, Point, Policy, ServiceTime, State, Term
from simulator.replay.policies import Headstart

PREFIX = "without-"


@dataclass(frozen=True, slots=True)
class Replaced:
    """A name of a module, and what stands for it meanwhile."""

    module: ModuleType
    name: str
    value: object


@dataclass(frozen=True, slots=True)
class Ablation:
    """`meaning`: what is done in place of the rule."""

    meaning: str
    replaced: tuple[Replaced, ...]


def _no_copies(name: str) -> Term:
    return Term(name, 0, {})


def _no_backlog(_policy: Policy, _demand: Demand, _offered: float) -> Term:
    return _no_copies("backlog")


def _wake_one(_policy: Policy, demanded: Demand) -> Term:
    return Term("wake", 1, _full_wake(_policy, demanded).numbers)


_full_wake = sizing.wake


def _zero(*_: object) -> float:
    return 0.0


def _every_refusal_a_client(refused: Sequence[Point], now: datetime) -> tuple[float, float, float]:
    requests, _, seconds = _deflated(refused, now)
    return requests, requests, seconds


_deflated = demand.refused_clients


def _nothing(*_: object) -> int:
    return 0


def _nobody(*_: object, **__: object) -> None:
    return None


def _never(*_: object) -> bool:
    return False


def _what_was_known(_policy: Policy, state: State, _seen: object) -> ServiceTime | None:
    return state.service_time


def _without_savings(*seen: Any) -> Counterfactual:  # noqa: ANN401  passed on as it comes
    return replace(_saving(*seen), saved=0.0)


_saving = counterfactual.follow


def _one(meaning: str, module: ModuleType, name: str, value: object) -> Ablation:
    return Ablation(meaning, (Replaced(module, name, value),))


ABLATIONS: Mapping[str, Ablation] = {
    "without-reserve": _one("no copies beyond need", enrolment, "RESERVE", 0),
    "without-savings": _one(
        "the reserve is the owner's number, whatever was saved", counterfactual, "follow", _without_savings
    ),
    "without-surges": _one("no copies ready for rises that came back", surge, "surge", _nobody),
    "without-floor": _one("MinCapacity stays the owner's", floor, "wanted", _nobody),
    "without-hold": _one("a need is forgotten at the next look", hold, "HOLD", timedelta(0)),
    "without-give-back": _one("native scaling alone scales in", decide, "_surplus", _nothing),
    "without-backlog": _one("queues buy no copies", sizing, "backlog", _no_backlog),
    "without-growth": _one("the load is what is busy now", demand, "_growth", _zero),
    "without-noise-test": _one("every rise is growth", demand, "SIGNIFICANT", 0.0),
    "without-own-noise": _one("traffic is taken to be Poisson", demand, "_own_noise", _zero),
    "without-settling": _one("the first point of a rise is written at once", decide, "_settles", _never),
    "without-wake-size": _one("from zero one copy, whatever was refused", sizing, "wake", _wake_one),
    "without-refusal-deflation": _one(
        "every refused attempt is a client", demand, "refused_clients", _every_refusal_a_client
    ),
    "without-service-learning": _one(
        "headstart:service-seconds is believed", demand, "learn_service_time", _what_was_known
    ),
    "without-littles-law": _one("no service time is learned while slots are full", demand, "_by_littles_law", _nobody),
    "without-paid-activity": _one("the reserve goes after 15 quiet minutes", hold, "PAID_ACTIVE", hold.ACTIVE),
    "without-quick-looks": _one("30 s between looks, never 10", episode, "QUICK", episode.STEADY),
}


def ablated(name: str) -> Headstart:
    """The policy to replay inside `switched_off(name)`."""
    return Headstart(name)


@contextmanager
def switched_off(name: str) -> Iterator[None]:
    """Raises AttributeError where the domain has no such name any more: an ablation of nothing would tell a lie."""
    with ExitStack() as undone:
        for one in ABLATIONS[name].replaced:
            before = getattr(one.module, one.name)
            undone.callback(setattr, one.module, one.name, before)
            setattr(one.module, one.name, one.value)
        yield
