"""A driver's error becomes ours: class, SQLSTATE, table, column and the statement's name. Never the driver's text.

Drivers quote values of rows (``Key (email)=(...) already exists``), so nothing of the original survives: not its message,
not as a cause, not as a context. The adapters raise what `reduced` returns outside their ``except`` block.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from sqlalchemy import exc
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.expression import TableClause

from governance.domain.errors import WarehouseError, WarehouseReadOnly, WarehouseUnavailable
from governance.domain.names import TableRef, quote

# SQLSTATE: the same call may succeed later. Serialization, deadlock, lock not available, out of connections or memory.
_RETRYABLE = {"40001", "40P01", "55P03", "53300", "53200"}
_LOST = {"57P01", "57P02", "57P03", "57P05", "53300"}  # shut down, crashed, starting up, idle too long, too many clients
_REFUSED_ACCOUNT = ("password authentication failed", "no pg_hba.conf entry", "no password supplied", "does not exist",
                    "is not permitted to log in", "permission denied for database")

_ADVICE = {
    "23502": "a column that must not be null would become null",
    "23503": "a row that is referred to would go, or a reference would point nowhere",
    "23505": "two rows would have the same unique key",
    "23514": "a check constraint would be broken",
    "42P01": "a table is missing",
    "42703": "a column is missing",
}


def reduced(error: BaseException, *, name: str, statement: object = None, writing: bool = False) -> WarehouseError:
    """Our error for `error`, which may hold values and must not be chained to it.

    `statement` gives the table when the driver does not say; `writing` tells a refused write from a refused read.
    """
    driver = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    table = _table_of(statement)
    if isinstance(driver, psycopg.Error):
        return _from_postgres(driver, name, table, writing)
    if isinstance(driver, duckdb.Error):
        return _from_duckdb(driver, name, table)
    return WarehouseError(f"{name} failed before the engine answered ({type(driver).__name__}{_origin(driver)})", where=table)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone for good: its locks and temporary tables too."""
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return True
    driver = error.orig if isinstance(error, exc.DBAPIError) else error
    return isinstance(driver, (duckdb.FatalException, duckdb.InternalException))


def _from_postgres(driver: psycopg.Error, name: str, table: str | None, writing: bool) -> WarehouseError:
    state, diag = driver.sqlstate, driver.diag
    where = _named(diag.schema_name, diag.table_name, diag.column_name) or table
    code = f"{type(driver).__name__}, SQLSTATE {state}" if state else type(driver).__name__
    if state is None and isinstance(driver, psycopg.OperationalError):
        if any(phrase in str(driver) for phrase in _REFUSED_ACCOUNT):
            return WarehouseError(f"{name}: PostgreSQL refused the account or the database", where=where,
                                  fix="check user, password and database in GOVERNANCE_WAREHOUSE_URL")
        return WarehouseUnavailable(f"{name}: PostgreSQL does not answer ({code})", where=where,
                                    fix="check that the server runs and can be reached, then run again")
    if state is not None and (state in _LOST or state.startswith("08")):
        return WarehouseUnavailable(f"{name}: PostgreSQL ended the connection ({code})", where=where, fix="run again")
    if state == "25006":
        return WarehouseReadOnly(f"{name}: the connection is read-only ({code})", where=where,
                                 fix="use an account and a server that may write")
    if state == "42501" and diag.source_function == "check_enable_rls":
        return WarehouseError(f"{name}: row-level security hides rows from this account, so nothing can be counted ({code})",
                              where=where, fix="give the account BYPASSRLS or make it the owner of the table")
    if state == "42501":
        if writing:
            return WarehouseReadOnly(f"{name}: this account may not do that ({code})", where=where,
                                     fix="grant it the right, or use an account that has it")
        return WarehouseError(f"{name}: this account may not read that ({code})", where=where, fix="grant SELECT to it")
    what = f"{_ADVICE[state]}: " if state in _ADVICE else ""
    constraint = f", constraint {quote(diag.constraint_name)}" if diag.constraint_name else ""
    found = WarehouseError(f"{name}: {what}the engine refused the statement ({code}{constraint})", where=where)
    found.retryable = state in _RETRYABLE
    return found


def _from_duckdb(driver: duckdb.Error, name: str, table: str | None) -> WarehouseError:
    # DuckDB has no SQLSTATE and no fields; its text is looked at to choose a class and never repeated.
    text, code = str(driver), type(driver).__name__
    # A refused lock comes first: DuckDB may add to it that the file could still be opened in read-only mode.
    locked = isinstance(driver, duckdb.IOException) and "lock" in text
    if not locked and ("read-only mode" in text or "read only mode" in text):
        return WarehouseReadOnly(f"{name}: the DuckDB file is open for reading only ({code})", where=table,
                                 fix="open it with an account that may write the file and its folder")
    if isinstance(driver, (duckdb.FatalException, duckdb.InternalException)):
        return WarehouseUnavailable(f"{name}: DuckDB gave up on the file until it is opened again ({code})", where=table,
                                    fix="run again")
    if locked or isinstance(driver, duckdb.ConnectionException) or "Unique file handle conflict" in text:
        return WarehouseUnavailable(f"{name}: the DuckDB file is open elsewhere, and only one can have it ({code})", where=table,
                                    fix="wait until it was closed there; in Airflow use the pool governance_warehouse")
    found = WarehouseError(f"{name}: the engine refused the statement ({code})", where=table)
    found.retryable = isinstance(driver, duckdb.TransactionException) and "conflict" in text.lower()
    return found


def _table_of(statement: object) -> str | None:
    target: Any = statement.table if isinstance(statement, UpdateBase) else None
    if not isinstance(target, TableClause):
        return None
    return _named(getattr(target, "schema", None), target.name)


def _named(schema: str | None, table: str | None, column: str | None = None) -> str | None:
    if not table:
        return None
    name = str(TableRef(schema, table)) if schema else quote(table)
    return f"{name}.{quote(column)}" if column else name


def _origin(error: BaseException) -> str:
    """The line of code an error that is not the driver's came from, so that it can be found without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
