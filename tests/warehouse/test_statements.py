"""Reading, writing, transactions: the same promises on every engine."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from decimal import Decimal

import pytest
import sqlalchemy as sa
from schemas import HOSTILE_COLUMNS, everything, fill, found, hostile, run
from sqlalchemy import Engine, delete, event, func, insert, select, update

from governance.domain.errors import WarehouseError, WarehouseReadOnly, WarehouseUnavailable
from governance.domain.names import TableRef
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.functions import count_rows, table_of


@contextmanager
def recorded() -> Iterator[list[str]]:
    """What passes the engine's events, as the tests that kill at every statement see it."""
    seen: list[str] = []

    def executed(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement.strip())

    def committed(connection: object) -> None:
        seen.append("COMMIT")

    event.listen(Engine, "before_cursor_execute", executed)
    event.listen(Engine, "commit", committed)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", executed)
        event.remove(Engine, "commit", committed)


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    run(warehouse, "CREATE SCHEMA shop", "CREATE TABLE shop.t (id integer PRIMARY KEY, name text, amount numeric(10, 2))")
    return warehouse


def test_execute_counts_rows_of_every_kind_of_statement(shop: Warehouse) -> None:
    table = found(shop, "shop.t")
    row = table_of(table)
    assert shop.execute(insert(row).values([{"id": i, "name": "n"} for i in range(5)]), name="insert") == 5
    more = select(row.c.id + 10, row.c.name)
    assert shop.execute(insert(row).from_select(["id", "name"], more), name="insert") == 5
    assert shop.execute(update(row).values(name=None).where(row.c.id < 3), name="update") == 3
    assert shop.execute(delete(row).where(row.c.id == 99), name="delete") == 0
    assert shop.execute(delete(row), name="delete") == 10
    assert shop.execute(sa.text("CREATE TABLE shop.other (a integer)"), name="ddl") == 0


def test_every_statement_that_writes_commits_by_itself_and_its_commit_is_seen(shop: Warehouse) -> None:
    row = table_of(found(shop, "shop.t"))
    with recorded() as seen:
        shop.execute(insert(row).values(id=1), name="insert")
    assert [s.split()[0] for s in seen] == ["INSERT", "COMMIT"]


def test_a_transaction_commits_once_or_leaves_nothing(shop: Warehouse) -> None:
    row = table_of(found(shop, "shop.t"))
    with recorded() as seen, shop.transaction():
        shop.execute(insert(row).values(id=1), name="insert")
        shop.execute(insert(row).values(id=2), name="insert")
    assert [s.split()[0] for s in seen] == ["INSERT", "INSERT", "COMMIT"]
    with suppress(KeyError), shop.transaction():
        shop.execute(delete(row), name="delete")
        raise KeyError
    assert shop.scalar(count_rows(row), name="count") == 2


def test_transactions_do_not_nest_and_work_goes_on_after_a_failed_one(shop: Warehouse) -> None:
    row = table_of(found(shop, "shop.t"))
    with pytest.raises(RuntimeError), shop.transaction(), shop.transaction():
        pass
    with pytest.raises(WarehouseError), shop.transaction():
        [shop.execute(insert(row).values(id=1), name="insert") for _ in range(2)]
    shop.execute(insert(row).values(id=1), name="insert")
    assert shop.scalar(count_rows(row), name="count") == 1


def test_a_frame_keeps_columns_nulls_and_kinds(shop: Warehouse) -> None:
    table = found(shop, "shop.t")
    query = select(*table_of(table).c).order_by("id")
    assert list(shop.frame(query, name="empty").columns) == ["id", "name", "amount"]
    fill(shop, table, (2**31 - 1, "Əli", Decimal("1.10")), (1, None, None))
    frame = shop.frame(query, name="read")
    assert frame["id"].tolist() == [1, 2**31 - 1]
    assert frame["name"].isna().tolist() == [True, False]
    assert frame["amount"].tolist()[1] == Decimal("1.10")
    nullable = shop.frame(select(sa.case((table_of(table).c.id > 1, 2**62 + 1))), name="big").iloc[:, 0]
    assert 2**62 + 1 in nullable.tolist()


