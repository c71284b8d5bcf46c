"""One component under one policy: the plant, its services, and what the policy put beside them."""

from dataclasses import dataclass, field
from typing import Protocol

from simulator.engine import Engine
from simulator.plant.account import Account
from simulator.plant.component import Component
from simulator.plant.sizing import Derived
from simulator.plant.spec import PlantSpec
from simulator.replay.stack import Stack
from simulator.services.registry import Services

START = 1_767_225_600.0
"""Thursday, 2026-01-01 00:00 UTC: the virtual time at which a trace begins."""
COMPONENT = "component"
ENDPOINT = "endpoint"


@dataclass
class World:
    """What a policy may use. ``stack`` is there where Headstart is deployed.

    in_detail: whether somebody will look at single decisions.
    """

    spec: PlantSpec
    derived: Derived
    seed: int
    engine: Engine
    account: Account
    services: Services
    component: Component
    stack: Stack | None = None
    in_detail: bool = False
    owner_calls: int = field(default=0)

    @classmethod
    def make(
        cls, spec: PlantSpec, derived: Derived, seed: int, start_copies: int, *, in_detail: bool = False
    ) -> "World":
        """A component of the derived size, ``start_copies`` of it in service and idle."""
        engine = Engine(START)
        account = Account(engine, spec, seed)
        services = Services(account)
        component = account.create_component(COMPONENT, ENDPOINT, start_copies, slots=derived.served, warm=True)
        return cls(spec, derived, seed, engine, account, services, component, in_detail=in_detail)


class Policy(Protocol):
    """A way to scale. ``install`` is called once, at the trace's start, before the first arrival."""

    @property
    def name(self) -> str: ...

    @property
    def min_copies(self) -> int | None:
        """``None``: the plant's derived minimum."""
        ...

    def install(self, world: World) -> None: ...
