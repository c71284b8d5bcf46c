"""A trace's arrivals sent to a component, one booked ahead, and what they met."""

from collections.abc import Iterable
from functools import partial

from simulator.engine import Engine
from simulator.plant.clients import Clients, Settled
from simulator.plant.component import Component
from simulator.plant.offered import Demand
from simulator.plant.spec import PlantSpec
from simulator.replay.waits import Episode, Waits, WaitStatistics


class Traffic:
    """Starts at the engine's now, which is the trace's time 0.

    An arrival's number in the trace keys its client's random draws, so that they are the same under every policy.
    Memory grows with the arrivals that are not settled yet.
    """

    def __init__(
        self,
        engine: Engine,
        component: Component,
        demands: Iterable[Demand],
        spec: PlantSpec,
        seed: int,
        *,
        by_gaps: bool,
    ) -> None:
        self._engine = engine
        self._begin = engine.now
        self._demands = iter(demands)
        self._clients = Clients(engine, component, spec.clients, seed)
        self._component = component
        self._statistics = WaitStatistics(spec.clients.give_up_after_s, by_gaps=by_gaps)
        self._next: Demand | None = None
        self._book()

    @property
    def arrived(self) -> int:
        return self._statistics.arrived

    @property
    def open(self) -> int:
        """Clients in service, in a container's queue, or waiting to try again."""
        return self._statistics.open

    @property
    def waiting(self) -> int:
        """Those of them whose service has not begun. With `abandoned_served`, too low by what is served for nobody."""
        return max(0, self.open - (self._component.in_flight - self._component.queued))

    def finish(self) -> Waits:
        """Runs the engine on until every arrival is settled: after the drain, requests that take long may still run.

        Read what is billed before, at the end of the drain.
        """
        while (self._next is not None or self.open) and self._engine.run_next():
            pass
        return self._statistics.summary()

    def _book(self) -> None:
        self._next = demand = next(self._demands, None)
        if demand is not None:
            self._engine.book(self._begin + demand[0], self._arrive)

    def _arrive(self) -> None:
        if self._next is None:
            return
        arrival_s, service_s = self._next
        statistics = self._statistics
        number = statistics.arrived
        episode = statistics.arrive(arrival_s)
        self._clients.send(number, service_s, partial(self._settle, arrival_s, episode))
        self._book()

    def _settle(self, arrival_s: float, episode: Episode, settled: Settled) -> None:
        statistics = self._statistics
        first, started = settled.first_attempt, settled.started_at
        if settled.attempts > 1 or started is None:
            statistics.refused_attempts += settled.refused
            statistics.timed_out_attempts += settled.attempts - settled.refused - (started is not None)
        if started is None:
            statistics.give_up(arrival_s, episode)
        else:
            statistics.serve(arrival_s, episode, started - first)
