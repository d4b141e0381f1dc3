"""A full look remembers what it saw: what did not change is not read again, and what changed anywhere is."""

# ruff: noqa: E501 -- SQL
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.discovery import Discovery, Known, Mode, discover, load, look_at, referred_first
from governance.discovery.fingerprint import FEWEST, fingerprint
from governance.domain.names import TableRef
from governance.domain.schema import ForeignKey, Table
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from tests.discovery.test_modes import numbers
from tests.discovery.test_recognizers import _OWN
from tests.discovery.test_scan import run

PEOPLE = "create table s.people as select i as id, 'user' || i || '@mail.example' as mail, 'nothing of note' as note from {}"


def look(url: str, known: Mapping[TableRef, Known], **more: object) -> Discovery:
    with closing(connect(url, read_only=True)) as opened:
        return look_at(opened, known=known, **more)  # type: ignore[arg-type]


def remembered(found: Discovery, before: Mapping[TableRef, Known] | None = None) -> dict[TableRef, Known]:
    return {**(before or {}), **{t.look.table: t.known for t in found.tables}}


def unchanged(found: Discovery) -> set[str]:
    return {ref.table for ref in found.unchanged}


@pytest.fixture
def url(warehouse: Warehouse, warehouse_url: str) -> str:
    warehouse.close()
    run(warehouse_url, "create schema s", PEOPLE.format(numbers(warehouse_url, 3_000)),
        f"create table s.goods as select i as id, 'SKU-' || i as sku from {numbers(warehouse_url, 3_000)}")
    return warehouse_url


def test_what_did_not_change_is_not_looked_at_again_unless_it_is_asked_for(url: str) -> None:
    first = look(url, {})
    assert unchanged(first) == set()
    known = remembered(first)
    second = look(url, known)
    assert unchanged(second) == {"people", "goods"}
    assert second.proposals == ()
    assert all(t.look.is_whole and t.look.rows == 3_000 for t in second.tables)
    assert remembered(second) == known
    third = look(url, known, again=True)
    assert (unchanged(third), third.proposals) == (set(), first.proposals)


@pytest.mark.parametrize("change", [
    "update s.people set note = 'call +994 50 123 45 67' where id = 1234",  # neither the ends nor the number of values move
    "insert into s.people select id + 5000, mail, note from s.people where id < 1",
    "delete from s.people where id = 77",
    "alter table s.people add column more text",
    "alter table s.people rename column note to telefon",
    "update s.people set note = null where id = 5",
], ids=["one cell in the middle", "a row more", "a row less", "a column more", "a column by another name", "a cell emptied"])
def test_any_change_of_a_table_is_seen(url: str, change: str) -> None:
    known = remembered(look(url, {}))
    run(url, change)
    found = look(url, known)
    assert unchanged(found) == {"goods"}
    assert {p.column.table.table for p in found.proposals} == {"people"}


def test_rows_in_another_order_are_the_same_table(url: str) -> None:
    with closing(connect(url, read_only=True)) as opened:
        [before] = [fingerprint(opened, t) for t in opened.schema().tables if t.ref.table == "people"]
    run(url, "create table s.turned as select * from s.people order by id desc", "drop table s.people", "alter table s.turned rename to people")
    with closing(connect(url, read_only=True)) as opened:
        [after] = [fingerprint(opened, t) for t in opened.schema().tables if t.ref.table == "people"]
    assert before == after


def test_every_table_is_judged_anew_when_the_recognizers_changed(url: str, tmp_path: Path) -> None:
    known = remembered(look(url, {}))
    (tmp_path / "own.yaml").write_text(_OWN, encoding="utf-8")
    assert unchanged(look(url, known, custom=load(tmp_path))) == set()


def test_quick_takes_no_fingerprint_and_skips_nothing(url: str) -> None:
    known = remembered(look(url, {}))
    found = look(url, known, mode=Mode.QUICK)
    assert unchanged(found) == set()
    assert {t.known.fingerprint for t in found.tables} == {""}


