"""PostgreSQL 16 or later through psycopg."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    NullPool,
    Select,
    Table,
    cast,
    column,
    create_engine,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy import types as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL
from sqlalchemy.schema import CreateTable, DropView
from sqlalchemy.sql.expression import FromClause

from governance.domain.errors import GovernanceError, Locked, SettingsError, WarehouseReadOnly
from governance.domain.names import TableRef, quote
from governance.domain.schema import Family, Schema
from governance.warehouse import Capabilities, Remains, StagedColumn
from governance.warehouse.base import EngineWarehouse, closed_after
from governance.warehouse.columnar import batch_of, csv_of, sql_type, travelling
from governance.warehouse.ddl import Analyze, Grant, GrantUsage, RevokeAll, Spelled, Uncompressed, Vacuum, new_table
from governance.warehouse.introspect_postgres import read_schema
from governance.warehouse.staging import chunks, nothing, stage_name
from governance.warehouse.types import type_of_family

_STAGE_ROWS = 20_000
_CONNECT_SECONDS = 10
_SPECIAL_TYPES: dict[Family, sa.TypeEngine[Any]] = {Family.JSON: JSONB(), Family.OTHER: sa.Text()}
# JSON and UUIDs are bound as text and cast there.
_BOUND_AS_TEXT = {Family.JSON, Family.UUID, Family.OTHER}

# Hidden rows are an error; text of dates and moments does not depend on the server's settings.
_SESSION = {"row_security": "off", "TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "iso_8601",
            "bytea_output": "hex", "extra_float_digits": "1", "application_name": "governance"}

_ONE_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
_MAY_STAGE = text("SELECT has_database_privilege(current_database(), 'TEMPORARY') "
                  "AND current_setting('transaction_read_only') = 'off'")
_ROLES = text("SELECT rolname FROM pg_catalog.pg_roles")
_VIEW_RIGHTS = text("""
    SELECT a.privilege_type, pg_catalog.pg_get_userbyid(nullif(a.grantee, 0)), a.is_grantable, NULL
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace CROSS JOIN aclexplode(c.relacl) a
    WHERE n.nspname = :schema AND c.relname = :view AND a.grantee <> c.relowner
    UNION ALL
    SELECT a.privilege_type, pg_catalog.pg_get_userbyid(nullif(a.grantee, 0)), a.is_grantable, t.attname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped CROSS JOIN aclexplode(t.attacl) a
    WHERE n.nspname = :schema AND c.relname = :view
