"""What a warehouse says about its tables: nothing that may act behind our back is missing."""

from __future__ import annotations

from contextlib import closing
from functools import cache

import duckdb
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from schemas import found, run
from sqlalchemy import select
from test_statements import recorded

from governance.domain.names import TableRef
from governance.domain.schema import Family, ForeignKey, HazardKind, OnDelete
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.introspect_duckdb import generated_columns


def test_columns_keys_uniques_and_checks_are_told_on_every_engine(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE SCHEMA s",
        "CREATE TABLE s.p (a integer, b integer, PRIMARY KEY (b, a))",
        "CREATE TABLE s.c (id bigint PRIMARY KEY, pa integer, pb integer, e varchar NOT NULL UNIQUE, n integer CHECK (n > 0), "
        "d date, t timestamp, m timestamptz, j json, u uuid, x numeric(10, 2), f double precision, o boolean, UNIQUE (n, d), "
        "FOREIGN KEY (pb, pa) REFERENCES s.p (b, a))",
        "CREATE UNIQUE INDEX by_text ON s.c (u)", "CREATE VIEW s.v AS SELECT id, e FROM s.c",
        "COMMENT ON COLUMN s.c.e IS 'where to write'", "COMMENT ON TABLE s.c IS 'customers'")
    table = found(warehouse, "s.c")
    assert [(c.name, c.family) for c in table.columns] == [
        ("id", Family.INTEGER), ("pa", Family.INTEGER), ("pb", Family.INTEGER), ("e", Family.TEXT), ("n", Family.INTEGER),
        ("d", Family.DATE), ("t", Family.TIMESTAMP), ("m", Family.MOMENT), ("j", Family.JSON), ("u", Family.UUID),
        ("x", Family.NUMBER), ("f", Family.NUMBER), ("o", Family.BOOLEAN)]
    assert [c.name for c in table.columns if not c.nullable] == ["id", "e"]
    assert [c.comment for c in table.columns if c.name == "e"] == ["where to write"]
    assert table.comment == "customers"
    assert table.primary_key == ("id",)
    assert set(table.uniques) == {("e",), ("n", "d"), ("u",)}
    assert len(table.checks) == 1
    assert "n > 0" in table.checks[0]
    assert found(warehouse, "s.p").primary_key == ("b", "a")
    (key,) = table.foreign_keys
    assert (key.columns, key.references, key.referred) == (("pb", "pa"), TableRef("s", "p"), ("b", "a"))
    assert key.on_delete is OnDelete.REFUSE
    view = found(warehouse, "s.v")
    assert (view.kind, view.names) == ("view", ("id", "e"))
    schema = warehouse.schema()
    assert [t.ref for t in schema.tables] == sorted(t.ref for t in schema.tables)
    assert schema.digest == warehouse.schema().digest
    assert [t.ref for t, _ in schema.referring(TableRef("s", "p"))] == [TableRef("s", "c")]


def test_the_control_schema_is_not_part_of_the_warehouse(warehouse: Warehouse) -> None:
    before = warehouse.schema().digest
    warehouse.create_control()
    assert warehouse.schema().tables == ()
    assert warehouse.schema().digest == before


