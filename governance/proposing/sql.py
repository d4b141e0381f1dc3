"""Every statement that `init` runs besides discovery's. Pure functions; all bounded, all for an account that may only read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Select, distinct, exists, false, func, literal, select

from governance.domain.names import TableRef
from governance.domain.schema import Table
from governance.warehouse.functions import as_text, table_of

READ = 20_000  # rows of a table looked at for one question about references
COMPARED = 500  # distinct values compared with the other table's key


def may_read(table: Table) -> Select[Any]:
    """No row ever; an error when the account may not read the table or row-level security would hide rows."""
    return select(literal(1)).select_from(table_of(table)).where(false())


def overlap(child: TableRef, column: str, parent: TableRef, key: str) -> Select[Any]:
    """One row: distinct values of `column` in the first rows of `child`, and how many of them `key` of `parent` has."""
    here, there = table_of(child, [column]), table_of(parent, [key]).alias("parent")
    read = select(here.c[column].label("value")).where(here.c[column].is_not(None)).limit(READ).subquery("looked_at")
    values = select(read.c.value).distinct().limit(COMPARED).subquery("compared")
    known = exists(select(literal(1)).select_from(there).where(there.c[key] == values.c.value).correlate(values))
    return cast(Select[Any], select(func.count(), func.count().filter(known)).select_from(values))


def counts(table: Table, columns: Sequence[str]) -> Select[Any]:
    """One row: rows, then for each column how many are filled and how many distinct values they hold. Reads the whole table."""
    row = table_of(table)
    measured = [figure for name in columns
                for figure in (func.count(row.c[name]), func.count(distinct(as_text(row.c[name]))))]
    return cast(Select[Any], select(func.count(), *measured).select_from(row))


def together(table: Table, columns: Sequence[str]) -> Select[Any]:
    """One row: rows, and how many different combinations of `columns` they hold."""
    row = table_of(table)
    combined = select(*(row.c[name] for name in columns)).distinct().subquery("combined")
    return select(select(func.count()).select_from(row).scalar_subquery(),
                  select(func.count()).select_from(combined).scalar_subquery())