def test_a_table_of_few_rows_has_no_fingerprint_and_is_always_looked_at(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    run(warehouse_url, "create schema s", PEOPLE.format(numbers(warehouse_url, FEWEST - 1)))
    found = look(warehouse_url, {})
    assert [t.known.fingerprint for t in found.tables] == [""]
    assert unchanged(look(warehouse_url, remembered(found))) == set()


def test_a_verdict_does_not_depend_on_which_tables_were_looked_at_again(warehouse: Warehouse, warehouse_url: str) -> None:
    """What a table says of itself depends on whether those it refers to are about people: that is remembered too."""
    warehouse.close()
    run(warehouse_url, "create schema s",
        "create table s.owner (id int primary key, a1 text)", "create table s.visit (id int primary key, owner_id int references s.owner (id), c2 text, c3 date)",
        f"insert into s.owner select i, 'user' || i || '@mail.example' from {numbers(warehouse_url, 400)}",
        f"insert into s.visit select i, i, case when i % 2 = 0 then 'M' else 'F' end, date '1950-01-01' + cast((i * 37) % 18000 as integer) from {numbers(warehouse_url, 400)}")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        whole = discover(opened)
    first = look(warehouse_url, {})
    known = remembered(first)
    run(warehouse_url, "update s.visit set c2 = 'F' where id = 4")
    found = look(warehouse_url, known)
    assert unchanged(found) == {"owner"}
    visits = [p for p in whole if p.column.table.table == "visit"]
    assert [(p.column, p.category) for p in found.proposals] == [(p.column, p.category) for p in visits]
    run(warehouse_url, "update s.owner set a1 = 'x' || id")
    later = look(warehouse_url, remembered(found, known))
    assert unchanged(later) == set(), "it leads to nobody any more, so its own columns are judged anew"


def test_recognizers_have_the_same_version_in_every_process(tmp_path: Path) -> None:
    code = "from governance.discovery.recognizer import combined, version; print(version(combined()))"
    told = {subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True,
                           check=True, cwd=Path(__file__).parents[2]).stdout for seed in ("1", "2")}
    assert len(told) == 1


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16))
@settings(max_examples=60)
def test_tables_that_others_refer_to_come_first_whatever_the_circles(pairs: list[tuple[int, int]]) -> None:
    refs = [TableRef("s", f"t{n}") for n in range(8)]
    tables = [Table(ref, "table", (), foreign_keys=tuple(ForeignKey(f"f{k}", ("a",), refs[b], ("b",)) for k, (a, b) in enumerate(pairs) if a == n))
              for n, ref in enumerate(refs)]
    ordered = [t.ref for t in referred_first(tables)]
    assert sorted(ordered) == refs
    upward = [(a, b) for a, b in pairs if a > b]  # without circles
    if len(upward) == len(pairs):
        assert all(ordered.index(refs[b]) < ordered.index(refs[a]) for a, b in pairs)


TYPES = {
    "duckdb": "create table s.t as select i as id, {'a': i, 'b': [i]} as nested, [i, i + 1] as list, uuid() as u, encode(i::varchar) as bytes, i / 3.0 as f, "
              "true as yes, now() as at, null::text as nothing, cast(json_object('k', i) as json) as doc from range(100) t(i)",
    "postgresql": "create table s.t as select i as id, json_build_object('a', i) as doc, jsonb_build_object('a', i) as docb, array[i, i + 1] as list, "
                  "gen_random_uuid() as u, decode(md5(i::text), 'hex') as bytes, i / 3.0 as f, true as yes, now() as at, null::text as nothing, "
                  "('10.0.0.' || i)::inet as ip, int4range(i, i + 5) as span, point(i, i) as place from generate_series(0, 99) as t(i)",
}


def test_every_type_of_column_counts(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    run(warehouse_url, "create schema s", TYPES[warehouse_url.partition("+")[0].partition(":")[0]])
    taken = []
    for change in (None, "update s.t set nothing = '' where id = 7", "update s.t set yes = null where id = 8", "update s.t set f = 0 where id = 9"):
        if change:
            run(warehouse_url, change)
        with closing(connect(warehouse_url, read_only=True)) as opened:
            taken.append(fingerprint(opened, opened.schema().tables[0]).digest)
    assert len(set(taken)) == 4


def test_a_table_of_a_thousand_columns_has_a_fingerprint(warehouse: Warehouse, warehouse_url: str) -> None:
    warehouse.close()
    run(warehouse_url, "create schema s", f"create table s.wide ({', '.join(f'c{n} int' for n in range(1_000))})",
        f"insert into s.wide (c0) select i from {numbers(warehouse_url, 60)}")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        [table] = opened.schema().tables
        before = fingerprint(opened, table)
    run(warehouse_url, "update s.wide set c999 = 1 where c0 = 30")
    with closing(connect(warehouse_url, read_only=True)) as opened:
        assert before.digest
        assert fingerprint(opened, table) != before
