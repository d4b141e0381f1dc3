"""What is true of a column, and whether a verdict agrees with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

STYLES = ("clear", "local", "opaque")
LANGUAGES = ("az", "az-ascii", "ru", "tr", "en", "de", "mixed")


@dataclass(frozen=True, slots=True)
class Truth:
    """`category` is a key of the taxonomy, or None for a column that is not personal.

    `alternatives` are as good; `broader` is right in kind but a reviewer would edit it. With `optional`, reasonable people
    differ whether the column is personal at all, or nobody could tell from what is to be seen: leaving it out and naming an
    accepted key both count as nothing, another key is a mistake. `also` are the further kinds inside content.
    """

    kind: str
    category: str | None = None
    alternatives: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    optional: bool = False

    @property
    def personal(self) -> bool:
        return self.category is not None and not self.optional

    def exact(self, category: str) -> bool:
        """As a reviewer would write it."""
        return category == self.category or category in self.alternatives

    def accepts(self, category: str) -> bool:
        """Right in kind: exact, broader, or for content any kind that is inside."""
        return self.exact(category) or category in self.broader or category in self.also

    def undecided(self) -> Truth:
        return replace(self, optional=True)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading in each style (the physical name), its contents and its truth in each style."""

    kind: str
    headings: dict[str, str]
    values: Sequence[Any]
    truths: dict[str, Truth]


@dataclass(slots=True)
class Table:
    """One table in three styles of headings, the contents being the same."""

    shape: str
    language: str
    names: dict[str, str]
    columns: list[Column] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.columns[0].values)

    def frame(self, style: str) -> pd.DataFrame:
        return pd.DataFrame({c.headings[style]: pd.Series(list(c.values), dtype=object) for c in self.columns})

    def truth(self, style: str) -> dict[str, Truth]:
        return {c.headings[style]: c.truths[style] for c in self.columns}
