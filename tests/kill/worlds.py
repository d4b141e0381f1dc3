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
    """A shop that can be copied: a folder, and a database that is a file in it or a template on a server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def settings(self) -> Settings:
        return Settings(self.url, f"sqlite:///{self.folder}/ledger.sqlite", self.folder / "policy", self.folder / "secrets",
                        self.folder / "stores", self.folder / "reports", str(self.folder / "anchors.jsonl"), shop.AS_OF)

    def copy(self, folder: Path) -> World:
        shutil.copytree(self.folder, folder)
        url = sa.make_url(self.url)
        if url.get_backend_name() == "duckdb":
            return World(folder, f"duckdb:///{folder}/warehouse.duckdb")
        name = f"copy_{folder.name}_{os.getpid()}"
        admin = sa.create_engine(url.set(database="postgres"), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{url.database}"'))
        admin.dispose()
        return World(folder, url.set(database=name).render_as_string(hide_password=False))

    def drop(self) -> None:
        shutil.rmtree(self.folder)
        url = sa.make_url(self.url)
        if url.get_backend_name() != "duckdb":
            admin = sa.create_engine(url.set(database="postgres"), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)'))
            admin.dispose()

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


def prepared(folder: Path, url: str, scenario: str) -> World:
    """The world as it is before the scenario, made in a child so that this process never opens it."""
    def make() -> None:
        made = make_shop(url, folder)
        if scenario == "request":
            open_request(made.installation)
        made.installation.close()

    assert in_child(make) == 0
    return World(folder, url)
