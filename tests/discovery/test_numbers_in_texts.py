"""Numbers in sentences: found once in a thousand texts, and never taken for somebody's because chance made them valid."""

# ruff: noqa: E501 -- sentences read better in long lines
from __future__ import annotations

import random
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn

from governance.discovery import numbers
from governance.discovery.validators import is_german_tax_id, is_snils, is_tckn

_FILLER = ["Sifariş gecikdi, qutu zədəli gəldi.", "Оплата не прошла; 451.22; 12.03.2026", "Left at the door, 2 boxes.", "Karton beschädigt, 14:30 Uhr."]
_DIGITS = st.text(string.digits, min_size=9, max_size=9)


def told(*texts: str) -> set[str]:
    return set(numbers.told(dict.fromkeys((*_FILLER, *texts), 1)))


def made(mask: str, count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choice(string.digits) if c == "9" else c for c in mask) for _ in range(count)]


@given(st.sampled_from(["4169", "5103", "2204", "6011"]), st.text(string.digits, min_size=11, max_size=11), st.sampled_from(["", " ", "-"]))
def test_one_card_is_found_in_any_grouping(issuer: str, body: str, sign: str) -> None:
    number = issuer + body
    number += luhn.calc_check_digit(number)
    grouped = sign.join(number[k : k + 4] for k in range(0, 16, 4))
    assert told(f"dünən {grouped} yoxlanıldı") == {numbers.CARD}
    assert told(f"Sifariş № {number}") == set()


@given(st.integers(0, 10**6), st.sampled_from(["4999999999999999", "2026999999999999", "4699999999999", "99999999999", "999999999999"]))
def test_codes_of_which_chance_makes_one_in_ten_valid_are_nobodys(seed: int, mask: str) -> None:
    assert told(*(f"kod {n} qəbul edildi" for n in made(mask, 120, seed))) == set()


@given(st.integers(0, 10**6), st.sampled_from(["9999-999-999", "99-9999-999", "999.999.999", "9999-9999-9999"]))
def test_part_numbers_that_look_like_phones_are_nobodys(seed: int, mask: str) -> None:
    assert told(*(f"{n} götürüldü" for n in made(mask, 120, seed))) == set()


@given(st.integers(10**8, 10**9 - 1), st.sampled_from(["+994 50 {a} {b} {c}", "050-{a}-{b}-{c}", "(050) {a} {b} {c}", "050.{a}.{b}.{c}"]))
def test_one_phone_is_found_however_it_is_written(digits: int, way: str) -> None:
    d = str(digits)
    assume(d[0] not in "01")
    number = way.format(a=d[:3], b=d[3:5], c=d[5:7])
    for text in (f"Xahiş edirəm {number} saat 18 sonra", f"{number}", f"12.03.2026 {number}; 2 ədəd"):
        assert told(text) == {numbers.PHONE}


def test_a_phone_among_part_numbers_of_its_shape_is_found_when_a_word_says_so() -> None:
    parts = [f"{n} götürüldü" for n in made("199-999-99-99", 120, 5)]
    assert told(*parts) == set()
    assert told(*parts, "zəng: 050-311-45-67") == {numbers.PHONE}


@given(_DIGITS)
def test_one_number_with_the_right_control_digits_is_a_national_one(body: str) -> None:
    assume(body[0] != "0" and len(set(body)) > 4)
    right = [n for k in range(100) if is_tckn(n := f"{body}{k:02d}") or is_snils(n) or is_german_tax_id(n)]
    wrong = [n for k in range(100) if (n := f"{body}{k:02d}") not in right]
    for n in right:
        assert numbers.NATIONAL in told(f"yoxlanıldı {n} dünən")
    assert not any(numbers.NATIONAL in told(f"yoxlanıldı {n} dünən") for n in wrong[:5])


@pytest.mark.parametrize("text", [
    "Şəxsiyyət vəsiqəsi AZE12345678 yoxlanıldı.", "Паспорт 4503 123456 проверен.", "паспорт серии 45 03 № 123456", "Pasaport U12345678 kontrol edildi.",
    "Reisepass C01X00T47 geprüft.", "Passport no A12345678 checked.", "AA1234567 verildi", "P<AZEALIYEV<<ANAR<<<<<<<<<<<<<<<<<<<",
])  # fmt: skip
def test_passports_are_found_in_five_languages(text: str) -> None:
    assert told(text) == {numbers.PASSPORT}


@pytest.mark.parametrize("text", [
    "FİN 5ZK1A2B", "ФИН: 5ZK1A2B", "TC kimlik no 12345678902", "СНИЛС 112-233-445 95", "ИНН 500100732259", "Steuer-ID 86 095 742 719",
    "NI number AB123456C", "his number is AB 12 34 56 C now", "SSN 536-22-1234",
])  # fmt: skip
def test_national_numbers_are_found_in_five_languages(text: str) -> None:
    assert told(text) == {numbers.NATIONAL}


@pytest.mark.parametrize("text", [
    "a3f0501234567bc", "9f86d081884c7d659a2feaa0c55ad015", "550e8400-e29b-41d4-a716-446655440000", "SKU-4111111111111111", "order 0501234567", "#0501234567",
    "https://example.org/p/4111111111111111", "Pinar 1234567", "Finland 1234567", "v8.29.18.71", "1 234 567,89 AZN", "2026-03-12T10:22:33.123456Z",
    "IMEI 490154203237518", "40.409264, 49.867092", "Final 7654321",
])  # fmt: skip
def test_codes_hashes_and_sums_are_nobodys(text: str) -> None:
    assert told(text) == set()


def test_an_account_after_a_word_that_also_means_invoice_is_found() -> None:
    assert told("Возврат на счет AZ21NABZ00000000137010001944") == {numbers.BANK}


@given(st.text(max_size=80))
def test_nothing_that_anybody_writes_raises(text: str) -> None:
    assert set(numbers.told({text: 1})) <= {numbers.EMAIL, numbers.PHONE, numbers.CARD, numbers.BANK, numbers.NATIONAL, numbers.PASSPORT,
                                            numbers.ADDRESS, numbers.DEVICE}
