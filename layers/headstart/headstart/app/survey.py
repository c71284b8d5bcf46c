"""Which variants the tagged endpoints have: a tag is on the endpoint, and each of its variants is enrolled."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from headstart.app.errors import ComponentGone, HeadstartError, OutOfTime
from headstart.app.ports import Components, Endpoint
from headstart.domain.capacity import variant_of

LASTS: Final = timedelta(minutes=10)
"""A variant comes and goes with an UpdateEndpoint."""
READ_A_RUN: Final = 20
"""Endpoints described in one run: DescribeEndpoint takes 5 calls a second of a whole account (aws-facts 3.6), and looks
need it more."""


@dataclass(slots=True)
class Surveyed:
    """What a run knows of the tagged endpoints.

    unfit: why a variant cannot be scaled by its instances, or empty. failed: endpoints, as ``ENDPOINT.*``.
    """

    tagged: dict[str, Mapping[str, str]] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)
    created: dict[str, datetime] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Read:
    at: datetime
    found: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Remembers endpoints for ten minutes. Who has not been described yet is known by the table, or has its turn later:
    a variant that is missing from a run has not left for that."""

    components: Components
    _known: dict[str, _Read] = field(default_factory=dict)

    def of(self, endpoints: Mapping[str, Mapping[str, str]], names: Collection[str], now: datetime) -> Surveyed:
        """Variants of the tagged endpoints with their tags; ``names`` are those the table knows."""
        this = Surveyed()
        self._describe(endpoints, now, this)
        by_the_table: dict[str, list[str]] = {}
        for name in names:
            if (variant := variant_of(name)) is not None:
                by_the_table.setdefault(variant.endpoint, []).append(name)
        for endpoint, tags in endpoints.items():
            read = self._known.get(endpoint)
            if read is None:
                this.tagged.update(dict.fromkeys(by_the_table.get(endpoint, ()), tags))
                continue
            this.tagged.update(dict.fromkeys(read.found.variants, tags))
            this.unfit.update(read.found.variants)
            this.created.update(dict.fromkeys(read.found.variants, read.found.created))
        return this

    def _describe(self, endpoints: Collection[str], now: datetime, this: Surveyed) -> None:
        for gone in self._known.keys() - set(endpoints):
            del self._known[gone]
        due = [name for name in endpoints if name not in self._known or now - self._known[name].at >= LASTS]
        due.sort(key=lambda name: (self._known[name].at.timestamp() if name in self._known else 0.0, name))
        for name in due[:READ_A_RUN]:
            try:
                found = self.components.endpoint(name)
                if found.variants:  # one that is being created may not say yet
                    self._known[name] = _Read(now, found)
            except ComponentGone:
                self._known.pop(name, None)  # the listing of tags lags behind
            except OutOfTime:
                return
            except HeadstartError as error:
                this.failed[f"{name}.*"] = str(error)
