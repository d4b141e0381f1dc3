"""What is computed outside the warehouse and staged beside the source: labels, classes, pseudonyms, shifts, redacted texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Any

from sqlalchemy import FromClause

from governance.depersonalization import sql
from governance.depersonalization.counting import Counted, series, type_of
from governance.depersonalization.hierarchy import Ladder
from governance.depersonalization.outside import kind_of
from governance.depersonalization.pseudonyms import DomainKey, tokens
from governance.depersonalization.source import Resolved, Source
from governance.domain.patterns import redact
from governance.domain.schema import Family
from governance.warehouse import StagedColumn, Warehouse

TEXT = Family.TEXT


@contextmanager
def staged(warehouse: Warehouse, source: Source, found: FromClause, counted: Counted,
           keys: Mapping[str, DomainKey]) -> Iterator[sql.Staged]:
    """Everything `sql.published` joins, until the block ends. `found` are the rows that may leave."""
    with ExitStack() as stack:
        labels = {n: _labels(stack, warehouse, found, n, c, source.ladders[place], counted.solution.levels[place])
                  for place, (n, c) in enumerate((n, c) for n, c in enumerate(source.columns) if c.is_quasi)}
        kept = stack.enter_context(warehouse.stage(*_kept(source, counted)))
        linked = {n: _tokens(stack, warehouse, found, n, keys[str(c.declared.transform.domain)])
                  for n, c in enumerate(source.columns) if c.kind == "pseudonymize"}
        shifts = {n: _shifts(stack, warehouse, found, keys[str(c.declared.transform.domain)], c.declared.transform.days or 1)
                  for n, c in enumerate(source.columns) if c.kind == "shift"}
        redacted = tuple(n for n, c in enumerate(source.columns) if c.kind == "redact")
        texts = _texts(stack, warehouse, source, found, redacted) if redacted else None
        yield sql.Staged(labels, kept, linked, shifts, texts, redacted)


def _labels(stack: ExitStack, warehouse: Warehouse, found: FromClause, number: int, column: Resolved, ladder: Ladder,
            level: int) -> sql.Labels:
    pairs = list(warehouse.rows(sql.distinct(found, number), name="release.values"))
    values = series(column.name, [row[0] for row in pairs], type_of(column))
    labels = ladder.labels(values, level).to_list()
    [unknown] = ladder.labels(series(column.name, [None], type_of(column)), level).to_list()
    bounds = ladder.bounds(values, level)
    columns, rows = [StagedColumn("spelled", TEXT), StagedColumn("label", TEXT)], [[row[1] for row in pairs], labels]
    if bounds is not None:
        ends = [b.to_list() for b in bounds]
        family = _family(ends[0])
        columns += [StagedColumn("low", family), StagedColumn("high", family)]
        rows += ends
    table = stack.enter_context(warehouse.stage(columns, zip(*rows, strict=True)))
    return sql.Labels(table, unknown, level > 0, bounds is not None)


def _family(values: Sequence[Any]) -> Family:
    one = next((v for v in values if v is not None), 0)
    return Family.DATE if isinstance(one, date) else Family.INTEGER if isinstance(one, int) else Family.NUMBER


def _kept(source: Source, counted: Counted) -> tuple[list[StagedColumn], Iterator[list[str]]]:
    """The classes that are published, by their labels."""
    names = [c.name for c in source.quasi]
    kept = counted.classes.filter(counted.classes["_kept"]).select(names)
    return [StagedColumn(f"k{n}", TEXT) for n in range(len(names))], ([sql.class_key(label) for label in row] for row in kept.iter_rows())


def _tokens(stack: ExitStack, warehouse: Warehouse, found: FromClause, number: int, key: DomainKey) -> FromClause:
    values = [str(row[1]) for row in warehouse.rows(sql.distinct(found, number), name="release.values")]
    return stack.enter_context(warehouse.stage([StagedColumn("spelled", TEXT), StagedColumn("token", TEXT)], tokens(key, values)))


def _shifts(stack: ExitStack, warehouse: Warehouse, found: FromClause, key: DomainKey, days: int) -> FromClause:
    people = [str(row[0]) for row in warehouse.rows(sql.subjects(found), name="release.subjects")]
    columns = [StagedColumn("subject_key", TEXT), StagedColumn("days", Family.INTEGER)]
    return stack.enter_context(warehouse.stage(columns, ((who, key.shift(who, days)) for who in people)))


def _texts(stack: ExitStack, warehouse: Warehouse, source: Source, found: FromClause, numbers: Sequence[int]) -> FromClause:
    """Texts without identifiers: those every pattern finds, and those of the row and of the person behind it."""
    governed = source.loaded.governed(source.table.ref)
    terms = [f.name for f in governed.collection.fields if f.is_personal and f.governance.role == "identifier"
             and source.table.column(f.name) is not None] if governed else []
    query = sql.texts(source, found, numbers, kind_of(source), terms)
    columns = [StagedColumn("row_key", TEXT), *(StagedColumn(f"x{n}", TEXT) for n in numbers)]
    return stack.enter_context(warehouse.stage(columns, _redacted(list(warehouse.rows(query, name="release.texts")), len(numbers))))


def _redacted(rows: Sequence[Sequence[Any]], count: int) -> Iterator[list[Any]]:
    """One row per key; an identity that stands in several rows adds all its words."""
    last: str | None = None
    texts: list[str | None] = []
    words: set[str] = set()
    for row in rows:
        if row[0] != last:
            if last is not None:
                yield [last, *(None if t is None else redact(t, sorted(words)) for t in texts)]
            last, texts, words = row[0], list(row[1:1 + count]), set()
        words |= {str(w) for w in row[1 + count:] if w}
    if last is not None:
        yield [last, *(None if t is None else redact(t, sorted(words)) for t in texts)]
