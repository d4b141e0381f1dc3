"""Whole columns give exactly what one value at a time gives."""

from __future__ import annotations

import hmac
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.depersonalization.columns import counted, each_distinct, floats, texts
from governance.depersonalization.files import _sized
from governance.depersonalization.hmacs import hmac_sha256
from governance.depersonalization.labelling import absent, packed
from governance.depersonalization.pseudonyms import DomainKey, shifts, tokens
from governance.domain.errors import PlanRefused

# Spaces of every kind, letters that Unicode composes, ligatures, and what else a column of text may hold.
SPACES = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\u200b"
ODD = "e\u0301éəİıi\u0307ﬁ\u1e9b\u0323Å\u212bΩ\u2126가\u1100\u1161👍\x00"
TEXT = st.text(st.one_of(st.sampled_from(SPACES + ODD), st.characters(exclude_categories=["Cs"])), max_size=12)
KEYS = st.builds(DomainKey, st.sampled_from(["customer", "order", "ünvan"]), st.integers(1, 30), st.binary(min_size=32, max_size=32))


@given(key=KEYS, values=st.lists(TEXT, max_size=20))
def test_the_tokens_of_a_column_are_the_tokens_of_its_values(key: DomainKey, values: list[str]) -> None:
    assert tokens(key, pa.array(values, pa.string())).to_pylist() == [key.token(value) for value in values]


@given(key=KEYS, values=st.lists(st.text(st.sampled_from("a1" + SPACES[:10]), max_size=6), max_size=20))
def test_spaces_around_ascii_make_no_other_token(key: DomainKey, values: list[str]) -> None:
    assert tokens(key, pa.array(values, pa.string())).to_pylist() == [key.token(value.strip()) for value in values]


@given(key=KEYS, subjects=st.lists(TEXT, max_size=20), days=st.integers(1, 4000))
def test_the_shifts_of_a_column_are_the_shifts_of_its_subjects_and_never_zero(key: DomainKey, subjects: list[str], days: int) -> None:
    found = shifts(key, pa.array(subjects, pa.string()), days).to_pylist()
    assert found == [key.shift(subject, days) for subject in subjects]
    assert all(found)


@given(key=st.binary(max_size=64), values=st.lists(TEXT, max_size=20), start=st.integers(0, 20))
def test_the_digests_of_a_column_are_those_of_hmac(key: bytes, values: list[str], start: int) -> None:
    part = pa.array(values, pa.string()).slice(start)
    assert hmac_sha256(key, part).to_list() == [hmac.digest(key, value.encode(), "sha256").hex() for value in values[start:]]


def test_a_key_stands_in_no_representation_of_a_domain_key() -> None:
    key = DomainKey("customer", 1, b"canary-of-a-secret-0123456789abc")
    tokens(key, pa.array(["a"]))
    assert "canary" not in repr(key)
    assert key.subkey("pseudonym").hex() not in repr(key)


@pytest.mark.parametrize(("digits", "scale"), [(4, 1), (18, 2), (38, 6), (38, 38), (38, 0)])
@given(data=st.data())
def test_decimals_become_the_floats_python_makes_of_them(digits: int, scale: int, data: st.DataObject) -> None:
    whole = data.draw(st.lists(st.integers(-(10**digits) + 1, 10**digits - 1) | st.none(), max_size=20))
    values = [None if n is None else Decimal(n).scaleb(-scale) if abs(n) < 10**28 else Decimal(f"{n}e-{scale}") for n in whole]
    expected = [None if value is None else float(value) for value in values]
    assert floats(pa.array(values, pa.decimal128(digits, scale))).to_pylist() == expected
    assert floats(pa.array([None if value is None else format(value, "f") for value in values], pa.string())).to_pylist() == expected


