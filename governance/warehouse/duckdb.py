"""DuckDB: one file, one process."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import NullPool, Select, Table, cast, column, create_engine, insert, select, table
from sqlalchemy import types as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.expression import FromClause

from governance.domain.errors import Locked, WarehouseReadOnly
from governance.domain.names import TableRef
from governance.domain.schema import Family, Schema
from governance.warehouse import Capabilities, StagedColumn
from governance.warehouse.base import EngineWarehouse, closed_after
from governance.warehouse.columnar import batch_of, numbered, sql_type, travelling
from governance.warehouse.ddl import Spelled, new_table
from governance.warehouse.duckdb_rewrite import forget_unfinished, rewrite
from governance.warehouse.introspect_duckdb import read_schema
from governance.warehouse.staging import chunks, stage_name
from governance.warehouse.types import type_of_family

_STAGE_ROWS = 100_000
_ARROW: dict[Family, Any] = {
    Family.TEXT: pa.string(), Family.INTEGER: pa.int64(), Family.BOOLEAN: pa.bool_(), Family.DATE: pa.date32(),
    Family.TIMESTAMP: pa.timestamp("us"), Family.MOMENT: pa.timestamp("us", tz="UTC"), Family.BINARY: pa.binary(),
}
_MOST_DIGITS = 38  # of a DECIMAL

# Keys held in this process, as (file, key). No other process can have the file open for writing.
_held: set[tuple[str, str]] = set()
_guard = threading.Lock()


def _forget_locks() -> None:
    """A forked child holds nothing, and the guard may have been taken by a thread it does not have."""
    global _guard
    _guard = threading.Lock()
    _held.clear()


os.register_at_fork(after_in_child=_forget_locks)


class DuckDBWarehouse(EngineWarehouse):
    """One connection to one file. Locks hold within this process: DuckDB itself keeps others from writing the file."""

    def __init__(self, url: URL, where: str, *, path: Path, read_only: bool) -> None:
        # An account that cannot write the file or its folder still reads.
        self._path = path
        self._read_only = read_only or not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        self._left_log = path.with_name(f"{path.name}.wal").exists()  # whoever had the file before did not close it
        super().__init__(create_engine(url.set(database=str(path)), poolclass=NullPool, hide_parameters=True,
                                       connect_args={"read_only": self._read_only}), where)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(engine="duckdb", batch_rows=None, writers=1, atomic_swap=True, physical_purge=True, row_locks=False,
                            may_create_temporary=True, related_writes=False)

    def _begin_session(self) -> None:
        # Nothing is fetched from the network behind our back; moments read the same everywhere.
        for setting in ("SET TimeZone = 'UTC'", "SET autoinstall_known_extensions = false"):
            self._connection.exec_driver_sql(setting)
        self._connection.commit()
        if not self._read_only:
            if self._left_log:
                self._take_in_log()
            forget_unfinished(self._path)

    def _take_in_log(self) -> None:
        """After a crash: write what was replayed from the log into the file. DuckDB 1.5 gives up on the whole file when a row
        of an indexed table is deleted that stands in a replayed log only."""
        self._left_log = False
        try:
            self._connection.exec_driver_sql("CHECKPOINT")
            self._connection.commit()
        except DBAPIError as error:
            if not isinstance(error.orig, duckdb.TransactionException):
                raise
            # This process has the file open and writes: the log is a living one, not one that was left.
            self._connection.rollback()

    def schema(self) -> Schema:
        return self._reads(lambda: read_schema(lambda query: self._connection.execute(query).all()), "schema")

    # ---- staging ---------------------------------------------------------------------------------------------------

    @contextmanager
    def stage(self, columns: Sequence[StagedColumn], rows: Iterable[Sequence[Any]]) -> Iterator[FromClause]:
        frame = self._fetch(lambda: _arrow(columns, rows), "stage")
        types = [_type(c, frame.schema.field(n).type) for n, c in enumerate(columns)]
        with self._filled([c.name for c in columns], types, frame) as made:
            yield made

    @contextmanager
    def stage_batches(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[FromClause]:
        reader = pa.RecordBatchReader.from_batches(*numbered(schema, batches))
        with self._filled(schema.names, [sql_type(field.type) for field in schema], reader) as made:
            yield made

    @contextmanager
    def _filled(self, names: Sequence[str], types: Sequence[sa.TypeEngine[Any]], rows: Any) -> Iterator[Table]:
        """A temporary table with the `rows` of an Arrow table or reader, whose columns are c0, c1, ..."""
        made = new_table(TableRef("", stage_name()), list(zip(names, types, strict=True)), temporary=True)
        view = stage_name()
        source = table(view, *(column(f"c{n}") for n in range(len(names))))
        typed = [cast(source.c[f"c{n}"], type_) for n, type_ in enumerate(types)]

        def fill() -> None:
            self._connection.execute(CreateTable(made))
            self._connection.exec_driver_sql("register", (view, rows))
            try:
                self._connection.execute(insert(made).from_select(list(names), select(*typed)))
            finally:
                driver: Any = self._connection.connection.dbapi_connection
                driver.unregister(view)

        self._writes(fill, "stage")
        with self._dropping(made, "stage.drop"):
            yield made

    def _arrow(self, query: Select[Any], size: int) -> Generator[pa.RecordBatch]:
        query, schema = travelling(query, self._typed(query))
        with closed_after(self._connection.execute(query)) as result:
            cursor: Any = result.cursor
            some = False
            for batch in cursor.to_arrow_reader(size):
                some = True
                # Widened to 64 bits; what is finer than a microsecond is cut, as the driver cuts it.
                yield pa.record_batch([c.cast(f.type, safe=False) for c, f in zip(batch.columns, schema, strict=True)], schema=schema)
            if not some:
                yield batch_of([], schema)

    # ---- publishing ------------------------------------------------------------------------------------------------

    def _typed(self, query: Select[Any]) -> list[tuple[str, Spelled]]:
        result = self._connection.execute(select(query.subquery()).limit(0))
        cursor: Any = result.cursor
        typed = [(name, Spelled(str(described[1]))) for name, described in zip(result.keys(), cursor.description, strict=True)]
        result.close()
        return typed

    def roles(self) -> frozenset[str] | None:
        return None

    def _permit(self, target: TableRef, version: TableRef, readers: Sequence[str]) -> None:
        """Nothing: who may open the file may read it."""

    def _finish_control(self, table: Table) -> None:
        """No index: DuckDB scans the work set faster than it keeps one. Entering and removing keys tripled the time of commits."""

    def _settle(self, table: Table) -> None:
        """Nothing: DuckDB keeps its statistics itself."""

    # ---- locks and bytes -------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        entry = (str(self._path), key)
        with _guard:
            if entry in _held:
                raise Locked("another try of the same work is still running", where=key, fix="wait until it has ended")
            _held.add(entry)
        try:
            yield
        finally:
            with _guard:
                _held.discard(entry)

    def purge(self, tables: Sequence[TableRef]) -> None:
        """Rewrites the file: bytes of deleted rows are left behind in the old one, which is replaced only by a complete copy.

        The connection is closed and opened again, so nothing may be staged meanwhile. `WarehouseUnavailable` when somebody else
        has the file open; the file is then as it was.
        """
        if self._in_transaction:
            raise RuntimeError("purge() cannot run in a transaction")
        if self._read_only:
            raise WarehouseReadOnly("purge: the DuckDB file is open for reading only", where=self._where,
                                    fix="open it with an account that may write the file and its folder")
        self._call(self._checkpoint, "purge.checkpoint", writing=True)
        self._connection.close()
        gc.collect()  # results that nobody reads any more keep the file open
        try:
            self._fetch(lambda: rewrite(self._path), "purge.rewrite", writing=True)
        finally:
            self._connect()

    def _checkpoint(self) -> None:
        self._connection.exec_driver_sql("CHECKPOINT")
        self._connection.commit()


def _arrow(columns: Sequence[StagedColumn], rows: Iterable[Sequence[Any]]) -> Any:
    """The rows as an Arrow table with columns c0, c1, ...: all types given but those of numbers, which follow their digits."""
    names = [f"c{n}" for n in range(len(columns))]
    parts: list[list[Any]] = [[] for _ in columns]
    for values in chunks(columns, rows, _STAGE_ROWS):
        for part, value, staged in zip(parts, values, columns, strict=True):
            part.append(value if staged.family is Family.NUMBER else pa.array(value, _ARROW.get(staged.family, pa.string())))
    return pa.table([_numbers(part) if c.family is Family.NUMBER else pa.chunked_array(part, _ARROW.get(c.family, pa.string()))
                     for part, c in zip(parts, columns, strict=True)], names=names)


def _numbers(parts: list[list[Any]]) -> Any:
    values = [v for part in parts for v in part]
    numbers = [v for v in values if v is not None]
    places = [max(0, -int(v.as_tuple().exponent)) if v.is_finite() else _MOST_DIGITS for v in numbers]
    scale = max(places, default=0)
    whole = max((v.adjusted() + 1 for v in numbers if v.is_finite()), default=1)
    if max(whole, 1) + scale > _MOST_DIGITS:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    return pa.array(values, pa.decimal128(_MOST_DIGITS, scale))


def _type(staged: StagedColumn, arrow: Any) -> sa.TypeEngine[Any]:
    match staged.family:
        case Family.JSON:
            return Spelled("JSON")
        case Family.NUMBER:
            return sa.Double() if pa.types.is_floating(arrow) else Spelled(f"DECIMAL({arrow.precision},{arrow.scale})")
        case Family.OTHER:
            return sa.Text()
    return type_of_family(staged.family)
