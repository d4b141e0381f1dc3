"""Checks of one value. Each takes the value as text and says whether it can be of the kind; none raises."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from stdnum import ean, iban, isin, luhn
from stdnum.de import idnr
from stdnum.iso7064 import mod_97_10
from stdnum.ru import inn
from stdnum.tr import tckimlik

from governance.discovery import gazetteer

_PORT = re.compile(r":\d{1,5}\Z")
_DIGITS = re.compile(r"\D+")
_AREA_NEVER = frozenset({"000", "666"})


def digits(text: str) -> str:
    return _DIGITS.sub("", text)


def is_card(text: str) -> bool:
    """13 to 19 digits of a known issuer range whose Luhn sum is right, not all alike. An EAN-13 is not a card."""
    number = digits(text)
    return (
        13 <= len(number) <= 19
        and number[0] in "23456"
        and len(set(number)) > 1
        and luhn.is_valid(number)
        and (number[0] != "2" or 2200 <= int(number[:4]) <= 2204 or 2221 <= int(number[:4]) <= 2720)  # Mir and Mastercard
        and (len(number) != 13 or number[0] == "4")
        and (len(number) != 15 or number[:2] in ("34", "37"))
    )


def is_luhn(text: str) -> bool:
    """At least six digits, not all alike, whose last one is right by Luhn's sum: for numbers of a company's own."""
    number = digits(text)
    return len(number) >= 6 and len(set(number)) > 1 and luhn.is_valid(number)


def is_mod_97(text: str) -> bool:
    """At least six letters and digits whose last two are right by ISO 7064 MOD 97-10, as in an account number."""
    number = re.sub(r"[^0-9A-Z]", "", text.upper())
    return len(number) >= 6 and bool(mod_97_10.is_valid(number))


def is_imei(text: str) -> bool:
    number = digits(text)
    return len(number) == 15 and number[:2] not in ("34", "37", "00") and luhn.is_valid(number)


def is_iban(text: str) -> bool:
    return bool(iban.is_valid(text, check_country=False))


def is_ean(text: str) -> bool:
    return bool(ean.is_valid(text))


def is_tckn(text: str) -> bool:
    return bool(tckimlik.is_valid(text))


def is_inn(text: str) -> bool:
    """The 12-digit number of a natural person; the 10-digit one belongs to a company."""
    return len(digits(text)) == 12 and bool(inn.is_valid(text))


def is_german_tax_id(text: str) -> bool:
    return bool(idnr.is_valid(text))


def is_snils(text: str) -> bool:
    """Eleven digits whose last two are the weighted sum of the first nine (order 192p of the Pension Fund of Russia)."""
    number = digits(text)
    if len(number) != 11:
        return False
    total = sum(int(d) * (9 - k) for k, d in enumerate(number[:9])) % 101
    return int(number[9:]) == total % 100


def is_ssn(text: str) -> bool:
    """A number the Social Security Administration can have issued:
    no area 000, 666 or 900 and over, no group 00, no serial 0000."""
    number = digits(text)
    return (
        len(number) == 9 and number[:3] not in _AREA_NEVER and number[0] != "9" and number[3:5] != "00" and number[5:] != "0000"
    )


def is_ipv4(text: str) -> bool:
    return _is_address(text, 4)


def is_ipv6(text: str) -> bool:
    return _is_address(text, 6)


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_interface(_PORT.sub("", text.strip()) if version == 4 else text.strip()).version == version
    except ValueError:
        return False


def is_isin(text: str) -> bool:
    return bool(isin.is_valid(text))


def is_vehicle_number(text: str) -> bool:
    """A vehicle identification number: 17 letters and digits without I, O and Q (ISO 3779)."""
    return re.fullmatch(r"(?=.*\d)(?=.*[A-Z])[A-HJ-NPR-Z0-9]{17}", text.upper()) is not None


def has_letter_and_digit(text: str) -> bool:
    return any(c.isalpha() for c in text) and any(c.isdigit() for c in text)


def is_coordinate_pair(text: str) -> bool:
    found = re.findall(r"-?\d{1,3}\.\d+", text)
    return len(found) == 2 and all(abs(float(x)) <= 180 for x in found) and min(abs(float(x)) for x in found) <= 90


VALIDATORS: dict[str, Callable[[str], bool]] = {
    "card": is_card,
    "luhn": is_luhn,
    "mod_97": is_mod_97,
    "imei": is_imei,
    "iban": is_iban,
    "ean": is_ean,
    "tckn": is_tckn,
    "inn": is_inn,
    "german_tax_id": is_german_tax_id,
    "snils": is_snils,
    "ssn": is_ssn,
    "ipv4": is_ipv4,
    "ipv6": is_ipv6,
    "letter_and_digit": has_letter_and_digit,
    "isin": is_isin,
    "vehicle_number": is_vehicle_number,
    "coordinate_pair": is_coordinate_pair,
    "patronymic": gazetteer.is_patronymic,
    "city": gazetteer.is_city,
    "country": gazetteer.is_country,
    "region": gazetteer.is_region,
}
