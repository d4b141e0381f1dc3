"""How much a word looks like a name of a person, for words that no list knows.

Logistic regression over hashed character n-grams (one to four letters, with the ends of the word) of the Latin spelling, trained by
``benchmarks/names/distil.py``. Two answers per word, in log-odds: a name or not; if so, given rather than family.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 15
SCALE = 1 / 16
_LONGEST = 24


def features(token: str) -> NDArray[np.int32]:
    """The buckets of a word's n-grams; `token` in the spelling of `fold.latin`."""
    text = f"^{token[:_LONGEST]}$"
    grams = {text[i : i + n] for n in (1, 2, 3, 4) for i in range(len(text) - n + 1)}
    grams.add(f"#{min(len(token), 12)}")
    return np.fromiter((crc32(g.encode()) & (BUCKETS - 1) for g in sorted(grams)), np.int32)


def score(tokens: Sequence[str], weights: NDArray[np.int8] | None = None) -> NDArray[np.float64]:
    """Shape (2, len(tokens)): log-odds that each is a name, and that it is a given rather than a family name."""
    table = _weights() if weights is None else weights
    if not tokens:
        return np.zeros((2, 0))
    return np.array([table[:, features(t)].sum(axis=1, dtype=np.int64) for t in tokens]).T * SCALE


@lru_cache(maxsize=131_072)
def likeness(token: str) -> tuple[float, float]:
    """As `score`, for one word in the spelling of `fold.latin`."""
    name, given = score([token])[:, 0]
    return float(name), float(given)


@cache
def _weights() -> NDArray[np.int8]:
    with files("governance.discovery").joinpath("data", "name_model.npz").open("rb") as file:
        held: NDArray[np.int8] = np.load(file)["weights"]
        return held
