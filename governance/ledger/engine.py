"""One way to talk to the ledger's database, the same on SQLite and PostgreSQL: one writer at a time, readers never wait.

A write transaction takes the ledger's lock as it begins (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock that the
transaction holds), so whatever it reads afterwards is what every earlier writer left. Nothing else orders writers.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import Pool, QueuePool

from governance.domain.errors import LedgerError, LedgerUnavailable, SettingsError
from governance.ledger.failures import MIGRATE, reduce

WAIT_SECONDS = 30
_LOCK = 0x676F766C  # "govl": the advisory lock of the ledger
_engines: weakref.WeakSet[Engine] = weakref.WeakSet()
_inherited: list[Pool] = []


def parse(url: str) -> URL:
    """The ledger's address, checked. SettingsError for anything but a SQLite file or PostgreSQL through psycopg."""
    fix = "sqlite:////srv/ledger.sqlite or postgresql+psycopg://user@host/ledger"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("is not a database address", where="GOVERNANCE_LEDGER_URL", fix=fix) from None
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError("the ledger lives in SQLite or PostgreSQL", where="GOVERNANCE_LEDGER_URL", fix=fix)
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise SettingsError("the ledger must be a file", where="GOVERNANCE_LEDGER_URL", fix=fix)
    return parsed


def place(url: URL) -> str:
    """The address as an error may show it: no password, no query."""
    return url.set(query={}).render_as_string(hide_password=True)


def connect(url: str, *, create: bool = False) -> Engine:
    """An engine whose transactions write one at a time. A SQLite file is made only with `create`.

    ``?timeout=SECONDS`` in the address says how long a writer waits for another (30).
    """
    parsed = parse(url)
    wait = _seconds(parsed)
    parsed = parsed.difference_update_query(["timeout"])
    arguments: dict[str, Any]
    if parsed.get_backend_name() == "sqlite":
        if not create and not Path((parsed.database or "").removeprefix("file:")).exists():
            raise LedgerError("there is no ledger here yet", where=place(parsed), fix=MIGRATE)
        arguments = {"isolation_level": None, "timeout": wait}
    else:
        arguments = {"connect_timeout": 10, "application_name": "governance ledger",
                     "options": f"-c lock_timeout={round(wait * 1000)}ms -c timezone=UTC"}
    try:
        engine = create_engine(parsed, connect_args=arguments, hide_parameters=True, poolclass=QueuePool,
                               pool_size=1, max_overflow=8, pool_pre_ping=parsed.get_backend_name() == "postgresql")
    except NoSuchModuleError:
        raise SettingsError("has a driver that is not installed", where="GOVERNANCE_LEDGER_URL",
                            fix="postgresql+psycopg://...") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_new if create else _configure)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgres)
    _engines.add(engine)
    return engine


def _seconds(url: URL) -> float:
    try:
        return max(0.001, float(str(url.query.get("timeout", WAIT_SECONDS))))
    except ValueError:
        raise SettingsError("has a timeout that is not a number of seconds", where="GOVERNANCE_LEDGER_URL",
                            fix="end the address with ?timeout=30") from None


def _configure(connection: Any, _record: object) -> None:
    # FULL: a lease number or an intent that was given out survives a power cut. secure_delete: a salt that was destroyed is gone.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _configure_new(connection: Any, record: object) -> None:
    _configure(connection, record)
    connection.execute("PRAGMA journal_mode=WAL")  # kept in the file: readers and the writer do not wait for each other


def _begin_sqlite(connection: Connection) -> None:
    begin = {None: "BEGIN IMMEDIATE", "read": "BEGIN", "outside": None}[connection.get_execution_options().get("ledger")]
    if begin:
        connection.exec_driver_sql(begin)


def _begin_postgres(connection: Connection) -> None:
    match connection.get_execution_options().get("ledger"):
        case None:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        case "read":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _forget_inherited() -> None:
    # A forked child must neither use nor close its parent's connections: keep them referenced, start afresh.
    for engine in list(_engines):
        _inherited.append(engine.pool)
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_inherited)


def utcnow() -> datetime:
    return datetime.now(UTC)


class Core:
    """What every part of the ledger stands on: two kinds of short transactions and a clock."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utcnow) -> None:
        self.engine, self.clock = engine, clock
        self.where = place(engine.url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view; does not wait for writers."""
        with reduced(self.where), self.engine.execution_options(ledger="read").begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All statements of the block, or none; no other writer until it ends."""
        with reduced(self.where), self.engine.begin() as connection:
            yield connection

    def server_time(self) -> datetime | None:
        """What the clock of the ledger's own machine says, UTC; None for a file, which has none."""
        if self.engine.dialect.name == "sqlite":
            return None
        with self.reading() as connection:
            told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return told.astimezone(UTC)

    def purge(self) -> None:
        """Remove the bytes of deleted rows (salts, names, hashes) from the database's own files as far as it can."""
        with reduced(self.where):
            if self.engine.dialect.name == "sqlite":
                with self.engine.execution_options(ledger="outside").connect() as connection:
                    busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
                if busy:
                    raise LedgerUnavailable("deleted rows are still in use by a reader", where=self.where, fix="try again")
            else:
                with self.engine.execution_options(ledger="outside", isolation_level="AUTOCOMMIT").connect() as connection:
                    connection.exec_driver_sql("VACUUM salt, person, suppression")

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def reduced(where: str) -> Iterator[None]:
    """Driver errors of the block become ours."""
    try:
        yield
    except SQLAlchemyError as error:
        raise reduce(error, where) from None
