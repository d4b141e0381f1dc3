"""The lattice of all full-domain generalizations of a histogram, on integer codes, and what one node of it does to the subjects.

Every column's distinct values become codes 0..n-1, every level an array from value code to label code; a node's classes are one
number per row of a table. Tables roll up: what a finer node grouped is the input of every coarser one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from governance.depersonalization.hierarchy import Ladder
from governance.depersonalization.histogram import ALONE, CELL, ROWS, SUBJECT, Histogram
from governance.depersonalization.loss import value_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_DENSE = 1 << 22  # key spaces up to this size (or 16 per row) are numbered by a table instead of by sorting
_WIDE = 1 << 62


@dataclass(frozen=True, slots=True)
class Column:
    """One quasi-identifier: `labels[level][value code]` is a label code, `penalties[level][label code]` its NCP, 0 to 1."""

    values: int
    labels: tuple[Ints, ...]
    penalties: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows grouped by some node: `codes[column][row]` of any value in the group, counts, and (subject, row) pairs of shared subjects."""

    codes: tuple[Ints, ...]
    rows: Ints
    alone: Ints
    sensitive: Ints | None
    subject: Ints
    member: Ints

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Counted:
    """What one node gives: `of[row]` the class of each row of the table, and per class its subjects, sensitive values and rows."""

    of: Ints
    subjects: Ints
    diversity: Ints | None
    rows: Ints

    def meets(self, k: int, l: int | None) -> NDArray[np.bool_]:  # noqa: E741 - the name the model has everywhere
        enough = self.subjects >= k
        return enough if l is None or self.diversity is None else enough & (self.diversity >= l)


def encode(histogram: Histogram, ladders: Sequence[Ladder]) -> tuple[tuple[Column, ...], Table]:
    """Codes of every column at every level, and the histogram's cells as a table. `ladders` in the order of `histogram.quasi`."""
    columns, codes = [], []
    for ladder in ladders:
        values, code = _coded(histogram, ladder.name)
        columns.append(_column(ladder, values))
        codes.append(code)
    sensitive = None
    if histogram.sensitive is not None:
        known = histogram.cells[histogram.sensitive].is_not_null().to_numpy()
        sensitive = np.where(known, _coded(histogram, histogram.sensitive)[1], -1)
    cells, shared = histogram.cells, histogram.shared
    subject = shared[SUBJECT].rank("dense").to_numpy().astype(np.int64) if len(shared) else np.empty(0, np.int64)
    return tuple(columns), Table(tuple(codes), cells[ROWS].to_numpy().astype(np.int64), cells[ALONE].to_numpy().astype(np.int64), sensitive,
                                 subject, shared[CELL].to_numpy().astype(np.int64))


def _coded(histogram: Histogram, name: str):  # type: ignore[no-untyped-def]
    import polars as pl

    column = histogram.cells[name]
    values = column.unique().sort(nulls_last=True)
    numbered = pl.DataFrame({name: values, "code": np.arange(len(values), dtype=np.int64)})
    code = histogram.cells.select(name).join(numbered, on=name, how="left", nulls_equal=True, maintain_order="left")["code"]
    return values, code.to_numpy().astype(np.int64)


def _column(ladder: Ladder, values) -> Column:  # type: ignore[no-untyped-def]
    labels, penalties = [], []
    for level in range(ladder.height + 1):
        # Numbered by the first value that has the label: the same data give the same codes, and so the same sums, every time.
        code = ladder.labels(values, level).rank("min") if level else None
        numbers = np.arange(len(values), dtype=np.int64)
        if code is not None:
            found = code.fill_null(0).to_numpy().astype(np.int64)
            _, first, numbers = np.unique(found, return_index=True, return_inverse=True)
            order = np.argsort(np.argsort(first))
            numbers = order[numbers].astype(np.int64)
        penalty = np.zeros(int(numbers.max(initial=-1)) + 1)
        penalty[numbers] = value_loss(ladder, values, level)
        labels.append(numbers)
        penalties.append(penalty)
    return Column(len(values), tuple(labels), tuple(penalties))


def nodes(ladders: Sequence[Ladder]) -> Ints:
    """All allowed nodes, one row each: the level of every ladder."""
    return np.array(list(product(*(ladder.allowed for ladder in ladders))), dtype=np.int64).reshape(-1, len(ladders))


