"""One narrow protocol for every engine. Adding a method needs an ADR; callers never branch on an engine's name.

SQL is SQLAlchemy Core built by pure functions in ``*/sql.py``. What engines spell differently is in
`governance.warehouse.functions`. Values of people and secrets reach an engine only as bound parameters or staged rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ClauseElement, Select
from sqlalchemy.sql.expression import Executable, FromClause

from governance.domain.names import TableRef
from governance.domain.schema import Family, Schema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CONTROL_SCHEMA = "governance"


@dataclass(frozen=True, slots=True)
class Remains:
    """Where bytes of ended values stay after `purge`, until when, and what clears them. Sentences for people."""

    what: str
    until: str
    cleared_by: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine is good at, as data.

    `engine`: the dialect's name, for messages and for datasets that only some engines have. `batch_rows`: rows per
    disposal transaction, None for one pass. `writers`: processes that may hold the warehouse open at once (the slots of
    the Airflow pool). `atomic_swap`: a published table and its grants change in one transaction. `physical_purge`:
    `purge` removes bytes of deleted rows from the files. `row_locks`: SELECT .. FOR SHARE exists.
    `may_create_temporary`: this account can stage rows in temporary tables. `remains`: what `purge` does not reach.
    `accounts`: a server, with a clock, accounts and rights of its own. `related_writes`: rows of tables that a foreign key
    connects may change in one transaction, and one row twice.
    """

    engine: str
    batch_rows: int | None
    writers: int
    atomic_swap: bool
    physical_purge: bool
    row_locks: bool
    may_create_temporary: bool
    remains: tuple[Remains, ...] = ()
    accounts: bool = False
    related_writes: bool = True


@dataclass(frozen=True, slots=True)
class StagedColumn:
    name: str
    family: Family


@dataclass(frozen=True, slots=True)
class Publication:
    """How a release is published: the `number` of its version, the only roles that may read it (where the engine has roles), and
    what else has to be written in the transaction that shows it, such as its receipt."""

    number: int
    readers: tuple[str, ...]
    alongside: Callable[[], None]


class Warehouse(Protocol):
    """Everything this package may ask of an engine.

    `name` in a call is the name of the statement, for errors and logs: ``disposal.delete_rows``. Every driver error
    becomes a `WarehouseError` with class, SQLSTATE, table and statement name, raised ``from None``: drivers quote values.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def schema(self) -> Schema:
        """All tables and views outside the engine's own schemas and the control schema, read afresh."""

    def frame(self, query: Select[Any], *, name: str) -> pd.DataFrame:
        """The rows of `query`; an empty frame still has its columns."""

    def rows(self, query: Select[Any], *, name: str, size: int = 10_000) -> Iterator[Sequence[Any]]:
        """The rows of `query`, at most `size` in memory. No other statement may run until it is exhausted or closed."""

    def batches(self, query: Select[Any], *, name: str, size: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The rows of `query` as Arrow batches of at most `size` rows, at least one batch, which may be empty. As with `rows`, no
        other statement may run meanwhile.

        Types are the same on every engine: int64, float64, decimal128 as declared, bool, date32, timestamp[us] with UTC for moments,
        binary, string. What none of them holds to the last digit comes as the text of `functions.as_text`: whole numbers of more than
        64 bits, decimals of no declared precision, JSON, UUIDs, an engine's own types. Only nanoseconds are cut, as drivers cut them.
        """

    def few(self, query: Select[Any], *, name: str) -> list[Sequence[Any]]:
        """The rows of a `query` that is known to give few, read in one round trip."""

    def scalar(self, query: Select[Any], *, name: str) -> Any:
        """The one value of `query`, None when there is no row."""

    def execute(self, statement: Executable | ClauseElement, *, name: str) -> int:
        """Run one statement; rows changed, never None and never -1 (0 for DDL)."""

    def stage(self, columns: Sequence[StagedColumn], rows: Iterable[Sequence[Any]]) -> AbstractContextManager[FromClause]:
        """Rows made joinable on this connection until the block ends. Works for an account that can create nothing."""

    def stage_batches(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> AbstractContextManager[FromClause]:
        """`stage` for Arrow batches of the types of `batches`, taken one at a time. They must not read from this warehouse."""

    def publish(self, target: TableRef, query: Select[Any], release: Publication | None = None) -> AbstractContextManager[TableRef]:
        """Build `target` beside itself; readers see it only if the block exits cleanly.

        A `release` gets its schema, its rights and what is written alongside in the transaction that shows it. SettingsError
        when a role that should read it does not exist.
        """

    def roles(self) -> frozenset[str] | None:
        """Roles that rights can be granted to, None for an engine that has none."""

    def transaction(self) -> AbstractContextManager[None]:
        """All statements of the block, or none. Does not nest."""

    def lock(self, key: str) -> AbstractContextManager[None]:
        """Held until the block ends or the process dies. `Locked` at once when somebody else has it."""

    def purge(self, tables: Sequence[TableRef]) -> None:
        """Remove the bytes of deleted rows from the engine's files as far as it can."""

    def create_control(self) -> list[str]:
        """Create what is missing in the control schema (`governance.warehouse.control`); names of what was created."""

    def close(self) -> None: ...
