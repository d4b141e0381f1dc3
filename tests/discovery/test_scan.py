"""Scanning real engines: hostile names, wide and empty tables, views, bytes, accounts that may only read, speed."""

# ruff: noqa: E501 -- SQL
from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from governance.discovery import discover, scan
from governance.discovery.scan import SAMPLED
from governance.domain.errors import TargetMissing, WarehouseError
from governance.domain.names import TableRef
from governance.domain.patterns import PATTERNS, REDACTED, redact
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.functions import check_pattern, replaced

_MAIL = "'u' || i || '@mail.example'"


def run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%") if url.startswith("postgres") else statement)


def names(proposals: list) -> set[tuple[str, str, str]]:  # type: ignore[type-arg]
    return {(p.column.table.table, p.column.name, p.category.rpartition(".")[2]) for p in proposals}


def test_hostile_names_views_bytes_and_empty_tables_are_fine(warehouse_url: str) -> None:
    numbers = "generate_series(1, 60)"
    bytes_ = "bytea" if warehouse_url.startswith("postgres") else "blob"
    run(
        warehouse_url,
        'create schema "Şəxsi data"',
        f'create table "Şəxsi data"."my.table ""x""" as select {_MAIL} as "e-mail ""adı"" %s :x", i as "select" from {numbers} as t(i)',
        'create view "Şəxsi data"."V" as select "e-mail ""adı"" %s :x" as "group" from "Şəxsi data"."my.table ""x"""',
        f'create table "Şəxsi data".empty (email text, raw {bytes_})',
        f'create table "Şəxsi data".raw (raw {bytes_}, flag boolean, nothing text)',
        'insert into "Şəxsi data".raw values (null, true, null), (null, false, null)',
    )
    with closing(connect(warehouse_url, read_only=True)) as warehouse:
        assert names(discover(warehouse)) == {('my.table "x"', 'e-mail "adı" %s :x', "email"), ("V", "group", "email")}


