"""The statement that counts whom a combination of columns singles out. Only counts leave the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, func, or_, select

from governance.domain.schema import Family, Schema, Table
from governance.policy.model import SubjectPath
from governance.tagging.sql import join_path
from governance.warehouse.functions import as_text, table_of

_COMPARED_AS_TEXT = frozenset({Family.JSON, Family.OTHER, Family.BINARY})  # not every such type can be grouped by


def singled_out(schema: Schema, table: Table, columns: Sequence[str], path: SubjectPath | None) -> Select[Any]:
    """One row: how many subjects there are, and how many of them are alone with their values of `columns` in at least one row of
    theirs. Without `path` rows are counted. Nulls are a value; rows in which all `columns` are null single nobody out."""
    row = table_of(table).alias()
    joined: FromClause = row
    families = {c.name: c.family for c in table.columns}
    cells: list[ColumnElement[Any]] = [as_text(row.c[n]) if families[n] in _COMPARED_AS_TEXT else row.c[n] for n in columns]
    told = or_(*(row.c[n].is_not(None) for n in columns))
    if path is None:
        classes = select(func.count().label("size")).select_from(row).where(told).group_by(*cells).subquery("classes")
        total = select(func.count()).select_from(row).scalar_subquery()
        alone: ColumnElement[Any] = func.count().filter(classes.c.size == 1)
        return select(*_figures(total, alone)).select_from(classes)
    joined, key = join_path(schema, joined, row, path)
    who = as_text(key)
    classes = select(func.min(who).label("first"), func.max(who).label("last")).select_from(joined).where(
        key.is_not(None), told).group_by(*cells).subquery("classes")
    total = select(func.count(who.distinct())).select_from(joined).where(key.is_not(None)).scalar_subquery()
    alone = func.count(case((classes.c.first == classes.c.last, classes.c.first)).distinct())
    return select(*_figures(total, alone)).select_from(classes)


def _figures(total: ColumnElement[Any], alone: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    return [total.label("total"), alone.label("alone")]
