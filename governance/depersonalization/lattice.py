"""A histogram in integer codes, and what one node of the generalization lattice makes of it.

A node is one level per column. Every column's distinct values are codes 0..n-1, every level an array from value code to label code,
and the classes of a node one number per row of a table. Tables roll up: what a finer node grouped is the input of a coarser one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from governance.depersonalization.hierarchy import Ladder
from governance.depersonalization.histogram import ALONE, CELL, ROWS, SUBJECT, Histogram
from governance.depersonalization.loss import penalties

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import Series

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

# Distinct keys are found by marking them in a table of up to this size (or eight times the rows), else by sorting.
_SPARSE, _MARKED = 128, 1 << 23
_WIDE = 1 << 62


@dataclass(frozen=True, slots=True)
class Column:
    """One quasi-identifier: `labels[level][value code]` is a label code, `penalties[level][label code]` what it loses, 0 to 1."""

    values: int
    labels: tuple[Ints, ...]
    penalties: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows grouped by a node.

    `codes[column][row]` is the code of any value in the row, `rows` and `alone` are counts. (`subject`, `at`): in which rows the
    subjects of several cells are. (`value`, `within`): in which rows which known sensitive values are. Each pair once.
    """

    codes: tuple[Ints, ...]
    rows: Ints
    alone: Ints
    subject: Ints
    at: Ints
    value: Ints
    within: Ints

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of a table at a node: `of[row]` is a row's class, `subjects` and `rows` the counts of each."""

    of: Ints
    subjects: Ints
    rows: Ints

    def __len__(self) -> int:
        return len(self.rows)


def columns_of(histogram: Histogram, ladders: Sequence[Ladder]) -> tuple[Column, ...]:
    """Codes of every column at every level. `ladders` in the order of `histogram.quasi`."""
    return tuple(_column(ladder, histogram.coded[ladder.name][0]) for ladder in ladders)


def table_of(histogram: Histogram) -> Table:
    """The cells of a histogram as they are."""
    cells, shared = histogram.cells, histogram.shared
    rows, alone, at = _ints(cells[ROWS]), _ints(cells[ALONE]), _ints(shared[CELL])
    if np.array_equal(rows, alone):
        alone = rows  # one array, so that what is counted of one is counted of both
    value, within = np.empty(0, np.int64), np.empty(0, np.int64)
    if histogram.sensitive is not None:
        # Only values that some subject is known to have: a row without a subject may be anybody's, and unknown is no value.
        somebody = alone > 0
        somebody[at] = True
        within = np.flatnonzero(somebody & cells[histogram.sensitive].is_not_null().to_numpy())
        value = histogram.coded[histogram.sensitive][1][within]
    codes = tuple(histogram.coded[name][1] for name in histogram.quasi)
    return Table(codes, rows, alone, _ints(shared[SUBJECT].rank("dense")) - 1, at, value, within)


def _ints(series: Series) -> Ints:
    return series.to_numpy().astype(np.int64)


def _column(ladder: Ladder, values: Series) -> Column:
    labels = [np.arange(len(values), dtype=np.int64)]
    labels += [ranked(ladder.labels(values, level)) for level in range(1, ladder.height + 1)]
    numbers = ladder.numbers(values) if ladder.numeric else None
    return Column(len(values), tuple(labels), tuple(penalties(label, numbers) for label in labels))


def ranked(labels: Series) -> Ints:
    """Per label its place among the distinct ones, unknown first."""
    code = _ints(labels.rank("dense").fill_null(0))
    return code - int(code.min(initial=1))


def group(columns: Sequence[Column], table: Table, node: Sequence[int]) -> Classes:
    """The classes of `table` at `node`. A subject counts once in a class, however many rows it has there."""
    told = zip(columns, node, table.codes, strict=True)
    return group_by([(column.labels[level], code, len(column.penalties[level])) for column, level, code in told], table)


def group_by(told: Sequence[tuple[Ints, Ints, int]], table: Table) -> Classes:
    """The classes of `table` by any (label per value code, value code per row, number of labels) of each column."""
    telling = [part for part in told if part[2] > 1]
    of, found = number([label[code] for label, code, _ in telling], [width for *_, width in telling], len(table))
    rows = add_up(of, table.rows, found)
    subjects = rows if table.alone is table.rows else add_up(of, table.alone, found)
    if len(table.subject):
        subjects = subjects + np.bincount(_once(table.subject, of[table.at])[1], minlength=found)
    return Classes(of, subjects, rows)


def diversity(table: Table, classes: Classes) -> Ints:
    """The distinct sensitive values of each class."""
    return np.bincount(_once(table.value, classes.of[table.within])[1], minlength=len(classes))