def test_rows_come_in_pieces_and_closing_early_leaves_the_connection_usable(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE SCHEMA s", "CREATE TABLE s.n AS SELECT i FROM generate_series(1, 25000) AS g(i)")
    row = table_of(found(warehouse, "s.n"))
    assert sum(r[0] for r in warehouse.rows(select(row), name="all", size=700)) == 25000 * 25001 // 2
    reading = warehouse.rows(select(row), name="some", size=10)
    assert len([next(reading) for _ in range(15)]) == 15
    with pytest.raises(RuntimeError, match="exhausted or closed"):
        warehouse.scalar(count_rows(row), name="count")
    reading.close()  # type: ignore[attr-defined]
    assert warehouse.scalar(count_rows(row), name="count") == 25000
    assert list(warehouse.rows(select(row).where(row.c.i < 0), name="none")) == []


def test_scalar_without_a_row_is_none(shop: Warehouse) -> None:
    assert shop.scalar(select(table_of(found(shop, "shop.t")).c.id), name="nothing") is None


def test_hostile_names_survive_every_statement(warehouse: Warehouse) -> None:
    ref = hostile(warehouse)
    table = warehouse.schema().get(ref)
    assert table is not None
    assert table.names == HOSTILE_COLUMNS
    fill(warehouse, table, tuple(f"value {n}" for n in range(len(HOSTILE_COLUMNS))), tuple(None for _ in HOSTILE_COLUMNS))
    row = table_of(table)
    for name in HOSTILE_COLUMNS:
        alias = row.alias(f"{name}'s")
        query = select(alias.c[name].label(f"l {name}")).where(alias.c[name].in_([f"value {HOSTILE_COLUMNS.index(name)}"]))
        frame = warehouse.frame(query, name="read")
        assert frame.columns.tolist() == [f"l {name}"]
        assert len(frame) == 1
        changed = update(row).where(row.c[name] == f"value {HOSTILE_COLUMNS.index(name)}").values({name: "new"})
        assert warehouse.execute(changed, name="change") == 1
    assert everything(warehouse, ref) == [tuple("new" for _ in HOSTILE_COLUMNS), tuple(None for _ in HOSTILE_COLUMNS)]
    assert warehouse.execute(delete(row).where(row.c["%(x)s"] == "new"), name="delete") == 1


def test_the_hostile_table_can_be_published_from_and_purged(warehouse: Warehouse) -> None:
    ref = hostile(warehouse)
    table = warehouse.schema().get(ref)
    assert table is not None
    target = TableRef(ref.schema, ref.table + ".copy")
    for _ in range(2):
        with warehouse.publish(target, select(*table_of(table).c)):
            pass
    shown = warehouse.schema().get(target)
    assert shown is not None
    assert shown.names == HOSTILE_COLUMNS
    warehouse.purge([ref])
    assert warehouse.schema().get(ref) == table


def test_a_read_only_warehouse_reads_stages_and_refuses_every_write(warehouse_url: str) -> None:
    with closing(connect(warehouse_url)) as writer:
        run(writer, "CREATE SCHEMA s", "CREATE TABLE s.t (a integer)", "INSERT INTO s.t VALUES (1)")
        table = found(writer, "s.t")
    with closing(connect(warehouse_url, read_only=True)) as reader:
        row = table_of(table)
        assert reader.scalar(count_rows(row), name="count") == 1
        for write in (insert(row).values(a=1), delete(row), sa.text("CREATE TABLE s.u (a integer)")):
            with pytest.raises(WarehouseReadOnly):
                reader.execute(write, name="write")
        with pytest.raises(WarehouseReadOnly), reader.transaction():
            reader.execute(delete(row), name="write")
        with pytest.raises(WarehouseReadOnly, match="doctor --fix"):
            reader.create_control()
        with pytest.raises(WarehouseReadOnly):
            reader.purge([table.ref])
        assert reader.scalar(count_rows(row), name="count") == 1


def test_a_closed_warehouse_says_so_and_closing_twice_is_fine(warehouse: Warehouse) -> None:
    warehouse.close()
    warehouse.close()
    with pytest.raises(WarehouseUnavailable):
        warehouse.scalar(select(func.current_date()), name="after")


def test_a_forked_child_is_refused_the_connection_of_its_parent(warehouse: Warehouse) -> None:
    def child() -> None:
        try:
            warehouse.scalar(select(sa.literal(1)), name="in child")
        except RuntimeError:
            os._exit(7)
        os._exit(0)

    started = multiprocessing.get_context("fork").Process(target=child)
    started.start()
    started.join()
    assert started.exitcode == 7
    assert warehouse.scalar(select(sa.literal(1)), name="in parent") == 1


def test_moments_read_in_utc_whatever_the_machine_says(warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("TZ", "PGTZ"):
        monkeypatch.setenv(variable, "Asia/Baku")
    with closing(connect(warehouse_url)) as opened:
        moment = sa.cast(sa.literal("2026-01-01 00:00:00+04:00", sa.Text()), sa.TIMESTAMP(timezone=True))
        assert opened.scalar(select(sa.cast(moment, sa.Text())), name="moment") == "2025-12-31 20:00:00+00"
