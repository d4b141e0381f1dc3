"""Solve: the full-domain generalization that loses least and still meets the model.

Full-domain: one level per column for the whole dataset, so a value is always shown the same way and joins stay possible.
What does not meet the model even so is suppressed, whole classes at a time, within the model's budget.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from governance.depersonalization import lattice
from governance.depersonalization.hierarchy import Ladder
from governance.depersonalization.histogram import Histogram
from governance.depersonalization.search import Search
from governance.domain.errors import ModelUnmet, PlanRefused

if TYPE_CHECKING:
    from polars import DataFrame


@dataclass(frozen=True, slots=True)
class Model:
    """What every published class must meet, counted in distinct data subjects: at least `k` of them, and at least `l` distinct known
    values of `sensitive` among them. `max_suppressed`: the share of subjects (0 to 1) that may lose rows to reach it. `t`: the values of
    `sensitive` in a class are at most this far (0 to 1, `lattice.distance`) from those of the whole input; without suppression only, and
    only where every subject has one row."""

    k: int
    l: int | None = None  # noqa: E741 - the name the model has everywhere
    sensitive: str | None = None
    max_suppressed: float = 0.0
    t: float | None = None

    def __post_init__(self) -> None:
        if self.k < 1 or not 0 <= self.max_suppressed <= 1 or (self.l is not None and (self.l < 1 or self.sensitive is None)):
            raise PlanRefused("k and l are at least 1, l needs a sensitive column and max_suppressed is a share from 0 to 1", where="model",
                              fix="for example k: 5, max_suppressed: 0.02")
        if self.t is not None and (self.sensitive is None or self.max_suppressed or not 0 <= self.t <= 1):
            raise PlanRefused("t is from 0 to 1, needs a sensitive column and allows nobody to be suppressed", where="model",
                              fix="set max_suppressed: 0, or ask for l instead of t")

    def __str__(self) -> str:
        said = f"k={self.k}" + (f", l={self.l}" if self.l is not None else "") + (f", t={self.t:g}" if self.t is not None else "")
        return said if self.l is None and self.t is None else f"{said} of {self.sensitive}"


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
    columns, base = lattice.columns_of(histogram, ladders), lattice.table_of(histogram)
    subjects = histogram.subjects
    search = Search(columns, base, model.k, model.l, int(model.max_suppressed * subjects + 1e-9), model.t)
    if locked is not None:
        node = tuple(locked)
        if len(node) != len(ladders) or any(level not in ladder.allowed for level, ladder in zip(node, ladders, strict=True)):
            raise PlanRefused("the locked levels are not levels that the release allows now", where="levels",
                              fix="unlock the levels in a new plan")
        found, nodes, what = search.judge(node), 1, "the locked generalization does not suffice: none of 1"
        fix = "unlock the levels in a new plan, or raise max_suppressed"
    else:
        lowest, node = tuple(ladder.allowed.start for ladder in ladders), tuple(ladder.allowed.stop - 1 for ladder in ladders)
        found, nodes = search.run(lowest, node), math.prod(len(ladder.allowed) for ladder in ladders)
        what = f"none of {nodes} generalizations"
        fix = "lower k or l, allow coarser levels, raise max_suppressed or leave a column out"
    if found is None:
        there = lattice.group(columns, base, node)
        lost = lattice.losing(base, there, _meets(base, there, model))
        levels = ", ".join(f"{ladder.name} {level}" for ladder, level in zip(ladders, node, strict=True))
        budget = f"at most {search.budget} of {subjects} subjects suppressed"
        least = f"the levels {levels} suppress {lost}" + ("" if model.t is None or lost else ", and a class is too far from the whole")
        raise ModelUnmet(f"{what} meets {model} with {budget}; {least}", where="model", fix=fix)
    kept = found.kept
    some = bool(kept.any())
    fewest = None if found.diversity is None else int(found.diversity[kept].min()) if some else 0
    return Solution(found.node, int(kept.sum()), int(found.subjects[kept].min()) if some else 0, fewest, found.losing,
                    int(found.rows[~kept].sum()), found.loss, search.tried, nodes)


def classes(histogram: Histogram, ladders: Sequence[Ladder], levels: Sequence[int], model: Model) -> DataFrame:
    """Every class at `levels`: the labels under the columns' names, `_subjects`, `_rows`, `_diversity` (null without a sensitive column)
    and `_kept`, whether it has k and l and is published."""
    import polars as pl

    _agree(histogram, ladders, model)
    base, told, labels = lattice.table_of(histogram), [], []
    for ladder, level in zip(ladders, levels, strict=True):
        values, code = histogram.coded[ladder.name]
        label = ladder.labels(values, level)
        place = lattice.ranked(label)
        told.append((place, code, int(place.max(initial=-1)) + 1))
        labels.append((label, code))
    found = lattice.group_by(told, base)
    first = np.empty(len(found), np.int64)
    first[found.of] = np.arange(len(base))
    shown = {ladder.name: label.gather(code[first]) for ladder, (label, code) in zip(ladders, labels, strict=True)}
    many = None if model.sensitive is None else lattice.diversity(base, found)
    counts = {"_subjects": found.subjects, "_rows": found.rows, "_diversity": many, "_kept": _meets(base, found, model)}
    return pl.DataFrame(shown | counts)


def _meets(table: lattice.Table, found: lattice.Classes, model: Model) -> lattice.Flags:
    enough = found.subjects >= model.k
    return enough if model.l is None else enough & (lattice.diversity(table, found) >= model.l)


def _agree(histogram: Histogram, ladders: Sequence[Ladder], model: Model) -> None:
    if tuple(ladder.name for ladder in ladders) != histogram.quasi:
        raise PlanRefused("the ladders are not those of the histogram's columns, in their order", where="model",
                          fix="give one ladder per quasi-identifier")
    if model.sensitive != histogram.sensitive:
        raise PlanRefused("the histogram was not counted by the model's sensitive column", where="model", fix="count the histogram with it")
    if model.t is not None and histogram.rows != histogram.subjects:
        raise PlanRefused("t is measured only where every subject has one row", where="model", fix="ask for l instead of t")
