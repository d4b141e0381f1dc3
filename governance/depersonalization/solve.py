"""Solve: the full-domain generalization that loses least and still meets the model.

Full-domain: one level per column for the whole dataset, so a value is always shown the same way and joins stay possible.
What does not meet the model even so is suppressed, whole classes at a time, within the model's budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from governance.depersonalization import lattice
from governance.depersonalization.hierarchy import Ladder
from governance.depersonalization.histogram import Histogram
from governance.domain.errors import ModelUnmet, PlanRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import DataFrame


@dataclass(frozen=True, slots=True)
class Model:
    """What every published class must meet, counted in distinct data subjects: at least `k` of them, and at least `l` distinct known
    values of `sensitive` among them. `max_suppressed`: the share of subjects (0 to 1) that may lose rows to reach it."""

    k: int
    l: int | None = None  # noqa: E741 - the name the model has everywhere
    sensitive: str | None = None
    max_suppressed: float = 0.0

    def __post_init__(self) -> None:
        if self.k < 1 or not 0 <= self.max_suppressed <= 1 or (self.l is not None and (self.l < 1 or self.sensitive is None)):
            raise PlanRefused("k and l are at least 1, l needs a sensitive column and max_suppressed is a share from 0 to 1", where="model",
                              fix="for example k: 5, max_suppressed: 0.02")

    def __str__(self) -> str:
        return f"k={self.k}" + (f", l={self.l} of {self.sensitive}" if self.l is not None else "")


@dataclass(frozen=True, slots=True)
class Solution:
    """The levels chosen, in the order of the ladders, and what they give.

    `classes` are the published ones, `k_reached` the subjects of the smallest and `l_reached` the fewest sensitive values in one (None
    without l; both 0 when nothing is published). `suppressed_subjects` lose at least one row. `loss` is NCP, 0 to 1. `tried` counts the
    nodes of the lattice that were looked at of `nodes`; the others cannot be better.
    """

    levels: tuple[int, ...]
    classes: int
    k_reached: int
    l_reached: int | None
    suppressed_subjects: int
    suppressed_rows: int
    loss: float
    tried: int
    nodes: int


def solve(histogram: Histogram, ladders: Sequence[Ladder], model: Model, locked: Sequence[int] | None = None) -> Solution:
    """The allowed node of least NCP that meets `model`; with `locked` levels, those and no others.

    `ladders` in the order of `histogram.quasi`. ModelUnmet when no node does, with what the coarsest still suppresses.
    """
    _agree(histogram, ladders, model)
    columns, base = lattice.encode(histogram, ladders)
    search = _Search(columns, base, model, histogram.subjects)
    if locked is not None:
        node = tuple(locked)
        if len(node) != len(ladders) or any(level not in range(ladder.height + 1) for level, ladder in zip(node, ladders, strict=True)):
            raise PlanRefused("the locked levels are not levels of these ladders", where="levels", fix="unlock the levels in a new plan")
        found = search.judge(node)
        if found is None:
            fix = "unlock the levels in a new plan, or raise max_suppressed"
            raise _unmet("none of 1 generalization (the locked levels)", fix, ladders, search, node)
        return search.solution(node, found, 1)
    every = lattice.nodes(ladders)
    best = search.run(every, lattice.least(columns, base, every))
    if best is None:
        top = tuple(int(level) for level in every.max(axis=0))
        fix = "lower k or l, allow coarser levels, raise max_suppressed or leave a column out"
        raise _unmet(f"none of {len(every)} generalizations", fix, ladders, search, top)
    return search.solution(*best, len(every))


def classes(histogram: Histogram, ladders: Sequence[Ladder], levels: Sequence[int], model: Model) -> DataFrame:
    """Every class at `levels`: the labels under the columns' names, `_subjects`, `_rows`, `_diversity` (null without a sensitive column)
    and `_kept`, whether it meets the model and is published."""
    import polars as pl

    columns, base = lattice.encode(histogram, ladders)
    counted = lattice.count(columns, base, levels)
    first = np.empty(len(counted.rows), np.int64)
    first[counted.of] = np.arange(len(base))
    rows = histogram.cells[first]
    labels = {ladder.name: ladder.labels(rows[ladder.name], level) for ladder, level in zip(ladders, levels, strict=True)}
    return pl.DataFrame(labels | {"_subjects": counted.subjects, "_rows": counted.rows, "_diversity": counted.diversity,
                                  "_kept": counted.meets(model.k, model.l)})


@dataclass(frozen=True, slots=True)
class _Found:
    counted: lattice.Counted
    meets: NDArray[np.bool_]
    subjects: int
    loss: float


class _Search:
    """One search over one lattice: what was counted is kept, so that coarser nodes start from it."""

    def __init__(self, columns: Sequence[lattice.Column], base: lattice.Table, model: Model, subjects: int) -> None:
        self.columns, self.model = columns, model
        self.tables: list[tuple[NDArray[np.int64], lattice.Table]] = [(np.zeros(len(columns), np.int64), base)]
        self.subjects, self.budget = subjects, int(model.max_suppressed * subjects + 1e-9)
        self.tried = 0

    def judge(self, node: tuple[int, ...]) -> _Found | None:
        """What `node` gives when it meets the model within the budget, else None."""
        self.tried += 1
        at = np.array(node)
        table = min((t for levels, t in self.tables if (levels <= at).all()), key=len)
        counted = lattice.count(self.columns, table, node)
        meets = counted.meets(self.model.k, self.model.l)
        lost = lattice.suppressed_subjects(table, counted, meets)
        if len(counted.rows) * 2 < len(table) and (self.model.l is None or len(counted.rows) * 8 < len(table)):
            self.tables.append((at, lattice.roll(table, counted)))
        if lost > self.budget:
            return None
        return _Found(counted, meets, lost, lattice.ncp_of(self.columns, table, counted, meets, node))

    def run(self, every: NDArray[np.int64], bounds: NDArray[np.float64]) -> tuple[tuple[int, ...], _Found] | None:
        """Branch and bound with predictive tagging, exact.

        Failing is inherited downwards: a finer node splits classes and suppresses no fewer subjects. Bounds grow upwards. So the search
        walks from the open node of least bound straight up, halves that path like Flash (Kohlmayer et al., 2012), strikes out what
        lies below every failure and whatever cannot beat the best, and ends when nothing is open.
        """
        open_, best = np.ones(len(every), np.bool_), None
        strides = self._strides(every)
        limit = np.inf
        while True:
            left = np.flatnonzero(open_ & (bounds < limit))
            if not len(left):
                return best
            path = self._path(int(left[np.argmin(bounds[left])]), every, bounds, open_, limit, strides)
            low, high = 0, len(path) - 1
            while low <= high:
                middle = (low + high) // 2
                at = path[middle]
                node = tuple(int(level) for level in every[at])
                found = self.judge(node) if open_[at] else None
                open_[at] = False
                if found is None:
                    open_ &= ~(every <= every[at]).all(axis=1)
                    low = middle + 1
                    continue
                if found.loss < limit:
                    best, limit = (node, found), found.loss
                high = middle - 1

    @staticmethod
    def _strides(every: NDArray[np.int64]) -> NDArray[np.int64]:
        sizes = every.max(axis=0) - every.min(axis=0) + 1
        return np.concatenate([np.cumprod(sizes[::-1])[::-1][1:], [1]]).astype(np.int64)

    @staticmethod
    def _path(start: int, every: NDArray[np.int64], bounds: NDArray[np.float64], open_: NDArray[np.bool_], limit: float,
              strides: NDArray[np.int64]) -> list[int]:
        top, path = every.max(axis=0), [start]
        while True:
            above = [path[-1] + int(strides[c]) for c in range(every.shape[1]) if every[path[-1], c] < top[c]]
            above = [at for at in above if open_[at] and bounds[at] < limit]
            if not above:
                return path
            path.append(min(above, key=lambda at: bounds[at]))

    def solution(self, node: tuple[int, ...], found: _Found, nodes: int) -> Solution:
        kept = found.meets
        reached = found.counted.diversity if self.model.l is not None else None
        return Solution(node, int(kept.sum()), int(found.counted.subjects[kept].min(initial=self.subjects + 1)) if kept.any() else 0,
                        None if reached is None else int(reached[kept].min()) if kept.any() else 0, found.subjects,
                        int(found.counted.rows[~kept].sum()), found.loss, self.tried, nodes)


def _agree(histogram: Histogram, ladders: Sequence[Ladder], model: Model) -> None:
    if tuple(ladder.name for ladder in ladders) != histogram.quasi:
        raise PlanRefused("the ladders are not those of the histogram's columns, in their order", where="model",
                          fix="give one ladder per quasi-identifier")
    if model.sensitive != histogram.sensitive:
        raise PlanRefused("the histogram was not counted by the model's sensitive column", where="model", fix="count the histogram with it")


def _unmet(what: str, fix: str, ladders: Sequence[Ladder], search: _Search, node: tuple[int, ...]) -> ModelUnmet:
    base, model = search.tables[0][1], search.model
    counted = lattice.count(search.columns, base, node)
    lost = lattice.suppressed_subjects(base, counted, counted.meets(model.k, model.l))
    levels = ", ".join(f"{ladder.name} {level}" for ladder, level in zip(ladders, node, strict=True))
    budget = f"at most {search.budget} of {search.subjects} subjects suppressed"
    return ModelUnmet(f"{what} meets {model} with {budget}; the levels {levels} suppress {lost}", where="model", fix=fix)