""")

# Measured by searching the files for bytes: docs/adr/0008.
_REMAINS = (
    Remains("free space in pages of tables and indexes that rows left", "the space is used again",
            "VACUUM (FULL) of these tables, which locks each while it runs"),
    Remains("the write-ahead log", "its segments are recycled and no archive or replica keeps them",
            "a checkpoint and the archive's own retention"),
)


class PostgresWarehouse(EngineWarehouse):
    """One session. Locks are session-level advisory locks of this connection, so they end with it and with the work it did."""

    def __init__(self, url: URL, where: str, *, read_only: bool) -> None:
        self._read_only = read_only
        self._locks: set[str] = set()
        arguments = {} if "connect_timeout" in url.query else {"connect_timeout": _CONNECT_SECONDS}
        super().__init__(create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=arguments), where)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(engine="postgresql", batch_rows=20_000, writers=4, atomic_swap=True, physical_purge=False,
                            row_locks=True, may_create_temporary=self._may_stage, remains=_REMAINS,
                            accounts=True)

    def _begin_session(self) -> None:
        wanted = _SESSION | ({"default_transaction_read_only": "on"} if self._read_only else {})
        settings = select(*(func.set_config(literal(k), literal(v), False) for k, v in wanted.items()))
        self._writes(lambda: self._run(settings), "connect.session")
        self._may_stage = bool(self._reads(lambda: self._connection.execute(_MAY_STAGE).scalar(), "connect.rights"))

    def schema(self) -> Schema:
        def act() -> Schema:
            if not self._in_transaction:
                self._connection.execute(_ONE_SNAPSHOT)
            return read_schema(lambda query: self._connection.execute(query).all())

        return self._reads(act, "schema")

    # ---- staging ---------------------------------------------------------------------------------------------------

    @contextmanager
    def stage(self, columns: Sequence[StagedColumn], rows: Iterable[Sequence[Any]]) -> Iterator[FromClause]:
        if not self._may_stage:
            yield self._fetch(lambda: _as_arrays(columns, rows), "stage")
            return
        table = new_table(TableRef("", stage_name()), [(c.name, _type(c)) for c in columns], temporary=True)

        def fill() -> None:
            self._connection.execute(CreateTable(table))
            for values in chunks(columns, rows, _STAGE_ROWS):
                bound = select(*_unnested(columns, values).c)
                self._connection.execute(insert(table).from_select([c.name for c in columns], bound))
            self._connection.execute(Analyze(table))

        self._writes(fill, "stage")
        with self._dropping(table, "stage.drop"):
            yield table

    @contextmanager
    def stage_batches(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[FromClause]:
        types = [sql_type(field.type) for field in schema]
        if not self._may_stage:
            yield self._fetch(lambda: _batches_as_arrays(schema.names, types, batches), "stage")
            return
        table = new_table(TableRef("", stage_name()), list(zip(schema.names, types, strict=True)), temporary=True)

        def fill() -> None:
            self._connection.execute(CreateTable(table))
            driver: Any = self._connection.connection.dbapi_connection
            with driver.cursor() as cursor, cursor.copy(_copy_in(table)) as copy:
                for batch in batches:
                    copy.write(csv_of(batch))
            self._connection.execute(Analyze(table))

        self._writes(fill, "stage")
        with self._dropping(table, "stage.drop"):
            yield table

    def _arrow(self, query: Select[Any], size: int) -> Generator[pa.RecordBatch]:
        query, schema = travelling(query, self._typed(query))
        streamed = {"stream_results": True, "yield_per": size}
        with closed_after(self._connection.execute(query, execution_options=streamed)) as result:
            rows = result.fetchmany(size)
            yield batch_of(rows, schema)
            while rows and (rows := result.fetchmany(size)):
                yield batch_of(rows, schema)

    # ---- publishing ------------------------------------------------------------------------------------------------

    def _typed(self, query: Select[Any]) -> list[tuple[str, Spelled]]:
        result = self._connection.execute(select(query.subquery()).limit(0))
        cursor: Any = result.cursor
        made = [(cursor.pgresult.ftype(n), cursor.pgresult.fmod(n)) for n in range(len(cursor.description))]
        names = list(result.keys())
        result.close()
        spelled = self._connection.execute(select(*(func.format_type(oid, modifier) for oid, modifier in made))).one()
        return [(name, Spelled(spelling)) for name, spelling in zip(names, spelled, strict=True)]

    def _replace_view(self, target: TableRef, version: TableRef, columns: Sequence[str], before: Schema) -> None:
        shown, made = before.get(target), before.get(version)
        assert made is not None
        old = [(c.name, c.type) for c in shown.columns] if shown else []
        if old == [(c.name, c.type) for c in made.columns][:len(old)]:
            super()._replace_view(target, version, columns, before)
            return
        # Other columns: PostgreSQL wants a new view, and its rights are carried over by hand.
        asked = _VIEW_RIGHTS.bindparams(schema=target.schema, view=target.table)
        rights = self._reads(lambda: self._connection.execute(asked).all(), "publish.rights")
        self.execute(DropView(new_table(target, ())), name="publish.view")
        super()._replace_view(target, version, columns, before)
        for right, grantee, grantable, name in rights:
            if name is None or name in columns:
                self.execute(Grant(right, target, grantee, column=name, grantable=grantable), name="publish.grant")

    def roles(self) -> frozenset[str] | None:
        return frozenset(str(row[0]) for row in self._reads(lambda: self._connection.execute(_ROLES).all(), "roles"))

    def _permit(self, target: TableRef, version: TableRef, readers: Sequence[str]) -> None:
        missing = sorted(set(readers) - (self.roles() or frozenset()))
        if missing:
            raise SettingsError(f"there is no role {', '.join(missing)} in the database", where=target,
                                fix="; ".join(f"CREATE ROLE {quote(name)}" for name in missing) + "; or correct `roles:` of the release")
        # Default privileges may have given rights on the new table to anybody.
        for ref, wanted in ((target, frozenset(readers)), (version, frozenset[str]())):
            for grantee in self._grantees(ref) - wanted:
                self.execute(RevokeAll(ref, grantee), name="publish.revoke")
        for reader in readers:
            self.execute(GrantUsage(target.schema, reader), name="publish.grant")
            self.execute(Grant("SELECT", target, reader, column=None, grantable=False), name="publish.grant")

    def _grantees(self, ref: TableRef) -> set[str | None]:
        """Who has any right on a table or view besides its owner; None is PUBLIC."""
        asked = _VIEW_RIGHTS.bindparams(schema=ref.schema, view=ref.table)
        return {row[1] for row in self._reads(lambda: self._connection.execute(asked).all(), "publish.rights")}

    def _finish_control(self, table: Table) -> None:
        super()._finish_control(table)
        for made in table.columns:
            if isinstance(made.type, ARRAY):
                self.execute(Uncompressed(table, made.name), name="control.create")

    def _settle(self, table: Table) -> None:
        self.execute(Analyze(table), name="publish.analyze")

    # ---- locks and bytes -------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        number = _lock_number(key)
        # A session can take its own lock twice, so what this object holds is remembered here.
        if key in self._locks or not self.scalar(select(func.pg_try_advisory_lock(number)), name="lock"):
            raise Locked("another try of the same work is still running", where=key, fix="wait until it has ended")
        self._locks.add(key)
        try:
            yield
        except BaseException:
            with suppress(GovernanceError, RuntimeError):  # the block's own error matters more, and a lost session holds no lock
                self._unlock(key, number)
            raise
        self._unlock(key, number)

    def _unlock(self, key: str, number: int) -> None:
        self._locks.discard(key)
        self.scalar(select(func.pg_advisory_unlock(number)), name="unlock")

    def purge(self, tables: Sequence[TableRef]) -> None:
        """Vacuums tables and indexes and forgets values in statistics. Bytes stay in the free space of pages until it is used
        again, in the write-ahead log and in backups: `physical_purge` is False."""
        if self._in_transaction:
            raise RuntimeError("purge() cannot run in a transaction")
        if self._read_only:
            raise WarehouseReadOnly("purge: the connection is read-only", where=self._where, fix="use an account that may write")
        self._call(lambda: self._vacuum(tables), "purge", writing=True)

    def _vacuum(self, tables: Sequence[TableRef]) -> None:
        warnings: list[str | None] = []
        with self._engine.connect() as other:
            driver: Any = other.connection.dbapi_connection
            driver.add_notice_handler(lambda notice: warnings.append(notice.severity_nonlocalized))
            autocommit = other.execution_options(isolation_level="AUTOCOMMIT")
            for ref in tables:
                autocommit.execute(Vacuum(ref))
                if "WARNING" in warnings:  # PostgreSQL skips a table of somebody else with no more than a warning
                    raise WarehouseReadOnly("purge: this account may not vacuum the table", where=ref,
                                            fix="make it the owner, or grant it MAINTAIN (PostgreSQL 17 or later)")


def _lock_number(key: str) -> int:
    """64 bits with a sign, the same in every process."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8, person=b"governance").digest(), signed=True)


