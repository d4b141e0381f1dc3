"""Names of invented people: Azerbaijani in Latin letters and in ASCII, Russian in Cyrillic, Turkish, English."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from examples.vectors import Dice, glue, text, words

_ASCII = str.maketrans(
    {
        "ə": "e",
        "Ə": "E",
        "ç": "c",
        "Ç": "C",
        "ş": "s",
        "Ş": "S",
        "ğ": "g",
        "Ğ": "G",
        "ı": "i",
        "İ": "I",
        "ö": "o",
        "Ö": "O",
        "ü": "u",
        "Ü": "U",
    }
)
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "yo",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "",
            "y",
            "",
            "e",
            "yu",
            "ya",
        ],
        strict=True,
    )
)


def ascii_name(name: str) -> str:
    """`name` in ASCII letters as people type it into e-mail addresses."""
    plain = name.translate(_ASCII)
    return (
        "".join(_CYRILLIC.get(c, c) for c in plain.lower())
        if plain.lower() != plain.lower().encode("ascii", "ignore").decode()
        else plain
    )


@dataclass(frozen=True)
class People:
    """Columns of invented people, all of the same length."""

    first: pa.Array
    last: pa.Array
    full: pa.Array
    gender: pa.Array
    language: pa.Array
    local: pa.Array  # left part of an e-mail address, without a number


def _pairs() -> list[tuple[str, str, str, str, float]]:
    az_m, az_f, az_l = words("az_first_m"), words("az_first_f"), words("az_last")
    latin = [(f, x, "m", "az", 0.0) for f in az_m for x in az_l] + [(f, x + "a", "f", "az", 0.0) for f in az_f for x in az_l]
    plain = [(f.translate(_ASCII), x.translate(_ASCII), g, "az", 0.0) for f, x, g, _, _ in latin]
    russian = [(f, x, "m", "ru", 0.0) for f in words("ru_first_m") for x in words("ru_last")] + [
        (f, x + "а", "f", "ru", 0.0) for f in words("ru_first_f") for x in words("ru_last")
    ]
    turkish = [(f, x, "mf"[i % 2], "tr", 0.0) for i, f in enumerate(words("tr_first")) for x in words("tr_last")]
    english = [(f, x, "mf"[i % 2], "en", 0.0) for i, f in enumerate(words("en_first")) for x in words("en_last")]
    shares = ((latin, 0.52), (plain, 0.2), (russian, 0.14), (turkish, 0.08), (english, 0.06))
    return [(f, x, g, language, share / len(pool)) for pool, share in shares for f, x, g, language, _ in pool]


def people(dice: Dice, n: int) -> People:
    pairs = _pairs()
    index = pa.array(dice.index(len(pairs), n, [p[4] for p in pairs]))
    first, last, gender, language = (pa.array([p[i] for p in pairs]).take(index) for i in range(4))
    local = pa.array([f"{ascii_name(p[0])}.{ascii_name(p[1])}".lower() for p in pairs]).take(index)
    return People(first, last, glue(first, " ", last), gender, language, local)


def emails(dice: Dice, who: People, numbers: np.ndarray) -> pa.Array:
    domain = dice.pick(["mail.example", "poct.example", "inbox.example.com", "box.example.net"], len(numbers))
    return glue(who.local, text(numbers), "@", domain)


def addresses(dice: Dice, n: int) -> pa.Array:
    return glue(dice.pick(words("streets"), n), " ", text(dice.whole(1, 180, n)), ", mənzil ", text(dice.whole(1, 120, n)))


def postcodes(dice: Dice, n: int) -> pa.Array:
    return glue("AZ", text(dice.whole(1000, 1150, n)))


def fins(dice: Dice, n: int) -> pa.Array:
    """Seven characters of the national id, without I and O."""
    letters = list("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")
    return glue(*(dice.pick(letters, n) for _ in range(7)))


def ibans(dice: Dice, n: int) -> pa.Array:
    """Azerbaijani account numbers with correct check digits."""
    account = dice.whole(10**11, 10**12, n)
    made = []
    for number in account.tolist():
        body = f"NABZ{number:020d}"
        digits = "".join(str(int(c, 36)) for c in body + "AZ00")
        made.append(f"AZ{98 - int(digits) % 97:02d}{body}")
    return pa.array(made)
