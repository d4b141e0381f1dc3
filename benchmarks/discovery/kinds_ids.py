"""Numbers given to people by states, banks and insurers, and things that belong to one person."""

from __future__ import annotations

import string
from typing import Any

from benchmarks.discovery import checkdigits as check
from benchmarks.discovery.checkdigits import digits
from benchmarks.discovery.kinds import Draw, Filled, kind
from benchmarks.discovery.people import Person, ascii_of

NATIONAL = "user.government_id.national_identification_number"
PASSPORT = "user.government_id.passport_number"
GOVERNMENT = "user.government_id"
LICENCE = "user.government_id.drivers_license_number"
_FIN = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@kind("fin", NATIONAL, broader=(GOVERNMENT,))
def fin(draw: Draw) -> list[str]:
    """Seven letters and digits, no I and O: mostly digits first, as in real ones."""
    return draw.each(lambda: draw.rng.choice("1234567") + "".join(draw.rng.choice(_FIN) for _ in range(6)))


@kind("snils", NATIONAL, broader=(GOVERNMENT,))
def snils(draw: Draw) -> list[str]:
    dashes = draw.rng.random() < 0.6
    made = draw.each(lambda: check.snils(draw.rng))
    return [f"{m[:3]}-{m[3:6]}-{m[6:9]} {m[9:]}" if dashes else m for m in made]


@kind("inn_person", NATIONAL, broader=(GOVERNMENT, "user.financial"))
def inn_person(draw: Draw) -> list[Any]:
    return draw.each(lambda: check.inn_person(draw.rng))


@kind("tckn", NATIONAL, broader=(GOVERNMENT,), dirt=False)
def tckn(draw: Draw) -> list[Any]:
    made = draw.each(lambda: check.tckn(draw.rng))
    return [int(m) for m in made] if draw.rng.random() < 0.4 else made


@kind("ssn", NATIONAL, broader=(GOVERNMENT,))
def ssn(draw: Draw) -> Filled:
    dashes = draw.rng.random() < 0.75
    rng = draw.rng
    made = draw.each(lambda: (rng.choice([*range(1, 666), *range(667, 900)]), rng.randrange(1, 100), rng.randrange(1, 10000)))
    return Filled([f"{a:03d}-{b:02d}-{c:04d}" if dashes else f"{a:03d}{b:02d}{c:04d}" for a, b, c in made], opaque=dashes)


@kind("steuer_id", NATIONAL, broader=(GOVERNMENT, "user.financial"))
def steuer_id(draw: Draw) -> list[str]:
    spaced = draw.rng.random() < 0.4
    made = draw.each(lambda: check.steuer_id(draw.rng))
    return [f"{m[:2]} {m[2:5]} {m[5:8]} {m[8:]}" if spaced else m for m in made]


@kind("nino", NATIONAL, broader=(GOVERNMENT,))
def nino(draw: Draw) -> list[str]:
    spaced = draw.rng.random() < 0.4

    def one() -> str:
        head = draw.rng.choice("ABCEGHJKLMNPRSTWXYZ") + draw.rng.choice("ABCEGHJKLMNPRSTWXYZ")
        head = "AB" if head in ("BG", "GB", "NK", "KN", "NT", "TN", "ZZ") else head
        d = digits(draw.rng, 6)
        return f"{head} {d[:2]} {d[2:4]} {d[4:]} {draw.rng.choice('ABCD')}" if spaced else f"{head}{d}{draw.rng.choice('ABCD')}"

    return draw.each(one)


def passport_of(draw: Draw, p: Person, spaced: bool = True) -> str:
    rng = draw.rng
    if p.language == "az":
        return (
            rng.choice([f"AZE{digits(rng, 8)}", f"AA{digits(rng, 7)}", f"C{digits(rng, 8)}", f"AZE № {digits(rng, 8)}"])
            if spaced
            else f"AZE{digits(rng, 8)}"
        )
    if p.language == "ru":
        series = f"{rng.randrange(1, 99):02d}{rng.choice(['98', '00', '03', '07', '11', '15', '19', '21'])}"
        return f"{series[:2]} {series[2:]} {digits(rng, 6)}" if spaced else f"{series} {digits(rng, 6)}"
    if p.language == "tr":
        return rng.choice("USZ") + digits(rng, 8)
    if p.language == "de":
        return check.german_document(rng)
    return rng.choice("ACEX") + digits(rng, 8)


