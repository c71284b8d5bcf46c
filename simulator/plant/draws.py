"""Random numbers by key, not by order: the same key gives the same number under every policy."""

from hashlib import blake2b
from math import exp
from statistics import NormalDist

_NORMAL = NormalDist()
_TWO_53 = float(2**53)


def uniform(seed: int, *key: object) -> float:
    """In the open interval (0, 1), from the seed and the key's text alone."""
    text = "/".join(map(str, (seed, *key)))
    digest = blake2b(text.encode(), digest_size=8).digest()
    return ((int.from_bytes(digest) >> 11) + 0.5) / _TWO_53


def lognormal(median: float, sigma: float, seed: int, *key: object) -> float:
    return median * exp(sigma * _NORMAL.inv_cdf(uniform(seed, *key)))
