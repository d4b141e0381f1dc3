"""The registry of kinds of columns: what a column of a kind holds, and what is true of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.discovery.people import SCRIPTS, Person, words
from benchmarks.discovery.truth import Truth


@dataclass(slots=True)
class Draw:
    """What a maker draws from: as many values as there are people, and words of their language."""

    rng: random.Random
    language: str
    people: Sequence[Person]

    @property
    def n(self) -> int:
        return len(self.people)

    @property
    def base(self) -> str:
        """One of the five languages; for mixed tables one of them by chance."""
        return self.rng.choice(SCRIPTS) if self.language == "mixed" else self.language.removesuffix("-ascii")

    def words(self, name: str) -> list[str]:
        return words(self.base)[name]

    def each(self, make: Callable[[], Any]) -> list[Any]:
        return [make() for _ in range(self.n)]

    def few(self, values: Sequence[Any], weights: Sequence[float] | None = None) -> list[Any]:
        return self.rng.choices(values, weights, k=self.n)


@dataclass(frozen=True, slots=True)
class Filled:
    """Values whose truth depends on what was drawn: which kinds are inside, whether their look alone tells the kind."""

    values: list[Any]
    category: str | None = None
    also: tuple[str, ...] | None = None
    opaque: bool | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """`opaque` False: contents alone cannot tell the kind, so that nobody is blamed under a heading that says nothing.
    `dirt` False: values are kept as they are made (typed, few or structured). `mistakable`: what a column that is not personal may be
    taken for, without blame, under such a heading."""

    name: str
    concept: str
    make: Callable[[Draw], list[Any] | Filled]
    truth: Truth
    opaque: bool = True
    dirt: bool = True
    mistakable: str | None = None


KINDS: dict[str, Kind] = {}


def kind(
    name: str,
    category: str | None = None,
    *,
    concept: str = "",
    alternatives: Sequence[str] = (),
    broader: Sequence[str] = (),
    optional: bool = False,
    opaque: bool = True,
    dirt: bool = True,
    mistakable: str | None = None,
) -> Callable[[Callable[[Draw], Any]], Callable[[Draw], Any]]:
    """Register a maker. Without `category` the kind is a hard negative."""

    def register(make: Callable[[Draw], Any]) -> Callable[[Draw], Any]:
        truth = Truth(name, category, tuple(alternatives), tuple(broader), (), optional)
        KINDS[name] = Kind(name, concept or name, make, truth, opaque, dirt, mistakable)
        return make

    return register


def negatives() -> list[str]:
    return [name for name, k in KINDS.items() if k.truth.category is None]


def positives() -> list[str]:
    return [name for name, k in KINDS.items() if k.truth.category is not None and not k.truth.optional]
