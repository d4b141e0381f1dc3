"""Quick reads a bounded part of a table, whatever its size, and says what it may have missed; full looks at every cell."""

# ruff: noqa: E501 -- SQL
from __future__ import annotations

from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.discovery import Look, Mode, discover, scan
from governance.discovery.scan import QUICK_ROWS
from governance.domain.names import TableRef
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.sampling import STRIPS, count_places, has_places
from tests.discovery.test_scan import names, run

_RARE = ("'müştəri ilə danışıldı, sifariş № ' || (100000000 + i * 7919) || ' təsdiqləndi' || "
         "case when i % 1000 = 500 then ', zəng: +994 50 ' || (200 + i % 700) || ' 45 67' else '' end")


def numbers(url: str, most: int) -> str:
    return f"generate_series(0, {most - 1}) as t(i)" if url.startswith("postgres") else f"range({most}) t(i)"


def looks(warehouse: Warehouse, mode: Mode) -> tuple[dict[str, tuple[str, tuple[str, ...]]], dict[str, Look]]:
    seen: list[Look] = []
    found = discover(warehouse, mode=mode, on_look=seen.append)
    return {p.column.name: (p.category, p.also) for p in found}, {look.table.table: look for look in seen}


def test_a_number_in_one_of_a_thousand_texts_is_always_found_in_full_mode(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    run(warehouse_url, "create schema s", f"create table s.notes as select i as id, {_RARE} as note from {numbers(warehouse_url, 60_000)}")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        found, seen = looks(opened, Mode.FULL)
    assert found == {"note": ("user.contact.phone_number", ())}
    assert seen["notes"].missed(0.001) == 0.0


def test_an_address_in_a_column_of_codes_is_found_wherever_it_stands(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    code = "case when i = 41234 then 'ada.quliyeva@mail.example' else 'ORD-' || (10000000 + i) end"
    run(warehouse_url, "create schema s", f"create table s.orders as select i as id, {code} as reference from {numbers(warehouse_url, 60_000)}")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        found, _ = looks(opened, Mode.FULL)
    assert found == {"reference": ("user.contact.email", ())}


def test_quick_reads_a_bounded_number_of_rows_and_says_what_it_may_have_missed(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    run(warehouse_url, "create schema s", f"create table s.people as select i as id, 'user' || i || '@mail.example' as c1 "
                                          f"from {numbers(warehouse_url, 60_000)}")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        [table] = opened.schema().tables
        looked = scan(opened, table, mode=Mode.QUICK)
        found, seen = looks(opened, Mode.QUICK)
    assert found == {"c1": ("user.contact.email", ())}
    assert 1_000 <= looked.looked <= 2 * QUICK_ROWS
    assert 0.3 * 60_000 <= looked.rows <= 3 * 60_000
    assert seen["people"].missed(0.001) == pytest.approx(0.999 ** looked.looked)
    assert f"{looked.looked:,}" in seen["people"].words


def test_what_is_looked_at_is_spread_over_the_table_and_the_same_each_time(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    run(warehouse_url, "create schema s", f"create table s.t as select i as n from {numbers(warehouse_url, 60_000)}")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        [table] = opened.schema().tables
        assert has_places(table)
        [(places, _)] = list(opened.rows(count_places(table), name="test.places"))
        assert places > STRIPS
        first, again = (scan(opened, table, mode=Mode.QUICK, sampled=10_000).samples[0].values for _ in range(2))
    assert first == again
    rows = sorted(map(int, first))
    assert rows[0] < 5_000
    assert rows[-1] > 55_000
    assert max(b - a for a, b in pairwise(rows)) < 10_000


def test_a_view_and_a_table_smaller_than_the_sample_are_read_as_they_are(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    run(warehouse_url, "create schema s", f"create table s.t as select i as id, 'u' || i || '@mail.example' as c1 from {numbers(warehouse_url, 300)}",
        "create view s.v as select c1 as c2 from s.t", "create table s.empty (c3 text)")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        for mode in Mode:
            found, seen = looks(opened, mode)
            assert set(found) == {"c1", "c2"}
            assert seen["t"].is_whole
            assert (seen["t"].rows, seen["empty"].rows) == (300, 0)


def test_a_view_larger_than_what_quick_reads_is_never_called_whole(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    run(warehouse_url, "create schema s", f"create table s.t as select i as id from {numbers(warehouse_url, 60_000)}", "create view s.v as select id as c2 from s.t")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        _, quick = looks(opened, Mode.QUICK)
        _, full = looks(opened, Mode.FULL)
    assert not quick["v"].is_whole
    assert quick["v"].missed(0.001) > 0
    assert "every one" not in quick["v"].words
    assert (full["v"].is_whole, full["v"].rows) == (True, 60_000)


def test_a_column_that_hardly_any_row_fills_is_judged_by_the_values_it_has(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    thin = "case when i % 3000 = 17 then 'user' || i || '@mail.example' end"
    run(warehouse_url, "create schema s", f"create table s.t as select i as id, {thin} as c1 from {numbers(warehouse_url, 60_000)}")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        assert names(discover(opened)) == {("t", "c1", "email")}


@pytest.mark.postgres
def test_partitions_are_looked_at_as_one_table(postgres_url: str) -> None:
    run(postgres_url, "create schema s", "create table s.p (id int, c1 text) partition by range (id)",
        *[f"create table s.p{n} partition of s.p for values from ({n * 20_000}) to ({(n + 1) * 20_000})" for n in range(3)],
        "insert into s.p select i, 'user' || i || '@mail.example' from generate_series(0, 59999) as t(i)")
    with closing(connect(postgres_url, read_only=True)) as opened:
        for mode in Mode:
            found, _ = looks(opened, mode)
            assert found == {"c1": ("user.contact.email", ())}


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0, 1))
def test_the_chance_to_miss_falls_with_rows_looked_at(rows: int, looked: int, rate: float) -> None:
    one, more = (Look(TableRef("s", "t"), Mode.QUICK, rows, n) for n in (looked, looked + 1))
    assert 0.0 <= more.missed(rate) <= one.missed(rate) <= 1.0
    assert Look(TableRef("s", "t"), Mode.FULL, rows, looked).missed(rate) == 0.0
