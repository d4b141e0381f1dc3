"""Driver errors of the ledger's database, reduced to what is wrong and what to do. The driver's text is dropped: it
quotes values."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from governance.domain.errors import LedgerError, LedgerUnavailable

REFUSED = "GV001"  # SQLSTATE raised by our own triggers
MIGRATE = "governance doctor --fix"

_SQLITE: tuple[tuple[str, type[LedgerError], str, str], ...] = (
    ("SQLITE_BUSY", LedgerUnavailable, "is locked by another program", "wait, or end what keeps the file open; then try again"),
    ("SQLITE_LOCKED", LedgerUnavailable, "is locked by another program", "wait, or end what keeps the file open; then try again"),
    ("SQLITE_FULL", LedgerError, "cannot grow: the disk is full", "free space on its disk; nothing was written"),
    ("SQLITE_READONLY", LedgerError, "is read-only", "give this user the right to write the file and its folder"),
    ("SQLITE_CANTOPEN", LedgerError, "cannot be opened", "check that the folder exists and that this user may write it"),
    ("SQLITE_NOTADB", LedgerError, "is not a SQLite database", "check GOVERNANCE_LEDGER_URL, or restore the file from a backup"),
    ("SQLITE_CORRUPT", LedgerError, "is damaged", "restore the file from a backup, then run: governance evidence verify"),
    ("SQLITE_CONSTRAINT_TRIGGER", LedgerError, "refuses the write: evidence can only be appended", "append a new entry instead"),
    ("SQLITE_IOERR", LedgerUnavailable, "cannot be read or written by the operating system", "check its disk, then try again"),
)

_POSTGRES: tuple[tuple[str, type[LedgerError], str, str], ...] = (
    (REFUSED, LedgerError, "refuses the write: evidence can only be appended", "append a new entry instead"),
    ("53100", LedgerError, "cannot grow: the disk is full", "free space on the server's disk; nothing was written"),
    ("25006", LedgerError, "is read-only", "use the primary server, or an account that may write"),
    ("42501", LedgerError, "may not be used by this account as needed", "grant it the tables of the ledger"),
    ("28", LedgerError, "refuses this account", "check user and password in GOVERNANCE_LEDGER_URL"),
    ("3D", LedgerError, "does not exist on this server", "create the database, then run: " + MIGRATE),
    ("42P01", LedgerError, "lacks a table", MIGRATE),
    ("08", LedgerUnavailable, "does not answer", "check that the server runs, then try again"),
    ("57", LedgerUnavailable, "closed the connection", "check that the server runs, then try again"),
    ("53", LedgerUnavailable, "has no room for another connection", "wait, or raise the server's limits"),
    ("55P03", LedgerUnavailable, "is locked by another session", "wait, or end the session that holds the lock; then try again"),
    ("40", LedgerUnavailable, "gave way to another session", "try again"),
)


def reduce(error: SQLAlchemyError, where: str) -> LedgerError:
    """Our error for `error`; raise it ``from None``. `where` is the ledger's address without its password."""
    origin = error.orig if isinstance(error, DBAPIError) else None
    name = str(getattr(origin, "sqlite_errorname", None) or "")
    state = str(getattr(origin, "sqlstate", None) or "")
    for table, code in ((_SQLITE, name), (_POSTGRES, state)):
        for prefix, kind, problem, fix in table:
            if code.startswith(prefix):
                return kind(f"the ledger {problem} ({code})", where=where, fix=fix)
    if origin is not None and not name and not state and type(origin).__name__ in ("OperationalError", "InterfaceError"):
        return LedgerUnavailable("the ledger does not answer", where=where, fix="check that the server runs, then try again")
    if name == "SQLITE_ERROR":
        return LedgerError("the ledger lacks a table or column", where=where, fix=MIGRATE)
    code = name or state or "no code"
    return LedgerError(f"the ledger refused a statement: {type(origin or error).__name__} ({code})", where=where)
