"""Purging: what is deleted is gone from the files, as far as an engine can, and nothing else is."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from schemas import everything, found, run
from sqlalchemy import Engine, delete, event, select, text
from sqlalchemy.engine import make_url

from governance.domain.errors import GovernanceError, WarehouseUnavailable
from governance.domain.names import TableRef
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.duckdb_rewrite import copy_path
from governance.warehouse.functions import table_of

CANARY = b"canary-QZ81-value"


def _path(url: str) -> Path:
    return Path(str(make_url(url).database))


def _rich(warehouse: Warehouse) -> None:
    """A file with something of everything DuckDB has."""
    run(warehouse, 'CREATE SCHEMA "a.b ""c"', "CREATE SCHEMA s", "CREATE SEQUENCE s.q START 5 INCREMENT 2",
        "CREATE TYPE s.mood AS ENUM ('x', 'y')",
        "CREATE TABLE s.z_parent (id integer PRIMARY KEY, e varchar UNIQUE, m s.mood, n integer CHECK (n > 0), "
        "g integer GENERATED ALWAYS AS (n * 2), seen timestamptz, j json, q bigint DEFAULT nextval('s.q'), b blob, l integer[])",
        "CREATE TABLE s.a_child (id integer, pid integer REFERENCES s.z_parent (id), x varchar NOT NULL, UNIQUE (id, pid))",
        "CREATE TABLE s.tree (id integer PRIMARY KEY, up integer REFERENCES s.tree (id))",
        'CREATE TABLE "a.b ""c"."T %(x)s" ("ə.""k" varchar)', 'INSERT INTO "a.b ""c"."T %(x)s" VALUES (\'kept\')',
        "CREATE UNIQUE INDEX ux ON s.a_child (x)", "CREATE INDEX ix ON s.a_child (lower(x))",
        "CREATE VIEW s.v2 AS SELECT id FROM s.a_child", "CREATE VIEW s.a_view AS SELECT * FROM s.v2",
        "CREATE MACRO s.plus(a) AS a + 1", "COMMENT ON TABLE s.a_child IS 'children'",
        "COMMENT ON COLUMN s.a_child.x IS 'a column'", "COMMENT ON VIEW s.v2 IS 'a view'",
        "INSERT INTO s.z_parent (id, e, m, n, seen, j, b, l) SELECT i, CASE i WHEN 7 THEN 'canary-QZ81-value' ELSE 'e' || i END, "
        "'x', i + 1, '2026-01-01 00:00:00+00', '{\"a\": 1}', 'ab', [1, 2] FROM range(2000) AS r(i)",
        "INSERT INTO s.a_child VALUES (1, 3, 'kept')",
        "INSERT INTO s.tree VALUES (3, NULL)", "INSERT INTO s.tree VALUES (1, 3), (9, 3)", "INSERT INTO s.tree VALUES (2, 1)")


def _facts(warehouse: Warehouse) -> dict[str, object]:
    schema = warehouse.schema()
    rows = {str(t.ref): everything(warehouse, t.ref) for t in schema.tables}
    return {"schema": schema.tables, "rows": rows}


def test_duckdb_purge_removes_the_bytes_and_keeps_everything_else(duckdb_url: str) -> None:
    path = _path(duckdb_url)
    with closing(connect(duckdb_url)) as warehouse:
        _rich(warehouse)
        row = table_of(found(warehouse, "s.z_parent"))
        warehouse.purge([])
        assert CANARY in path.read_bytes()
        warehouse.execute(delete(row).where(row.c.id == 7), name="delete")
        before = _facts(warehouse)
        warehouse.purge([TableRef("s", "z_parent")])
        assert _facts(warehouse) == before
        assert CANARY not in path.read_bytes()
        run(warehouse, "INSERT INTO s.z_parent (id, n) VALUES (7, 1)")
        assert warehouse.scalar(select(row.c.q).where(row.c.id == 7), name="next") == 5 + 2 * 2000
        for refused in ("INSERT INTO s.a_child VALUES (5, 99999, 'y')", "INSERT INTO s.a_child VALUES (5, 3, 'kept')",
                        "INSERT INTO s.z_parent (id, n) VALUES (8, 1)", "UPDATE s.z_parent SET n = -1 WHERE id = 9"):
            with pytest.raises(GovernanceError):
                run(warehouse, refused)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT s.plus(1), (SELECT count(*) FROM s.a_view)").fetchone() == (2, 1)


def test_duckdb_purge_keeps_the_files_mode(duckdb_url: str) -> None:
    path = _path(duckdb_url)
    path.chmod(0o640)
    with closing(connect(duckdb_url)) as warehouse:
        warehouse.purge([])
    assert path.stat().st_mode & 0o777 == 0o640


def test_duckdb_purge_waits_for_nobody_and_changes_nothing_while_another_has_the_file_open(duckdb_url: str) -> None:
    with closing(connect(duckdb_url)) as one, closing(connect(duckdb_url)) as two:
        run(one, "CREATE TABLE t AS SELECT 1 AS a")
        with pytest.raises(WarehouseUnavailable):
            one.purge([])
        run(two, "INSERT INTO t VALUES (2)")
        assert [tuple(r) for r in everything(one, TableRef("main", "t"))] == [(1,), (2,)]
        two.close()
        one.purge([])
        assert [tuple(r) for r in everything(one, TableRef("main", "t"))] == [(1,), (2,)]


def _purge_until(url: str, left: int) -> None:
    """Purge in this process, which is killed at the `left`-th event: before and after each statement, commit and rename."""
    replace = os.replace

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(source: Path, target: Path) -> None:
        count()
        replace(source, target)
        count()

    warehouse = connect(url)
    os.replace = counted  # type: ignore[assignment]
    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, count)
    warehouse.purge([])
    os._exit(0)


@pytest.mark.kill
def test_duckdb_purge_killed_at_any_point_leaves_a_whole_file(duckdb_url: str) -> None:
    path = _path(duckdb_url)
    with closing(connect(duckdb_url)) as warehouse:
        run(warehouse, "CREATE TABLE p (id integer PRIMARY KEY)", "CREATE TABLE a (id integer REFERENCES p (id))",
            "INSERT INTO p SELECT i FROM range(100) r(i)", "INSERT INTO a SELECT i FROM range(50) r(i)")
        before = _facts(warehouse)
    for point in range(1, 1000, 5):
        child = os.fork()
        if child == 0:
            try:
                _purge_until(duckdb_url, point)
            finally:
                os._exit(1)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with closing(connect(duckdb_url)) as warehouse:
            assert _facts(warehouse) == before
        assert not copy_path(path).exists()
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    assert point > 50


def test_postgres_purge_forgets_statistics_gives_space_back_and_says_what_it_cannot(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as warehouse:
        assert not warehouse.capabilities.physical_purge
        run(warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t (id integer, v text)", "CREATE INDEX by_v ON s.t (v)",
            "INSERT INTO s.t SELECT i, CASE WHEN i < 600 THEN 'canary-QZ81-value' ELSE 'v' || i END "
            "FROM generate_series(1, 3000) AS g(i)",
            "ANALYZE s.t")
        row, size = table_of(found(warehouse, "s.t")), select(text("pg_relation_size('s.t')"))
        assert _in_statistics(warehouse)
        warehouse.execute(delete(row).where(row.c.v == CANARY.decode()), name="delete")
        warehouse.purge([TableRef("s", "t")])
        assert not _in_statistics(warehouse)
        warehouse.execute(delete(row), name="delete")
        assert warehouse.scalar(size, name="size") > 0
        warehouse.purge([TableRef("s", "t")])
        assert warehouse.scalar(size, name="size") == 0


def _in_statistics(warehouse: Warehouse) -> bool:
    count = "(SELECT count(*) FROM pg_stats WHERE most_common_vals::text LIKE '%canary-QZ81-value%')"
    return bool(warehouse.scalar(select(text(count)), name="statistics"))


def test_purge_is_not_for_transactions(warehouse: Warehouse) -> None:
    with pytest.raises(RuntimeError), warehouse.transaction():
        warehouse.purge([])
