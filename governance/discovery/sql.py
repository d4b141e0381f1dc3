"""Every statement that discovery can run. Pure functions; nothing executes here. Works for an account that may only read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, TableClause, func, literal, select, union_all
from sqlalchemy.sql.expression import ColumnElement

from governance.domain.schema import Column, Table
from governance.warehouse.functions import as_text, matches, table_of

WIDEST = 4_000  # characters of a cell that leave the engine
SUSPECT = "@|[0-9][0-9 ()./-]{5,}[0-9]"


def profile(table: Table, columns: Sequence[Column]) -> Select[Any]:
    """One row: `rows`, and per column at position k `f{k}` filled, `s{k}` shortest, `l{k}` longest, `m{k}` mean length."""
    source = _only(table, columns)
    measured: list[ColumnElement[Any]] = []
    for k, c in enumerate(columns):
        length = func.length(as_text(source.c[c.name]))
        measured += [
            func.count(source.c[c.name]).label(f"f{k}"),
            func.min(length).label(f"s{k}"),
            func.max(length).label(f"l{k}"),
            func.avg(length).label(f"m{k}"),
        ]
    return select(func.count().label("rows"), *measured).select_from(source)


def _only(table: Table, columns: Sequence[Column]) -> TableClause:
    """The table with the columns a statement needs: a thousand columns in a thousand selects would be a million names."""
    return table_of(replace(table, columns=tuple(columns)))


def distinct_values(table: Table, columns: Sequence[Column], limit: int) -> Select[Any]:
    """Rows (k, value, held, distincts): up to `limit` distinct values per column, the same ones each time, with the number of
    rows that hold each and the number of distinct values in all."""
    return _stacked([_distinct(table, c, k, limit) for k, c in enumerate(columns)])


def suspect_values(table: Table, columns: Sequence[Column], limit: int) -> Select[Any]:
    """As `distinct_values`, for values that hold an @ or a run of digits: the rare phone number in a long text."""
    return _stacked([_distinct(table, c, k, limit, suspect=True) for k, c in enumerate(columns)])


def _distinct(table: Table, c: Column, k: int, limit: int, *, suspect: bool = False) -> Select[Any]:
    source = _only(table, [c])
    text = func.substr(as_text(source.c[c.name]), 1, WIDEST)
    grouped = select(text.label("value"), func.count().label("held")).select_from(source).where(source.c[c.name].is_not(None))
    if suspect:
        grouped = grouped.where(matches(text, SUSPECT))
    values = grouped.group_by(text).subquery(f"g{k}")
    return (
        select(literal(k).label("k"), values.c.value, values.c.held, func.count().over().label("distincts"))
        .select_from(values)
        .order_by(func.md5(values.c.value))
        .limit(limit)
    )


def _stacked(parts: Sequence[Select[Any]]) -> Select[Any]:
    stacked = union_all(*(select(p.subquery(f"p{k}")) for k, p in enumerate(parts))).subquery("samples")
    return select(stacked.c.k, stacked.c.value, stacked.c.held, stacked.c.distincts)
