"""The statement of a fingerprint: counts and one sum over all rows, no value of any."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from governance.domain.schema import Table
from governance.warehouse.functions import row_number_of, table_of


def content(table: Table) -> Select[Any]:
    """One row: how many rows there are, and the sum of their numbers, whatever their order; null without rows. Every cell counts."""
    source = table_of(table)
    total = func.sum(row_number_of([source.c[name] for name in table.names])) if table.columns else func.count()
    figures: list[ColumnElement[Any]] = [func.count().label("rows"), total.label("total")]
    return select(*figures).select_from(source)
