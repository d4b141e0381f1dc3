"""Looking at a bounded part of a table, spread over it by where its rows lie, and at what stands inside texts.

The cost follows the rows that are looked at, not the rows there are: both engines go straight to a place in a table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Select, Text, func, literal, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from governance.domain.schema import Table
from governance.warehouse.functions import check_pattern, table_of

STRIPS = 16
_WITH_PLACES = frozenset({"table", "partitioned", "materialized view"})
_FIRST, _ROWS_AT_A_PLACE = 8, 20  # a block of PostgreSQL holds about twenty rows that are wide, more that are not


class places(FunctionElement[int]):
    """How many places the rows of a table lie at: row numbers on DuckDB; blocks on PostgreSQL, of the largest partition where
    there are several. 0 where that is not known."""

    name = "places"
    type = BigInteger()
    inherit_cache = True

    def __init__(self, table: Table) -> None:
        self.table = table_of(replace(table, columns=()))
        super().__init__(select(func.count()).select_from(self.table).scalar_subquery(), literal(_quoted(table), Text()))


@compiles(places)
def _places(element: places, compiler: SQLCompiler, **kw: Any) -> str:
    _, name = element.clauses
    table = f"CAST({compiler.process(name, **kw)} AS regclass)"
    return (f"coalesce((SELECT max(pg_relation_size(relid)) FROM pg_partition_tree({table})"  # noqa: S608 -- a bound parameter
            f" WHERE isleaf), pg_relation_size({table})) / 8192")


@compiles(places, "duckdb")
def _places_duckdb(element: places, compiler: SQLCompiler, **kw: Any) -> str:
    rows, _ = element.clauses
    return compiler.process(rows, **kw)


class at_places(FunctionElement[bool]):
    """Whether a row lies at one of the places from `first` on, `count` of them. For one table in a statement."""

    name = "at_places"
    type = Boolean()
    inherit_cache = True

    def __init__(self, first: int, count: int) -> None:
        super().__init__(literal(first, BigInteger()), literal(first + count, BigInteger()),
                         literal(f"({first},0)", Text()), literal(f"({first + count},0)", Text()))


@compiles(at_places)
def _at_places(element: at_places, compiler: SQLCompiler, **kw: Any) -> str:
    low, high = (compiler.process(e, **kw) for e in list(element.clauses)[2:])  # a bound parameter that is not used is an error
    return f"(ctid >= CAST({low} AS tid) AND ctid < CAST({high} AS tid))"


@compiles(at_places, "duckdb")
def _at_places_duckdb(element: at_places, compiler: SQLCompiler, **kw: Any) -> str:
    low, high = (compiler.process(e, **kw) for e in list(element.clauses)[:2])
    return f"(rowid >= {low} AND rowid < {high})"


class rows_at_first_places(FunctionElement[int]):
    """Rows at the first eight places of a table: how crowded a place is."""

    name = "rows_at_first_places"
    type = BigInteger()
    inherit_cache = True

    def __init__(self, table: Table) -> None:
        source = table_of(replace(table, columns=()))
        super().__init__(select(func.count()).select_from(source).where(at_places(0, _FIRST)).scalar_subquery())


@compiles(rows_at_first_places)
def _rows_at_first_places(element: rows_at_first_places, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(rows_at_first_places, "duckdb")
def _rows_at_first_places_duckdb(element: rows_at_first_places, compiler: SQLCompiler, **kw: Any) -> str:
    return str(_FIRST)  # a place is a row


def has_places(table: Table) -> bool:
    """Whether rows of `table` can be gone to: a view has none, and a column may hide them behind its name."""
    return table.kind in _WITH_PLACES and not {n.lower() for n in table.names} & {"rowid", "ctid"}


def count_places(table: Table) -> Select[Any]:
    """One row: how many places there are, and how many rows stand at the first eight of them."""
    counts: list[ColumnElement[Any]] = [places(table), rows_at_first_places(table)]
    return select(*counts)


@dataclass(frozen=True, slots=True)
class Strips:
    """Where to look for about `rows` rows of a table with `total` places: `STRIPS` strips of `wide` places each, or everything."""

    total: int
    rows: int
    wide: int

    @classmethod
    def over(cls, total: int, at_first: int, rows: int) -> Strips:
        """`total` and `at_first` as `count_places` answers; 0 places: not known, the first rows have to do."""
        crowd = at_first / min(_FIRST, total) if total and at_first else _ROWS_AT_A_PLACE
        return cls(total, rows, max(1, round(rows / STRIPS / crowd)))

    @property
    def are_whole(self) -> bool:
        return 0 < self.total <= STRIPS * self.wide

    def rows_in_all(self, looked: int) -> int:
        """Rows of the whole table, when `looked` of them stood in the strips."""
        return looked if self.total <= 0 or self.are_whole else round(looked * self.total / (STRIPS * self.wide))

    def may_go_on(self, looked: int) -> bool:
        """Whether there may be rows behind the first ones, which were all that could be gone to."""
        return self.total <= 0 and looked >= self.rows


def spread(values: Sequence[ColumnElement[Any]], strips: Strips) -> Select[Any]:
    """`values` (expressions over one `table_of`) of the rows in `strips`. Equal data at equal places give equal rows."""
    if strips.total <= 0:
        return select(*values).limit(strips.rows)
    if strips.are_whole:
        return select(*values)
    apart = (strips.total - strips.wide) / (STRIPS - 1)
    found = [select(*values).where(at_places(int(n * apart), strips.wide)).subquery(f"s{n}") for n in range(STRIPS)]
    return select(union_all(*(select(strip) for strip in found)).subquery("spread"))


class each_match(FunctionElement[str]):
    """One row per match of a pattern in a text, in the select list of a query. Patterns as `functions.matches` takes them."""

    name = "each_match"
    type = Text()
    inherit_cache = True

    def __init__(self, value: ColumnElement[Any], pattern: str) -> None:
        super().__init__(value, literal(_as_a_whole(check_pattern(pattern)), Text()))


_OPENS = re.compile(r"\\.|\[\^?\]?[^]]*\]|\(")


def _as_a_whole(pattern: str) -> str:
    """`pattern` with groups that nobody asks for: to find what stood in each takes both engines several times as long as to match."""
    return _OPENS.sub(lambda m: "(?:" if m[0] == "(" else m[0], pattern)


@compiles(each_match)
def _each_match(element: each_match, compiler: SQLCompiler, **kw: Any) -> str:
    value, pattern = (compiler.process(e, **kw) for e in element.clauses)
    return f"(regexp_matches({value}, {pattern}, 'g'))[1]"


@compiles(each_match, "duckdb")
def _each_match_duckdb(element: each_match, compiler: SQLCompiler, **kw: Any) -> str:
    value, pattern = (compiler.process(e, **kw) for e in element.clauses)
    return f"unnest(regexp_extract_all({value}, {pattern}))"


class distinct_about(FunctionElement[int]):
    """How many different values there are, within a few per cent; exact where the engine has no cheaper way."""

    name = "distinct_about"
    type = BigInteger()
    inherit_cache = True


@compiles(distinct_about)
def _distinct_about(element: distinct_about, compiler: SQLCompiler, **kw: Any) -> str:
    return f"count(DISTINCT {compiler.process(element.clauses, **kw)})"


@compiles(distinct_about, "duckdb")
def _distinct_about_duckdb(element: distinct_about, compiler: SQLCompiler, **kw: Any) -> str:
    return f"approx_count_distinct({compiler.process(element.clauses, **kw)})"


def _quoted(table: Table) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in (table.ref.schema, table.ref.table))