KINDS: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)), (pa.date32(), st.dates()), (pa.bool_(), st.booleans()), (pa.string(), TEXT),
    (pa.timestamp("us"), st.datetimes()), (pa.timestamp("us", tz="UTC"), st.datetimes(timezones=st.just(UTC))),
    (pa.binary(), st.binary(max_size=5)), (pa.decimal128(18, 2), st.decimals(-(10**15), 10**15, places=2)), (pa.float64(), st.floats()),
]


@pytest.mark.parametrize(("kind", "values"), KINDS, ids=[str(kind) for kind, _ in KINDS])
@given(data=st.data())
def test_what_has_no_type_of_its_own_becomes_the_text_python_writes(kind: pa.DataType, values: st.SearchStrategy[Any],
                                                                    data: st.DataObject) -> None:
    column = pa.array(data.draw(st.lists(values | st.none(), max_size=12)), kind)
    told = [None if value is None else _written(value) for value in column.to_pylist()]
    assert texts(column).to_pylist() == told
    assert counted("c", column, pl.String()).to_list() == told


def _written(value: Any) -> str:
    return value.replace(tzinfo=UTC).isoformat(" ") if isinstance(value, datetime) and value.tzinfo else str(value)


def test_a_value_is_worked_on_once_however_often_it_stands_there() -> None:
    seen: list[str] = []

    def work(value: str) -> str:
        seen.append(value)
        return value.upper()

    column = pa.array(["a", None, "b", "a", "a", None, "b"])
    assert each_distinct(column, work, pa.string()).to_pylist() == ["A", None, "B", "A", "A", None, "B"]
    assert seen == ["a", "b"]
    assert each_distinct(pa.array([None, None], pa.string()), work, pa.string()).to_pylist() == [None, None]


def test_a_number_that_has_no_place_is_refused_without_its_value() -> None:
    column = pa.array(["1", None, "170141183460469231731687303715884105727"])
    assert counted("c", column.slice(0, 2), pl.Int64()).to_list() == [1, None]
    with pytest.raises(PlanRefused) as refused:
        counted("c", column, pl.Int64())
    assert "1701" not in str(refused.value)


@given(widths=st.lists(st.integers(1, 1 << 21), min_size=1, max_size=7), data=st.data())
def test_equal_sums_are_equal_codes_and_every_sum_has_a_place_in_63_bits(widths: list[int], data: st.DataObject) -> None:
    places = packed(widths)
    code = st.tuples(*(st.integers(0, width - 1) for width in widths))
    one, other = data.draw(st.tuples(code, code))

    def sums(codes: tuple[int, ...]) -> list[int]:
        found = [0] * (places[-1][0] + 1)
        for value, (number, weight) in zip(codes, places, strict=True):
            found[number] += value * weight
        return found

    assert (sums(one) == sums(other)) is (one == other)
    assert max(sums(tuple(width - 1 for width in widths))) < 1 << 63


@pytest.mark.parametrize("keys", [
    pa.array(["unknown", "unknown?", None]), pa.array([-1, -3, -2]), pa.array([date.min]), pa.array([], pa.string())],
    ids=lambda keys: str(keys.type))
def test_null_is_looked_up_by_a_value_that_nobody_has(keys: pa.Array) -> None:
    chosen = absent(keys)
    assert chosen is not None
    assert chosen not in keys.to_pylist()


@given(sizes=st.lists(st.integers(0, 9), max_size=12), size=st.integers(1, 10))
def test_rows_are_cut_into_equal_parts_whatever_batches_they_came_in(sizes: list[int], size: int) -> None:
    schema = pa.schema([("n", pa.int64())])
    numbers = iter(range(sum(sizes)))
    batches = [pa.record_batch([[next(numbers) for _ in range(rows)]], schema=schema) for rows in sizes]
    parts = list(_sized(iter(batches), size))
    assert [n for part in parts for n in part["n"].to_pylist()] == list(range(sum(sizes)))
    assert [part.num_rows for part in parts[:-1]] == [size] * (len(parts) - 1)
    assert all(0 < part.num_rows <= size for part in parts)
