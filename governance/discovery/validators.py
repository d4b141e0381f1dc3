"""Checks of one value. Each takes the value as text and says whether it can be of the kind; none raises."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from stdnum import ean, iban, isin, luhn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.iso7064 import mod_97_10
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.ro import cnp
from stdnum.ru import inn
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.ua import rntrc

from governance.discovery import gazetteer

_PORT = re.compile(r":\d{1,5}\Z")
_DIGITS = re.compile(r"\D+")
# First four digits from and to, and how many digits there are (ISO/IEC 7812; the issuers' own pages).
_CARDS = (
    ("2200", "2204", range(16, 20)),  # Mir
    ("2221", "2720", (16,)),  # Mastercard
    ("3000", "3059", (14, 16)), ("3095", "3095", (14, 16)), ("3600", "3699", range(14, 20)), ("3800", "3999", range(14, 20)),  # Diners Club
    ("3400", "3499", (15,)), ("3700", "3799", (15,)),  # American Express
    ("3528", "3589", range(16, 20)),  # JCB
    ("4000", "4999", (13, 16, 19)),  # Visa
    ("5000", "5099", range(16, 20)), ("5600", "5899", range(16, 20)),  # Maestro
    ("5100", "5599", (16,)),  # Mastercard
    ("6000", "6999", range(16, 20)),  # Maestro, Discover, RuPay, UnionPay
    ("8100", "8199", range(16, 20)),  # UnionPay, RuPay
    ("9792", "9792", (16,)),  # Troy
)  # fmt: skip
_AREA_NEVER = frozenset({"000", "666"})


def digits(text: str) -> str:
    return _DIGITS.sub("", text)


def is_card(text: str) -> bool:
    """13 to 19 digits of a range that an issuer of cards has, as long as its cards are, with the right Luhn digit. An EAN-13 is none."""
    number = digits(text)
    head = number[:4]
    return (
        13 <= len(number) <= 19
        and len(set(number)) > 1
        and any(first <= head <= last and len(number) in lengths for first, last, lengths in _CARDS)
        and luhn.is_valid(number)
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


def is_spanish_id(text: str) -> bool:
    """A DNI of a citizen or an NIE of a foreigner."""
    return bool(dni.is_valid(text) or nie.is_valid(text))


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
    "pesel": pesel.is_valid,
    "codice_fiscale": codicefiscale.is_valid,
    "nir": nir.is_valid,
    "bsn": bsn.is_valid,
    "cpf": cpf.is_valid,
    "dni": is_spanish_id,
    "rntrc": rntrc.is_valid,
    "cnp": cnp.is_valid,
    "egn": egn.is_valid,
    "personnummer": personnummer.is_valid,
    "fodselsnummer": fodselsnummer.is_valid,
    "hetu": hetu.is_valid,
    "rodne_cislo": rc.is_valid,
    "patronymic": gazetteer.is_patronymic,
    "city": gazetteer.is_city,
    "country": gazetteer.is_country,
    "region": gazetteer.is_region,
}
