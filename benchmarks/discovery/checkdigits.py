"""Numbers with check digits, made and checked. Each check is written from the rule itself."""

from __future__ import annotations

import random
import string

ALNUM = string.digits + string.ascii_uppercase


def digits(rng: random.Random, count: int, first: str = string.digits) -> str:
    return rng.choice(first) + "".join(rng.choice(string.digits) for _ in range(count - 1)) if count else ""


def pattern(rng: random.Random, mask: str, letters: str = "ABCDEFGHKLMNPRSTUVXY") -> str:
    """`mask` with a digit for each 9 and a letter for each A."""
    return "".join(rng.choice(string.digits if c == "9" else letters) if c in "9A" else c for c in mask)


def luhn(number: str) -> bool:
    total = 0
    for place, d in enumerate(reversed(number)):
        n = int(d) * (2 if place % 2 else 1)
        total += n - 9 if n > 9 else n
    return total % 10 == 0


def with_luhn(body: str) -> str:
    return next(body + d for d in string.digits if luhn(body + d))


def card(rng: random.Random) -> str:
    start, length = rng.choice(
        [
            ("4", 16),
            ("4", 16),
            ("51", 16),
            ("53", 16),
            ("55", 16),
            ("2204", 16),
            ("2200", 16),
            ("37", 15),
            ("9792", 16),
            ("6011", 16),
            ("4169", 16),
            ("5103", 16),
        ]
    )
    return with_luhn(start + digits(rng, length - len(start) - 1))


def imei(rng: random.Random) -> str:
    return with_luhn(rng.choice(["35", "86", "01"]) + digits(rng, 12))


def ean_check(body: str) -> str:
    odd, even = (sum(map(int, body[start::2])) for start in (0, 1))
    return str(-(odd + 3 * even) % 10)


def ean13(rng: random.Random) -> str:
    body = rng.choice(["400", "460", "476", "869", "501", "731"]) + digits(rng, 9)
    return body + ean_check(body)


def snils(rng: random.Random) -> str:
    body = digits(rng, 9, "1")
    return body + f"{snils_check(body):02d}"


def snils_check(body: str) -> int:
    total = sum(int(d) * (9 - i) for i, d in enumerate(body)) % 101
    return 0 if total == 100 else total


_INN = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def inn_check(body: str) -> str:
    weights = _INN[-len(body) :]
    return str(sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11 % 10)


def inn_person(rng: random.Random) -> str:
    body = f"{rng.randrange(1, 93):02d}" + digits(rng, 8)
    body += inn_check(body)
    return body + inn_check(body)


def inn_company(rng: random.Random) -> str:
    body = f"{rng.randrange(1, 93):02d}" + digits(rng, 7)
    return body + inn_check(body)


def tckn(rng: random.Random) -> str:
    body = [int(d) for d in digits(rng, 9, "123456789")]
    tenth = (7 * sum(body[0::2]) - sum(body[1::2])) % 10
    return "".join(map(str, [*body, tenth, (sum(body) + tenth) % 10]))


def tckn_valid(number: str) -> bool:
    d = [int(c) for c in number]
    return len(d) == 11 and d[0] != 0 and (7 * sum(d[0:9:2]) - sum(d[1:8:2])) % 10 == d[9] and sum(d[:10]) % 10 == d[10]


def steuer_id(rng: random.Random) -> str:
    """One digit is there twice, one is missing; the last is by ISO 7064, mod 11, 10."""
    kept = rng.sample(string.digits, 9)
    body = [*kept, rng.choice(kept)]
    rng.shuffle(body)
    while body[0] == "0":
        rng.shuffle(body)
    return "".join(body) + iso7064_11_10("".join(body))


def iso7064_11_10(body: str) -> str:
    product = 10
    for d in body:
        total = (int(d) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def iban(rng: random.Random, country: str) -> str:
    body = {
        "AZ": lambda: "".join(rng.choice(string.ascii_uppercase) for _ in range(4)) + digits(rng, 20),
        "DE": lambda: digits(rng, 18),
        "TR": lambda: digits(rng, 5) + "0" + digits(rng, 16),
        "GB": lambda: rng.choice(["NWBK", "BARC", "LOYD", "MIDL"]) + digits(rng, 14),
    }[country]()
    return with_iban(country, body)


def with_iban(country: str, body: str) -> str:
    return country + f"{98 - iban_rest(body + country + '00'):02d}" + body


def iban_rest(text: str) -> int:
    return int("".join(str(ALNUM.index(c)) for c in text)) % 97


def iban_valid(text: str) -> bool:
    return iban_rest(text[4:] + text[:4]) == 1


def mrz_check(text: str) -> str:
    values = {c: i for i, c in enumerate(ALNUM)} | {"<": 0}
    return str(sum(values[c] * (7, 3, 1)[i % 3] for i, c in enumerate(text)) % 10)


def isin(rng: random.Random) -> str:
    body = rng.choice(["US", "DE", "GB", "RU", "TR"]) + "".join(rng.choice(ALNUM) for _ in range(9))
    return body + with_luhn("".join(str(ALNUM.index(c)) for c in body))[-1]


def german_document(rng: random.Random) -> str:
    """Nine characters of a passport or identity card: no vowels."""
    return rng.choice("CFGHJK") + "".join(rng.choice("0123456789CFGHJKLMNPRTVWXYZ") for _ in range(8))


def vin(rng: random.Random) -> str:
    return "".join(rng.choice("0123456789ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(17))
