"""The how-to is run as it is written: its SQL as the owner of the tables, its commands as an account that has SELECT and no more."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from tests.proposing import chinook

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MOST_SECONDS = 15 * 60


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.skipif(not chinook.DATA.is_dir(), reason="the sample database is not beside the project")
def test_a_database_nobody_prepared_is_known_in_a_quarter_of_an_hour(tmp_path: Path, postgres_url: str) -> None:
    """Each ``text`` block quotes what the ``sh`` block before it prints."""
    chinook.load(postgres_url)
    blocks = _BLOCK.findall((ROOT / "docs/how-to/my_own_postgresql.md").read_text(encoding="utf-8"))
    role = f"governance_read_{os.getpid()}"
    owner = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with owner.connect() as connection:
        for statement in ";".join(text for kind, text in blocks if kind == "sql").split(";"):
            if statement.strip():
                own = statement.replace("governance_read", role).replace("DATABASE chinook", f"DATABASE {make_url(postgres_url).database}")
                connection.exec_driver_sql(own)
    url = make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
    _can_create_nothing(url)
    before = _everything(postgres_url)

    commands = "\n".join(f"echo '#### {n}'\n{text}" for n, (kind, text) in enumerate(blocks) if kind == "sh")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GOVERNANCE_", "AIRFLOW"))}
    env = {**kept, "T": str(tmp_path / "t"), "GOVERNANCE_WAREHOUSE_URL": url,
           "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}"}
    began = time.monotonic()
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=ROOT, env=env, capture_output=True, text=True,
                          encoding="utf-8", check=False, timeout=MOST_SECONDS)
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    printed = dict(re.findall(r"^#### (\d+)\n(.*?)(?=^#### |\Z)", done.stdout, re.MULTILINE | re.DOTALL))
    promised = [(n, line) for n, (kind, text) in enumerate(blocks) if kind == "text" for line in text.strip().splitlines()]
    for n, line in promised:
        told = " ".join(printed[str(n - 1)].split())
        assert " ".join(line.split()) in told or line in _unwrapped(printed[str(n - 1)]), f"the page promises {line!r}"
    assert len(promised) >= 10
    assert seconds < MOST_SECONDS
    assert "Köhler" not in done.stdout + done.stderr
    assert _everything(postgres_url) == before


def _unwrapped(printed: str) -> str:
    """What stands in the cells of tables, without the frames and the breaks of lines."""
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in printed.splitlines() if line.startswith("│")]
    return " ".join(" ".join(row[k] for row in rows if len(row) > k) for k in range(max(map(len, rows), default=0)))


def _can_create_nothing(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    tries: tuple[str, ...] = ("CREATE TEMPORARY TABLE t (x int)", "CREATE TABLE public.t (x int)", "CREATE SCHEMA s",
                              'DELETE FROM public."Customer"')
    for statement in tries:
        with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            connection.exec_driver_sql(statement)


def _everything(url: str) -> dict[str, list[str]]:
    """Every row of every table, and the names of all schemas."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    read: Callable[[sa.Connection, str], list[str]] = lambda c, query: sorted(str(r) for r in c.exec_driver_sql(query))  # noqa: E731
    with engine.connect() as connection:
        found = {t: read(connection, f'SELECT * FROM public."{t}"') for t in sa.inspect(connection).get_table_names("public")}
        return found | {"schemas": read(connection, "SELECT nspname FROM pg_namespace")}
