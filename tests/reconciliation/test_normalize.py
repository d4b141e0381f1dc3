"""Columns fold to exactly what the functions for one value say, and spellings of one value fall together."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.domain import fold
from governance.policy.sources import SourceField
from governance.reconciliation.normalize import email_keys, name_keys, normalize, phone_digits, phone_keys

REGION = "əƏıİöÖüÜçÇşŞğĞабвгдеёжзийкхцчшщъыьэюяАЛИЕВГУСабcdeABCDEҹһҝIi'’`-. "
ANYWHERE = st.characters(codec="utf-8", max_codepoint=0x2FFF, categories=("L", "Nd", "P", "Zs", "M", "S"))
TEXT = st.one_of(
    st.text(REGION, max_size=24), st.text(ANYWHERE, max_size=16),
    st.text("0123456789+-() .extд#٠١٢", max_size=20), st.text("abcABC@.<> mailto:İı", max_size=20), st.none())


@settings(max_examples=150, deadline=None)
@given(values=st.lists(TEXT, max_size=12))
def test_columns_and_single_values_fold_alike(values: list[str | None]) -> None:
    column = pl.Series(values, dtype=pl.String)
    for keys, one in ((name_keys, fold.fold_name), (email_keys, fold.fold_email), (phone_keys, fold.phone_key),
                      (phone_digits, fold.phone_digits)):
        assert keys(column).to_list() == [None if v is None else one(v) for v in values]


def normal(form: str, values: list[str | None], **more: Any) -> list[tuple[str | None, str | None, bool]]:
    made = normalize(pl.Series(values, dtype=pl.String), SourceField.model_validate({"name": "x", "field": "x", "form": form, **more}))
    return list(zip(made.clean, made.key, made.right, strict=True))


@pytest.mark.parametrize("spellings", [
    ["Əliyev", "Aliyev", "Eliyev", "Алиев", "ƏLİYEV"], ["Hüseynov", "Huseynov", "Гусейнов"],
    ["Məmmədov", "Mammadov", "Мамедов", "MEMMEDOV"]])
def test_one_name_in_four_spellings_is_one_key(spellings: list[str]) -> None:
    assert len({key for _, key, _ in normal("family_name", list(spellings))}) == 1


def test_phones_are_told_by_their_last_nine_digits_and_written_with_their_country() -> None:
    told = normal("phone", ["+994 50 123 45 67", "050-123-45-67", "(050) 123 4567", "994501234567", "00994501234567", "501234567"])
    assert set(told) == {("+994501234567", "501234567", True)}
    assert [right for _, _, right in normal("phone", ["12", "=1+1", "call me", "+000000000", None])] == [False, False, False, False, True]


def test_dates_are_read_as_the_region_writes_them_and_no_other_day_is_guessed() -> None:
    given_ = ["1990-01-31", "31.01.1990", "31/01/1990", "31 yanvar 1990", "31 января 1990", "31 Ocak 1990", "19900131"]
    assert {clean for clean, _, _ in normal("date", list(given_))} == {"1990-01-31"}
    assert [right for _, _, right in normal("date", ["31.02.1990", "01.31.1990", "1990", "0001-01-01", "x"])] == [False] * 5
    assert normal("date", ["01/02/1990"])[0][0] == "1990-02-01"
    assert normal("date", ["01/02/1990"], formats=["%m/%d/%Y"])[0][0] == "1990-01-02"


def test_addresses_of_one_place_are_one_key() -> None:
    keys = {key for _, key, _ in normal("address", ["Nizami küç. 12, mənzil 5", "ул. Низами, д. 12, кв. 05", "Nizami street 12 - 5"])}
    assert keys == {"nizami 12 5"}


@pytest.mark.parametrize(("form", "value"), [("email", "anar(at)mail"), ("given_name", "12"), ("given_name", "=cmd|' /C calc'!A0"),
                                             ("number", "12a"), ("moment", "yesterday"), ("text", "a\ufffdb"), ("code", "=1")])
def test_what_is_not_of_its_form_has_neither_value_nor_key(form: str, value: str) -> None:
    assert normal(form, [value]) == [(None, None, False)]


def test_numbers_and_moments_are_written_one_way() -> None:
    assert [c for c, _, _ in normal("number", ["1 200,50", "1.200,50", "1,200.50", "+7", "-0.5", "3"])] == [
        "1200.50", "1200.50", "1200.50", "7", "-0.5", "3"]
    moments = normal("moment", ["2026-09-01T12:00:00+04:00", "2026-09-01T08:00:00Z", "2026-09-01 08:00:00", "01.09.2026 08:00"])
    assert {clean for clean, _, _ in moments} == {"2026-09-01T08:00:00Z"}
