"""What both adapters share: one connection of a SQLAlchemy engine, its transactions, reading, and publishing.

Every statement goes through the engine, so its events see each execute and each commit. Outside `transaction` every
statement that writes commits by itself.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ClauseElement, Connection, CursorResult, Engine, Select, Table, exists, insert, literal, select, text, update
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable, DropTable, SetTableComment
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.sql.expression import Executable, FromClause

from governance.domain.errors import GovernanceError, WarehouseError, WarehouseReadOnly, WarehouseUnavailable
from governance.domain.names import TableRef
from governance.domain.schema import Schema
from governance.warehouse import CONTROL_SCHEMA, Capabilities, Publication, StagedColumn, control
from governance.warehouse.ddl import CommentOnView, ReplaceView, Spelled, new_table
from governance.warehouse.errors import is_lost, reduced
from governance.warehouse.publishing import mark, next_version, old_versions, shows

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

T = TypeVar("T")

_FENCE = "disposal"
_WORK = "work of the present version"
_COUNTED = {"preserve_rowcount": True}  # of an INSERT too
_CONTROL_TABLES = text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'governance'")


@contextmanager
def closed_after(result: CursorResult[Any]) -> Iterator[CursorResult[Any]]:
    """A result that is closed when the block ends."""
    try:
        yield result
    finally:
        with suppress(Exception):  # a lost connection has been reported by the fetch
            result.close()


class EngineWarehouse(ABC):
    """One open connection to one warehouse. For one thread and one process: a forked child must open its own."""

    def __init__(self, engine: Engine, where: str) -> None:
        """`where` names the warehouse in errors, without a password. `WarehouseUnavailable` when it does not answer."""
        self._engine, self._where = engine, where
        self._open, self._lost, self._reading, self._in_transaction = False, False, False, False
        self._pid = os.getpid()
        self._connect()

    def _connect(self) -> None:
        failure: GovernanceError | None = None
        try:
            self._connection: Connection = self._engine.connect()
            self._open = True
            self._begin_session()
        except GovernanceError as error:
            failure = error
        except Exception as error:
            failure = reduced(error, name="connect")
        if failure is not None:
            self.close()
            failure.where = failure.where or self._where
            raise failure

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._where}>"

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities: ...

    @abstractmethod
    def schema(self) -> Schema: ...

    @abstractmethod
    def stage(self, columns: Sequence[StagedColumn], rows: Iterable[Sequence[Any]]) -> AbstractContextManager[FromClause]: ...

    @abstractmethod
    def stage_batches(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> AbstractContextManager[FromClause]: ...

    @abstractmethod
    def lock(self, key: str) -> AbstractContextManager[None]: ...

    @abstractmethod
    def purge(self, tables: Sequence[TableRef]) -> None: ...

    @abstractmethod
    def _begin_session(self) -> None:
        """Settings of the session and what this account may do."""

    @abstractmethod
    def _typed(self, query: Select[Any]) -> list[tuple[str, Spelled]]:
        """Name and type of each column of `query`, without its rows."""

    @abstractmethod
    def _arrow(self, query: Select[Any], size: int) -> Generator[pa.RecordBatch]:
        """The result in batches as `columnar.travelling` types them, at least one."""

    def _replace_view(self, target: TableRef, version: TableRef, columns: Sequence[str], before: Schema) -> None:
        """Let `target` show `version`, rights kept. `before` is the schema as it was."""
        self.execute(ReplaceView(target, version, columns), name="publish.view")

    @abstractmethod
    def roles(self) -> frozenset[str] | None: ...

    @abstractmethod
    def _permit(self, target: TableRef, version: TableRef, readers: Sequence[str]) -> None:
        """Let exactly `readers` read `target`, and nobody its table beneath."""

    @abstractmethod
    def _settle(self, table: Table) -> None:
        """What a table wants after it was filled."""

    # ---- reading and writing ---------------------------------------------------------------------------------------

    def frame(self, query: Select[Any], *, name: str) -> pd.DataFrame:
        from governance.warehouse.frames import frame_of  # pandas takes as long to import as all the rest

        def act() -> tuple[list[str], list[Sequence[Any]]]:
            result = self._connection.execute(query)
            return list(result.keys()), list(result.all())

        columns, rows = self._reads(act, name)
        return frame_of(columns, rows)

    def scalar(self, query: Select[Any], *, name: str) -> Any:
        return self._reads(lambda: self._connection.execute(query).scalar(), name)

    def few(self, query: Select[Any], *, name: str) -> list[Sequence[Any]]:
        return self._reads(lambda: list(self._connection.execute(query).all()), name)

    def rows(self, query: Select[Any], *, name: str, size: int = 10_000) -> Iterator[Sequence[Any]]:
        with closing(self._streamed(self._fetched(query, size), name)) as parts:
            for part in parts:
                yield from part

    def batches(self, query: Select[Any], *, name: str, size: int = 65_536) -> Iterator[pa.RecordBatch]:
        with closing(self._streamed(self._arrow(query, size), name)) as parts:
            yield from parts

    def _fetched(self, query: Select[Any], size: int) -> Generator[Sequence[Any]]:
        with closed_after(self._connection.execute(query, execution_options={"stream_results": True, "yield_per": size})) as result:
            while batch := result.fetchmany(size):
                yield batch

    def _streamed(self, parts: Generator[T], name: str) -> Generator[T]:
        """`parts` of a result one by one; the connection is theirs until the last."""
        self._check(name)
        self._reading = True
        try:
            while (part := self._fetch(lambda: next(parts, None), name)) is not None:
                yield part
        finally:
            self._reading = False
            parts.close()
            if not self._in_transaction:
                self._abandon()

    def execute(self, statement: Executable | ClauseElement, *, name: str) -> int:
        return self._writes(lambda: self._run(statement), name, statement)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._in_transaction:
            raise RuntimeError("transaction() does not nest")
        self._check("transaction")
        self._in_transaction = True
        try:
            yield
        except BaseException:
            self._in_transaction = False
            self._abandon()
            raise
        self._in_transaction = False
        try:
            self._call(self._connection.commit, "commit", writing=True)
        except BaseException:
            self._abandon()
            raise

    def close(self) -> None:
        """Closing twice is fine. What was not committed is rolled back, locks and staged rows end."""
        if self._open:
            self._open = False
            if not self._lost and self._pid == os.getpid():
                with suppress(Exception):  # a server that is gone has nothing left to close
                    self._connection.close()
        self._engine.dispose(close=self._pid == os.getpid())

    # ---- publishing and the control schema -------------------------------------------------------------------------

    @contextmanager
    def publish(self, target: TableRef, query: Select[Any], release: Publication | None = None) -> Iterator[TableRef]:
        if self._in_transaction:
            raise RuntimeError("publish() makes its own transactions")
        with self.lock(f"publish {target}"):
            version, columns = self._build(target, query, release)
            made = new_table(version, ())
            try:
                yield version
                with self.transaction():
                    before = self.schema()
                    self._replace_view(target, version, columns, before)
                    if release is not None:
                        self.execute(CommentOnView(target, shows(target)), name="publish.comment")
                        self._permit(target, version, release.readers)
                        release.alongside()
                    for old in old_versions(before, target, keep=version):
                        self.execute(DropTable(new_table(old, ())), name="publish.drop")
            except BaseException:
                # The failure matters more; what cannot be dropped now goes with the next success.
                with suppress(GovernanceError, RuntimeError):
                    self.execute(DropTable(made, if_exists=True), name="publish.drop")
                raise

    def _build(self, target: TableRef, query: Select[Any], release: Publication | None) -> tuple[TableRef, list[str]]:
        typed = self._reads(lambda: self._typed(query), "publish.columns")
        columns = [name for name, _ in typed]
        with self.transaction():
            if release is not None:
                self.execute(CreateSchema(quoted_name(target.schema, True), if_not_exists=True), name="publish.schema")
            version = next_version(self.schema(), target, release.number if release else 1)
            table = new_table(version, typed, comment=mark(target, released=release is not None))
            self.execute(CreateTable(table), name="publish.create")
            self.execute(SetTableComment(table), name="publish.create")
            self.execute(insert(table).from_select(columns, query), name="publish.fill")
            self._settle(table)
        return version, columns

    def create_control(self) -> list[str]:
        missing = self._missing_control()
        if not missing:
            return []
        try:
            with self.lock("control"), self.transaction():
                return self._create_control()
        except WarehouseReadOnly:
            failure = WarehouseReadOnly(
                f"the control tables are missing ({', '.join(missing)}) and this account may not create them", where=self._where,
                fix=f"run governance doctor --fix with an account that may create the schema {CONTROL_SCHEMA}")
        raise failure

    def _missing_control(self) -> list[str]:
        """Tables of the control schema, and its one-row facts, that are not there."""
        there: set[str] = {row[0] for row in self._reads(lambda: self._connection.execute(_CONTROL_TABLES).all(), "control.tables")}
        missing = [t.name for t in control.metadata.sorted_tables if t.name not in there]
        facts = {"fence": select(exists().where(control.fence.c.name == _FENCE)),
                 "schema_version": select(exists(control.schema_version))}
        missing += [f"{name} row" for name, fact in facts.items() if name in there and not self.scalar(fact, name="control.rows")]
        if self._is_older(there):
            missing.append(_WORK)
        return [f"{CONTROL_SCHEMA}.{name}" for name in missing]

    def _is_older(self, there: Container[str]) -> bool:
        """Whether the control tables are of a version before this program's: then the work set has another shape."""
        if "schema_version" not in there or "work" not in there:
            return False
        found = self.scalar(select(control.schema_version.c.version), name="control.version")
        return found is not None and int(found) < control.VERSION

    def _drop_older_work(self) -> None:
        """The work set lives only while a plan is carried out, so a new shape needs no moving of rows, but nothing under way."""
        if self.scalar(select(exists(select(literal(1)).select_from(control.work))), name="control.work"):
            raise WarehouseError("plans are under way that an earlier version of this program froze", where=f"{CONTROL_SCHEMA}.work",
                                 fix="finish them with that version, then run governance doctor --fix again")
        self.execute(DropTable(control.work), name="control.upgrade")
        self.execute(update(control.schema_version).values(version=control.VERSION), name="control.upgrade")

    def _create_control(self) -> list[str]:
        missing = self._missing_control()
        self.execute(CreateSchema(CONTROL_SCHEMA, if_not_exists=True), name="control.create")
        if f"{CONTROL_SCHEMA}.{_WORK}" in missing:
            self._drop_older_work()
            missing[missing.index(f"{CONTROL_SCHEMA}.{_WORK}")] = f"{CONTROL_SCHEMA}.work"
        for table in control.metadata.sorted_tables:
            if f"{CONTROL_SCHEMA}.{table.name}" in missing:
                self.execute(CreateTable(table), name="control.create")
                self._finish_control(table)
        fence = select(literal(_FENCE), literal(0)).where(~exists().where(control.fence.c.name == _FENCE))
        self.execute(insert(control.fence).from_select(["name", "minimum"], fence), name="control.create")
        version = select(literal(control.VERSION)).where(~exists(control.schema_version))
        self.execute(insert(control.schema_version).from_select(["version"], version), name="control.create")
        return missing

    def _finish_control(self, table: Table) -> None:
        """Indexes of a control table that was just made, and what else it needs."""
        for index in table.indexes:
            self.execute(CreateIndex(index), name="control.create")

    # ---- how statements run ----------------------------------------------------------------------------------------

    def _run(self, statement: Any) -> int:
        return max(self._connection.execute(statement, execution_options=_COUNTED).rowcount, 0)

    def _reads(self, act: Callable[[], T], name: str) -> T:
        try:
            return self._call(act, name)
        finally:
            if not self._in_transaction:
                self._abandon()

    def _writes(self, act: Callable[[], T], name: str, statement: object = None) -> T:
        """`act` in the transaction that is open, or in one of its own."""
        if self._in_transaction:
            return self._call(act, name, statement, writing=True)

        def committed() -> T:
            value = act()
            self._connection.commit()
            return value

        try:
            return self._call(committed, name, statement, writing=True)
        except BaseException:
            self._abandon()
            raise

    def _call(self, act: Callable[[], T], name: str, statement: object = None, *, writing: bool = False) -> T:
        self._check(name)
        return self._fetch(act, name, statement, writing=writing)

    def _fetch(self, act: Callable[[], T], name: str, statement: object = None, *, writing: bool = False) -> T:
        """`act`, with every error that is not ours reduced. Raised outside the except block, so that no context remains."""
        try:
            return act()
        except GovernanceError as error:
            failure = error
        except Exception as error:
            failure = reduced(error, name=name, statement=statement, writing=writing)
            self._lost = self._lost or is_lost(error)
        failure.where = failure.where or self._where
        raise failure

    def _check(self, name: str) -> None:
        if self._pid != os.getpid():
            raise RuntimeError("a connection to the warehouse does not survive a fork: open a new one")
        if self._reading:
            raise RuntimeError("rows() must be exhausted or closed before another statement")
        if self._lost or not self._open:
            # Never reconnect in silence: locks and staged rows went with the connection.
            raise WarehouseUnavailable(f"{name}: the connection was lost or closed", where=self._where, fix="run again")

    def _abandon(self) -> None:
        """Roll back. If that fails the connection is gone, and with it the transaction."""
        if self._lost or not self._open:
            return
        try:
            self._connection.rollback()
        except Exception:
            self._lost = True

    @contextmanager
    def _dropping(self, table: Table, name: str) -> Iterator[None]:
        """`table` is dropped when the block ends, whatever ends it."""
        try:
            yield
        except BaseException:
            # The block's own error matters more. A failed transaction takes the table along, a lost connection too.
            with suppress(GovernanceError, RuntimeError):
                self.execute(DropTable(table, if_exists=True), name=name)
            raise
        self.execute(DropTable(table, if_exists=True), name=name)
