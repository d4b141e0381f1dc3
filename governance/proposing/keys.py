"""Keys of tables that declare none: columns that tell all rows apart today."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from governance.discovery.headers import tokens
from governance.domain.schema import Family, Table
from governance.proposing import sql
from governance.proposing.names import KEY_WORDS
from governance.warehouse import Warehouse

_FAMILIES = (Family.INTEGER, Family.UUID, Family.TEXT, Family.NUMBER)
_MOST = 8  # columns tried alone
_ENOUGH = 20  # rows from which differing values are no accident
_TOGETHER = 4  # columns tried in twos and threes


def row_key(warehouse: Warehouse, table: Table) -> tuple[str, ...]:
    """Columns that are never null and tell the rows of `table` apart today; empty when none were found or there are no rows.

    A table with a primary key, or with a UNIQUE over columns that are NOT NULL, is not read. Otherwise one statement reads
    it for single columns, and one more for each combination tried.
    """
    if table.primary_key:
        return table.primary_key
    for unique in table.uniques:
        if all((column := table.column(name)) is not None and not column.nullable for name in unique):
            return unique
    tried = likely(table)[:_MOST]
    if not tried:
        return ()
    [figures] = warehouse.few(sql.counts(table, tried), name="init.keys")
    rows, filled, different = int(figures[0]), figures[1::2], figures[2::2]
    if not rows:
        return ()
    for name, full, distinct in zip(tried, filled, different, strict=True):
        if full == rows and distinct == rows and (rows >= _ENOUGH or _is_called_key(name)):
            return (name,)
    whole = [name for name, full in zip(tried, filled, strict=True) if full == rows][:_TOGETHER]
    for size in (2, 3):
        for some in combinations(whole, size):
            [(all_rows, combined)] = warehouse.few(sql.together(table, some), name="init.keys")
            if all_rows == combined:
                return some
    return ()


def likely(table: Table) -> list[str]:
    """Columns that may be a key, likeliest first: those called so, then by their place."""
    fitting = [c for c in table.columns if c.family in _FAMILIES]
    return [c.name for c in sorted(fitting, key=lambda c: not _is_called_key(c.name))]


def _is_called_key(column: str) -> bool:
    words: Sequence[str] = tokens(column)
    return bool(words) and (words[-1] in KEY_WORDS or words[-1].endswith("id"))
