"""Something of somebody in one row of a thousand: in texts and in documents, on both engines, and nothing where there is nothing."""

# ruff: noqa: E501 -- SQL
from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.discovery import discover, scan
from governance.discovery.judge import assess_table, proposal, verdicts
from governance.discovery.recognizer import combined
from governance.discovery.sample import Sample, TableScan
from governance.discovery.scan import MOST_DOCUMENTS, MOST_HITS, MOST_KEYS, search
from governance.domain.names import TableRef
from governance.domain.patterns import redact
from governance.domain.proposal import Proposal
from governance.domain.schema import Column, Family
from governance.warehouse.connect import connect
from tests.discovery.test_modes import numbers
from tests.discovery.test_scan import run

_ROWS = 9_000  # more than are read row by row
_NEEDLES = {
    "user.name": "Leyla Məmmədova dünən zəng etdi",
    "user.contact.phone_number": "zəng edin 050 311 45 67",
    "user.contact.email": "cavab ada@mail.example ünvanına",
    "user.financial.credit_card": "4169 7388 1234 5678",
    "user.financial.bank_account": "Возврат на счет AZ21NABZ00000000137010001944",
    "user.government_id.passport_number": "Reisepass C01X00T47 geprüft",
    "user.government_id.national_identification_number": "FİN 5ZK1A2B",
    "user.contact.address.street": "Yeni ünvan: Nizami küçəsi 8",
}
_NEEDLES["user.financial.credit_card"] = "4111 1111 1111 1111"
_FILLER = "'Sifariş ' || (100000 + i) || ' gecikdi; ' || (i % 90) || '.50; ' || (10 + i % 18) || '.05.2026; Qara çay x' || (i % 7)"
_LEAF = {
    "user.name": "Leyla Məmmədova", "user.contact.phone_number": "+994503114567", "user.contact.email": "ada@mail.example",
    "user.financial.credit_card": "4111111111111111", "user.financial.bank_account": "AZ21NABZ00000000137010001944",
    "user.government_id.passport_number": "AZE12345678", "user.government_id.national_identification_number": "10000000146",
    "user.contact.address.street": "Nizami küçəsi 8, m. 3",
}  # fmt: skip
_DOCUMENT = """'{"v": 1, "ts": ' || (1700000000 + i) || ', "items": [{"sku": "A-' || (i % 9999) || '", "price": ' || (i % 90) || '.5}], "ok": true' || """


def found(url: str) -> dict[str, Proposal]:
    with closing(connect(url, read_only=True)) as warehouse:
        return {p.column.name: p for p in discover(warehouse)}


def test_one_of_each_kind_in_thousands_of_texts_is_found_on_both_engines(warehouse_url: str) -> None:
    columns = [f"{_FILLER} || case when i = {4321 + k} then ' {needle}' else '' end as c{k}" for k, needle in enumerate(_NEEDLES.values())]
    run(warehouse_url, "create schema s", f"create table s.t as select i as id, {_FILLER} as c_none, {', '.join(columns)} from {numbers(warehouse_url, _ROWS)}")
    said = found(warehouse_url)
    assert {name: p.category for name, p in said.items()} == {f"c{k}": kind for k, kind in enumerate(_NEEDLES)}


def test_one_of_each_kind_in_thousands_of_documents_is_found_with_its_path_on_both_engines(warehouse_url: str) -> None:
    columns = []
    for k, leaf in enumerate(_LEAF.values()):
        columns.append(f"""{_DOCUMENT} case when i = {4321 + k} then ', "ext": {{"q": [{{"k": 3, "x": "{leaf}"}}]}}' else '' end || '}}' as c{k}""")
    run(warehouse_url, "create schema s", f"create table s.t as select i as id, {_DOCUMENT} '}}' as c_none, {', '.join(columns)} from {numbers(warehouse_url, _ROWS)}")
    said = found(warehouse_url)
    assert {name: p.category for name, p in said.items()} == {f"c{k}": kind for k, kind in enumerate(_LEAF)}
    assert all("$.ext.q[].x" in p.explanation for p in said.values())


def test_texts_of_order_numbers_article_numbers_and_part_numbers_are_nobodys_on_both_engines(warehouse_url: str) -> None:
    number = "lpad(cast((i * 7919 + 104729 * (i % 13)) % 1000000 as varchar), 6, '0')"
    codes = {"orders": f"'2026' || {number} || {number}", "parts": f"substr({number}, 1, 4) || '-' || substr({number}, 2, 3) || '-' || substr({number}, 3, 3)",
             "hashes": f"md5({number})", "tracks": f"'RA' || {number} || '123DE'", "cards": f"'4169' || {number} || {number}"}  # fmt: skip
    columns = ", ".join(f"{_FILLER} || ' ' || {code} as {name}" for name, code in codes.items())
    run(warehouse_url, "create schema s", f"create table s.t as select i as id, {columns} from {numbers(warehouse_url, _ROWS)}")
    assert found(warehouse_url) == {}


