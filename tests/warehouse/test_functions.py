"""Expressions that mean the same on every engine, checked against Python."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemas import found, run
from sqlalchemy import literal, select

from governance.domain.names import TableRef
from governance.domain.patterns import PATTERNS
from governance.domain.schema import Family
from governance.warehouse import StagedColumn, Warehouse
from governance.warehouse.connect import connect
from governance.warehouse.functions import (
    among,
    as_text,
    bit_set,
    check_pattern,
    contains,
    digits,
    is_listable,
    json_steps,
    json_text,
    matches,
    replaced,
    row_digest,
    table_of,
)
from governance.warehouse.sampling import each_match
from governance.warehouse.types import type_of_family

# Text as engines can hold it: no NUL, no lone surrogates.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
HARD = ["", " ", "abc", "Əliyev", "a\u0301", "👍", "50%", "_", "a%b_c", "\\", "\\1", "$1", "'", '"', "\n",
        "+994 (50) 123-45-67", "٣"]
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)


@pytest.fixture
def both(duckdb_url: str, postgres_url: str) -> Iterator[list[Warehouse]]:
    with ExitStack() as stack:
        yield [stack.enter_context(closing(connect(url))) for url in (duckdb_url, postgres_url)]


def _ask(warehouses: list[Warehouse], values: list[Any], expression: Any, family: Family = Family.TEXT) -> list[Any]:
    """`expression` of each value, checked to be the same on all engines."""
    answers = []
    for warehouse in warehouses:
        with warehouse.stage([StagedColumn("n", Family.INTEGER), StagedColumn("v", family)], list(enumerate(values))) as staged:
            query = select(expression(staged.c.v)).order_by(staged.c.n)
            answers.append([r[0] for r in warehouse.rows(query, name="ask")])
    for answer in answers[1:]:
        assert answer == answers[0]
    return answers[0]


@SHARED
@given(st.lists(TEXT | st.none(), max_size=8))
def test_digits_are_those_of_ascii_in_their_order(both: list[Warehouse], values: list[str | None]) -> None:
    values = [*HARD, *values]
    assert _ask(both, values, digits) == [None if v is None else re.sub("[^0-9]", "", v) for v in values]


@SHARED
@given(st.lists(TEXT | st.none(), max_size=8), TEXT)
def test_contains_finds_a_needle_as_it_stands(both: list[Warehouse], values: list[str | None], needle: str) -> None:
    values = [*HARD, *values]
    for wanted in (needle, "%", "_", "\\", "Ə", ""):
        assert _ask(both, values, lambda v, wanted=wanted: contains(v, wanted)) == [v is not None and wanted in v for v in values]


def test_contains_takes_a_column_as_needle(both: list[Warehouse]) -> None:
    assert _ask(both, ["a%b", None], lambda v: contains(literal("xa%by"), v)) == [True, False]


@SHARED
@given(st.lists(TEXT | st.none(), max_size=8), TEXT)
def test_replaced_puts_exactly_the_replacement(both: list[Warehouse], values: list[str | None], replacement: str) -> None:
    values = [*HARD, *values, "x1x22x"]
    for given_replacement in (replacement, "\\1\\&\\0$1&", "[redacted]"):
        answer = _ask(both, values, lambda v, r=given_replacement: replaced(v, "[0-9]+", r))
        assert answer == [None if v is None else given_replacement.join(re.split("[0-9]+", v)) for v in values]


@pytest.mark.parametrize("name", PATTERNS)
def test_the_patterns_of_identifiers_find_the_same_everywhere(both: list[Warehouse], name: str) -> None:
    samples = ["anar@example.az", "tel: +994 50 123 45 67.", "(050) 123-45-67", "AZE12345678", "FIN: 5ABC1D2",
               "4111 1111 1111 1111", "AZ21 NABZ 0000 0000 1370 1000 1944", "10.20.30.40",
               "00:1b:44:11:3a:b7", "2001:db8:85a3:0:0:8a2e:370:7334",
               "order 12345", "no one", "Паспорт 4509 123456", "İstanbul 34", *HARD, None]
    assert _ask(both, samples, lambda v: matches(v, PATTERNS[name])) == [
        v is not None and re.search(PATTERNS[name], v) is not None for v in samples]


@pytest.mark.parametrize("pattern", [r"\d+", r"\bx", r"\w", "(?i)a", "(?=a)", "a+?", "a*?", r"(a)\1", "[[:alpha:]]", r"\Aa"])
def test_a_pattern_engines_read_differently_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="differently"):
        check_pattern(pattern)


@pytest.mark.parametrize(("family", "value", "text"), [
    (Family.INTEGER, -(2**62), str(-(2**62))), (Family.TEXT, "Ə ", "Ə "), (Family.BOOLEAN, True, "true"),
    (Family.UUID, UUID(int=10), "00000000-0000-0000-0000-00000000000a"), (Family.DATE, date(987, 2, 3), "0987-02-03"),
    (Family.TIMESTAMP, datetime(2026, 1, 2, 3, 4, 5, 600_000), "2026-01-02 03:04:05.6"),
    (Family.TIMESTAMP, datetime(2026, 1, 2), "2026-01-02 00:00:00"),
    (Family.MOMENT, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02 03:04:05+00"),
    (Family.NUMBER, Decimal("1.50"), "1.50"), (Family.BINARY, b"\x00\xab", "00ab"),
    (Family.TEXT, None, None), (Family.BINARY, None, None),
])  # fmt: skip
def test_text_of_a_value_is_the_same_everywhere(both: list[Warehouse], family: Family, value: Any, text: str | None) -> None:
    assert _ask(both, [value], as_text, family) == [text]


_CELL = TEXT | st.none() | st.sampled_from(["", "-", "1:a", ":"])
_ROWS = st.lists(st.lists(_CELL, min_size=2, max_size=2), min_size=2, max_size=6)


@SHARED
@given(_ROWS)
def test_rows_have_equal_digests_just_when_they_are_equal(both: list[Warehouse], rows: list[list[str | None]]) -> None:
    rows = [*rows, ["", None], [None, ""], ["a", "b"], ["ab", ""], ["", "ab"], ["a1:b", ""]]
    answers = []
    for warehouse in both:
        columns = [StagedColumn("n", Family.INTEGER), StagedColumn("a", Family.TEXT), StagedColumn("b", Family.TEXT)]
        with warehouse.stage(columns, [(n, *row) for n, row in enumerate(rows)]) as staged:
            query = select(row_digest([staged.c.a, staged.c.b])).order_by(staged.c.n)
            answers.append([r[0] for r in warehouse.rows(query, name="digest")])
    assert answers[0] == answers[1]
    assert len(set(answers[0])) == len({tuple(r) for r in rows})
    first = "".join("-" if v is None else f"{len(v)}:{v}" for v in rows[0])
    assert answers[0][0] == hashlib.md5(first.encode(), usedforsecurity=False).hexdigest()


DOCUMENT = {"contact": {"phone": "+994", "none": None, "list": [{"n": 1.0}, True]}, "a.b": {'x"y': "odd"}, "": "empty",
            "~/": "tilde"}
PATHS = {
    "$.contact.phone": "+994", "$.contact.none": None, "$.contact.missing": None, "$.contact.list[0].n": "1.0",
    "$.contact.list[1]": "true", '$."a.b"."x\\"y"': "odd", '$."~/"': "tilde", "$.contact.phone.deeper": None,
}


@pytest.mark.parametrize("kind", ["text", "json", "jsonb"])
def test_a_value_at_a_path_is_read_from_every_kind_of_column(both: list[Warehouse], kind: str) -> None:
    for warehouse in both:
        spelling = "json" if kind == "jsonb" and warehouse.capabilities.engine == "duckdb" else kind
        run(warehouse, "CREATE SCHEMA s", f"CREATE TABLE s.t (n integer, j {spelling})")
        row = table_of(found(warehouse, "s.t"))
        document: Any = sa.cast(literal(json.dumps(DOCUMENT), sa.Text()), sa.Text())
        values = [document, sa.null(), sa.cast(literal("[1]", sa.Text()), sa.Text())]
        for number, value in enumerate(values):
            source = select(literal(number), sa.cast(value, _Named(spelling)))
            warehouse.execute(sa.insert(row).from_select(["n", "j"], source), name="fill")
        for path, expected in PATHS.items():
            answer = [r[0] for r in warehouse.rows(select(json_text(row.c.j, path)).order_by(row.c.n), name="ask")]
            assert answer == [expected, None, None], path


class _Named(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **kw: Any) -> str:
        return self.name


def test_text_that_is_not_json_has_nothing_at_any_path(both: list[Warehouse]) -> None:
    broken = ["{bad", "", '{"a": "\\u0000"}', "'", "nul", None, '{"a": 1']
    assert _ask(both, broken, lambda v: json_text(v, "$.b")) == [None] * len(broken)


@pytest.mark.parametrize("path", ["contact", "$", "$.", "$.a..b", "$.a[x]", "$.a b", "$.*"])
def test_a_text_that_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="expected a path"):
        json_steps(path)


def test_among_is_true_of_a_listed_value_false_of_another_and_null_of_none(both: list[Warehouse]) -> None:
    listed = sa.select(sa.func.unnest(sa.literal([3, 1, 3, 2**62], sa.ARRAY(sa.BigInteger()))))
    assert _ask(both, [1, 2, 3, 2**62, None], lambda v: among(v, listed), Family.INTEGER) == [True, False, True, True, None]
    nothing = listed.where(sa.false())
    assert _ask(both, [1, 2], lambda v: among(v, nothing), Family.INTEGER) == [False, False]


@pytest.mark.parametrize("kind", ["integer", "smallint", "bigint", "text", "varchar(9)", "uuid", "date", "char(9)"])
def test_a_list_of_values_is_looked_up_in_an_index_just_where_its_column_is_listable(
        kind: str, postgres_warehouse: Warehouse, postgres_url: str) -> None:
    listable = kind != "char(9)"
    run(postgres_warehouse, "CREATE SCHEMA s", f"CREATE TABLE s.t (k {kind} PRIMARY KEY)", "CREATE TABLE s.listed (v text)")
    table, listed = found(postgres_warehouse, "s.t"), table_of(found(postgres_warehouse, "s.listed"))
    [column] = table.columns
    assert is_listable(column) is listable
    values = select(listed.c.v if column.family is Family.TEXT else sa.cast(listed.c.v, type_of_family(column.family)))
    row = table_of(table)
    engine = sa.create_engine(postgres_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {select(row.c.k).where(among(row.c.k, values)).compile(engine)}").scalars().all()
    engine.dispose()
    assert any("Index Cond" in line for line in plan) is listable, plan


def test_bits_are_told_one_by_one(both: list[Warehouse]) -> None:
    values = [0, 1, 2**5, 2**62, 2**62 + 2**5, None]
    for bit in (0, 5, 62):
        answer = _ask(both, values, lambda v, bit=bit: bit_set(v, bit), Family.INTEGER)
        assert answer == [v is not None and bool(v >> bit & 1) for v in values]


def test_a_name_in_a_table_reference_cannot_mean_anything_else() -> None:
    table = table_of(TableRef('s".t; --', "Sele ct"), ['a"b', "order"])
    for dialect in (sa.create_engine("duckdb:///:memory:").dialect, sa.create_engine("postgresql+psycopg://").dialect):
        sql = str(select(table).compile(dialect=dialect))
        assert '"s"".t; --"."Sele ct"' in sql
        assert '"a""b"' in sql



def test_each_match_is_the_whole_match_whatever_groups_a_pattern_has(warehouse: Warehouse) -> None:
    texts = ["a-12, b-(3) [x] 44", "", "([1]) 2-2"]
    for pattern in ("([a-z]-)?([0-9](2|4)?)", "[(]([0-9]|[[])+", "[][(]+[0-9]"):
        for text in texts:
            found = [row[0] for row in warehouse.rows(sa.select(each_match(sa.literal(text, sa.Text()), pattern)), name="test.matches")]
            assert found == [m[0] for m in re.finditer(pattern, text)], (pattern, text)
