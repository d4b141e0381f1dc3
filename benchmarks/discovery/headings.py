"""Headings in three styles: plain English words, what people of a language write, and headings that say nothing."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

from benchmarks.discovery.people import ascii_of

_ORDER = ("clear", "en", "az", "ru", "tr", "de")
_HUNGARIAN = ("str", "s", "txt", "vch", "c", "fld")
_WARTS = ("_1", "_2", "2", "_new", "_old", "_txt", "_val")


@cache
def concepts() -> dict[str, dict[str, list[str]]]:
    """Concept to the variants of each language."""
    made: dict[str, dict[str, list[str]]] = {}
    for line in (Path(__file__).resolve().parent / "words" / "headings.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, *parts = (p.strip() for p in line.split("|"))
            made[name] = {key: [v.strip() for v in part.split(",")] for key, part in zip(_ORDER, parts, strict=True)}
    return made


def clear(rng: random.Random, concept: str) -> str:
    return rng.choice(concepts()[concept]["clear"]).replace(" ", "_")


def local(rng: random.Random, concept: str, language: str, prefix: str) -> str:
    """A variant of the language: prefixed, abbreviated, camelCase, Hungarian, without marks, transliterated."""
    base = language.removesuffix("-ascii")
    if base == "mixed":
        base = rng.choice(["az", "ru", "tr", "en", "de"])
    said = rng.choice(concepts()[concept][base])
    if language.endswith("-ascii") or (base in ("az", "tr", "de") and rng.random() < 0.6) or (base == "ru" and rng.random() < 0.4):
        said = ascii_of(said)
    if rng.random() < 0.3:
        said = f"{prefix} {said}"
    elif rng.random() < 0.06:
        said = rng.choice(_HUNGARIAN) + " " + said
    if rng.random() < 0.06:
        said += rng.choice(_WARTS)
    return cased(rng, said)


def cased(rng: random.Random, said: str) -> str:
    """One of the ways in which databases write words."""
    parts = [p for p in re.split(r"[ _/]+", said) if p]
    way = rng.random()
    if way < 0.55:
        return "_".join(parts).lower()
    if way < 0.7:
        return parts[0].lower() + "".join(p[:1].upper() + p[1:] for p in parts[1:])
    if way < 0.82:
        return "".join(p[:1].upper() + p[1:] for p in parts)
    if way < 0.92:
        return "_".join(parts).upper()
    return " ".join(p[:1].upper() + p[1:] for p in parts)


def opaque(way: str, place: int) -> str:
    """`place` counts from 1; one way for all columns of a table."""
    letters = ""
    n = place
    while n:
        n, rest = divmod(n - 1, 26)
        letters = chr(97 + rest) + letters
    return {
        "c": f"c{place}",
        "f": f"f_{place:03d}",
        "attr": f"attr_{letters}",
        "col": f"col_{letters}",
        "x": f"x{place:02d}",
        "field": f"field{place}",
        "v": f"V{place}",
        "a": f"A{place:02d}Z",
    }[way]


OPAQUE_WAYS = ("c", "f", "attr", "col", "x", "field", "v", "a")


def unique(made: str, taken: set[str]) -> str:
    """`made`, with a number when a heading of that name (in any case) is there already."""
    name, count = made, 2
    while name.lower() in taken:
        name, count = f"{made}_{count}", count + 1
    taken.add(name.lower())
    return name
