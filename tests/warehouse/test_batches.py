"""Rows as Arrow batches: read and staged, the same types and values on every engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemas import HOSTILE_COLUMNS, everything, fill, found, hostile, run
from sqlalchemy import select
from sqlalchemy.engine import make_url
from test_statements import recorded

from governance.domain.errors import WarehouseError
from governance.domain.schema import Family
from governance.warehouse import StagedColumn, Warehouse
from governance.warehouse.columnar import carried
from governance.warehouse.connect import connect
from governance.warehouse.functions import count_rows, table_of

MOMENT = pa.timestamp("us", tz="UTC")
# SQL type, the type it travels in, values as bound and as they come back.
KINDS: dict[str, tuple[str, pa.DataType, list[Any]]] = {
    "small numbers": ("SMALLINT", pa.int64(), [-32768, 7, None]),
    "whole numbers": ("INTEGER", pa.int64(), [-(2**31), 2**31 - 1, None]),
    "large numbers": ("BIGINT", pa.int64(), [-(2**63), 2**63 - 1, None]),
    "decimals": ("NUMERIC(12, 3)", pa.decimal128(12, 3), [Decimal("-123456789.125"), Decimal("0.100"), None]),
    "decimals of 38 digits": ("NUMERIC(38, 0)", pa.decimal128(38, 0), [Decimal(10**38 - 1), Decimal(-(10**38) + 1), None]),
    "floats": ("DOUBLE PRECISION", pa.float64(), [0.1, -1e300, float("inf"), None]),
    "booleans": ("BOOLEAN", pa.bool_(), [True, False, None]),
    "dates": ("DATE", pa.date32(), [date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31), None]),
    "timestamps": ("TIMESTAMP", pa.timestamp("us"), [datetime(1899, 12, 31, 23, 59, 59, 999999), datetime(2026, 1, 2, 3, 4, 5, 678), None]),
    "moments": ("TIMESTAMP WITH TIME ZONE", MOMENT, [datetime(2026, 1, 2, 3, 4, 5, 1, tzinfo=UTC), datetime(1890, 1, 1, tzinfo=UTC), None]),
    "bytes": ("BYTEA", pa.binary(), [b"\x00\xff\\x41", b"", b'",\n', None]),
    "texts": ("TEXT", pa.string(), ["Əliyev 'x' \\ \"q\" %s :a {1,2}", "", "\\N", "\\.", "a,b\r\nc\td", "null", " ", None]),
    "limited texts": ("VARCHAR(10)", pa.string(), ["ə", "", None]),
}


@pytest.fixture(params=["duckdb", "postgres", "postgres without temporary tables", "duckdb read-only", "postgres read-only"])
def stager(request: pytest.FixtureRequest) -> Any:
    engine, _, how = str(request.param).partition(" ")
    url = request.getfixturevalue(f"{engine}_url")
    if how.startswith("without"):
        with closing(connect(url)) as owner:
            run(owner, f"REVOKE TEMPORARY ON DATABASE {make_url(url).database} FROM PUBLIC")
        url = request.getfixturevalue("postgres_account")(url)
    with closing(connect(url, read_only=how == "read-only")) as opened:
        yield opened


def _read(warehouse: Warehouse, query: sa.Select[Any], size: int = 65_536) -> pa.Table:
    return pa.Table.from_batches(list(warehouse.batches(query, name="test.batches", size=size)))


def _column(warehouse: Warehouse, sql: str, values: list[Any]) -> sa.Select[Any]:
    run(warehouse, "CREATE SCHEMA s", f"CREATE TABLE s.t (n INTEGER, v {sql})")
    made = found(warehouse, "s.t")
    fill(warehouse, made, *enumerate(values))
    row = table_of(made)
    return select(row.c.v).order_by(row.c.n)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_value_is_read_in_its_own_arrow_type(warehouse: Warehouse, kind: str) -> None:
    sql, arrow, values = KINDS[kind]
    table = _read(warehouse, _column(warehouse, sql, values))
    assert table.schema == pa.schema([("v", arrow)])
    assert table["v"].to_pylist() == values


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_value_that_was_read_can_be_staged_and_read_again(stager: Warehouse, kind: str) -> None:
    _, arrow, values = KINDS[kind]
    schema = pa.schema([("n", pa.int64()), ("v", arrow)])
    batch = pa.record_batch([pa.array(range(len(values)), pa.int64()), pa.array(values, arrow)], schema=schema)
    with stager.stage_batches(schema, [batch.slice(0, 1), batch.slice(1)]) as staged:
        table = _read(stager, select(staged.c.n, staged.c.v).order_by(staged.c.n))
    assert table["v"].to_pylist() == values


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_without_rows_still_has_its_types(warehouse: Warehouse, kind: str) -> None:
    sql, arrow, _ = KINDS[kind]
    query = _column(warehouse, sql, [None]).where(sa.false())
    [batch] = warehouse.batches(query, name="test.batches")
    assert (batch.num_rows, batch.schema) == (0, pa.schema([("v", arrow)]))
    with warehouse.stage_batches(batch.schema, [batch]) as staged, warehouse.stage_batches(batch.schema, []) as none:
        assert warehouse.scalar(count_rows(staged), name="count") == warehouse.scalar(count_rows(none), name="count") == 0


def test_numbers_that_arrow_would_round_come_as_text(warehouse: Warehouse) -> None:
    wide = "HUGEINT" if warehouse.capabilities.engine == "duckdb" else "NUMERIC"  # what each engine calls a number without an end
    run(warehouse, "CREATE SCHEMA s", f"CREATE TABLE s.t (v {wide})", "INSERT INTO s.t VALUES (170141183460469231731687303715884105727)")
    table = _read(warehouse, select(table_of(found(warehouse, "s.t")).c.v))
    assert table.schema == pa.schema([("v", pa.string())])
    assert table["v"].to_pylist() == ["170141183460469231731687303715884105727"]


def test_uuids_and_json_come_as_the_text_both_engines_agree_on(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t (u UUID, j JSON)",
        """INSERT INTO s.t VALUES ('00000000-0000-0000-0000-0000000000AB', '{"a": 1}'), (NULL, NULL)""")
    row = table_of(found(warehouse, "s.t"))
    table = _read(warehouse, select(row).order_by(row.c.u.is_(None)))
    assert table.to_pylist() == [{"u": "00000000-0000-0000-0000-0000000000ab", "j": '{"a": 1}'}, {"u": None, "j": None}]


def test_hostile_names_are_read_and_staged_as_they_are(warehouse: Warehouse) -> None:
    ref = hostile(warehouse)
    live = warehouse.schema().get(ref)
    assert live is not None
    fill(warehouse, live, HOSTILE_COLUMNS)
    table = _read(warehouse, select(table_of(live)))
    assert table.to_pylist() == [dict(zip(HOSTILE_COLUMNS, HOSTILE_COLUMNS, strict=True))]
    with warehouse.stage_batches(table.schema, table.to_batches()) as staged:
        assert _read(warehouse, select(staged)) == table
    assert everything(warehouse, ref) == [HOSTILE_COLUMNS]


def test_batches_keep_the_order_asked_for_and_are_never_larger_than_asked_for(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t AS SELECT i AS id, CAST(NULL AS UUID) AS u FROM generate_series(1, 10000) AS g(i)")
    row = table_of(found(warehouse, "s.t"))
    for query in (select(row.c.id).order_by(row.c.id.desc()), select(row.c.id, row.c.u).order_by(row.c.id.desc())):
        batches = list(warehouse.batches(query, name="test.batches", size=3000))
        assert [b.num_rows for b in batches] == [3000, 3000, 3000, 1000]
        assert pa.Table.from_batches(batches)["id"].to_pylist() == list(range(10000, 0, -1))


def test_no_other_statement_runs_before_the_last_batch(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t AS SELECT i AS id FROM generate_series(1, 10000) AS g(i)")
    query = select(table_of(found(warehouse, "s.t")))
    reading = warehouse.batches(query, name="test.batches", size=1000)
    next(iter(reading))
    with pytest.raises(RuntimeError, match="exhausted or closed"):
        warehouse.scalar(count_rows(query.subquery()), name="count")
    reading.close()  # type: ignore[attr-defined]
    assert warehouse.scalar(count_rows(query.subquery()), name="count") == 10000


def test_a_failing_statement_says_its_name_and_no_value(warehouse: Warehouse) -> None:
    broken = select(sa.cast(sa.literal("canary.qz81") + sa.cast(sa.column("i"), sa.Text()), sa.Integer()).label("v")).select_from(
        sa.func.generate_series(1, 3).table_valued("i", name="g"))
    with pytest.raises(WarehouseError) as failed:
        list(warehouse.batches(broken, name="test.broken"))
    assert "test.broken" in str(failed.value)
    assert "canary" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None
    assert warehouse.scalar(select(sa.literal(1)), name="after") == 1


def test_a_decimal_that_is_not_a_number_is_an_error_and_never_a_null(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as opened:  # DuckDB has no such decimal
        run(opened, "CREATE SCHEMA s", "CREATE TABLE s.t (v NUMERIC(10, 2))", "INSERT INTO s.t VALUES ('NaN')")
        query = select(table_of(found(opened, "s.t")))
        with pytest.raises(WarehouseError, match=r"test\.nan"):
            list(opened.batches(query, name="test.nan"))


def test_staged_batches_never_stand_in_the_statement(stager: Warehouse) -> None:
    schema = pa.schema([("v", pa.string())])
    with recorded() as seen, stager.stage_batches(schema, [pa.record_batch([["canary.qz81@example.az"]], schema=schema)]) as staged:
        assert stager.scalar(count_rows(staged), name="count") == 1
    assert seen
    assert not [s for s in seen if "canary" in s]


@pytest.mark.parametrize("failing", [False, True])
def test_staged_batches_are_gone_however_the_block_ends(warehouse: Warehouse, failing: bool) -> None:
    schema = pa.schema([("v", pa.int64())])
    left = select(sa.text("(SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'governance_stage%')"))
    try:
        with warehouse.stage_batches(schema, [pa.record_batch([[1]], schema=schema)]) as staged:
            assert warehouse.scalar(left, name="left") == 1
            if failing:
                warehouse.scalar(select(sa.column("missing")).select_from(staged), name="fail")
    except WarehouseError:
        assert failing
    assert warehouse.scalar(left, name="left") == 0


def test_rows_staged_as_batches_join_rows_staged_one_by_one(warehouse: Warehouse) -> None:
    schema = pa.schema([("k", pa.string())])
    parts = (pa.record_batch([[f"k{n}" for n in range(low, low + 1000)]], schema=schema) for low in range(0, 5000, 1000))
    rows = [("k7",), ("k4999",), ("x",)]
    with warehouse.stage_batches(schema, parts) as many, warehouse.stage([StagedColumn("k", Family.TEXT)], rows) as few:
        joined = select(sa.func.count()).select_from(many.join(few, many.c.k == few.c.k))
        assert warehouse.scalar(joined, name="join") == 2


def test_a_type_that_is_never_read_is_never_staged(warehouse: Warehouse) -> None:
    schema = pa.schema([("v", pa.list_(pa.int64()))])
    with pytest.raises(ValueError, match="staged in the types"), warehouse.stage_batches(schema, []):
        pass


@pytest.mark.parametrize(("spelling", "arrow"), [
    ("HUGEINT", None), ("UBIGINT", None), ("numeric", None), ("numeric(50,2)", None), ("numeric(2,5)", None), ("uuid", None),
    ("JSON", None), ("INTEGER[]", None), ("ENUM('date', 'text')", None), ("DECIMAL(18,2)", pa.decimal128(18, 2)),
    ("timestamp(3) without time zone", pa.timestamp("us")), ("timestamp(0) with time zone", MOMENT),
    ("character(3)", pa.string()), ("character varying(10)", pa.string()), ("real", pa.float64())])
def test_a_type_is_carried_only_when_nothing_of_it_is_lost(spelling: str, arrow: pa.DataType | None) -> None:
    assert carried(spelling) == arrow


TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20) | st.none()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXTS, st.integers(-(2**63), 2**63 - 1) | st.none(), st.binary(max_size=8) | st.none()), max_size=30))
def test_any_text_number_and_bytes_come_back_as_they_were_staged(warehouse: Warehouse, rows: list[tuple[Any, Any, Any]]) -> None:
    schema = pa.schema([("n", pa.int64()), ("t", pa.string()), ("i", pa.int64()), ("b", pa.binary())])
    columns = [list(range(len(rows))), *([row[n] for row in rows] for n in range(3))]
    batch = pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
    with warehouse.stage_batches(schema, [batch]) as staged:
        table = _read(warehouse, select(staged).order_by(staged.c.n), size=7)
    assert table.to_pylist() == batch.to_pylist()


def test_an_account_that_can_create_nothing_stages_batches(postgres_url: str, postgres_account: Callable[[str], str]) -> None:
    with closing(connect(postgres_url)) as owner:
        run(owner, f"REVOKE TEMPORARY ON DATABASE {make_url(postgres_url).database} FROM PUBLIC")
    schema = pa.schema([("id", pa.int64())])
    with closing(connect(postgres_account(postgres_url))) as reader, \
            reader.stage_batches(schema, [pa.record_batch([[1, 2]], schema=schema), pa.record_batch([[3]], schema=schema)]) as staged:
        assert not reader.capabilities.may_create_temporary
        assert sorted(r[0] for r in reader.rows(select(staged), name="read")) == [1, 2, 3]