@kind("passport", PASSPORT, broader=(GOVERNMENT, NATIONAL, LICENCE))
def passport(draw: Draw) -> list[str]:
    spaced = draw.rng.random() < 0.4
    return [passport_of(draw, p, spaced) for p in draw.people]


@kind("passport_us", PASSPORT, broader=(GOVERNMENT,), concept="passport", opaque=False, dirt=False)
def passport_us(draw: Draw) -> list[str]:
    """Nine digits, as in the United States before 2021 and in the United Kingdom: nothing to check."""
    return draw.each(lambda: digits(draw.rng, 9, "123456789"))


@kind("mrz", PASSPORT, alternatives=(GOVERNMENT,), broader=("user.name", "user.demographic.date_of_birth"), dirt=False)
def mrz(draw: Draw) -> list[str]:
    state = {"az": "AZE", "ru": "RUS", "tr": "TUR", "en": "GBR", "de": "D<<"}

    def one(p: Person) -> str:
        letters = [ascii_of(v).upper().replace(" ", "<").replace("-", "<") for v in (p.family, p.given)]
        letters = ["".join(c for c in v if c in string.ascii_uppercase + "<") for v in letters]
        first = f"P<{state[p.language]}{letters[0]}<<{letters[1]}"[:44].ljust(44, "<")
        number = (draw.rng.choice("ACPU") + digits(draw.rng, 8))[:9]
        born, due = p.born.strftime("%y%m%d"), f"{draw.rng.randrange(25, 36)}0615"
        body = (
            number
            + check.mrz_check(number)
            + state[p.language]
            + born
            + check.mrz_check(born)
            + ("F" if p.woman else "M")
            + due
            + check.mrz_check(due)
            + "<" * 14
            + "0"
        )
        total = check.mrz_check(body[:10] + body[13:20] + body[21:])
        return first + "\n" + body + total

    return [one(p) for p in draw.people]


@kind("licence", LICENCE, broader=(GOVERNMENT, PASSPORT))
def licence(draw: Draw) -> Filled:
    def one(p: Person) -> str:
        rng = draw.rng
        if p.language == "en":
            surname = (p.surname.upper() + "99999")[:5]
            born, month = p.born, p.born.month + (50 if p.woman else 0)
            middle = f"{born.year % 100 // 10}{month:02d}{born.day:02d}{born.year % 10}{p.handle[0].upper()}"
            return surname + middle + check.pattern(rng, "9AA")
        return {
            "az": f"{rng.choice('ABC')}{rng.choice('ABCDE')} {digits(rng, 6)}",
            "ru": f"{rng.randrange(1, 99):02d} {rng.randrange(1, 99):02d} {digits(rng, 6)}",
            "tr": digits(rng, 6),
            "de": check.pattern(rng, "A999A99A99") + rng.choice("XYZ5"),
        }[p.language]

    return Filled([one(p) for p in draw.people], opaque=all(p.language == "en" for p in draw.people))


@kind("card", "user.financial.credit_card", broader=("user.payment", "user.financial"))
def card(draw: Draw) -> list[Any]:
    way = draw.rng.choice(["plain", "plain", "spaces", "dashes", "number", "masked"])
    made = draw.each(lambda: check.card(draw.rng))
    if way == "number":
        return [int(m) for m in made]
    if way == "masked":
        return [m[:6] + "*" * (len(m) - 10) + m[-4:] for m in made]
    gap = {"spaces": " ", "dashes": "-", "plain": ""}[way]
    return [gap.join(m[i : i + 4] for i in range(0, len(m), 4)) for m in made]


@kind("iban", "user.financial.bank_account", broader=("user.financial", "user.payment"))
def iban(draw: Draw) -> list[str]:
    spaced = draw.rng.random() < 0.35
    country = {"az": "AZ", "ru": "AZ", "tr": "TR", "en": "GB", "de": "DE"}
    made = [check.iban(draw.rng, country[p.language]) for p in draw.people]
    return [" ".join(m[i : i + 4] for i in range(0, len(m), 4)) if spaced else m for m in made]


