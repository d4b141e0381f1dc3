"""Promises of folding and redaction."""

# ruff: noqa: E501 -- lists of spellings
from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.domain.fold import fold_email, fold_name, latin, lower, phone_key
from governance.domain.patterns import PATTERNS, REDACTED, matches, redact

SPELLINGS = [
    ("Əliyev", "Aliyev", "Eliyev", "Алиев", "ƏLİYEV", "ALIYEV"),
    ("Hüseynov", "Huseynov", "Гусейнов"),
    ("Məmmədov", "Mammadov", "Memmedov", "Мамедов"),
    ("Cəfərov", "Ceferov", "Jafarov", "Джафаров"),
    ("Çelik", "Celik", "ÇELİK"),
    ("Işık", "ışık", "IŞIK", "isik"),
    ("Köhler", "Koehler"),
    ("Юсиф", "Yusif"),
    ("Anar Əliyev", "Алиев, Анар", "ELIYEV ANAR"),
]
PIECES = st.sampled_from([
    "050-123-45-67", "+994 50 123 45 67", "(050) 123 4567", "994501234567", "ada@x.org", "4169 7388 1234 5678", "AZ21NABZ00000000137010001944",
    "10.0.0.1", "FIN: 5ZK1A2B", "pasport", "AA1234567", "Əliyev", "Алиеву", REDACTED, "[", "]", "redacted", "0", "7", "-", " ", ".", "@", ":", "+", "(",
])  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join)
TERMS = st.lists(
    st.sampled_from(["Əliyev Anar", "ada@x.org", "+994501234567", "AB-12/7", "redacted", "a", "Red", "1234567"])
    | st.text(max_size=9),
    max_size=3,
)


@pytest.mark.parametrize("group", SPELLINGS, ids=lambda g: g[0])
def test_the_spellings_of_one_name_fold_together(group: tuple[str, ...]) -> None:
    assert len({fold_name(s) for s in group}) == 1


def test_different_names_stay_apart() -> None:
    names = [
        "Əliyev",
        "Məmmədov",
        "Hüseynov",
        "Quliyev",
        "İsmayılov",
        "Həsənov",
        "Yılmaz",
        "Demir",
        "Schmidt",
        "Иванов",
        "Петрова",
    ]
    assert len({fold_name(n) for n in names}) == len(names)


def test_one_number_in_all_its_formats_has_one_key() -> None:
    formats = ["+994 50 123 45 67", "050-123-45-67", "(050) 123 4567", "994501234567", "+994501234567 ext. 12", "٠٥٠١٢٣٤٥٦٧"]
    assert {phone_key(f) for f in formats} == {"501234567"}
    assert phone_key("103") == phone_key("") == ""


def test_case_and_dotted_letters_of_an_address_do_not_matter() -> None:
    assert fold_email(" Info@FIRMA.AZ ") == fold_email("İnfo@firma.az") == fold_email("<ınfo@firma.az>") == "info@firma.az"
    assert fold_email("no address") == ""


@given(st.text())
def test_folding_folded_text_changes_nothing(text: str) -> None:
    assert fold_email(fold_email(text)) == fold_email(text)
    assert phone_key(phone_key(text)) == phone_key(text)


@given(TEXTS, TERMS)
@settings(max_examples=150, deadline=None)
def test_redacting_twice_is_redacting_once(text: str, terms: list[str]) -> None:
    once = redact(text, terms)
    assert redact(once, terms) == once
    assert not matches(once)


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_replacing_every_match_once_leaves_no_match(text: str) -> None:
    for pattern in PATTERNS.values():
        text = re.sub(pattern, REDACTED, text)
    assert not matches(text)


def test_duckdb_reads_every_pattern_as_python_does() -> None:
    text = (
        "+994 50 123 45 67; 050-123-45-67, ada@x.org. ORD-2024-001234 4169 7388 1234 5678 AZ21NABZ00000000137010001944 10.0.0.1 "
        "FIN: 5ZK1A2B pasport AA1234567 00:1a:2b:3c:4d:5e 2001:db8:0:0:0:0:2:1 123-45-6789"
    )
    for name, pattern in PATTERNS.items():
        [found] = duckdb.execute("select regexp_replace(?, ?, ?, 'g')", [text, pattern, REDACTED]).fetchone() or [""]
        assert found == re.sub(pattern, REDACTED, text), name
        assert found != text, name


@pytest.mark.parametrize(
    "text", ["ORD-2024-001234", "2024001234", "sifariş AB12345678", "v1.2.3", "12.50 AZN", "№ 1234567890", "2026-11-22 10:30:00"]
)
def test_an_order_number_an_amount_and_a_date_survive(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(("text", "left"), [
    ("Zəng edin: 050-123-45-67", f"Zəng edin: {REDACTED}"), ("Əliyevə verin", f"{REDACTED} verin"), ("для Алиевым.", f"для {REDACTED}."),
    ("tel 0501234567!", f"tel {REDACTED}!"), ("ANAR ELİYEV", f"{REDACTED} {REDACTED}"), ("FIN: 5zk1a2b", REDACTED), ("ada@X.org", REDACTED),
    ("ref ab12/7 ok", f"ref {REDACTED} ok"), ("Alma və nar", "Alma və nar"),
])  # fmt: skip
def test_what_a_person_is_called_by_is_cut_and_the_rest_stays(text: str, left: str) -> None:
    assert redact(text, ["Əliyev Anar", "+994 50 123 45 67", "ada@x.org", "AB-12-7"]) == left


def test_a_given_phone_is_cut_in_formats_no_pattern_knows() -> None:
    assert redact("nömrə 50.12.34.567 idi", ["0501234567"]) == f"nömrə {REDACTED} idi"


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_letters_fold_alone_as_they_do_beside_a_marked_one(text: str) -> None:
    assert latin(f"{text}ə") == f"{latin(text)}a"
    assert lower(f"{text}ə") == f"{lower(text)}ə"