def count(columns: Sequence[Column], table: Table, node: Sequence[int]) -> Counted:
    """Classes of `table` at `node`. A subject counts once in a class, however many rows it has there."""
    keys = [column.labels[level][code] for column, level, code in zip(columns, node, table.codes, strict=True)]
    of, classes = number(keys, [len(column.penalties[level]) for column, level in zip(columns, node, strict=True)], len(table))
    subjects = _sum(of, table.alone, classes)
    member = of[table.member]
    if len(member):
        pair, _ = number([table.subject, member], [int(table.subject.max()) + 1, classes], len(member))
        subjects = subjects + np.bincount(member[_firsts(pair)], minlength=classes)
    diversity = None
    if table.sensitive is not None:
        # Only values some subject is known to have: a row without a subject may be anybody's, and unknown is no value.
        counts = (table.alone > 0) & (table.sensitive >= 0)
        counts[table.member] = table.sensitive[table.member] >= 0
        chosen = np.flatnonzero(counts)
        pair, _ = number([of[chosen], table.sensitive[chosen]], [classes, int(table.sensitive.max(initial=0)) + 1], len(chosen))
        diversity = np.bincount(of[chosen][_firsts(pair)], minlength=classes)
    return Counted(of, subjects, diversity, _sum(of, table.rows, classes))


def roll(table: Table, counted: Counted) -> Table:
    """The table grouped by the classes of `counted` (and the sensitive value): the input of every coarser node."""
    of, groups = counted.of, len(counted.rows)
    if table.sensitive is not None:
        of, groups = number([counted.of, table.sensitive + 1], [groups, int(table.sensitive.max(initial=0)) + 2], len(table))
    first = np.empty(groups, np.int64)
    first[of[::-1]] = np.arange(len(of) - 1, -1, -1)
    member, subject = of[table.member], table.subject
    if len(member):
        pair, _ = number([subject, member], [int(subject.max()) + 1, groups], len(member))
        kept = _firsts(pair)
        member, subject = member[kept], subject[kept]
    return Table(tuple(code[first] for code in table.codes), _sum(of, table.rows, groups), _sum(of, table.alone, groups),
                 None if table.sensitive is None else table.sensitive[first], subject, member)


def number(keys: Sequence[Ints], widths: Sequence[int], length: int) -> tuple[Ints, int]:
    """Number the distinct combinations of `keys` (each 0..width-1) from 0: (number per row, how many)."""
    key, space = np.zeros(length, np.int64), 1
    for code, width in zip(keys, widths, strict=True):
        if space * width >= _WIDE:
            key, space = _compact(key, space)
        key, space = key * width + code, space * width
    return _compact(key, space)


def _compact(key: Ints, space: int) -> tuple[Ints, int]:
    if space <= max(_DENSE if len(key) > _DENSE >> 6 else len(key) << 4, 1 << 12):
        there = np.zeros(space, np.bool_)
        there[key] = True
        numbers = np.cumsum(there, dtype=np.int64) - 1
        return numbers[key], int(numbers[-1]) + 1 if space else 0
    found, inverse = np.unique(key, return_inverse=True)
    return inverse.astype(np.int64), len(found)


def _firsts(numbers: Ints) -> Ints:
    """The position of one row for each number."""
    position = np.empty(int(numbers.max(initial=-1)) + 1, np.int64)
    position[numbers] = np.arange(len(numbers))
    return position


def _sum(of: Ints, weights: Ints, groups: int) -> Ints:
    return np.bincount(of, weights=weights, minlength=groups).astype(np.int64)  # exact: counts are far below 2**53


def suppressed_subjects(table: Table, counted: Counted, meets: NDArray[np.bool_]) -> int:
    """Subjects that lose at least one row when the classes that do not meet the model are left out."""
    bad = ~meets
    lost = int(table.alone[bad[counted.of]].sum())
    return lost + len(np.unique(table.subject[bad[counted.of[table.member]]]))


def least(columns: Sequence[Column], table: Table, all_nodes: Ints) -> Floats:
    """The least NCP each node can have: its loss without suppression, since a suppressed row only costs more. It grows with every level."""
    total = max(1, int(table.rows.sum()) * len(columns))
    bounds = np.zeros(len(all_nodes))
    for at, (column, code) in enumerate(zip(columns, table.codes, strict=True)):
        weights = _sum(code, table.rows, column.values)
        by_level = np.array([math.fsum(penalty[labels] * weights) for labels, penalty in zip(column.labels, column.penalties, strict=True)])
        bounds += by_level[all_nodes[:, at]] / total
    return bounds


def ncp_of(columns: Sequence[Column], table: Table, counted: Counted, meets: NDArray[np.bool_], node: Sequence[int]) -> float:
    """NCP of the table published at `node` without the classes that do not meet the model; a suppressed row counts 1. From 0 to 1."""
    kept = np.where(meets[counted.of], table.rows, 0)
    total, lost = int(table.rows.sum()), int(table.rows.sum() - kept.sum())
    if not total:
        return 0.0
    parts = [float(lost * len(columns))]
    for column, level, code in zip(columns, node, table.codes, strict=True):
        labels = column.labels[level]
        parts.extend(column.penalties[level] * _sum(labels[code], kept, len(column.penalties[level])))
    return math.fsum(parts) / (total * len(columns))
