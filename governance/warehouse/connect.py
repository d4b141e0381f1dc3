"""Opening a warehouse by its URL. Nothing is opened on import, and no error shows a password."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url

from governance.domain.errors import SettingsError
from governance.warehouse import Warehouse

SETTING = "GOVERNANCE_WAREHOUSE_URL"
_EXAMPLES = "duckdb:////srv/warehouse.duckdb or postgresql+psycopg://user@host/database"


def connect(url: str, *, read_only: bool = False) -> Warehouse:
    """An open warehouse for ``duckdb:///path`` or ``postgresql+psycopg://...``; the caller closes it.

    SettingsError for a URL that is unset, unknown or names a file that is not there; WarehouseUnavailable when the server
    does not answer or somebody else has the file open. With `read_only`, and for a file the account may not write, every
    write raises WarehouseReadOnly.
    """
    parsed = _parse(url)
    if parsed.drivername == "duckdb":
        from governance.warehouse.duckdb import DuckDBWarehouse

        path = _existing_file(parsed)
        return DuckDBWarehouse(parsed, f"DuckDB file {path}", path=path, read_only=read_only)
    from governance.warehouse.postgres import PostgresWarehouse

    return PostgresWarehouse(parsed, _place(parsed), read_only=read_only)


def _parse(url: str) -> URL:
    if not url.strip():
        raise SettingsError("is not set", where=SETTING, fix=f"set it to {_EXAMPLES}")
    parsed: URL | None = None
    with suppress(exc.ArgumentError, ValueError):  # their text is the URL with its password
        parsed = make_url(url)
    if parsed is None:
        raise SettingsError("is not a URL", where=SETTING, fix=f"write it as {_EXAMPLES}")
    if parsed.drivername in ("postgresql", "postgres"):
        raise SettingsError("does not name the driver", where=SETTING, fix="write postgresql+psycopg:// at its beginning")
    if parsed.drivername not in ("duckdb", "postgresql+psycopg"):
        raise SettingsError("names an engine that is not supported", where=SETTING, fix=f"write it as {_EXAMPLES}")
    return parsed


def _existing_file(url: URL) -> Path:
    if not url.database or url.database.startswith(":"):
        raise SettingsError("names no file", where=SETTING, fix="write it as duckdb:////srv/warehouse.duckdb")
    path = Path(url.database).resolve()
    if not path.is_file():
        # DuckDB would create it, and an empty warehouse would look like one without personal data.
        raise SettingsError(f"there is no DuckDB file {path}", where=SETTING, fix="correct the path, or load the warehouse first")
    return path


def _place(url: URL) -> str:
    host = url.query.get("host", url.host or "localhost")
    port = f":{url.port}" if url.port else ""
    return f"PostgreSQL database {url.database or 'postgres'} at {host if isinstance(host, str) else ','.join(host)}{port}"
