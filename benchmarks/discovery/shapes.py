"""Shapes of tables as companies have them. `a|b` is one of them, `?` is there every second time, NATIONAL a number of the country."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

NATIONAL = {"az": ("fin",), "ru": ("snils", "inn_person"), "tr": ("tckn",), "en": ("ssn", "nino"), "de": ("steuer_id",)}


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    columns: str
    prefix: tuple[str, ...]
    names: dict[str, str]


def _read(line: str) -> Shape:
    name, prefix, names, columns = (part.strip() for part in line.split(";"))
    said = dict(zip(("en", "az", "ru", "tr", "de"), (n.strip() for n in names.split(",")), strict=True))
    return Shape(name, columns, tuple(prefix.split()), said)


_FILE = Path(__file__).resolve().parent / "words" / "shapes.txt"
SHAPES: tuple[Shape, ...] = tuple(_read(line) for line in _FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))


def drawn(rng: random.Random, shape: Shape, language: str) -> list[tuple[str, str | None]]:
    """Kinds of one table, each with the concept of its heading when that is not the kind's own."""
    chosen: list[tuple[str, str | None]] = []
    for token in shape.columns.split():
        if token.endswith("?"):
            if rng.random() < 0.4:
                continue
            token = token[:-1]
        for part in rng.choice(token.split("|")).split("&"):
            label, _, name = part.rpartition(":")
            if name == "NATIONAL":
                base = rng.choice(list(NATIONAL)) if language == "mixed" else language.removesuffix("-ascii")
                name = rng.choice(NATIONAL[base])
            chosen.append((name.removesuffix("?"), LABELS.get(label)))
    return chosen


LABELS = {
    "cardholder": "full_name",
    "parent": "mother_name",
    "contact": "full_name",
    "owner": "full_name",
    "disability": "allergies",
    "region_l": "region",
    "language_l": "language",
    "lat": "lat",
    "lon": "lon",
}