def test_a_table_of_a_thousand_columns_takes_few_statements(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    columns = ", ".join(f"c{k} text" for k in range(1000))
    values = ", ".join(f"'v{k}'" if k != 777 else "'ada@mail.example'" for k in range(1000))
    run(warehouse_url, "create schema w", f"create table w.wide ({columns})", *[f"insert into w.wide values ({values})"] * 3)
    with closing(connect(warehouse_url, read_only=True)) as opened:
        [table] = opened.schema().tables
        found = scan(opened, table)
        assert (len(found.samples), found.rows) == (1000, 3)
        assert found.statements <= 45
        assert ("wide", "c777", "email") in names(discover(opened))


@pytest.mark.postgres
def test_an_account_that_may_only_read_and_create_nothing_discovers(postgres_url: str) -> None:
    run(
        postgres_url,
        "create schema s",
        f"create table s.people as select i as id, {_MAIL} as c1, 'x' as c2 from generate_series(1, 90) as t(i)",
        "drop role if exists only_reads",
        "create role only_reads login",
        "revoke all on schema public from public",
        "do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$",
        "grant usage on schema s to only_reads",
        "grant select on s.people to only_reads",
    )
    url = make_url(postgres_url).set(username="only_reads").render_as_string(hide_password=False)
    with closing(connect(url, read_only=True)) as warehouse:
        assert names(discover(warehouse)) == {("people", "c1", "email")}
    run(postgres_url, "revoke all on s.people from only_reads", "revoke all on schema s from only_reads", "drop role only_reads")


@pytest.mark.postgres
def test_types_of_postgresql_are_read_as_what_they_hold(postgres_url: str) -> None:
    run(
        postgres_url,
        "create schema s",
        "create table s.t (a inet, b macaddr, c jsonb, d text[], e bigint, f timestamptz)",
        """insert into s.t select ('185.12.' || i || '.77')::inet, ('08:00:2b:01:02:' || lpad(to_hex(i), 2, '0'))::macaddr,
           jsonb_build_object('buyer', jsonb_build_object('email', 'u' || i || '@mail.example')), array['u' || i || '@mail.example'], 994501230000 + i * 7919, now()
           from generate_series(1, 120) as t(i)""",
    )
    with closing(connect(postgres_url, read_only=True)) as warehouse:
        assert names(discover(warehouse)) == {
            ("t", "a", "ip_address"),
            ("t", "b", "device_id"),
            ("t", "c", "email"),
            ("t", "d", "email"),
            ("t", "e", "phone_number"),
        }


def test_a_table_that_is_not_there_is_an_error_and_not_an_empty_answer(warehouse: Warehouse) -> None:
    with pytest.raises(TargetMissing, match="no such table"):
        discover(warehouse, tables=[TableRef("s", "gone")])


def test_progress_is_told_once_per_table_and_equal_data_give_equal_proposals(duckdb_url: str) -> None:
    run(
        duckdb_url,
        "create schema s",
        f"create table s.a as select {_MAIL} as m from range(2000) t(i)",
        "create table s.b as select 1 as n",
    )
    told: list[tuple[str, int, int]] = []
    with closing(connect(duckdb_url, read_only=True)) as warehouse:
        first = discover(warehouse, on_progress=lambda table, done, all_: told.append((str(table), done, all_)))
        assert first == discover(warehouse)
        assert first == discover(warehouse, tables=[TableRef("s", "a")])
    assert told == [("s.a", 1, 2), ("s.b", 2, 2)]


def test_only_a_bounded_number_of_values_leaves_the_engine(duckdb_url: str) -> None:
    run(
        duckdb_url,
        "create schema s",
        f"create table s.a as select {_MAIL} as m, repeat('uzun mətn ', 2000) || i as long from range(3000) t(i)",
    )
    with closing(connect(duckdb_url, read_only=True)) as warehouse:
        [table] = warehouse.schema().tables
        mail, long = scan(warehouse, table).samples
    assert (len(mail.values), mail.distinct, mail.filled, mail.rows) == (SAMPLED, 3000, 3000, 3000)
    assert max(map(len, long.values)) <= 4000
    assert "mail.example" not in repr(mail)


@pytest.mark.postgres
def test_an_error_of_the_engine_is_raised_without_values(postgres_url: str) -> None:
    run(
        postgres_url,
        "create schema s",
        "create table s.t (a int)",
        "insert into s.t values (0)",
        "create view s.v as select 424242424 / a as x, 'secret-value' as y from s.t",
    )
    with closing(connect(postgres_url, read_only=True)) as warehouse, pytest.raises(WarehouseError) as error:
        discover(warehouse)
    assert "secret-value" not in str(error.value)


def test_both_engines_redact_as_python_does(warehouse: Warehouse) -> None:
    text = (
        "Zəng: +994 50 123 45 67; 050-123-45-67, ada@x.org. ORD-2024-001234 4169 7388 1234 5678 AZ21NABZ00000000137010001944 10.0.0.1 "
        "FIN: 5ZK1A2B pasport AA1234567 00:1a:2b:3c:4d:5e 2001:db8:0:0:0:0:2:1 123-45-6789 sağ olun"
    )
    value = sa.literal(text, sa.Text())
    for pattern in PATTERNS.values():
        assert check_pattern(pattern)
        value = replaced(value, pattern, REDACTED)
    assert warehouse.scalar(sa.select(value), name="test.redact") == redact(text)


@pytest.mark.slow
def test_a_million_cells_per_cpu_second(tmp_path: Path) -> None:
    path = tmp_path / "big.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """create table t as select 'user' || i || '@mail' || (i % 97) || '.az' a, '+994 50 ' || (100 + i % 900) || ' ' || (10 + i % 90) || ' ' || (10 + (i * 7) % 90) b,
               ['Anar', 'Leyla', 'Tural', 'Günel', 'Orxan'][1 + i % 5] c, md5(i::text) d, 'Nizami küçəsi ' || (i % 200) e, 'ORD-' || i f,
               '185.' || (i % 256) || '.' || (i * 7 % 256) || '.7' g, 'Çox yaxşı məhsuldur ' || i || ' razıyam' h, 'SKU-' || (i % 5000) k, 'new' l
               from range(1000000) r(i)"""
        )
    with closing(connect(f"duckdb:///{path}", read_only=True)) as warehouse:
        began = time.process_time()
        found = discover(warehouse)
        spent = time.process_time() - began
    assert {"a", "b", "e", "g"} <= {p.column.name for p in found}
    assert 10_000_000 / spent > 1_000_000, f"{10 / spent:.2f} million cells per CPU second"


def test_a_comment_in_the_database_says_what_a_header_does_not(warehouse_url: str) -> None:
    numbers = "generate_series(1, 80)"
    make = f"as select i as id, (501000000 + i * 7919)::bigint as c1, (501000000 + i * 7919)::bigint as c2 from {numbers} as g(i)"
    if warehouse_url.startswith("duckdb"):
        make = make.replace("from generate_series(1, 80) as g(i)", "from range(1, 81) as g(i)")
    run(warehouse_url, "create schema noted", f"create table noted.t {make}",
        "comment on column noted.t.c1 is 'Mobile phone of the customer, without the trunk prefix'",
        "comment on column noted.t.c2 is 'Running number of the batch'")
    with closing(connect(warehouse_url)) as warehouse:
        found = {p.column.name: p for p in discover(warehouse)}
    assert found["c1"].category == "user.contact.phone_number"
    assert "its comment in the database names it" in found["c1"].explanation
    assert "c2" not in found
