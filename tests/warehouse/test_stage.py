"""Rows made joinable: typed, gone at the end, and possible for an account that can create nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from schemas import HOSTILE_COLUMNS, found, run
from sqlalchemy import select
from sqlalchemy.engine import make_url
from test_statements import recorded

from governance.domain.errors import WarehouseError
from governance.domain.schema import Family
from governance.warehouse import StagedColumn, Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.functions import as_text, count_rows, table_of

KINDS: dict[Family, list[Any]] = {
    Family.TEXT: ["Əliyev 'x' \\ \"q\" %s :a {1,2}", "", None],
    Family.INTEGER: [2**62, -1, None],
    Family.NUMBER: [Decimal("1.10"), 0.1, 3, None],
    Family.BOOLEAN: [True, False, None],
    Family.DATE: [date(2024, 2, 29), None],
    Family.TIMESTAMP: [datetime(2026, 1, 2, 3, 4, 5, 678), None],
    Family.MOMENT: [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None],
    Family.JSON: ['{"a": 1}', {"b": "ə"}, None],
    Family.UUID: [UUID(int=5), "00000000-0000-0000-0000-000000000006", None],
    Family.BINARY: [b"\x00\xff", b"", None],
}
AS_TEXT = {
    Family.NUMBER: [Decimal("1.10"), Decimal("0.1"), Decimal(3), None],
    Family.JSON: [{"a": 1}, {"b": "ə"}, None],
    Family.UUID: [UUID(int=5), UUID(int=6), None],
}


@pytest.fixture(params=["duckdb", "postgres", "postgres without temporary tables", "duckdb read-only", "postgres read-only"])
def stager(request: pytest.FixtureRequest) -> Any:
    engine, _, how = str(request.param).partition(" ")
    url = request.getfixturevalue(f"{engine}_url")
    if how.startswith("without"):
        database = make_url(url).database
        with closing(connect(url)) as owner:
            run(owner, f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
        url = request.getfixturevalue("postgres_account")(url)
    with closing(connect(url, read_only=how == "read-only")) as opened:
        assert opened.capabilities.may_create_temporary is (request.param in ("duckdb", "postgres", "duckdb read-only"))
        yield opened


@pytest.mark.parametrize("family", KINDS, ids=str)
def test_every_kind_of_value_comes_back_as_it_was(stager: Warehouse, family: Family) -> None:
    values = KINDS[family]
    with stager.stage([StagedColumn("n", Family.INTEGER), StagedColumn("v", family)], list(enumerate(values))) as staged:
        back = [r[0] for r in stager.rows(select(staged.c.v).order_by(staged.c.n), name="read")]
    if family is Family.JSON:
        import json

        back = [json.loads(b) if isinstance(b, str) else b for b in back]
    assert back == AS_TEXT.get(family, values)


def test_values_are_bound_and_never_in_the_statement(stager: Warehouse) -> None:
    with recorded() as seen, stager.stage([StagedColumn("v", Family.TEXT)], [("canary.qz81@example.az",)]) as staged:
        assert stager.scalar(count_rows(staged), name="count") == 1
    assert seen
    assert not [s for s in seen if "canary" in s]


def test_names_of_staged_columns_may_be_hostile(stager: Warehouse) -> None:
    with stager.stage([StagedColumn(n, Family.TEXT) for n in HOSTILE_COLUMNS], [HOSTILE_COLUMNS]) as staged:
        assert list(stager.rows(select(staged), name="read")) == [HOSTILE_COLUMNS]


def test_no_rows_and_two_stages_at_once_work(stager: Warehouse) -> None:
    columns = [StagedColumn("k", Family.INTEGER), StagedColumn("v", Family.TEXT)]
    with stager.stage(columns, []) as empty, stager.stage(columns, iter([(1, "a"), (2, None)])) as full:
        assert stager.scalar(count_rows(empty), name="count") == 0
        joined = select(sa.func.count()).select_from(full.outerjoin(empty, empty.c.k == full.c.k))
        assert stager.scalar(joined, name="join") == 2


def _temporary(warehouse: Warehouse) -> int:
    query = "SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'governance_stage%'"
    return int(warehouse.scalar(select(sa.text(f"({query})")), name="left"))


@pytest.mark.parametrize("failing", [False, True])
@pytest.mark.parametrize("within", ["nothing", "a transaction around", "a transaction inside"])
def test_nothing_staged_is_left_however_the_block_ends(warehouse: Warehouse, failing: bool, within: str) -> None:
    columns, rows = [StagedColumn("k", Family.INTEGER)], [(1,)]

    def use() -> None:
        with warehouse.stage(columns, rows) as staged:
            if within == "a transaction inside":
                with warehouse.transaction():
                    _use(warehouse, staged, failing)
            else:
                _use(warehouse, staged, failing)

    with suppress(WarehouseError):
        if within == "a transaction around":
            with warehouse.transaction():
                use()
        else:
            use()
    assert _temporary(warehouse) == 0


def _use(warehouse: Warehouse, staged: sa.FromClause, failing: bool) -> None:
    assert warehouse.scalar(count_rows(staged), name="count") == 1
    if failing:
        warehouse.scalar(select(sa.column("missing")).select_from(staged), name="fail")


def test_staged_rows_join_and_stay_until_the_end_of_several_transactions(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t AS SELECT i AS id FROM generate_series(1, 100) AS g(i)")
    row = table_of(found(warehouse, "s.t"))
    with warehouse.stage([StagedColumn("id", Family.INTEGER)], [(i,) for i in range(1, 21)]) as staged:
        for low in (0, 10):
            with warehouse.transaction():
                mine = select(staged.c.id).where(staged.c.id > low, staged.c.id <= low + 10)
                assert warehouse.execute(sa.delete(row).where(row.c.id.in_(mine)), name="delete") == 10
    assert warehouse.scalar(count_rows(row), name="count") == 80


def test_a_hundred_thousand_rows_are_staged_in_about_a_second(warehouse: Warehouse) -> None:
    rows = [(i, f"someone{i}@example.az") for i in range(100_000)]
    began = time.process_time()
    with warehouse.stage([StagedColumn("id", Family.INTEGER), StagedColumn("email", Family.TEXT)], rows) as staged:
        assert warehouse.scalar(count_rows(staged), name="count") == 100_000
    assert time.process_time() - began < 3


def test_staged_numbers_of_many_digits_are_not_rounded(warehouse: Warehouse) -> None:
    values = [Decimal("12345678901234567890.123456789012345"), Decimal("0.1")]
    with warehouse.stage([StagedColumn("v", Family.NUMBER)], [(v,) for v in values]) as staged:
        text = {r[0].rstrip("0") for r in warehouse.rows(select(as_text(staged.c.v)), name="read")}
    assert text == {"12345678901234567890.123456789012345", "0.1"}


def test_an_account_that_can_create_nothing_joins_against_staged_rows(
        postgres_url: str, postgres_account: Callable[[str], str]) -> None:
    with closing(connect(postgres_url)) as owner:
        run(owner, "CREATE SCHEMA s", "CREATE TABLE s.t AS SELECT i AS id FROM generate_series(1, 100) AS g(i)",
            "GRANT USAGE ON SCHEMA s TO PUBLIC", "GRANT SELECT ON s.t TO PUBLIC",
            f"REVOKE TEMPORARY ON DATABASE {make_url(postgres_url).database} FROM PUBLIC")
        row = table_of(found(owner, "s.t"))
    with closing(connect(postgres_account(postgres_url))) as reader, \
            reader.stage([StagedColumn("id", Family.INTEGER)], [(1,), (7,), (500,)]) as staged:
        mine = select(row.c.id).where(row.c.id.in_(select(staged.c.id))).order_by(row.c.id)
        assert [r[0] for r in reader.rows(mine, name="read")] == [1, 7]