def test_a_change_of_the_schema_changes_its_digest(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t (a integer)")
    digests = {warehouse.schema().digest}
    for change in ("ALTER TABLE s.t ADD COLUMN b text", "ALTER TABLE s.t ALTER COLUMN b SET NOT NULL", "DROP TABLE s.t"):
        run(warehouse, change)
        digests.add(warehouse.schema().digest)
    assert len(digests) == 4


def test_generated_columns_are_told(warehouse: Warehouse) -> None:
    how = "VIRTUAL" if warehouse.capabilities.engine == "duckdb" else "STORED"
    run(warehouse, "CREATE SCHEMA s",
        f'CREATE TABLE s.t (a integer, "GENERATED" integer DEFAULT 1, g integer GENERATED ALWAYS AS (a * 2) {how})')
    assert [c.name for c in found(warehouse, "s.t").columns if c.generated] == ["g"]


@cache
def _memory() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


_NAME = st.text(st.sampled_from("abAB \"'(),;GENERATED ALWAYS ASə"), min_size=1, max_size=12)


@given(st.lists(st.tuples(_NAME, st.booleans()), min_size=1, max_size=5, unique_by=lambda c: c[0].lower()))
def test_generated_columns_are_found_whatever_the_names_are(columns: list[tuple[str, bool]]) -> None:
    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    base = "base column"
    items = [f"{quoted(base)} INTEGER CHECK ({quoted(base)} > 0)"]
    items += [f"{quoted(n)} INTEGER" + (f" GENERATED ALWAYS AS ({quoted(base)} + 1)" if g else " DEFAULT 7") for n, g in columns]
    connection = _memory()
    connection.execute(f"CREATE TABLE {quoted(columns[0][0])} ({', '.join(items)})")
    (printed,) = connection.execute("SELECT sql FROM duckdb_tables()").fetchone() or ("",)
    connection.execute(f"DROP TABLE {quoted(columns[0][0])}")
    assert generated_columns(printed) == {name for name, generated in columns if generated}


def test_postgres_types_lengths_domains_and_identities(postgres_warehouse: Warehouse) -> None:
    run(postgres_warehouse, "CREATE SCHEMA s", "CREATE DOMAIN s.code AS varchar(7) NOT NULL CHECK (VALUE <> 'x')",
        "CREATE DOMAIN s.inner_code AS s.code CHECK (length(VALUE) > 2)", "CREATE TYPE s.mood AS ENUM ('a')",
        "CREATE TABLE s.t (v varchar(20), c char(3), d s.inner_code, m s.mood, b bytea, i integer GENERATED ALWAYS AS IDENTITY, "
        "k integer GENERATED BY DEFAULT AS IDENTITY, j jsonb, p inet, a text[])")
    columns = {c.name: c for c in found(postgres_warehouse, "s.t").columns}
    assert {n: c.length for n, c in columns.items() if c.length} == {"v": 20, "c": 3, "d": 7}
    assert (columns["d"].family, columns["d"].nullable, columns["d"].type) == (Family.TEXT, False, "s.inner_code")
    assert {n for n, c in columns.items() if c.generated} == {"i"}
    assert [columns[n].family for n in "mbjpa"] == [Family.OTHER, Family.BINARY, Family.JSON, Family.OTHER, Family.OTHER]


def test_postgres_references_say_what_happens_and_whether_they_are_indexed(postgres_warehouse: Warehouse) -> None:
    run(postgres_warehouse, "CREATE SCHEMA s", "CREATE TABLE s.p (id integer PRIMARY KEY)",
        "CREATE TABLE s.c (a integer REFERENCES s.p ON DELETE CASCADE, b integer REFERENCES s.p ON DELETE SET NULL, "
        "c integer REFERENCES s.p ON DELETE SET DEFAULT, d integer REFERENCES s.p, e integer REFERENCES s.p ON DELETE RESTRICT)",
        "CREATE INDEX ON s.c (a, b)", "CREATE INDEX ON s.c (d) WHERE d > 5")
    keys = {k.columns[0]: k for k in found(postgres_warehouse, "s.c").foreign_keys}
    assert {c: k.on_delete for c, k in keys.items()} == {
        "a": OnDelete.CASCADE, "b": OnDelete.SET_NULL, "c": OnDelete.SET_DEFAULT, "d": OnDelete.REFUSE, "e": OnDelete.REFUSE}
    assert {c for c, k in keys.items() if k.indexed} == {"a"}
    assert isinstance(keys["a"], ForeignKey)


def test_postgres_unique_indexes_over_expressions_and_parts_are_told(postgres_warehouse: Warehouse) -> None:
    run(postgres_warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t (a text, b text, c text, d text)",
        "CREATE UNIQUE INDEX ON s.t (lower(a), b)", "CREATE INDEX ON s.t (d)",
        "CREATE UNIQUE INDEX ON s.t (c) INCLUDE (d) WHERE b IS NULL")
    assert set(found(postgres_warehouse, "s.t").uniques) == {("a", "b"), ("c",)}


def test_postgres_indexes_that_find_the_rows_with_a_value_are_told(postgres_warehouse: Warehouse) -> None:
    run(postgres_warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t (a integer PRIMARY KEY, b integer, c integer, d integer, e integer)",
        "CREATE INDEX ON s.t (b, c)", "CREATE INDEX ON s.t USING hash (e)", "CREATE INDEX ON s.t (c) WHERE b > 5",
        "CREATE INDEX ON s.t USING brin (d)")
    assert set(found(postgres_warehouse, "s.t").indexes) == {("a",), ("b", "c"), ("e",)}


def test_partitions_are_rows_of_their_table(postgres_warehouse: Warehouse) -> None:
    run(postgres_warehouse, "CREATE SCHEMA s", "CREATE TABLE s.q (id integer PRIMARY KEY)",
        "CREATE TABLE s.t (id integer, at date, q integer REFERENCES s.q, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
        "CREATE TABLE s.t1 PARTITION OF s.t FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (id)",
        "CREATE TABLE s.t11 PARTITION OF s.t1 FOR VALUES IN (1)",
        "CREATE FUNCTION s.copy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER whole AFTER DELETE ON s.t FOR EACH ROW EXECUTE FUNCTION s.copy()",
        "CREATE TRIGGER part AFTER DELETE ON s.t11 FOR EACH ROW EXECUTE FUNCTION s.copy()")
    assert [t.ref.table for t in postgres_warehouse.schema().tables] == ["q", "t"]
    table = found(postgres_warehouse, "s.t")
    assert (table.kind, table.primary_key, len(table.foreign_keys)) == ("partitioned", ("id", "at"), 1)
    assert {(h.kind, h.name) for h in table.hazards} == {(HazardKind.TRIGGER, "whole"), (HazardKind.TRIGGER, "t11.part")}


def test_everything_that_acts_behind_our_back_is_a_hazard(postgres_url: str) -> None:
    slot = "slot_" + postgres_url.split("/")[-1].split("?")[0]
    with closing(connect(postgres_url)) as opened:
        run(opened, "CREATE SCHEMA s", "CREATE TABLE s.t (a integer)", "CREATE TABLE s.audit (a integer)",
            "CREATE FUNCTION s.copy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE TRIGGER keep AFTER DELETE ON s.t FOR EACH ROW EXECUTE FUNCTION s.copy()",
            "CREATE TRIGGER off AFTER UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION s.copy()",
            "ALTER TABLE s.t DISABLE TRIGGER off",
            "CREATE RULE also AS ON DELETE TO s.t DO ALSO INSERT INTO s.audit VALUES (old.a)",
            "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY", "CREATE POLICY mine ON s.t FOR SELECT USING (a > 0)",
            "ALTER TABLE s.audit ENABLE ROW LEVEL SECURITY",
            "CREATE VIEW s.v AS SELECT a FROM s.t", 'CREATE MATERIALIZED VIEW s."M v" AS SELECT a FROM s.v',
            "CREATE PUBLICATION feed FOR TABLE s.t")
        hazards = {(h.kind, h.name) for h in found(opened, "s.t").hazards}
        assert hazards == {
            (HazardKind.TRIGGER, "keep"), (HazardKind.TRIGGER, "off"), (HazardKind.RULE, "also"),
            (HazardKind.ROW_SECURITY, "mine"), (HazardKind.MATERIALIZED_VIEW, 's."M v"'), (HazardKind.REPLICATION, "feed")}
        assert [(h.kind, h.name) for h in found(opened, "s.audit").hazards] == [(HazardKind.ROW_SECURITY, "no policy")]
        assert found(opened, 's."M v"').kind == "materialized view"
        opened.scalar(select(sa.func.pg_create_logical_replication_slot(slot, "pgoutput")), name="slot")
        try:
            assert (HazardKind.REPLICATION, slot) in {(h.kind, h.name) for h in found(opened, "s.t").hazards}
        finally:
            opened.scalar(select(sa.func.pg_drop_replication_slot(slot)), name="slot")


def test_a_thousand_tables_are_read_with_as_few_statements_as_one(postgres_warehouse: Warehouse) -> None:
    run(postgres_warehouse, "CREATE SCHEMA s", "CREATE TABLE s.t0 (id integer PRIMARY KEY, e text UNIQUE)")
    with recorded() as few:
        postgres_warehouse.schema()
    run(postgres_warehouse, "DO 'BEGIN FOR i IN 1..300 LOOP EXECUTE format(''CREATE TABLE s.t%s (id integer PRIMARY KEY, e text, "
        "o integer REFERENCES s.t0)'', i); END LOOP; END'")
    with recorded() as many:
        assert len(postgres_warehouse.schema().tables) == 301
    assert len(few) == len(many) <= 12


def test_temporary_tables_are_not_tables_of_the_warehouse(warehouse: Warehouse) -> None:
    run(warehouse, "CREATE TEMPORARY TABLE mine (a integer)")
    assert warehouse.schema().tables == ()
