"""Mistakes in a declared policy: where, what is wrong, and the remedy. They are collected and reported together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from governance.domain.errors import PolicyError


class Weight(StrEnum):
    """`mistake` stops every job. `look` asks for a person's eyes. `unjudged` is a column nobody has spoken about."""

    MISTAKE = "mistake"
    LOOK = "look"
    UNJUDGED = "unjudged"


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A line of a policy file; `file` is spelled from the policy folder's own name: ``policy/datasets/shop.yaml``."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, order=True, slots=True)
class Mistake:
    """`problem` is one sentence without a full stop, `fix` the remedy."""

    where: Place
    problem: str
    fix: str = ""
    weight: Weight = Weight.MISTAKE

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}" + (f"\n    fix: {self.fix}" if self.fix else "")


class PolicyMistakes(PolicyError):
    """All mistakes of one folder at once, in order of file and line."""

    def __init__(self, mistakes: Iterable[Mistake], *, where: object) -> None:
        self.mistakes = tuple(sorted(mistakes))
        count = f"{len(self.mistakes)} mistake{'' if len(self.mistakes) == 1 else 's'}"
        super().__init__("\n  ".join([count, *map(str, self.mistakes)]), where=where)


def nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    """A remedy for an unknown name: the known name most like it, else what is known, else `otherwise`."""
    names: Sequence[str] = sorted(set(known))
    close = get_close_matches(word, names, 1, 0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"{otherwise}; known: {', '.join(names)}" if 0 < len(names) <= 12 else otherwise
