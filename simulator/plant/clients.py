"""Clients in virtual time: how an arrival tries, waits and gives up. Nothing on the other side is told this law."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from simulator.engine import Engine
from simulator.plant.component import Component
from simulator.plant.draws import uniform
from simulator.plant.errors import NoCapacity
from simulator.plant.requests import Outcome, Request
from simulator.plant.spec import ClientSpec


class Settled(NamedTuple):
    """What one arrival came to. `started_at` is None for a client that gave up. Times in epoch seconds."""

    first_attempt: float
    started_at: float | None
    settled_at: float
    attempts: int
    refused: int


type OnSettled = Callable[[Settled], object]


class Journey(Request):
    """One arrival on its way through its attempts: the same request each time, with less patience left."""

    __slots__ = ("attempts", "began", "number", "on_settled", "refused")

    def __init__(self, number: int, service_s: float, began: float, on_settled: OnSettled) -> None:
        self.service_s = service_s
        self.number = number
        self.began = began
        self.on_settled = on_settled
        self.attempts = 0
        self.refused = 0


class Clients:
    """Before attempt k+1 a client waits U(0, min(cap, 2^(k-1))) s, keyed by (seed, arrival, attempt)."""

    def __init__(self, engine: Engine, component: Component, spec: ClientSpec, seed: int) -> None:
        self._engine = engine
        self._component = component
        self._spec = spec
        self._seed = seed

    def send(self, number: int, service_s: float, on_settled: OnSettled) -> None:
        """`number` tells arrivals apart; the engine calls `on_settled` once for each."""
        self._attempt(Journey(number, service_s, self._engine.now, on_settled))

    def _attempt(self, journey: Journey) -> None:
        journey.attempts += 1
        journey.patience_s = journey.began + self._spec.give_up_after_s - self._engine.now
        try:
            self._component.invoke(journey, partial(self._answer, journey))
        except NoCapacity:
            self._refused(journey)

    def _answer(self, journey: Journey, outcome: Outcome) -> None:
        if outcome.status == "served":
            _, _, started_at, finished_at, _ = outcome
            journey.on_settled(Settled(journey.began, started_at, finished_at, journey.attempts, journey.refused))
        elif outcome.status == "no_capacity":
            self._refused(journey)
        else:
            self._try_again(journey)

    def _refused(self, journey: Journey) -> None:
        journey.refused += 1
        self._try_again(journey)

    def _try_again(self, journey: Journey) -> None:
        now, spec = self._engine.now, self._spec
        if not spec.retries:
            self._engine.at(now, partial(self._give_up, journey))
            return
        longest = min(spec.retry_cap_s, 2.0 ** (journey.attempts - 1))
        again = now + longest * uniform(self._seed, "retry", journey.number, journey.attempts)
        end = journey.began + spec.give_up_after_s
        if again < end:
            self._engine.at(again, partial(self._attempt, journey))
        else:
            self._engine.at(max(end, now), partial(self._give_up, journey))

    def _give_up(self, journey: Journey) -> None:
        journey.on_settled(Settled(journey.began, None, self._engine.now, journey.attempts, journey.refused))
