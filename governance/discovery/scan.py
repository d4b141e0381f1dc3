"""Profile a table and take a bounded sample of its values, in as few statements as the engine's limits allow.

`quick` reads about `QUICK_ROWS` rows, spread over the table, whatever its size. `full` reads the same rows for what single values
look like, lets the engine count over every cell, and `search` lets it look into every text for numbers, addresses and names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Select

from governance.discovery import sql
from governance.discovery.documents import are_documents
from governance.discovery.placeholders import says_nothing
from governance.discovery.sample import SAMPLED, Hit, Mode, Sample, TableScan
from governance.domain.schema import Column, Family, Table
from governance.warehouse import Warehouse
from governance.warehouse.sampling import Strips, count_places, has_places

TEXTS = 4_096  # distinct texts per column that are looked into
QUICK_ROWS = 4_096
MOST_CELLS = 1_000_000  # of a sample; wide tables are looked at in fewer rows
FEWEST_ROWS = 400
EACH_SHAPE, MOST_HITS, MOST_NAMES = 60, 4_000, 20_000
MOST_DOCUMENTS, MOST_KEYS = 4_000, 400
_PROFILED_AT_ONCE = 100  # seven expressions a column; PostgreSQL returns at most 1,664
_SAMPLED_AT_ONCE = 100
_THIN = 50  # filled cells of the sample below which a column with more is asked for values of its own
_DOUBTFUL = 0.6  # share of distinct values from which "about" is not enough to tell a key
_SHORT = 400  # characters up to which all of a text is carried along with what is found in it
_LONG_TEXT = 12.0  # mean characters from which a text may hold a sentence
_WORDY = 0.1  # share of values with a space from which they are looked into
_READABLE = frozenset(Family) - {Family.BINARY}
_SAMPLED_FAMILIES = _READABLE - {Family.BOOLEAN}


def scan(warehouse: Warehouse, table: Table, *, mode: Mode = Mode.FULL, sampled: int = SAMPLED) -> TableScan:
    """The samples of `table`. Nothing is created in the warehouse and no value is written anywhere.

    Statements: one for where rows lie, one per 100 columns for their values, in full mode two more per 100 columns. WarehouseError when
    the account may not read the table.
    """
    return _Looking(warehouse, table, mode, sampled).result()


class _Looking:
    """One look at one table."""

    def __init__(self, warehouse: Warehouse, table: Table, mode: Mode, sampled: int) -> None:
        self.warehouse, self.table, self.mode, self.sampled = warehouse, table, mode, sampled
        self.columns = [c for c in table.columns if c.family in _READABLE]
        self.statements = self.rows = self.looked = 0
        self.more = False
        self.counted: dict[str, Counter[str]] = {}
        self.facts: dict[str, tuple[int, int, int, float, int, int, int]] = {}  # filled, shortest, longest, mean, distinct, @, digits

    def result(self) -> TableScan:
        wanted = [c for c in self.columns if c.family in _SAMPLED_FAMILIES]
        self._read(wanted)
        if self.mode is Mode.FULL:
            self._profile()
            self._fill_thin(wanted)
            self._count_exactly(wanted)
        samples = tuple(self._sample(c) for c in self.columns)
        return TableScan(self.table.ref, self.rows, samples, self.statements, self.mode, self.looked, self.more)

    # ---- reading ---------------------------------------------------------------------------------------------------

    def _profile(self) -> None:
        wordy = {c.name for c in self.columns if _is_wordy(c, self.counted.get(c.name, Counter()))}
        for some in _chunks(self.columns, _PROFILED_AT_ONCE):
            [found] = self.warehouse.few(sql.profile(self.table, some, wordy), name="discovery.profile")
            self.statements += 1
            self.rows = int(found[0])
            for k, c in enumerate(some):
                filled, shortest, longest, mean, distinct, at, digits = found[1 + 7 * k : 8 + 7 * k]
                self.facts[c.name] = (int(filled), int(shortest or 0), int(longest or 0), float(mean or 0.0),
                                      min(int(distinct or 0), int(filled)), int(at), int(digits))

    def _read(self, wanted: Sequence[Column]) -> None:
        if not wanted:
            return
        rows = max(FEWEST_ROWS, min(QUICK_ROWS, MOST_CELLS // len(self.columns)))
        strips = Strips.over(0, 0, rows)
        if has_places(self.table):
            [(total, at_first)] = self.warehouse.few(count_places(self.table), name="discovery.places")
            strips = Strips.over(int(total or 0), int(at_first), rows)
            self.statements += 1
        for some in _chunks(wanted, _SAMPLED_AT_ONCE):
            query = sql.some_rows(self.table, some, strips)
            self.statements += 1
            found = pa.Table.from_batches(self.warehouse.batches(query, name="discovery.values"))
            self.looked = max(self.looked, found.num_rows)
            for c, cells in zip(some, found.columns, strict=True):
                counted: Counter[str] = Counter()
                for value, times in _times(cells):
                    counted[value.strip()] += times
                self.counted[c.name] = Counter({v: n for v, n in counted.items() if not says_nothing(v)})
                if self.mode is Mode.QUICK:
                    lengths = pc.utf8_length(cells)
                    extremes = pc.min_max(lengths).as_py()
                    self.facts[c.name] = (found.num_rows - cells.null_count, extremes["min"] or 0, extremes["max"] or 0,
                                          pc.mean(lengths).as_py() or 0.0, len(self.counted[c.name]), 0, 0)
        if self.mode is Mode.QUICK:
            self.rows, self.more = strips.rows_in_all(self.looked), strips.may_go_on(self.looked)

    def _fill_thin(self, wanted: Sequence[Column]) -> None:
        thin = [c for c in wanted if self.counted[c.name].total() < min(_THIN, self.facts[c.name][0])]
        for some in _chunks(thin, 25):
            self.statements += 1
            for k, value in self.warehouse.rows(sql.some_filled(self.table, some, self.sampled), name="discovery.filled"):
                text = str(value).strip()
                if not says_nothing(text) and text not in self.counted[some[int(k)].name]:
                    self.counted[some[int(k)].name][text] += 1

    def _count_exactly(self, wanted: Sequence[Column]) -> None:
        doubtful = [c for c in wanted if not _is_key(self.table, c) and self._is_token_like(c)
                    and self.facts[c.name][4] > _DOUBTFUL * self.facts[c.name][0]]
        for some in _chunks(doubtful, _PROFILED_AT_ONCE):
            self.statements += 1
            [found] = self.warehouse.few(sql.exact_distinct(self.table, some), name="discovery.distinct")
            for c, distinct in zip(some, found, strict=True):
                self.facts[c.name] = (*self.facts[c.name][:4], int(distinct), *self.facts[c.name][5:])

    def _is_token_like(self, c: Column) -> bool:
        """Whether it matters if its values come back: those of cookies and devices do, row numbers do not."""
        first = list(self.counted.get(c.name, ()))[:50]
        return c.family in (Family.TEXT, Family.UUID, Family.INTEGER) and all(" " not in v and "@" not in v for v in first)

    def _sample(self, c: Column) -> Sample:
        filled, shortest, longest, mean, distinct, ats, runs = self.facts.get(c.name, (0, 0, 0, 0.0, 0, 0, 0))
        counted = self.counted.get(c.name, Counter())
        if c.family is Family.NUMBER and counted and all(v.endswith(".0") for v in list(counted)[:200]):
            # Whole numbers that passed through floating point, as data frames make them of columns with gaps.
            c = replace(c, family=Family.INTEGER)
            counted = Counter({v.removesuffix(".0"): n for v, n in counted.items()})
        spread = _spread(list(counted), self.sampled)
        return Sample(
            c, self.table.ref, tuple(spread), self.rows, filled, max(distinct, len(counted)), shortest, longest, mean,
            key=_is_key(self.table, c), refers=any(c.name in f.columns for f in self.table.foreign_keys),
            texts=tuple(_spread(list(counted), TEXTS)) if _is_wordy(c, counted) else (),
            ats=ats, runs=runs,
        )


def search(warehouse: Warehouse, table: Table, sample: Sample, looked: int) -> Sample:
    """`sample` with what the engine finds inside all its texts, where they are more than the `looked` rows that were read."""
    c = sample.column
    if c.family not in sql.TEXTUAL or looked >= sample.rows or not sample.filled:
        return sample
    whole = are_documents(sample.texts)
    cell = sql.Cell.WHOLE if whole else sql.Cell.SHORT if sample.longest <= _SHORT else sql.Cell.LONG

    def hits(query: Select[Any], name: str) -> tuple[Hit, ...]:
        return tuple(Hit(str(row[0]), int(row[1]), str(row[2])) for row in warehouse.rows(query, name=name))

    found: tuple[Hit, ...] = ()
    names: tuple[Hit, ...] = ()
    documents: tuple[str, ...] = ()
    if sample.ats:
        found += hits(sql.emails_inside(table, c, EACH_SHAPE, MOST_HITS, cell), "discovery.emails")
    if sample.runs:
        found += hits(sql.numbers_inside(table, c, EACH_SHAPE, MOST_HITS, cell), "discovery.numbers")
    if sample.texts and sample.mean_length >= _LONG_TEXT:
        names = hits(sql.words_inside(table, c, MOST_DOCUMENTS if whole else MOST_NAMES, cell), "discovery.names")
    if whole:
        documents = tuple(str(row[0]) for row in warehouse.rows(sql.documents_by_key(table, c, MOST_KEYS), name="discovery.documents"))
    return replace(sample, hits=found, names=names, documents=documents)


def _times(cells: pa.ChunkedArray) -> Iterator[tuple[str, int]]:
    """The different values of a column of texts, in the order of their first cells, and how many cells each has. Nulls are none."""
    found = pc.value_counts(cells.drop_null())
    return zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True)


def _is_wordy(c: Column, counted: Counter[str]) -> bool:
    """Whether single values of the column may hold something more than themselves: words, or a document."""
    if c.family not in sql.TEXTUAL or not counted:
        return False
    first = list(counted)[:200]
    return sum(" " in v or v[:1] in "{[" or "@" in v for v in first) >= _WORDY * len(first)


def _spread(values: list[str], most: int) -> list[str]:
    """Up to `most` of them, from all over the list."""
    if len(values) <= most:
        return values
    step = len(values) / most
    return [values[int(n * step)] for n in range(most)]


def _is_key(table: Table, c: Column) -> bool:
    return table.primary_key == (c.name,) or (c.name,) in table.uniques


def _chunks(columns: Sequence[Column], size: int) -> Iterator[Sequence[Column]]:
    for start in range(0, len(columns), size):
        yield columns[start : start + size]
