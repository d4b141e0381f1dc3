"""Statements that count a source, as pure functions: its combinations, who has several, and a checksum of its rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Label, Numeric, Select, case, cast, func, select

from governance.depersonalization.source import Source
from governance.depersonalization.sql import ROW, SUBJECT
from governance.warehouse.functions import as_text, digest_number, row_digest

ROWS, ALONE, PERSON = "_rows", "_alone", "_subject"


def _cells(source: Source, found: FromClause) -> list[ColumnElement[Any]]:
    """The quasi-identifiers under their names, then the sensitive column as text."""
    by_name = {c.name: found.c[f"c{n}"] for n, c in enumerate(source.columns)}
    cells: list[ColumnElement[Any]] = [by_name[c.name].label(c.name) for c in source.quasi]
    return cells + ([as_text(by_name[source.sensitive.name]).label(source.sensitive.name)] if source.sensitive else [])


def _numbered(source: Source, found: FromClause) -> FromClause:
    """One row per subject and combination: `_n` rows, `_places` combinations of the subject, `_person` a number for the subject."""
    cells = _cells(source, found)
    pairs = select(*cells, found.c[SUBJECT], func.count().label("_n")).group_by(*(c.element if isinstance(c, Label) else c for c in cells),
                                                                                  found.c[SUBJECT]).subquery()
    places = func.count().over(partition_by=pairs.c[SUBJECT]).label("_places")
    return select(pairs, places, func.dense_rank().over(order_by=pairs.c[SUBJECT]).label("_person")).subquery()


def cells(source: Source, found: FromClause) -> Select[Any]:
    """One row per combination: its values, `_rows`, and `_alone`, the subjects that have this combination and no other."""
    numbered = _numbered(source, found)
    names = [c.name for c in _cells(source, found)]
    values = [numbered.c[name] for name in names]
    alone = func.sum(case((numbered.c["_places"] == 1, 1), else_=0))
    counted = cast(func.sum(numbered.c["_n"]), BigInteger()).label(ROWS)
    return select(*values, counted, cast(alone, BigInteger()).label(ALONE)).group_by(*values)


def combinations(source: Source, found: FromClause) -> Select[Any]:
    """One row per combination where nobody has two rows: its values and `_rows`, which are subjects too."""
    cells = _cells(source, found)
    return select(*cells, func.count().label(ROWS)).group_by(*(c.element if isinstance(c, Label) else c for c in cells))


def shared(source: Source, found: FromClause) -> Select[Any]:
    """(subject's number, combination) of every subject that has several."""
    numbered = _numbered(source, found)
    values = [numbered.c[c.name] for c in _cells(source, found)]
    return select(cast(numbered.c["_person"], BigInteger()).label(PERSON), *values).where(numbered.c["_places"] > 1)


def checksum(source: Source, found: FromClause) -> Select[Any]:
    """One number that changes when any row that may leave does, whatever their order."""
    cells = [found.c[f"c{n}"] for n in range(len(source.columns))]
    return select(func.sum(cast(digest_number(row_digest([*cells, found.c[SUBJECT], found.c[ROW]])), Numeric(38, 0))))
