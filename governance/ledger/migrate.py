"""Alembic driven from code: a connection is passed in, there is no ini file. It is imported only by what migrates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, column, inspect, select, table

from governance.domain.errors import LedgerError
from governance.ledger.engine import connect, place, reduced
from governance.ledger.models import REVISION, evidence

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).with_name("migrations")


def configuration(connection: Connection) -> Config:
    """What Alembic needs to work on `connection`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def revision(connection: Connection) -> str | None:
    """The revision the tables stand at, None when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table("alembic_version")))
    return found


def migrate(url: str) -> bool:
    """Bring the ledger at `url` to `REVISION`, creating it where it is missing. Whether anything changed. All or nothing."""
    return _on(url, True, lambda connection: revision(connection) != REVISION and _ran("upgrade", connection, "head"))


def downgrade(url: str) -> bool:
    """Remove all tables. LedgerError while there is evidence: it is nobody's to remove."""
    return _on(url, False, lambda connection: revision(connection) is not None and _ran("downgrade", connection, "base"))


def refuse_with_evidence(connection: Connection) -> None:
    """LedgerError when the chain has entries."""
    if connection.scalar(select(evidence.c.seq).limit(1)) is not None:
        raise LedgerError("the ledger holds evidence, its tables stay", where=place(connection.engine.url),
                          fix="governance evidence export, then keep this database")


def _ran(what: Literal["upgrade", "downgrade"], connection: Connection, to: str) -> bool:
    from alembic import command

    {"upgrade": command.upgrade, "downgrade": command.downgrade}[what](configuration(connection), to)
    return True


def _on(url: str, create: bool, work: Callable[[Connection], bool]) -> bool:
    engine = connect(url, create=create)
    try:
        with reduced(place(engine.url)), engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()
