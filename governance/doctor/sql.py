"""Questions to a server about its clock and about what an account may do, and the lines a person types. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Select, Text, and_, func, literal, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import quoted_name

from governance.domain.names import TableRef

_PREPARER = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]


@dataclass(frozen=True, order=True, slots=True)
class Right:
    """One right on the database, a schema, a table or some of its columns. `schema` and `table` are empty where they say nothing."""

    on: Literal["database", "schema", "table"]
    schema: str
    table: str
    right: str
    columns: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        place = name(self.schema, self.table) if self.table else name(self.schema) if self.schema else "the database"
        return f"{self.right} on {place}{f' ({names(self.columns)})' if self.columns else ''}"


def name(*parts: str) -> str:
    """A dotted name as PostgreSQL reads it: quoted where it has to be."""
    return ".".join(_PREPARER.quote(quoted_name(p, None)) for p in parts)


def names(columns: Sequence[str]) -> str:
    return ", ".join(name(c) for c in columns)


# ---- questions -----------------------------------------------------------------------------------------------------

def server_time() -> Select[Any]:
    return select(func.clock_timestamp())


def who() -> Select[Any]:
    """One row: this account, the database, the server's version as a number such as 180004."""
    number = func.current_setting(literal("server_version_num", Text()))
    return cast(Select[Any], select(func.current_user(), func.current_database(), number))


def held(rights: Sequence[Right]) -> Select[Any]:
    """One row: for each of `rights` whether this account has it."""
    return select(*(_held(r).label(f"r{n}") for n, r in enumerate(rights)))


def _held(right: Right) -> Any:
    what = literal(right.right, Text())
    if right.on == "database":
        return func.has_database_privilege(func.current_database(), what)
    if right.on == "schema":
        return func.has_schema_privilege(literal(right.schema, Text()), what)
    table = literal(name(right.schema, right.table), Text())
    if not right.columns:
        return func.has_table_privilege(table, what)
    whole = func.has_table_privilege(table, what)
    return or_(whole, and_(*(func.has_column_privilege(table, literal(c, Text()), what) for c in right.columns)))


def hides_rows(tables: Sequence[TableRef]) -> Select[Any]:
    """One row: for each table whether row-level security hides rows of it from this account."""
    return select(*(func.row_security_active(literal(name(t.schema, t.table), Text())).label(f"t{n}")
                    for n, t in enumerate(tables)))


# ---- lines to type -------------------------------------------------------------------------------------------------

def grants(rights: Sequence[Right], database: str, role: str) -> list[str]:
    """One line for each place, in order: all rights on a table together, those on columns with their columns."""
    together: dict[tuple[str, str, str], list[Right]] = {}
    for right in rights:
        together.setdefault((right.on, right.schema, right.table), []).append(right)
    return [_grant(found, database, role) for found in together.values()]


def _grant(rights: Sequence[Right], database: str, role: str) -> str:
    right = rights[0]
    match right.on:
        case "database":
            place = "DATABASE " + name(database)
        case "schema":
            place = "SCHEMA " + name(right.schema)
        case _:
            place = name(right.schema, right.table)
    allowed = ", ".join(r.right + (f" ({names(r.columns)})" if r.columns else "") for r in rights)
    return f"GRANT {allowed} ON {place} TO {name(role)};"


def create_role(role: str) -> str:
    return f"CREATE ROLE {name(role)} LOGIN;"


def see_all_rows(role: str) -> str:
    return f"ALTER ROLE {name(role)} BYPASSRLS;"


def create_index(table: TableRef, columns: Sequence[str]) -> str:
    return f"CREATE INDEX CONCURRENTLY ON {name(table.schema, table.table)} ({names(columns)});"