def distance(table: Table, classes: Classes) -> Floats:
    """How far each class's sensitive values are from those of all rows, 0 to 1: earth mover's distance with equal ground distances
    (Li et al., "t-closeness", ICDE 2007). The reference is the whole input, suppressed or not; unknown values count nowhere.

    `table` is the base table, one subject per row of the source.
    """
    if not len(table.value):
        return np.zeros(len(classes))
    rows, where = table.rows[table.within], classes.of[table.within]
    reference = np.bincount(table.value, weights=rows) / rows.sum()
    pair, pairs = number([where, table.value], [len(classes), len(reference)], len(rows))
    first = np.empty(pairs, np.int64)
    first[pair] = np.arange(len(pair))
    known, expected = add_up(where, rows, len(classes)), reference[table.value[first]]
    there = where[first]
    apart = np.abs(add_up(pair, rows, pairs) / known[there] - expected) - expected  # values a class does not have add their share of all
    return np.where(known > 0, (1 + np.bincount(there, weights=apart, minlength=len(classes))) / 2, 0.0)


def roll(table: Table, classes: Classes) -> Table:
    """The table grouped by `classes`: the input of every coarser node."""
    first = np.empty(len(classes), np.int64)
    first[classes.of] = np.arange(len(table))
    alone = classes.rows if table.alone is table.rows else add_up(classes.of, table.alone, len(classes))
    return Table(tuple(code[first] for code in table.codes), classes.rows, alone,
                 *_once(table.subject, classes.of[table.at]), *_once(table.value, classes.of[table.within]))


def losing(table: Table, classes: Classes, kept: Flags) -> int:
    """Subjects that lose at least one row when only the `kept` classes are published."""
    lost = ~kept[classes.of]
    somewhere = np.zeros(int(table.subject.max(initial=-1)) + 1, np.bool_)
    somewhere[table.subject[lost[table.at]]] = True
    return int(table.alone[lost].sum()) + int(np.count_nonzero(somewhere))


def weights(columns: Sequence[Column], table: Table, rows: Ints) -> tuple[Ints, ...]:
    """Per column, how many of the `rows` (counts per row of the table) have each value."""
    return tuple(add_up(code, rows, column.values) for column, code in zip(columns, table.codes, strict=True))


def by_level(columns: Sequence[Column], counts: Sequence[Ints]) -> tuple[Floats, ...]:
    """Per column and level, the penalties of `counts` rows of each value added up."""
    return tuple(np.array([(penalty[label] * count).sum() for label, penalty in zip(column.labels, column.penalties, strict=True)])
                 for column, count in zip(columns, counts, strict=True))


def number(keys: Sequence[Ints], widths: Sequence[int], length: int) -> tuple[Ints, int]:
    """Number the distinct combinations of `keys` (each 0..width-1) from 0: (number of each row, how many)."""
    if not keys:
        return _compact(np.zeros(length, np.int64), 1)
    key, space = keys[0], widths[0]
    for code, width in zip(keys[1:], widths[1:], strict=True):
        if space * width >= _WIDE:
            key, space = _compact(key, space)
        key = key * width
        key += code  # into the array just made, not into another
        space *= width
    return _compact(key, space)


def _compact(key: Ints, space: int) -> tuple[Ints, int]:
    if space <= _markable(len(key)):
        found = _marked(key, space)
        numbers = np.empty(space, np.int32 if len(found) < 1 << 31 else np.int64)
        numbers[found] = np.arange(len(found))
        return numbers[key].astype(np.int64), len(found)
    found, inverse = np.unique(key, return_inverse=True)
    return inverse.astype(np.int64), len(found)


def _once(what: Ints, where: Ints) -> tuple[Ints, Ints]:
    """The distinct pairs of `what` and `where`."""
    if not len(what):
        return what, where
    width = int(what.max()) + 1
    space = (int(where.max()) + 1) * width
    key = where * width + what
    found = _marked(key, space) if space <= _markable(len(key)) else _sorted_once(key)
    return found % width, found // width


def _sorted_once(key: Ints) -> Ints:
    # numpy's own unique hashes since 2.3, and is seventeen times slower than this on a million pairs.
    ordered = np.sort(key)
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    return np.asarray(ordered[first], dtype=np.int64)


def _markable(rows: int) -> int:
    return max(min(_SPARSE * rows + 4096, _MARKED), 8 * rows)


def _marked(key: Ints, space: int) -> Ints:
    there = np.zeros(space, np.bool_)
    there[key] = True
    return np.flatnonzero(there)


def add_up(of: Ints, counts: Ints, groups: int) -> Ints:
    """The `counts` of each of `groups`, where count i is of group `of[i]`."""
    return np.bincount(of, weights=counts, minlength=groups).astype(np.int64)  # exact: counts are far below 2**53
