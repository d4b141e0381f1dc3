"""Statements about what was published, and the receipts of publishing, as pure functions. They know nothing of how it was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Insert, Select, cast, func, insert, null, select

from governance.warehouse.control import receipt
from governance.warehouse.functions import as_text


def classes_of(table: FromClause, quasi: Sequence[str], people: str | None, sensitive: str | None) -> Select[Any]:
    """(classes, fewest rows, fewest people, fewest sensitive values in one). Counted from the published table alone.

    `people` is the column with the people's pseudonyms; without it every row is somebody.
    """
    of = select(func.count().label("rows"), (func.count(func.distinct(table.c[people])) if people else func.count()).label("people"),
                (func.count(func.distinct(table.c[sensitive])) if sensitive else cast(null(), BigInteger())).label("values")).select_from(
                    table).group_by(*(table.c[name] for name in quasi)).subquery()
    found: list[ColumnElement[Any]] = [func.count(), func.min(of.c.rows), func.min(of.c.people), func.min(of.c["values"])]
    return select(*found)


def least(table: FromClause, column: str) -> Select[Any]:
    """(groups, fewest subjects in one) of a release of counts."""
    found: list[ColumnElement[Any]] = [func.count(), func.min(table.c[column])]
    return select(*found)


def count_equal(table: FromClause, column: str, values: FromClause, value: ColumnElement[Any]) -> Select[Any]:
    """How many published cells are, to the letter, a value of an identifier column of the source.

    Only values as long as some cell are compared: no name is as long as a pseudonym, and a hash table of all names is spared.
    """
    cell, spelled = as_text(table.c[column]), as_text(value)
    shortest, longest = (select(of(func.length(cell))).select_from(table).scalar_subquery() for of in (func.min, func.max))
    known = select(spelled).select_from(values).where(value.is_not(None), func.length(spelled).between(shortest, longest))
    return select(func.count()).select_from(table).where(cell.in_(known))


def facts_of(table: FromClause, columns: Sequence[str]) -> Select[Any]:
    """Rows, then (nulls, distinct values) of each column, all in one reading of the table."""
    found: list[ColumnElement[Any]] = [func.count()]
    for name in columns:
        found += [func.count() - func.count(table.c[name]), func.count(func.distinct(table.c[name]))]
    return select(*found).select_from(table)


def unique_rows(table: FromClause, columns: Sequence[str]) -> Select[Any]:
    """How many rows nobody else has over `columns`."""
    alone = select(func.count().label("n")).select_from(table).group_by(*(table.c[c] for c in columns)).having(func.count() == 1).subquery()
    return select(func.count()).select_from(alone)


def in_several_classes(table: FromClause, quasi: Sequence[str], people: str) -> Select[Any]:
    """How many people stand in more than one class."""
    pairs = select(table.c[people], *(table.c[c] for c in quasi)).distinct().subquery()
    several = select(pairs.c[people]).group_by(pairs.c[people]).having(func.count() > 1).subquery()
    return select(func.count()).select_from(several)


def tokens(table: FromClause, column: str) -> Select[Any]:
    """Every pseudonym of a column, once."""
    return select(table.c[column]).where(table.c[column].is_not(None)).distinct()


def receipts(plan: str) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [receipt.c[n] for n in ("step", "batch", "matched", "changed", "gone", "fence", "at")]
    return select(*columns).where(receipt.c.plan == plan).order_by(receipt.c.step, receipt.c.batch)


def write_receipt(plan: str, step: int, batch: int, rows: int, fence: int, at: datetime) -> Insert:
    return insert(receipt).values(plan=plan, step=step, batch=batch, matched=rows, changed=rows, gone=0, fence=fence, at=at)
