"""An AWS account in one region, as far as the plant goes: endpoints, components, metrics, tags, events."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simulator.engine import Engine
from simulator.plant.alarms import AlarmBook
from simulator.plant.autoscaling import AutoScaling
from simulator.plant.component import Component
from simulator.plant.errors import NotFound, ValidationFailed
from simulator.plant.instances import Fleet
from simulator.plant.metrics import MetricStore
from simulator.plant.spec import PlantSpec
from simulator.plant.variant import Variant

type EventSink = Callable[[dict[str, Any]], object]

# Adjustable; the defaults of an account (aws-facts 3.7). Nothing here enforces them.
QUOTAS = {"Maximum number of instances per endpoint": 4.0, "Number of instances across active endpoints": 4.0}

# aws-facts 3.1
_NAME = re.compile(r"[a-zA-Z0-9]([\-a-zA-Z0-9]{0,62})")


class Endpoint:
    """May hold several components, which share the places of its instances, and may have no instance at all."""

    def __init__(self, account: "Account", name: str, *, whole_instances: bool = False) -> None:
        self.name = name
        self.arn = account.arn("endpoint", name)
        self.created = account.engine.now
        self.observers: list[Callable[[float, str, dict[str, object]], object]] = []
        self._engine = account.engine
        spec = account.spec.instances
        if whole_instances:  # those of a variant: each runs one container, and goes when it is scaled in
            spec = replace(spec, places=1, release_after_s=0.0, minimum=0)
        self.fleet = Fleet(account.engine, spec, account.spec.shortage, self._notify)

    def _notify(self, kind: str, detail: dict[str, object]) -> None:
        for observer in self.observers:
            observer(self._engine.now, kind, {"endpoint": self.name, **detail})


class Account:
    """`event_sinks` receive EventBridge events as the plant's services emit them."""

    def __init__(
        self,
        engine: Engine,
        spec: PlantSpec,
        seed: int,
        account_id: str = "123456789012",
        region: str = "us-east-1",
    ) -> None:
        self.engine = engine
        self.spec = spec
        self.seed = seed
        self.account_id = account_id
        self.region = region
        self.metrics = MetricStore(engine, spec.metrics.publish_lag_s)
        self.components: dict[str, Component] = {}
        self.variants: dict[str, Variant] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.quotas = dict(QUOTAS)
        self.event_sinks: list[EventSink] = []
        self._created = 0
        self.alarms = AlarmBook(self)
        self.autoscaling = AutoScaling(self)

    def arn(self, kind: str, name: str, service: str = "sagemaker") -> str:
        # Reported of components' ARNs, not documented (aws-facts 10.13).
        spelled = name.lower() if kind == "inference-component" else name
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{kind}/{spelled}"

    def emit(self, event: dict[str, Any]) -> None:
        for sink in self.event_sinks:
            sink(event)

    def create_endpoint(self, name: str) -> Endpoint:
        _check_name(name)
        if name in self.endpoints:
            raise ValidationFailed(f'Cannot create already existing endpoint "{self.endpoints[name].arn}".')
        endpoint = self.endpoints[name] = Endpoint(self, name)
        return endpoint

    def create_component(
        self,
        name: str,
        endpoint_name: str,
        copies: int = 0,
        *,
        slots: int = 1,
        warm: bool = False,
        tags: dict[str, str] | None = None,
    ) -> Component:
        """`slots`: requests one copy serves at once. `warm`: the copies are in service and idle at once.

        The endpoint is made if there is none of that name.
        """
        _check_name(name)
        if name in self.components:
            raise ValidationFailed(f'Cannot create already existing inference component "{self.components[name].arn}".')
        if copies < 0 or slots < 1:
            raise ValidationFailed("copies must be at least 0 and slots at least 1.")
        endpoint = self.endpoints.get(endpoint_name) or self.create_endpoint(endpoint_name)
        component = Component(self, name, endpoint, slots, self._created)
        self._created += 1
        self.components[name] = component
        self.metrics.sources.append(component.flush)
        if tags:
            self.tags[component.arn] = dict(tags)
        component.start(copies, warm=warm)
        return component

    def create_variant(
        self, endpoint_name: str, variant: str, instances: int, *, slots: int = 1, tags: dict[str, str] | None = None
    ) -> Variant:
        """Its instances are in service and idle at once; `tags` are the endpoint's, which is made if there is none."""
        _check_name(variant)
        endpoint = self.endpoints.get(endpoint_name)
        if endpoint is None:
            _check_name(endpoint_name)
            endpoint = self.endpoints[endpoint_name] = Endpoint(self, endpoint_name, whole_instances=True)
        made = Variant(self, variant, endpoint, slots, self._created)
        self._created += 1
        self.variants[made.name] = made
        self.metrics.sources.append(made.flush)
        if tags:
            self.tags[endpoint.arn] = dict(tags)
        made.start(instances, warm=True)
        return made

    def variants_of(self, endpoint_name: str) -> list[Variant]:
        return [one for one in self.variants.values() if one.endpoint_name == endpoint_name]

    def delete_endpoint(self, name: str) -> None:
        """With its variants and their scalable targets (aws-facts 4.2); requests are not waited for (assumed)."""
        for variant in self.variants_of(name):
            variant.flush()
            self.metrics.sources.remove(variant.flush)
            if variant.name in self.autoscaling.targets:
                self.autoscaling.deregister(variant.name)
            del self.variants[variant.name]
        self.tags.pop(self.endpoints.pop(name).arn, None)

    def scaled(self, name: str) -> Component | None:
        """What a scalable target is about."""
        return self.components.get(name) or self.variants.get(name)

    def component(self, name: str) -> Component:
        found = self.components.get(name)
        if found is None:
            raise NotFound(f'Could not find inference component "{self.arn("inference-component", name)}".')
        return found

    def delete_component(self, name: str) -> None:
        """Refused while a change is in flight; gone once its running requests have finished."""
        component = self.component(name)

        def forget() -> None:
            component.flush()
            self.metrics.sources.remove(component.flush)
            self.tags.pop(component.arn, None)
            del self.components[name]

        component.delete(forget)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValidationFailed(f"Value '{name}' failed to satisfy constraint: {_NAME.pattern}")
