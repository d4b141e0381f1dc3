"""Rewriting a DuckDB file, which is what removes the bytes of deleted rows: a DELETE and a CHECKPOINT leave them in the file.

The old file stays until a copy is complete, compared, checkpointed and on disk; then one rename replaces it. While it is copied
it is open for reading, so nobody can write it, and it is let go only after the rename. `COPY FROM DATABASE` copies rows in an
order that breaks foreign keys, so it copies the catalog only, and the rows follow parents first.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, TableClause, and_, column, create_engine, func, insert, or_, select, table, text
from sqlalchemy.sql.elements import quoted_name

from governance.domain.errors import WarehouseError
from governance.domain.names import TableRef
from governance.warehouse.ddl import Attach
from governance.warehouse.introspect_duckdb import generated_columns

_OLD, _NEW = "old", "new"

# The catalog of one database with everything that is told by name and text; object numbers differ between files.
_CATALOG = [text(query) for query in (
    "SELECT schema_name, comment FROM duckdb_schemas() WHERE database_name = :db AND NOT internal",
    "SELECT schema_name, table_name, column_name, column_index, comment, column_default, is_nullable, data_type "
    "FROM duckdb_columns() WHERE database_name = :db AND NOT internal",
    "SELECT schema_name, table_name, comment, sql FROM duckdb_tables() WHERE database_name = :db AND NOT internal",
    "SELECT schema_name, table_name, constraint_type, constraint_text FROM duckdb_constraints() WHERE database_name = :db",
    "SELECT schema_name, index_name, table_name, comment, is_unique, expressions, sql "
    "FROM duckdb_indexes() WHERE database_name = :db",
    "SELECT schema_name, view_name, comment, sql FROM duckdb_views() WHERE database_name = :db AND NOT internal",
    "SELECT schema_name, sequence_name, comment, min_value, max_value, increment_by, cycle, "
    "coalesce(last_value + increment_by, start_value) FROM duckdb_sequences() WHERE database_name = :db",
    "SELECT schema_name, type_name, comment, logical_type, labels::VARCHAR "
    "FROM duckdb_types() WHERE database_name = :db AND NOT internal",
    "SELECT schema_name, function_name, function_type, comment, parameters::VARCHAR, macro_definition "
    "FROM duckdb_functions() WHERE database_name = :db AND NOT internal",
)]
_TABLES = text("SELECT schema_name, table_name, sql FROM duckdb_tables() WHERE database_name = :db AND NOT internal ORDER BY ALL")
_COLUMNS = text("SELECT schema_name, table_name, column_name FROM duckdb_columns() "
                "WHERE database_name = :db AND NOT internal ORDER BY ALL")
_REFERENCES = text("SELECT schema_name, table_name, constraint_column_names, referenced_table, referenced_column_names "
                   "FROM duckdb_constraints() WHERE database_name = :db AND constraint_type = 'FOREIGN KEY' ORDER BY ALL")

Reference = tuple[tuple[str, ...], TableRef, tuple[str, ...]]


def copy_path(path: Path) -> Path:
    return path.with_name(path.name + ".rewriting")


def forget_unfinished(path: Path) -> None:
    """Remove the copy a killed rewrite left. Only whoever has `path` open for writing may."""
    for leftover in (copy_path(path), wal_path(copy_path(path))):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(_spill_path(path), ignore_errors=True)


def wal_path(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _spill_path(path: Path) -> Path:
    return path.with_name(path.name + ".rewriting.tmp")


def rewrite(path: Path) -> None:
    """Replace the file by a copy of its living rows. Nobody in this process may have it open. On any error it is as it was."""
    copy = copy_path(path)
    engine = create_engine("duckdb:///:memory:", poolclass=NullPool, hide_parameters=True,
                           connect_args={"config": {"temp_directory": str(_spill_path(path))}})
    try:
        with engine.connect() as both:
            both.execute(Attach(str(path), _OLD, read_only=True))
            both.commit()
            forget_unfinished(path)  # now nobody else can be writing one
            both.execute(Attach(str(copy), _NEW, read_only=False))
            both.commit()
            _copy(both)
            _compare(both, path)
            both.exec_driver_sql("CHECKPOINT new")
            both.commit()
            both.exec_driver_sql("DETACH new")
            both.commit()
            if wal_path(copy).exists() or wal_path(path).exists():
                raise WarehouseError("the file has a write-ahead log that was not folded in; nothing was replaced", where=path,
                                     fix="run again")
            _to_disk(copy)
            shutil.copystat(path, copy)
            if os.geteuid() == 0:
                os.chown(copy, path.stat().st_uid, path.stat().st_gid)
            os.replace(copy, path)
            _to_disk(path.parent)
    finally:
        engine.dispose()
        with suppress(OSError):  # what cannot be removed now is removed by the next that opens the file for writing
            forget_unfinished(path)


def _copy(both: Connection) -> None:
    both.exec_driver_sql("COPY FROM DATABASE old TO new (SCHEMA)")
    both.commit()
    columns: dict[TableRef, list[str]] = {}
    for schema, name, column_name in both.execute(_COLUMNS, {"db": _OLD}):
        columns.setdefault(TableRef(schema, name), []).append(column_name)
    tables = {TableRef(schema, name): generated_columns(sql) for schema, name, sql in both.execute(_TABLES, {"db": _OLD}).all()}
    references: dict[TableRef, list[Reference]] = {ref: [] for ref in tables}
    for schema, name, own, there, referred in both.execute(_REFERENCES, {"db": _OLD}).all():
        references[TableRef(schema, name)].append((tuple(own), TableRef(schema, there), tuple(referred)))
    for ref in parents_first(references):
        stored = [name for name in columns[ref] if name not in tables[ref]]
        _copy_rows(both, ref, stored, [r for r in references[ref] if r[1] == ref])
        both.commit()


def parents_first(references: dict[TableRef, list[Reference]]) -> list[TableRef]:
    """Tables so that each comes after all it refers to, itself aside. DuckDB cannot declare a circle of two tables."""
    order: list[TableRef] = []

    def place(ref: TableRef) -> None:
        if ref not in order:
            for _, parent, _ in references[ref]:
                if parent != ref:
                    place(parent)
            order.append(ref)

    for ref in sorted(references):
        place(ref)
    return order


def _copy_rows(both: Connection, ref: TableRef, stored: Sequence[str], to_itself: Sequence[Reference]) -> None:
    """All rows in one statement; rows of a table that refers to itself in rounds, so that a row follows the one it refers to."""
    old, new = _within(_OLD, ref, stored), _within(_NEW, ref, stored)
    if not to_itself:
        both.execute(insert(new).from_select(stored, select(*old.c)))
        return
    total, copied = both.execute(select(func.count()).select_from(old)).scalar_one(), 0
    key = to_itself[0][2]
    while copied < total:
        row, done = old.alias("r"), new.alias("d")
        absent = ~select(done).where(and_(*(done.c[k] == row.c[k] for k in key))).exists()
        parents = [_parent_is_there(row, new, reference) for reference in to_itself]
        moved = both.execute(insert(new).from_select(stored, select(*row.c).where(absent, *parents))).rowcount
        both.commit()
        if not moved:
            raise WarehouseError("has rows that refer to themselves or to each other, so the file cannot be rewritten; "
                                 "it is as it was", where=ref, fix="set those references to null first, or drop the foreign key")
        copied += moved


def _parent_is_there(row: Any, new: TableClause, reference: Reference) -> Any:
    own, _, referred = reference
    parent = new.alias()
    there = select(parent).where(and_(*(parent.c[r] == row.c[o] for o, r in zip(own, referred, strict=True)))).exists()
    return or_(there, *(row.c[o].is_(None) for o in own))


def _compare(both: Connection, path: Path) -> None:
    """The copy has the same catalog and, table by table, as many rows."""
    for query in _CATALOG:
        # As sorted text: object numbers decide the order in which the engine lists them.
        was, is_ = (sorted(map(repr, both.execute(query, {"db": db}).all())) for db in (_OLD, _NEW))
        if was != is_:
            raise WarehouseError("the copy of the file lacks something of the original; nothing was replaced", where=path,
                                 fix="look for objects DuckDB cannot copy between databases")
    for schema, name, _ in both.execute(_TABLES, {"db": _OLD}).all():
        ref = TableRef(schema, name)
        counts = {both.execute(select(func.count()).select_from(_within(db, ref, ()))).scalar() for db in (_OLD, _NEW)}
        if len(counts) != 1:
            raise WarehouseError("has another number of rows in the copy of the file; nothing was replaced", where=ref,
                                 fix="run again")


def _within(database: str, ref: TableRef, columns: Sequence[str]) -> TableClause:
    """A table of an attached database; the dialect takes ``database."schema"`` apart again."""
    schema = ref.schema.replace('"', '""')
    return table(quoted_name(ref.table, True), *(column(quoted_name(c, True)) for c in columns), schema=f'{database}."{schema}"')


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
