"""Tables come and go as a whole, equal what the code says, and the guards come with them."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from governance.domain.errors import LedgerError, LedgerUnavailable, SettingsError
from governance.ledger import Ledger
from governance.ledger.engine import connect
from governance.ledger.migrate import configuration
from governance.ledger.models import REVISION, metadata
from tests.ledger.test_evidence import changes


def test_up_down_up_on_an_empty_ledger(empty_url: str) -> None:
    assert Ledger.migrate(empty_url) is True
    assert Ledger.migrate(empty_url) is False
    assert Ledger.downgrade(empty_url) is True
    assert Ledger.downgrade(empty_url) is False
    with pytest.raises(LedgerError, match="not there yet"):
        Ledger.open(empty_url)
    assert Ledger.migrate(empty_url) is True
    with Ledger.open(empty_url) as ledger:
        assert ledger.record("step", {}).seq == 1


def test_down_refuses_while_evidence_exists(ledger: Ledger, ledger_url: str) -> None:
    entry = ledger.record("step", {})
    with pytest.raises(LedgerError, match="holds evidence"):
        Ledger.downgrade(ledger_url)
    assert list(ledger.entries()) == [entry]


def test_models_equal_migrations(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_the_revision_asked_for_is_the_head(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        assert ScriptDirectory.from_config(configuration(connection)).get_heads() == [REVISION]


def test_guards_survive_down_and_up(empty_url: str, backend: str) -> None:
    Ledger.migrate(empty_url)
    Ledger.downgrade(empty_url)
    Ledger.migrate(empty_url)
    with Ledger.open(empty_url) as ledger:
        for n in range(3):
            ledger.record("step", {"rows": n})
        for statement in changes(backend):
            with pytest.raises(LedgerError, match="only be appended"), ledger.writing() as connection:
                connection.exec_driver_sql(statement)


def test_a_migration_that_dies_leaves_nothing_behind(empty_url: str) -> None:
    engine = connect(empty_url, create=True)
    with engine.connect() as connection, connection.begin() as transaction:
        command.upgrade(configuration(connection), "head")
        transaction.rollback()
    with engine.execution_options(ledger="read").begin() as connection:
        assert [d[0] for d in compare_metadata(MigrationContext.configure(connection), metadata) if d[0] == "add_table"]
    engine.dispose()
    assert Ledger.migrate(empty_url) is True


def test_four_processes_migrate_one_ledger(empty_url: str) -> None:
    context = multiprocessing.get_context("fork")
    running = [context.Process(target=Ledger.migrate, args=(empty_url,)) for _ in range(4)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert [one.exitcode for one in running] == [0] * 4
    with Ledger.open(empty_url) as ledger:
        assert ledger.head() is None


def test_another_revision_is_refused(ledger: Ledger, ledger_url: str) -> None:
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match=r"revision 9999.*needs 0003\n  fix: governance doctor --fix"):
        Ledger.open(ledger_url)


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense", "duckdb:////srv/w.duckdb"])
def test_addresses_that_cannot_be_a_ledger_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="GOVERNANCE_LEDGER_URL"):
        Ledger.open(url)


def test_opening_never_creates_a_file(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger here yet"):
        Ledger.open(f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert list(tmp_path.iterdir()) == []


def test_a_dead_server_is_unavailable_and_its_password_stays_secret() -> None:
    with pytest.raises(LedgerUnavailable, match="does not answer") as raised:
        Ledger.open("postgresql+psycopg://app:hunter2@127.0.0.1:1/ledger")
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.postgres
def test_a_missing_database_is_said_plainly(ledger_server: str) -> None:
    url = make_url(ledger_server).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(LedgerError, match=r"does not exist on this server|does not answer"):
        Ledger.open(str(url))


def test_a_file_that_is_no_database_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("something else entirely " * 100)
    with pytest.raises(LedgerError, match="not a SQLite database"):
        Ledger.open(f"sqlite:///{tmp_path / 'x.sqlite'}")


def test_a_folder_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger.migrate(f"sqlite:///{tmp_path / 'none' / 'x.sqlite'}")


def test_a_read_only_file_is_said_plainly(templates: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger.migrate(f"sqlite:///{path}")
    # mode=ro is how SQLite itself sees a file without write permission; root, who runs tests, has every permission.
    with Ledger.open(f"sqlite:///file:{path}?mode=ro&uri=true") as ledger:
        assert ledger.head() is None
        with pytest.raises(LedgerError, match="read-only"):
            ledger.record("step", {})
