"""DDL that SQLAlchemy has no words for, as small compiled elements. Names are always quoted, text is always escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Dialect, MetaData, Select, String, Table, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import UserDefinedType

from governance.domain.names import TableRef
from governance.warehouse.functions import table_of


class Spelled(UserDefinedType[Any]):
    """A type by the engine's own spelling, taken from its catalog."""

    cache_ok = True

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling

    def get_col_spec(self, **kw: Any) -> str:
        return self.spelling


def new_table(ref: TableRef, columns: Sequence[tuple[str, Any]], *, temporary: bool = False, comment: str | None = None) -> Table:
    """A table to be created: (name, type) for each column, no constraints. A temporary one has no schema."""
    metadata = MetaData(schema=None if temporary else quoted_name(ref.schema, True))
    return Table(quoted_name(ref.table, True), metadata, *(Column(quoted_name(n, True), t) for n, t in columns),
                 prefixes=["TEMPORARY"] if temporary else [], comment=comment)


class ReplaceView(ExecutableDDLElement):
    """``CREATE OR REPLACE VIEW target AS SELECT columns FROM source``."""

    inherit_cache = False

    def __init__(self, target: TableRef, source: TableRef, columns: Sequence[str]) -> None:
        self.ref, self.query = target, _select(source, columns)


class CommentOnView(ExecutableDDLElement):
    inherit_cache = False

    def __init__(self, target: TableRef, comment: str) -> None:
        self.ref, self.comment = target, comment


class GrantUsage(ExecutableDDLElement):
    """The right to see into a schema."""

    inherit_cache = False

    def __init__(self, schema: str, grantee: str) -> None:
        self.schema, self.grantee = schema, grantee


class RevokeAll(ExecutableDDLElement):
    """Every right on a table or view, those on single columns too. `grantee` None is PUBLIC."""

    inherit_cache = False

    def __init__(self, target: TableRef, grantee: str | None) -> None:
        self.ref, self.grantee = target, grantee


class Grant(ExecutableDDLElement):
    """One right on a table or view, on all of it or on one column. `grantee` None is PUBLIC."""

    inherit_cache = False

    def __init__(self, right: str, target: TableRef, grantee: str | None, *, column: str | None, grantable: bool) -> None:
        if not right.replace(" ", "").isalpha():
            raise ValueError("a right is made of words")
        self.right, self.ref, self.grantee, self.column, self.grantable = right, target, grantee, column, grantable


class Vacuum(ExecutableDDLElement):
    """Reclaim deleted rows of a table and its indexes, and forget the values in its statistics."""

    inherit_cache = False

    def __init__(self, target: TableRef) -> None:
        self.ref = target


class Analyze(ExecutableDDLElement):
    inherit_cache = False

    def __init__(self, table: Table) -> None:
        self.table = table


class Uncompressed(ExecutableDDLElement):
    """Keep the large values of a column as they are: keys that are read once cost more to compress than they save."""

    inherit_cache = False

    def __init__(self, table: Table, column: str) -> None:
        self.table, self.column = table, column


class Attach(ExecutableDDLElement):
    """Another DuckDB file as a database of this connection."""

    inherit_cache = False

    def __init__(self, path: str, alias: str, *, read_only: bool) -> None:
        self.path, self.alias, self.read_only = path, alias, read_only


def _select(source: TableRef, columns: Sequence[str]) -> Select[Any]:
    return select(*table_of(source, columns).c)


def _name(compiler: DDLCompiler, ref: TableRef) -> str:
    return compiler.preparer.format_table(new_table(ref, ()))


def _quoted(compiler: DDLCompiler, name: str) -> str:
    return str(compiler.preparer.quote(quoted_name(name, True)))


def _text(dialect: Dialect, value: str) -> str:
    literal = String().dialect_impl(dialect).literal_processor(dialect)
    assert literal is not None
    return str(literal(value))


@compiles(ReplaceView)
def _replace_view(element: ReplaceView, compiler: DDLCompiler, **kw: Any) -> str:
    query = compiler.sql_compiler.process(element.query, literal_binds=True)
    return f"CREATE OR REPLACE VIEW {_name(compiler, element.ref)} AS {query}"


@compiles(CommentOnView)
def _comment_on_view(element: CommentOnView, compiler: DDLCompiler, **kw: Any) -> str:
    return f"COMMENT ON VIEW {_name(compiler, element.ref)} IS {_text(compiler.dialect, element.comment)}"


@compiles(GrantUsage)
def _grant_usage(element: GrantUsage, compiler: DDLCompiler, **kw: Any) -> str:
    return f"GRANT USAGE ON SCHEMA {_quoted(compiler, element.schema)} TO {_quoted(compiler, element.grantee)}"


@compiles(RevokeAll)
def _revoke_all(element: RevokeAll, compiler: DDLCompiler, **kw: Any) -> str:
    grantee = "PUBLIC" if element.grantee is None else _quoted(compiler, element.grantee)
    return f"REVOKE ALL ON {_name(compiler, element.ref)} FROM {grantee} CASCADE"


@compiles(Grant)
def _grant(element: Grant, compiler: DDLCompiler, **kw: Any) -> str:
    columns = f" ({compiler.preparer.quote(quoted_name(element.column, True))})" if element.column is not None else ""
    grantee = "PUBLIC" if element.grantee is None else compiler.preparer.quote(quoted_name(element.grantee, True))
    option = " WITH GRANT OPTION" if element.grantable else ""
    return f"GRANT {element.right}{columns} ON {_name(compiler, element.ref)} TO {grantee}{option}"


@compiles(Vacuum)
def _vacuum(element: Vacuum, compiler: DDLCompiler, **kw: Any) -> str:
    return f"VACUUM (INDEX_CLEANUP ON, ANALYZE) {_name(compiler, element.ref)}"


@compiles(Analyze)
def _analyze(element: Analyze, compiler: DDLCompiler, **kw: Any) -> str:
    return f"ANALYZE {compiler.preparer.format_table(element.table)}"


@compiles(Uncompressed)
def _uncompressed(element: Uncompressed, compiler: DDLCompiler, **kw: Any) -> str:
    prepare = compiler.preparer
    return f"ALTER TABLE {prepare.format_table(element.table)} ALTER COLUMN {prepare.quote(element.column)} SET STORAGE EXTERNAL"


@compiles(Attach)
def _attach(element: Attach, compiler: DDLCompiler, **kw: Any) -> str:
    option = " (READ_ONLY)" if element.read_only else ""
    return f"ATTACH {_text(compiler.dialect, element.path)} AS {element.alias}{option}"
