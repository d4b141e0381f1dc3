"""No value of a row in any error, and each failure says what can be done about it."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa
from schemas import fill, found, run
from sqlalchemy import insert, select, update
from sqlalchemy.engine import URL, make_url

from governance.domain.errors import SettingsError, WarehouseError, WarehouseReadOnly, WarehouseUnavailable
from governance.domain.schema import Family
from governance.warehouse import StagedColumn, Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.functions import count_rows, table_of

_NOBODY = 65534
CANARY = "canary.qz81@example.az"


def shown(error: BaseException) -> str:
    """Everything a log could make of an error."""
    record = logging.LogRecord("t", logging.ERROR, __file__, 1, "failed", (), (type(error), error, error.__traceback__))
    parts = [str(error), repr(error), repr(error.args), logging.Formatter().format(record),
             "".join(traceback.format_exception(error)), repr(vars(error))]
    context = error.__context__
    while context is not None:
        parts += [str(context), repr(context)]
        context = context.__context__
    return "\n".join(parts)


@pytest.fixture
def guarded(warehouse: Warehouse) -> Warehouse:
    run(warehouse, "CREATE SCHEMA s",
        "CREATE TABLE s.t (id integer PRIMARY KEY, email text NOT NULL UNIQUE, short text CHECK (length(short) < 9))")
    fill(warehouse, found(warehouse, "s.t"), (1, CANARY, "x"), (2, "other", "y"))
    return warehouse


def _statements(row: sa.TableClause) -> dict[str, sa.Executable]:
    return {
        "not null": insert(row).values(id=3, email=None, short=CANARY[:5]),
        "unique": update(row).values(email=CANARY).where(row.c.id == 2),
        "unique in a list": insert(row).values([{"id": 5, "email": "a"}, {"id": 6, "email": CANARY}]),
        "cast": update(row).values(id=sa.cast(row.c.email, sa.Integer())).where(row.c.email == CANARY),
        "check": update(row).values(short=CANARY).where(row.c.id == 2),
        "wrong kind of value": insert(row).values(id=CANARY, email="e"),
        "missing column": select(sa.column(CANARY)).select_from(row),
    }


@pytest.mark.parametrize("forced", ["not null", "unique", "unique in a list", "cast", "check", "wrong kind of value",
                                    "missing column"])
@pytest.mark.parametrize("within", [True, False])
def test_a_driver_error_shows_no_value_anywhere(guarded: Warehouse, forced: str, within: bool) -> None:
    statement = _statements(table_of(found(guarded, "s.t")))[forced]
    with pytest.raises(WarehouseError) as caught, guarded.transaction() if within else nullcontext():
        guarded.execute(statement, name="test.forced")
    text = shown(caught.value)
    assert CANARY not in text
    assert CANARY[:5] not in text
    assert "test.forced" in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_values_met_while_reading_are_not_shown_either(guarded: Warehouse) -> None:
    row = table_of(found(guarded, "s.t"))
    bad = select(sa.cast(row.c.email, sa.Integer()))
    reads = (lambda: guarded.scalar(bad, name="r"), lambda: guarded.frame(bad, name="r"),
             lambda: list(guarded.rows(bad, name="r")))
    for read in reads:
        with pytest.raises(WarehouseError) as caught:
            read()
        assert CANARY not in shown(caught.value)
    assert guarded.scalar(count_rows(row), name="count") == 2


@pytest.mark.parametrize(("family", "rows"), [
    (Family.INTEGER, [(CANARY,)]), (Family.DATE, [(CANARY,)]), (Family.UUID, [(CANARY,)]), (Family.NUMBER, [(CANARY,)]),
    (Family.TEXT, [(CANARY, "too long")]), (Family.JSON, [("{" + CANARY,)]), (Family.MOMENT, [(CANARY,)]),
])
def test_staging_a_wrong_value_shows_it_nowhere(warehouse: Warehouse, family: Family, rows: list[tuple[str, ...]]) -> None:
    with pytest.raises(WarehouseError) as caught, warehouse.stage([StagedColumn("a", family)], rows):
        pass
    assert CANARY not in shown(caught.value)
    assert warehouse.schema().tables == ()


def test_postgres_names_table_column_and_sqlstate(postgres_warehouse: Warehouse) -> None:
    run(postgres_warehouse, 'CREATE SCHEMA "S"', 'CREATE TABLE "S"."T" ("a.b" text NOT NULL)')
    with pytest.raises(WarehouseError) as caught:
        postgres_warehouse.execute(insert(table_of(found(postgres_warehouse, '"S"."T"'))).values({"a.b": None}), name="step.one")
    assert str(caught.value.where) == 'S.T."a.b"'
    assert "NotNullViolation, SQLSTATE 23502" in str(caught.value)


def test_duckdb_names_class_and_the_table_of_the_statement(duckdb_warehouse: Warehouse) -> None:
    run(duckdb_warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t (a text NOT NULL)")
    with pytest.raises(WarehouseError) as caught:
        duckdb_warehouse.execute(insert(table_of(found(duckdb_warehouse, "s.t"))).values(a=None), name="step.one")
    assert str(caught.value.where) == "s.t"
    assert "ConstraintException" in str(caught.value)


def test_a_server_that_does_not_answer_is_unavailable_and_worth_a_retry(tmp_path: Path) -> None:
    url = URL.create("postgresql+psycopg", "someone", "p4ssw0rd", database="d", query={"host": str(tmp_path)})
    with pytest.raises(WarehouseUnavailable) as caught:
        connect(url.render_as_string(hide_password=False))
    assert caught.value.retryable
    assert "p4ssw0rd" not in shown(caught.value)


def test_a_refused_account_is_not_worth_a_retry(postgres_url: str) -> None:
    url = make_url(postgres_url).set(username="nobody_at_all", password="p4ssw0rd")
    with pytest.raises(WarehouseError) as caught:
        connect(url.render_as_string(hide_password=False))
    assert not caught.value.retryable
    assert "p4ssw0rd" not in shown(caught.value)


def test_a_session_that_was_ended_is_not_silently_opened_again(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as victim, closing(connect(postgres_url)) as other:
        number = victim.scalar(select(sa.func.pg_backend_pid()), name="pid")
        with pytest.raises(WarehouseUnavailable), victim.lock("work"):
            _end_and_use(other, number, victim)
        # Its lock and what it had staged are gone, so going on would be wrong.
        with pytest.raises(WarehouseUnavailable):
            victim.scalar(select(sa.literal(1)), name="two")
        with other.lock("work"):
            pass


def _end_and_use(other: Warehouse, number: int, victim: Warehouse) -> None:
    other.scalar(select(sa.func.pg_terminate_backend(number)), name="end")
    victim.scalar(select(sa.literal(1)), name="one")


@pytest.mark.parametrize("reading", [False, True])
def test_a_file_that_another_process_has_open_is_unavailable_and_worth_a_retry(duckdb_url: str, reading: bool) -> None:
    path = make_url(duckdb_url).database
    program = f"import duckdb, time; c = duckdb.connect({path!r}, read_only={reading}); print('open', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(WarehouseUnavailable, match="open elsewhere") as caught:
            connect(duckdb_url)
        assert caught.value.retryable
        os.kill(other.pid, signal.SIGKILL)
    connect(duckdb_url).close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_the_account_may_not_write_is_opened_for_reading(duckdb_url: str) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        path = shutil.copy(str(make_url(duckdb_url).database), folder / "w.duckdb")
        Path(path).chmod(0o444)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.setuid(_NOBODY)
                code = 0 if _reads_only(f"duckdb:///{path}") else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        shutil.rmtree(folder)


def _reads_only(url: str) -> bool:
    with closing(connect(url)) as opened:
        opened.schema()
        try:
            opened.execute(sa.text("CREATE TABLE t (a integer)"), name="write")
        except WarehouseReadOnly:
            return True
    return False


@pytest.mark.parametrize(("url", "says"), [
    ("", "is not set"),
    ("  ", "is not set"),
    ("not a url with p4ssw0rd", "is not a URL"),
    ("mysql://u:p4ssw0rd@h/d", "not supported"),
    ("postgresql://u:p4ssw0rd@h/d", "does not name the driver"),
    ("duckdb:///:memory:", "names no file"),
    ("duckdb:////nowhere/at/all.duckdb", "there is no DuckDB file"),
    ("postgresql+psycopg://u:p4ssw0rd@h:port/d", "is not a URL"),
])
def test_a_url_that_cannot_be_used_says_why_without_its_password(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        connect(url)
    assert "p4ssw0rd" not in shown(caught.value)


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        connect(f"duckdb:///{tmp_path}/new.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_a_warehouse_shows_no_password(postgres_url: str) -> None:
    url = make_url(postgres_url).set(password="p4ssw0rd")
    with closing(connect(url.render_as_string(hide_password=False))) as opened:
        assert "p4ssw0rd" not in repr(opened)


def test_hidden_rows_are_an_error_and_not_a_false_nothing(postgres_url: str, postgres_account: Callable[[str], str]) -> None:
    account = postgres_account(postgres_url)
    with closing(connect(postgres_url)) as owner:
        run(owner, "CREATE SCHEMA s", "CREATE TABLE s.t (a integer)", "INSERT INTO s.t VALUES (1)",
            "GRANT USAGE ON SCHEMA s TO PUBLIC", "GRANT SELECT, DELETE ON s.t TO PUBLIC",
            "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY mine ON s.t USING (false)")
        row = table_of(found(owner, "s.t"))
        assert owner.scalar(count_rows(row), name="count") == 1
    with closing(connect(account)) as reader:
        with pytest.raises(WarehouseError, match="row-level security"):
            reader.scalar(count_rows(row), name="count")
        with pytest.raises(WarehouseError, match="row-level security"):
            reader.execute(sa.delete(row), name="delete")


def test_an_account_without_rights_is_told_so(postgres_url: str, postgres_account: Callable[[str], str]) -> None:
    account = postgres_account(postgres_url)
    with closing(connect(postgres_url)) as owner:
        run(owner, "CREATE SCHEMA s", "CREATE TABLE s.t (a integer)", "CREATE TABLE s.u (a integer)",
            "GRANT USAGE ON SCHEMA s TO PUBLIC", "GRANT SELECT ON s.t TO PUBLIC")
        allowed, refused = table_of(found(owner, "s.t")), table_of(found(owner, "s.u"))
    with closing(connect(account)) as reader:
        assert reader.scalar(count_rows(allowed), name="count") == 0
        with pytest.raises(WarehouseError, match="may not read"):
            reader.scalar(count_rows(refused), name="count")
        with pytest.raises(WarehouseReadOnly):
            reader.execute(sa.delete(allowed), name="delete")
        with pytest.raises(WarehouseReadOnly, match="doctor --fix"):
            reader.create_control()
        with pytest.raises(WarehouseReadOnly, match="may not vacuum"):
            reader.purge([found(reader, "s.t").ref])