def _type(staged: StagedColumn) -> sa.TypeEngine[Any]:
    return _SPECIAL_TYPES.get(staged.family) or type_of_family(staged.family)


def _copy_in(table: Table) -> Composed:
    names = [Identifier(c.name) for c in table.columns]
    return SQL("COPY {} ({}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')").format(Identifier(table.name), SQL(", ").join(names))


def _bound(types: Sequence[sa.TypeEngine[Any]], values: Sequence[list[Any]]) -> FromClause:
    """Bound arrays as a table with columns c0, c1, ..."""
    arrays = [literal(v, ARRAY(t)) for v, t in zip(values, types, strict=True)]
    return func.unnest(*arrays).table_valued(*(column(f"c{n}", t) for n, t in enumerate(types)), name="bound").render_derived()


def _unnested(columns: Sequence[StagedColumn], values: Sequence[list[Any]]) -> FromClause:
    """Bound arrays as a table with the staged names and types."""
    derived = _bound([sa.Text() if c.family in _BOUND_AS_TEXT else _type(c) for c in columns], values)

    def typed(number: int, staged: StagedColumn) -> ColumnElement[Any]:
        value = derived.c[f"c{number}"]
        return (cast(value, _type(staged)) if staged.family in _BOUND_AS_TEXT else value).label(staged.name)

    return select(*(typed(n, c) for n, c in enumerate(columns))).subquery()


def _as_arrays(columns: Sequence[StagedColumn], rows: Iterable[Sequence[Any]]) -> FromClause:
    """For an account that may not create temporary tables: the values stay bound parameters, only sent with each statement."""
    values = nothing(columns)
    for chunk in chunks(columns, rows, _STAGE_ROWS):
        for whole, part in zip(values, chunk, strict=True):
            whole.extend(part)
    return _unnested(columns, values)


def _batches_as_arrays(names: Sequence[str], types: Sequence[sa.TypeEngine[Any]], batches: Iterable[pa.RecordBatch]) -> FromClause:
    values: list[list[Any]] = [[] for _ in names]
    for batch in batches:
        for whole, part in zip(values, batch.columns, strict=True):
            whole.extend(part.to_pylist())
    derived = _bound(types, values)
    cells = (cast(derived.c[f"c{n}"], type_).label(name) for n, (name, type_) in enumerate(zip(names, types, strict=True)))
    return select(*cells).subquery()  # cast, because an array forgets how many digits its numbers have
