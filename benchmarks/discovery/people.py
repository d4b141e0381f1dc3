"""Invented people: a name as it is written in their language, a birthday, a place. Every column of a row is about the same one."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent / "words"
SCRIPTS = ("az", "ru", "tr", "en", "de")
_ASCII = str.maketrans("əğıışçöüƏĞIİŞÇÖÜäÄßâîûÂÎÛéíóúñ", "egiiscouEGIISCOUaAsaiuAIUeioun")
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
            "e",
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


def ascii_of(text: str) -> str:
    """Latin letters without marks, Cyrillic transliterated, as people type on a plain keyboard."""
    plain = text.translate(_ASCII)
    made = []
    for letter in plain:
        low = letter.lower()
        made.append((_CYRILLIC[low].title() if letter != low else _CYRILLIC[low]) if low in _CYRILLIC else letter)
    return "".join(made)


@cache
def words(language: str) -> dict[str, list[str]]:
    """The word lists of one of the five languages."""
    return dict(json.loads((HERE / f"{language}.json").read_text(encoding="utf-8")))


@cache
def said(name: str) -> dict[str, Any]:
    """What is said of people and things (`words/said.json`), by language."""
    return dict(json.loads((HERE / "said.json").read_text(encoding="utf-8"))[name])


@cache
def rare() -> dict[str, dict[str, list[str]]]:
    return dict(json.loads((HERE / "rare.json").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Person:
    language: str
    woman: bool
    given: str
    family: str
    middle: str
    born: date
    city: str
    number: int

    @property
    def patronymic(self) -> str:
        """The middle name; in Azerbaijani with `oğlu` or `qızı`."""
        return f"{self.middle} {'qızı' if self.woman else 'oğlu'}" if self.language == "az" else self.middle

    @property
    def handle(self) -> str:
        """Letters for addresses and user names."""
        return re.sub(r"[^a-z]", "", ascii_of(self.given).lower()) or "user"

    @property
    def surname(self) -> str:
        return re.sub(r"[^a-z]", "", ascii_of(self.family).lower()) or "x"


def person(rng: random.Random, language: str, unusual: float = 0.12) -> Person:
    lists, woman = words(language), rng.random() < 0.5
    sex = "f" if woman else "m"
    odd = rare()[language]
    given = rng.choice(odd[f"first_{sex}"]) if rng.random() < unusual else _pick(rng, lists[f"first_{sex}"])
    family = rng.choice(odd["last"]) if rng.random() < unusual else _pick(rng, lists[f"last_{sex}"])
    if language == "ru":
        middle = rng.choice(lists[f"middle_{sex}"])
    elif language == "az":
        middle = _pick(rng, lists["first_m"])
    else:
        middle = _pick(rng, lists[f"first_{sex}"])
    born = date(1940, 1, 1) + timedelta(days=int(rng.triangular(0, 24800, 16500)))
    return Person(language, woman, given, family, middle, born, _pick(rng, lists["cities"]), rng.randrange(10**9))


def people(rng: random.Random, language: str, count: int) -> list[Person]:
    """`count` people; with the language `mixed`, of all five."""
    return [person(rng, rng.choice(SCRIPTS) if language == "mixed" else language.removesuffix("-ascii")) for _ in range(count)]


def _pick(rng: random.Random, words_: list[str]) -> str:
    """Frequent words more often than rare ones: the first of a list are the frequent ones."""
    return words_[int(len(words_) * rng.random() ** 1.7)]
