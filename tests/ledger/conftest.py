"""Ledgers on both engines, each test with a database of its own, copied from one that was migrated once."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, NullPool, create_engine, make_url

from governance.ledger import Ledger


@pytest.fixture(scope="session")
def ledger_server(postgres_server: URL) -> str:
    return postgres_server.render_as_string(hide_password=False)


@contextmanager
def database(server: str, template: str = "template0") -> Iterator[str]:
    """A database copied from `template`, dropped at the end."""
    url = make_url(server).set(database=f"ledger_{uuid.uuid4().hex}")
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {url.database} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {url.database} WITH (FORCE)")


@pytest.fixture(scope="session")
def templates(ledger_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A migrated, empty ledger on each engine; nobody stays connected to it."""
    sqlite = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'template.sqlite'}"
    Ledger.migrate(sqlite)
    with database(ledger_server) as postgres:
        Ledger.migrate(postgres)
        yield {"sqlite": sqlite, "postgres": postgres}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, ledger_server: str, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        with database(ledger_server) as url:
            yield url


@pytest.fixture
def ledger_url(backend: str, ledger_server: str, templates: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """A migrated, empty ledger."""
    template = str(make_url(templates[backend]).database)
    if backend == "sqlite":
        shutil.copy(template, tmp_path / "ledger.sqlite")
        yield f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    else:
        with database(ledger_server, template) as url:
            yield url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger.open(ledger_url) as opened:
        yield opened
