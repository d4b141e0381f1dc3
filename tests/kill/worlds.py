"""A shop that can be copied between one try and the next."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import sqlalchemy as sa

from governance.installation import Installation
from governance.settings import Settings
from tests.disposal import shop
from tests.disposal.conftest import make_shop
from tests.kill.points import Points, in_child
from tests.kill.scenarios import SCENARIOS, open_request


class World:
    """A shop that can be copied: a folder, and databases that are files in it or templates on a server."""

    def __init__(self, folder: Path, url: str, ledger_url: str | None = None) -> None:
        self.folder, self.url, self._ledger_url = folder, url, ledger_url

    @property
    def ledger_url(self) -> str:
        return self._ledger_url or f"sqlite:///{self.folder}/ledger.sqlite"

    def settings(self) -> Settings:
        return Settings(self.url, self.ledger_url, self.folder / "policy", self.folder / "secrets",
                        self.folder / "stores", self.folder / "reports", str(self.folder / "anchors.jsonl"), shop.AS_OF)

    def copy(self, folder: Path) -> World:
        shutil.copytree(self.folder, folder)
        url = f"duckdb:///{folder}/warehouse.duckdb" if self.url.startswith("duckdb") else _copied(self.url, f"copy_{folder.name}")
        return World(folder, url, _copied(self._ledger_url, f"ledger_{folder.name}") if self._ledger_url else None)

    def drop(self) -> None:
        shutil.rmtree(self.folder)
        for url in (self.url, self._ledger_url):
            if url and not url.startswith("duckdb"):
                _on_server(url, f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')

    def run(self, scenario: str, points: Points | None = None) -> None:
        installation = Installation(self.settings())
        if points is not None:
            points.listen()
        try:
            SCENARIOS[scenario](installation)
        finally:
            if points is not None:
                points.stop()
            installation.close()


def _copied(url: str, name: str) -> str:
    """A copy of a database on a server; its URL."""
    name = f"{name}_{os.getpid()}"
    _on_server(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _on_server(url, f'CREATE DATABASE "{name}" TEMPLATE "{sa.make_url(url).database}"')
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)


def _on_server(url: str, statement: str) -> None:
    admin = sa.create_engine(sa.make_url(url).set(database="postgres"), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(statement))
    admin.dispose()


def prepared(folder: Path, url: str, scenario: str, ledger_url: str | None = None) -> World:
    """The world as it is before the scenario, made in a child so that this process never opens it."""
    def make() -> None:
        made = make_shop(url, folder, ledger_url=ledger_url)
        if scenario == "request":
            open_request(made.installation)
        made.installation.close()

    assert in_child(make) == 0
    return World(folder, url, ledger_url)
