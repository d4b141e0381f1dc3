"""The search for the node of least loss: branch and bound over the whole lattice, exact.

Two inheritances make it short. Failing goes down: a finer node splits classes and suppresses no fewer subjects. The bound goes up: a
node's loss without suppression is the least that it and every coarser node can have. And what a node suppresses, every finer one
suppresses too, so each success raises the bounds of all below it. The walk up from the most promising open node, tried from its far
end and then halved, is that of Flash (Kohlmayer et al., "Flash: efficient, stable and optimal k-anonymity", 2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from governance.depersonalization import lattice
from governance.depersonalization.loss import ncp
from governance.domain.errors import PlanRefused

if TYPE_CHECKING:
    from governance.depersonalization.lattice import Classes, Column, Flags, Floats, Ints, Table

LARGEST = 20_000_000  # nodes, at 16 bytes each


@dataclass(frozen=True, slots=True)
class Found:
    """A node that meets the model: its classes over the base table, which of them are published, and what that costs."""

    node: tuple[int, ...]
    subjects: Ints
    rows: Ints
    diversity: Ints | None
    kept: Flags
    losing: int
    loss: float
    lost: tuple[Floats, ...]


class Search:
    """One search over one lattice.

    `k` subjects and `l` sensitive values (None: not asked) per class; `budget` subjects may lose rows. `t` (None: not asked) is the
    farthest a class may be from the whole input, and exact only where nobody may be suppressed: leaving a class alone that is too
    far may be better than joining it to another, so failing would no longer go down.
    """

    def __init__(self, columns: Sequence[Column], base: Table, k: int, l: int | None, budget: int, t: float | None = None) -> None:  # noqa: E741
        self.columns, self.base, self.k, self.l, self.budget, self.t = columns, base, k, l, budget, t
        self.tables = {0: base}
        self.widest = max(range(len(columns)), key=lambda c: columns[c].values, default=0)
        self.tried = 0

    def least(self, lowest: Sequence[int], highest: Sequence[int]) -> Floats:
        """The least NCP each node can have, as a grid with one axis per column."""
        size = 1
        for low, high in zip(lowest, highest, strict=True):
            size *= high - low + 1
        if size > LARGEST:
            raise PlanRefused(f"the release has {size} generalizations, more than {LARGEST} are not searched", where="model",
                              fix="narrow the levels of some columns with lowest and highest")
        sums = lattice.by_level(self.columns, lattice.weights(self.columns, self.base, self.base.rows))
        return self._grid(sums, lowest, highest)

    def _grid(self, sums: Sequence[Floats], lowest: Sequence[int], highest: Sequence[int]) -> Floats:
        total = max(1, int(self.base.rows.sum()) * len(self.columns))
        parts = [part[low:high + 1] / total for part, low, high in zip(sums, lowest, highest, strict=True)]
        return np.asarray(reduce(np.add.outer, parts)) if parts else np.zeros(())

    def judge(self, node: tuple[int, ...]) -> Found | None:
        """What `node` gives when it meets the model within the budget, else None."""
        self.tried += 1
        table = self._rolled(node)
        classes = lattice.group(self.columns, table, node)
        kept = classes.subjects >= self.k
        many, losing = None, lattice.losing(table, classes, kept)
        if self.l is not None and losing <= self.budget:
            many = lattice.diversity(table, classes)
            kept &= many >= self.l
            losing = lattice.losing(table, classes, kept)
        if losing > self.budget:
            return None
        if self.t is not None and (lattice.distance(self.base, self._base_classes(node)) > self.t + 1e-12).any():
            return None
        return self._found(node, table, classes, many, kept, losing)

    def _base_classes(self, node: tuple[int, ...]) -> Classes:
        # A node's classes have the same numbers over every table.
        return lattice.group(self.columns, self.base, node)

    def _rolled(self, node: tuple[int, ...]) -> Table:
        """The base table rolled up in its column with most values: made once for each level of it."""
        level = node[self.widest] if self.columns else 0
        if level not in self.tables:
            key = tuple(level if c == self.widest else 0 for c in range(len(node)))
            self.tables[level] = lattice.roll(self.base, lattice.group(self.columns, self.base, key))
        return self.tables[level]

    def _found(self, node: tuple[int, ...], table: Table, classes: Classes, many: Ints | None, kept: Flags, losing: int) -> Found:
        out = lattice.weights(self.columns, table, np.where(kept[classes.of], table.rows, 0))
        # By label, not by value: which value stands for a rolled row depends on the order of rows, and so would the last digit.
        at_level = [(column.penalties[level], lattice.add_up(column.labels[level], count, len(column.penalties[level])))
                    for column, level, count in zip(self.columns, node, out, strict=True)]
        loss = ncp(at_level, int(classes.rows[~kept].sum()))
        return Found(node, classes.subjects, classes.rows, many, kept, losing, loss, self._lost(node, kept))

    def _lost(self, node: tuple[int, ...], kept: Flags) -> tuple[Floats, ...]:
        """Per column and level, what suppressing these rows costs above generalizing them."""
        if kept.all():
            return tuple(np.zeros(len(column.labels)) for column in self.columns)
        rows = np.where(kept[self._base_classes(node).of], 0, self.base.rows)
        counts = lattice.weights(self.columns, self.base, rows)
        return tuple(rows.sum() - part for part in lattice.by_level(self.columns, counts))

    def run(self, lowest: Sequence[int], highest: Sequence[int]) -> Found | None:
        """The node from `lowest` to `highest` of least loss that meets the model, or None. The same data give the same node."""
        least = self.least(lowest, highest)
        bounds, best, limit = least.copy(), None, np.inf
        while bounds.min() < limit:
            path = _upwards(bounds, limit)
            low, high = 0, len(path) - 1
            middle = high
            while low <= high:
                at = path[middle]
                if bounds[at] >= limit:
                    high = middle - 1
                elif (found := self._at(at, lowest)) is None:
                    bounds[_below(at)] = np.inf
                    low = middle + 1
                else:
                    cost = self._grid(found.lost, lowest, [base + i for base, i in zip(lowest, at, strict=True)])
                    bounds[_below(at)] = np.maximum(bounds[_below(at)], least[_below(at)] + cost)
                    bounds[at] = np.inf
                    if found.loss < limit:
                        best, limit = found, found.loss
                    high = middle - 1
                middle = (low + high) // 2
        return best

    def _at(self, at: tuple[int, ...], lowest: Sequence[int]) -> Found | None:
        return self.judge(tuple(base + i for base, i in zip(lowest, at, strict=True)))


def _below(at: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(0, i + 1) for i in at)


def _upwards(bounds: Floats, limit: float) -> list[tuple[int, ...]]:
    """From the node of least bound, always to the open neighbour above with the least bound."""
    path = [tuple(int(i) for i in np.unravel_index(int(bounds.argmin()), bounds.shape))]
    while True:
        last = path[-1]
        above = [(*last[:c], last[c] + 1, *last[c + 1:]) for c in range(bounds.ndim) if last[c] + 1 < bounds.shape[c]]
        above = [at for at in above if bounds[at] < limit]
        if not above:
            return path
        path.append(min(above, key=lambda at: float(bounds[at])))
