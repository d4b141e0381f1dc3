"""Publishing: readers see all of the new rows or all of the old ones."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing

import pytest
import sqlalchemy as sa
from schemas import everything, found, run
from sqlalchemy import literal, select

from governance.domain.errors import GovernanceError, WarehouseError
from governance.domain.names import TableRef
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.publishing import version_name

TARGET = TableRef("release", "orders")


def _publish(warehouse: Warehouse, *columns: sa.ColumnElement[object]) -> TableRef:
    with warehouse.publish(TARGET, select(*columns)) as version:
        return version


@pytest.fixture
def releases(warehouse: Warehouse) -> Warehouse:
    run(warehouse, "CREATE SCHEMA release")
    _publish(warehouse, literal(1).label("id"), literal("old").label("v"))
    return warehouse


def _tables(warehouse: Warehouse) -> list[str]:
    return [t.ref.table for t in warehouse.schema().tables]


def test_a_published_table_replaces_the_old_one_and_leaves_no_version_behind(releases: Warehouse) -> None:
    with releases.publish(TARGET, select(literal(2).label("id"), literal("new").label("v"))) as version:
        assert everything(releases, version) == [(2, "new")]
        assert everything(releases, TARGET) == [(1, "old")]
    assert everything(releases, TARGET) == [(2, "new")]
    assert _tables(releases) == ["orders", "orders__v2"]


def test_a_failing_block_leaves_the_old_table_and_nothing_else(releases: Warehouse) -> None:
    with pytest.raises(KeyError), releases.publish(TARGET, select(literal(2).label("id"), literal("new").label("v"))):
        raise KeyError
    assert everything(releases, TARGET) == [(1, "old")]
    assert _tables(releases) == ["orders", "orders__v1"]


def test_a_failing_query_leaves_the_old_table_and_nothing_else(releases: Warehouse) -> None:
    broken = sa.cast(literal("x", sa.Text()) + sa.cast(sa.column("i"), sa.Text()), sa.Integer())
    source = sa.func.generate_series(1, 3).table_valued("i", name="g")
    with pytest.raises(WarehouseError), releases.publish(TARGET, select(broken.label("id")).select_from(source)):
        pass
    assert everything(releases, TARGET) == [(1, "old")]
    assert _tables(releases) == ["orders", "orders__v1"]


_KILLED = """
import os, signal, sys
from sqlalchemy import literal, select
from governance.domain.names import TableRef
from governance.warehouse.connect import connect
with connect(sys.argv[1]).publish(TableRef("release", "orders"), select(literal(2).label("id"), literal("new").label("v"))):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_version_a_killed_run_left_goes_with_the_next_success(warehouse_url: str) -> None:
    with closing(connect(warehouse_url)) as opened:
        run(opened, "CREATE SCHEMA release")
        _publish(opened, literal(1).label("id"), literal("old").label("v"))
    assert subprocess.run([sys.executable, "-c", _KILLED, warehouse_url], check=False).returncode == -signal.SIGKILL
    with closing(connect(warehouse_url)) as opened:
        assert _tables(opened) == ["orders", "orders__v1", "orders__v2"]
        assert everything(opened, TARGET) == [(1, "old")]
        assert _publish(opened, literal(3).label("id"), literal("newer").label("v")).table == "orders__v3"
        assert everything(opened, TARGET) == [(3, "newer")]
        assert _tables(opened) == ["orders", "orders__v3"]


def test_columns_may_change_between_versions(releases: Warehouse) -> None:
    _publish(releases, literal("x").label("other"), literal(True).label("flag"))
    assert everything(releases, TARGET) == [("x", True)]


def test_a_table_or_view_of_somebody_else_is_never_replaced(releases: Warehouse) -> None:
    run(releases, "CREATE TABLE release.theirs (a integer)", "CREATE VIEW release.shown AS SELECT 1 AS a")
    for name in ("theirs", "shown"):
        with pytest.raises(GovernanceError, match="was not published from here"), \
                releases.publish(TableRef("release", name), select(literal(1).label("a"))):
            pass
    assert found(releases, "release.shown").kind == "view"


def test_parameters_of_the_query_stay_parameters(releases: Warehouse) -> None:
    _publish(releases, literal("O'Brien %s :x").label("v"))
    assert everything(releases, TARGET) == [("O'Brien %s :x",)]


def test_types_are_those_of_the_query(releases: Warehouse) -> None:
    _publish(releases, sa.cast(literal("1.5"), sa.Numeric(10, 3)).label("n"),
             sa.cast(literal("2026-01-01"), sa.Date()).label("d"), sa.null().label("nothing"))
    columns = {c.name: c.family.value for c in found(releases, "release.orders").columns}
    assert {n: columns[n] for n in ("n", "d")} == {"n": "number", "d": "date"}
    assert "10,3" in found(releases, "release.orders").columns[0].type


def test_a_long_name_is_cut_so_that_its_version_is_kept() -> None:
    assert version_name("ə" * 60, 12).endswith("__v12")
    assert len(version_name("ə" * 60, 12).encode()) <= 63


def test_rights_on_a_published_table_are_kept_when_its_columns_change(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as owner:
        role = f"r{postgres_url.split('/')[-1].split('?')[0]}"
        run(owner, "CREATE SCHEMA release", f"CREATE ROLE {role}")
        _publish(owner, literal(1).label("id"), literal("old").label("v"))
        run(owner, f"GRANT SELECT ON release.orders TO {role} WITH GRANT OPTION", "GRANT SELECT (id) ON release.orders TO PUBLIC")
        rights = sa.text("SELECT string_agg(a, ' ' ORDER BY a) FROM (SELECT acl::text AS a FROM pg_class c, unnest(c.relacl) acl "
                         "WHERE relname = 'orders' UNION ALL SELECT attname || acl::text FROM pg_attribute, unnest(attacl) acl "
                         "WHERE attrelid = 'release.orders'::regclass) x")
        before = owner.scalar(select(sa.text(f"({rights.text})")), name="rights")
        _publish(owner, literal(2).label("id"), literal("same columns").label("v"))
        assert owner.scalar(select(sa.text(f"({rights.text})")), name="rights") == before
        _publish(owner, literal(2).label("id"), literal("a number first").label("w"))
        assert owner.scalar(select(sa.text(f"({rights.text})")), name="rights") == before
        assert "r*" in before
