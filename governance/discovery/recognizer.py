"""Recognizers: a few declarative lines per kind of personal data, the built-in ones and a company's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from governance.discovery.headers import Words, ascii_spelling, phrases
from governance.discovery.measures import MEASURES
from governance.discovery.validators import VALIDATORS
from governance.discovery.weights import BESIDE, Strength
from governance.domain.errors import PolicyError
from governance.domain.fold import latin
from governance.domain.schema import Family
from governance.domain.taxonomy import CATEGORIES

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CONTEXTS = ("person", "device", "address", "place", "product", "site", "company")
THING = "thing."  # how the kinds begin that are of nobody: numbers of goods, names of companies
_MARK = re.compile(r"[\d._@-]")
_WORDS = r"(?=.*[^\W\d_]).{1,160}"


@dataclass(frozen=True, slots=True)
class Recognizer:
    """One way in which one kind of data looks. The fields are described at the head of ``recognizers.yaml``."""

    key: str
    category: str
    reads: str
    strength: Strength
    pattern: re.Pattern[str]
    check: str | None = None
    measure: str | None = None
    floor: float = 0.5
    full: float = 0.9
    shape_full: float = 0.85
    families: frozenset[Family] = frozenset({Family.TEXT, Family.OTHER})
    beside: tuple[tuple[str, str], ...] = ()
    alone: bool = False
    words: frozenset[Words] = frozenset()
    hints: frozenset[Words] = frozenset()
    silent: bool = False
    needs_space: bool = False
    needs_mark: bool = False
    demands_header: bool = False
    token: bool = False
    match: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()
    stems: re.Pattern[str] | None = None

    @property
    def is_thing(self) -> bool:
        """What it finds is not personal, and keeps others from taking it for something that is."""
        return self.category.startswith(THING)

    def is_valid(self, value: str) -> bool:
        """The check of a single value, where there is one."""
        if self.stems is not None:
            return self.stems.search(latin(value)) is not None
        return self.check is None or VALIDATORS[self.check](value)

    @property
    def checks_values(self) -> bool:
        return self.stems is not None or self.check is not None

    def fits(self, value: str) -> bool:
        """`value` has the form; nothing is said yet about whether it is valid."""
        return self.pattern.fullmatch(value) is not None and (not self.needs_space or " " in value)

    def accepts(self, value: str) -> bool:
        """Form and, where there is one, the check of a single value."""
        return self.fits(value) and self.is_valid(value)


@cache
def built_in() -> tuple[Recognizer, ...]:
    """The recognizers of this package."""
    source = files("governance.discovery").joinpath("recognizers.yaml")
    return parse(source.read_text(encoding="utf-8"), "recognizers.yaml")


def load(folder: Path) -> tuple[Recognizer, ...]:
    """A company's own recognizers: every ``*.yaml`` of `folder` in order of name. An absent folder has none.

    PolicyError names all mistakes of a file at once. A recognizer whose key is built in replaces it.
    """
    return tuple(r for path in sorted(folder.glob("*.yaml")) for r in parse(path.read_text(encoding="utf-8"), str(path)))


def combined(custom: Iterable[Recognizer] = ()) -> tuple[Recognizer, ...]:
    """The built-in recognizers with `custom` in place of, or after, them."""
    return tuple({r.key: r for r in (*built_in(), *custom)}.values())


def version(recognizers: Iterable[Recognizer]) -> str:
    """Changes whenever a verdict may, and is the same in every process: what is declared, and this package, its words and weights."""
    declared = [[f.name, _spelled(getattr(r, f.name))] for r in recognizers for f in fields(r)]
    return sha256(f"{_package()} {declared}".encode()).hexdigest()[:16]


def _spelled(value: Any) -> str:
    """A field in one spelling: sets have no order, and an expression prints only its beginning."""
    if isinstance(value, re.Pattern):
        return f"{value.flags} {value.pattern}"
    return repr(sorted(value) if isinstance(value, frozenset) else value)


@cache
def _package() -> str:
    """A digest over everything that judges: code, recognizers and lists of words."""
    seen = sha256()
    for path in sorted(_files(files("governance.discovery")), key=lambda p: p.name):
        seen.update(path.name.encode() + sha256(path.read_bytes()).digest())
    return seen.hexdigest()


def _files(folder: Traversable) -> Iterator[Traversable]:
    for path in folder.iterdir():
        if path.is_dir():
            yield from _files(path) if path.name != "__pycache__" else ()
        else:
            yield path


def parse(text: str, where: str) -> tuple[Recognizer, ...]:
    """The recognizers of one YAML file. PolicyError lists every mistake; an example that its own recognizer gets wrong is one."""
    try:
        entries = yaml.load(text, Loader=_LOADER) or []
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyError("this is not YAML", where=f"{where}:{mark.line + 1}" if mark else where) from None
    if not isinstance(entries, list):
        raise PolicyError("expected a list of recognizers", where=where, fix="start each with '- key: ...'")
    found, mistakes = [], []
    for position, entry in enumerate(entries, 1):
        name = entry.get("key", f"entry {position}") if isinstance(entry, dict) else f"entry {position}"
        try:
            recognizer = _recognizer(entry)
        except (ValueError, KeyError, TypeError, re.error) as error:
            mistakes.append(f"{name}: {error}")
            continue
        mistakes += [
            f"{name}: its example {k} of `match` is not accepted"
            for k, v in enumerate(recognizer.match, 1)
            if not recognizer.accepts(v)
        ]
        mistakes += [
            f"{name}: its example {k} of `reject` is accepted"
            for k, v in enumerate(recognizer.reject, 1)
            if recognizer.accepts(v)
        ]
        found.append(recognizer)
    if mistakes:
        raise PolicyError(
            f"{len(mistakes)} mistakes: " + "; ".join(mistakes),
            where=where,
            fix="see the head of governance/discovery/recognizers.yaml",
        )
    return tuple(found)


_KNOWN = {
    "key",
    "category",
    "reads",
    "strength",
    "patterns",
    "check",
    "measure",
    "floor",
    "full",
    "shape_full",
    "families",
    "beside",
    "alone",
    "words",
    "hints",
    "silent",
    "needs_space",
    "needs_mark",
    "demands_header",
    "ignore_case",
    "token",
    "thing",
    "stems",
    "match",
    "reject",
}


def _recognizer(entry: Any) -> Recognizer:
    if not isinstance(entry, Mapping):
        raise TypeError("expected keys and values")
    if unknown := sorted(set(entry) - _KNOWN):
        raise ValueError(f"unknown keys {', '.join(unknown)}")
    if missing := sorted({"key", "reads", "strength", "match"} - set(entry)):
        raise ValueError(f"missing {', '.join(missing)}")
    if ("category" in entry) == ("thing" in entry):
        raise ValueError("say either its category, or which thing it is when it is not personal")
    if "category" in entry and entry["category"] not in CATEGORIES:
        raise ValueError("its category is no key of the default taxonomy")
    if not entry.get("patterns") and not entry.get("stems"):
        raise ValueError("missing patterns, or stems of the words that tell it")
    if entry.get("check") not in (None, *VALIDATORS) or entry.get("measure") not in (None, *MEASURES):
        raise ValueError(f"check is one of {', '.join(VALIDATORS)}; measure one of {', '.join(MEASURES)}")
    beside = dict(entry.get("beside", {}))
    if set(beside) - set(CONTEXTS) or set(beside.values()) - set(BESIDE):
        raise ValueError(f"beside is one of {', '.join(CONTEXTS)}, with one of {', '.join(BESIDE)}")
    flags = re.IGNORECASE | re.DOTALL if entry.get("ignore_case") else re.DOTALL
    words = entry.get("words", {})
    said = [w for language in (words.values() if isinstance(words, Mapping) else [words]) for w in language]
    families = frozenset(map(Family, entry.get("families", ["text"])))
    return Recognizer(
        key=str(entry["key"]),
        category=entry.get("category") or THING + str(entry["thing"]),
        reads=entry["reads"],
        strength=Strength(entry["strength"]),
        pattern=re.compile("|".join(f"(?:{p})" for p in entry.get("patterns", (_WORDS,))), flags),
        check=entry.get("check"),
        measure=entry.get("measure"),
        floor=float(entry.get("floor", 0.5)),
        full=float(entry.get("full", 0.9)),
        shape_full=float(entry.get("shape_full", 0.85)),
        families=families | {Family.OTHER} if Family.TEXT in families else families,
        beside=tuple(sorted(beside.items())),
        alone=bool(entry.get("alone")),
        words=_phrases(said),
        hints=_phrases(entry.get("hints", ())),
        silent=bool(entry.get("silent")),
        needs_space=bool(entry.get("needs_space")),
        needs_mark=bool(entry.get("needs_mark")),
        demands_header=bool(entry.get("demands_header")),
        token=bool(entry.get("token")),
        match=tuple(map(str, entry["match"])),
        reject=tuple(map(str, entry.get("reject", ()))),
        stems=_stems(entry["stems"]) if entry.get("stems") else None,
    )


def _stems(entries: Any) -> re.Pattern[str]:
    """Beginnings of words, in the folded spelling; one that ends with a full stop is the whole word."""
    said = [w for language in (entries.values() if isinstance(entries, Mapping) else [entries]) for w in language]
    folded = sorted({f for w in said for f in _foldings(str(w))}, key=lambda w: (-len(w), w))
    beginnings = (re.escape(w[:-1]) + r"(?![^\W_])" if w.endswith(".") else re.escape(w) for w in folded)
    return re.compile(r"(?<![^\W_])(?:" + "|".join(beginnings) + ")")


def _foldings(word: str) -> set[str]:
    return {latin(word), latin(ascii_spelling(word))}


def _phrases(entries: Iterable[Any]) -> frozenset[Words]:
    return frozenset().union(*(phrases(str(e)) for e in entries))
