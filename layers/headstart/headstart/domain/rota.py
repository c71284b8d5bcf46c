"""Whose settings are read in this run: everybody in turn, whoever waited longest first."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest

from headstart.domain.model import Mode, State
from headstart.domain.tags import ours

IMPORT_EVERY = timedelta(minutes=10)
RUNS_A_ROUND = 8
"""A run reads at most this part of all components again. Fewer than ten (one a minute, ten minutes a round), so that a
round catches up; more than one, so that components that came together do not stay together."""
REFRESHED_A_RUN = 1000
"""Components with an open episode whose bounds are read again. They come fifty to a call."""


@dataclass(frozen=True, slots=True)
class Rota:
    """``urgent``: never imported, or tagged anew. ``due``: imported long ago. ``watched``: being acted on."""

    urgent: tuple[str, ...]
    due: tuple[str, ...]
    watched: tuple[str, ...]

    def in_turn(self) -> list[str]:
        """One of the urgent, one of the due: neither many newcomers nor a large fleet keeps the other waiting."""
        both = zip_longest(self.urgent, self.due)
        return [name for name in chain.from_iterable(both) if name is not None]


def rota(
    tagged: Mapping[str, Mapping[str, str]], states: Mapping[str, State], anew: Collection[str], now: datetime
) -> Rota:
    """Choose from all tagged components. ``anew``: those that something else than their tags makes urgent."""
    urgent = {name for name, tags in tagged.items() if name in anew or is_urgent(tags, states.get(name))}
    settled = [states[name] for name in tagged if name not in urgent]
    due = sorted((s for s in settled if _age(s, now) >= IMPORT_EVERY), key=lambda s: (-_age(s, now), s.component))
    most = -(-len(tagged) // RUNS_A_ROUND)
    # Whose target was read longest ago is served first: there may not be time for all of them.
    served = sorted(due[:most], key=lambda s: (s.target_read_at or s.created, s.component))
    chosen = [state.component for state in served]
    acting = {s.component for s in settled if s.episode and s.policy and s.policy.mode is Mode.ACT}
    watched = _shuffled(acting - set(chosen), now)[:REFRESHED_A_RUN]
    return Rota(tuple(_shuffled(urgent, now)), tuple(chosen), tuple(watched))


def is_urgent(tags: Mapping[str, str], state: State | None) -> bool:
    """What is known of the component does not do: it is new, asked to be looked at anew, or has other tags."""
    if state is None or not state.enrolled or state.described_at is None or state.imported_at is None:
        return True
    return state.tags != ours(tags)


def reads_target(state: State, now: datetime) -> bool:
    """Whether its turn includes the policies too, which cost a call each."""
    return state.target_read_at is None or now - state.target_read_at >= IMPORT_EVERY


def _age(state: State, now: datetime) -> timedelta:
    return now - state.imported_at if state.imported_at is not None else timedelta.max


def _shuffled(names: Iterable[str], now: datetime) -> list[str]:
    """In another order every minute: who fails time and again must not always come first."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{now:%Y%m%d%H%M}{name}".encode()).digest())