def test_what_leaves_the_engine_for_a_column_is_bounded(warehouse_url: str) -> None:
    text = f"{_FILLER} || ' Əli Vəli' || chr(cast(97 + i % 26 as int)) || chr(cast(97 + i % 25 as int)) || ' +99450' || (1000000 + i) "
    document = f"""{_DOCUMENT} ', "k' || chr(cast(97 + i % 26 as int)) || '": "+99450' || (1000000 + i) || '"}}'"""
    run(warehouse_url, "create schema s", f"create table s.t as select i as id, {text} as t, {document} as d from {numbers(warehouse_url, _ROWS)}")
    with closing(connect(warehouse_url, read_only=True)) as warehouse:
        [table] = warehouse.schema().tables
        looked = scan(warehouse, table)
        for sample in looked.samples[1:]:
            searched = search(warehouse, table, sample, looked.looked)
            assert 0 < len(searched.hits) <= MOST_HITS
            assert len(searched.names) <= (MOST_DOCUMENTS if sample.column.name == "d" else 20_000)
            assert len(searched.documents) <= 2 * MOST_KEYS
            assert all(len(h.cell or "") <= 4_000 for h in searched.hits)


def judged(documents: list[str]) -> list[Proposal]:
    sample = Sample(Column("c", "text", Family.TEXT, True), TableRef("s", "t"), tuple(documents[:400]), len(documents), len(documents), len(documents), texts=tuple(documents))
    assessed = assess_table(TableScan(sample.table, len(documents), (sample,), 1), combined())
    return [proposal(a, v) for a, v in zip(assessed, verdicts(assessed), strict=True) if v]


def plain(count: int) -> list[dict[str, object]]:
    return [{"v": 1 + k % 2, "order_no": f"2026{k * 7919 % 10**12:012d}", "title": ["Black kettle", "Desk lamp", "Wool rug"][k % 3], "at": 1_700_000_000 + k, "n": k}
            for k in range(count)]


@pytest.mark.parametrize("at", [999, 1_000, 2_500, 2_999])
def test_every_document_that_was_read_is_looked_into(at: int) -> None:
    made = plain(3_000)
    made[at]["ext"] = {"q": [{"x7": _LEAF["user.contact.phone_number"]}]}
    assert [p.category for p in judged([json.dumps(m) for m in made])] == ["user.contact.phone_number"]


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(sorted(_LEAF)), st.integers(0, 399), st.sampled_from(["a", "x7", "zz"]), st.booleans())
def test_a_path_of_one_document_is_judged_by_its_one_value(kind: str, at: int, key: str, deep: bool) -> None:
    made = plain(400)
    made[at]["ext"] = {"q": [{key: _LEAF[kind]}]} if deep else {key: _LEAF[kind]}
    [found_] = judged([json.dumps(d, ensure_ascii=False) for d in made])
    assert found_.category == kind
    assert f"$.ext.{'q[].' if deep else ''}{key}" in found_.explanation
    assert _LEAF[kind] not in found_.explanation


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["user.contact.phone_number", "user.contact.email", "user.financial.bank_account"]), st.integers(0, 399))
def test_one_value_on_a_path_that_all_documents_have_is_found(kind: str, at: int) -> None:
    made = plain(400)
    for k, d in enumerate(made):
        d["note"] = f"box {k} arrived"
    made[at]["note"] = f"box arrived {_LEAF[kind]} thanks"
    assert [p.category for p in judged([json.dumps(d, ensure_ascii=False) for d in made])] == [kind]


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["red", "12", "A-1234", "2026-05-01", "1.5", "Black kettle", "9f86d081884c7d65", "true story", "ORD-12345678", "Bakı", "https://example.org/p/1"]),
       st.integers(0, 399))
def test_a_rare_path_that_holds_nothing_of_anybody_stays_quiet(value: str, at: int) -> None:
    made = plain(400)
    made[at]["ext"] = {"x7": value}
    assert judged([json.dumps(d, ensure_ascii=False) for d in made]) == []


def test_a_passport_of_turkey_and_of_germany_is_cut_from_texts_too() -> None:
    assert "12345678" not in redact("Pasaport U12345678 kontrol edildi")
    assert "123456789" not in redact("Personalausweis 123456789 geprüft")


@pytest.mark.slow
def test_a_name_in_one_of_a_thousand_rows_of_a_large_table_is_found(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'w.duckdb'}"
    run(url, "create schema s", f"create table s.t as select i as id, {_FILLER} || case when i % 1000 = 7 then ' Anar Əliyev zəng etdi' else '' end as note from range(1000000) t(i)")
    assert {name: p.category for name, p in found(url).items()} == {"note": "user.name"}