@kind("bank_account", "user.financial.bank_account", broader=("user.financial", "user.payment"))
def bank_account(draw: Draw) -> Filled:
    """Twenty digits in Russia, sort code and number in Britain, an IBAN elsewhere."""

    def one(p: Person) -> str:
        if p.language == "ru":
            return "40817810" + digits(draw.rng, 12)
        if p.language == "en":
            return f"{check.pattern(draw.rng, '99-99-99')} {digits(draw.rng, 8)}"
        return check.iban(draw.rng, p.language.upper())

    return Filled([one(p) for p in draw.people], opaque=not any(p.language == "en" for p in draw.people))


@kind(
    "insurance",
    "user.health_and_medical.insurance_beneficiary_id",
    alternatives=("user.health_and_medical", NATIONAL),
    broader=(GOVERNMENT,),
    opaque=False,
)
def insurance(draw: Draw) -> list[str]:
    return [
        draw.rng.choice(string.ascii_uppercase) + digits(draw.rng, 9)
        if p.language == "de"
        else digits(draw.rng, 16 if p.language == "ru" else 10, "123456789")
        for p in draw.people
    ]


@kind("mrn", "user.health_and_medical.record_id", alternatives=("user.unique_id", "user.health_and_medical"), opaque=False, dirt=False)
def mrn(draw: Draw) -> list[str]:
    return draw.each(lambda: f"P-{draw.rng.randrange(10**5, 10**6)}")


@kind("plate", "user.government_id.vehicle_registration", broader=(GOVERNMENT,))
def plate(draw: Draw) -> list[str]:
    def one(p: Person) -> str:
        rng = draw.rng
        c = rng.choice
        if p.language == "az":
            return f"{c(['10', '77', '90', '99', '20', '50'])}-{c('ABCDEFH')}{c('ABCDEFK')}-{digits(rng, 3)}"
        if p.language == "ru":
            return f"{c('АВЕКМНОРСТУХ')}{digits(rng, 3)}{c('АВЕКМНОРСТУХ')}{c('АВЕКМНОРСТУХ')}{c(['77', '177', '99', '16', '23', '78'])}"
        if p.language == "tr":
            return f"{rng.randrange(1, 82):02d} {c('ABCDEFG')}{c('ABCDEFGHJK')} {digits(rng, rng.choice([3, 4]))}"
        if p.language == "de":
            return f"{c(['B', 'M', 'HH', 'K', 'LEV', 'DD', 'KA'])}-{c('ABCEFGHKL')}{c('ABCEFGHKL')} {rng.randrange(10, 9999)}"
        return check.pattern(rng, f"AA{c(['14', '65', '19', '71', '22'])} AAA")

    return [one(p) for p in draw.people]


@kind("password", "user.authorization.password", alternatives=("user.authorization.credentials", "user.authorization"))
def password(draw: Draw) -> list[str]:
    letters = string.ascii_letters + string.digits + "./"
    return draw.each(lambda: "$2b$12$" + "".join(draw.rng.choice(letters) for _ in range(53)))


@kind("biometric", "user.biometric", alternatives=("user.authorization.biometric", "user.biometric.fingerprint"), opaque=False)
def biometric(draw: Draw) -> list[Any]:
    letters = string.ascii_letters + string.digits + "+/"
    if draw.rng.random() < 0.5:
        return draw.each(lambda: "Rk1SACAyMAAA" + "".join(draw.rng.choice(letters) for _ in range(80)) + "==")
    return draw.each(lambda: "[" + ", ".join(f"{draw.rng.gauss(0, 1):.4f}" for _ in range(16)) + "]")


@kind(
    "customer_id",
    "user.unique_id",
    alternatives=("user.account", "user.unique_id.pseudonymous"),
    broader=("user.account.username",),
    optional=True,
    dirt=False,
)
def customer_id(draw: Draw) -> list[Any]:
    start = draw.rng.choice([1, 1001, 500000])
    made = [start + draw.rng.randrange(draw.n * 3) for _ in range(draw.n)]
    return [f"C{m:07d}" for m in made] if draw.rng.random() < 0.4 else made


@kind("loyalty", "user.unique_id", alternatives=("user.account", "user.unique_id.pseudonymous"), optional=True, dirt=False)
def loyalty(draw: Draw) -> list[str]:
    return draw.each(lambda: "29" + digits(draw.rng, 11))
