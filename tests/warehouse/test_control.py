"""The control schema: created once, completed when something is missing, untouched when it is whole."""

from __future__ import annotations

from contextlib import closing

import pytest
from schemas import run
from sqlalchemy import select, text
from test_statements import recorded

from governance.domain.errors import WarehouseError
from governance.warehouse import Warehouse, control
from governance.warehouse.connect import connect

TABLES = {f"governance.{t.name}" for t in control.metadata.sorted_tables}


def test_the_control_tables_are_created_with_their_fence_and_version(warehouse: Warehouse) -> None:
    assert set(warehouse.create_control()) == TABLES
    assert list(warehouse.rows(select(control.fence), name="fence")) == [("disposal", 0)]
    assert list(warehouse.rows(select(control.schema_version), name="version")) == [(control.VERSION,)]
    for table in control.metadata.sorted_tables:
        assert warehouse.frame(select(table), name="columns").columns.tolist() == [c.name for c in table.columns]


def test_creating_them_again_does_nothing_and_needs_no_right(warehouse_url: str) -> None:
    with closing(connect(warehouse_url)) as writer:
        writer.create_control()
        with recorded() as seen:
            assert writer.create_control() == []
        assert "COMMIT" not in seen
    with closing(connect(warehouse_url, read_only=True)) as reader:
        assert reader.create_control() == []


def test_what_is_missing_is_added_and_what_is_there_is_kept(warehouse: Warehouse) -> None:
    warehouse.create_control()
    run(warehouse, "DROP TABLE governance.vault", "UPDATE governance.fence SET minimum = 7",
        "DELETE FROM governance.schema_version")
    assert sorted(warehouse.create_control()) == ["governance.schema_version row", "governance.vault"]
    assert list(warehouse.rows(select(control.fence), name="fence")) == [("disposal", 7)]
    assert list(warehouse.rows(select(control.schema_version), name="version")) == [(control.VERSION,)]


def older(warehouse: Warehouse) -> None:
    """The control tables as version 1 had them."""
    warehouse.create_control()
    run(warehouse, "DROP TABLE governance.work",
        "CREATE TABLE governance.work (plan text, step integer, batch integer, key_int bigint, key_text text, mask bigint, "
        "copies integer, subjects text, held boolean)",
        "UPDATE governance.schema_version SET version = 1")


def test_an_older_work_set_that_is_empty_is_replaced_and_the_version_follows(warehouse: Warehouse) -> None:
    older(warehouse)
    assert warehouse.create_control() == ["governance.work"]
    assert warehouse.frame(select(control.work), name="columns").columns.tolist() == [c.name for c in control.work.columns]
    assert list(warehouse.rows(select(control.schema_version), name="version")) == [(control.VERSION,)]
    assert warehouse.create_control() == []


def test_an_older_work_set_with_work_under_way_is_kept_and_the_remedy_named(warehouse: Warehouse) -> None:
    older(warehouse)
    run(warehouse, "INSERT INTO governance.work (plan, step) VALUES ('p', 1)")
    with pytest.raises(WarehouseError, match="an earlier version of this program froze") as refused:
        warehouse.create_control()
    assert "finish them with that version" in (refused.value.fix or "")
    assert warehouse.scalar(text("SELECT plan FROM governance.work"), name="kept") == "p"  # type: ignore[arg-type]
