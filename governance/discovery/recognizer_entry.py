"""One entry of a file of recognizers: every key checked, each mistake with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from governance.discovery.headers import Words, ascii_spelling, phrases
from governance.discovery.measures import MEASURES
from governance.discovery.validators import VALIDATORS
from governance.discovery.weights import BESIDE, Strength
from governance.domain.fold import latin
from governance.domain.schema import Family
from governance.domain.taxonomy import CATEGORIES
from governance.policy.mistakes import nearest

CONTEXTS = ("person", "device", "address", "place", "product", "site", "company")
THING = "thing."  # how the kinds begin that are of nobody: numbers of goods, names of companies
_WORDS = r"(?=.*[^\W\d_])(?!.*(?<![^\W_])(?=[0-9a-f]*\d)[0-9a-f]{8,})(?!.*[@{<]).{1,160}"  # words, and no codes of a program among them


class Wrong(Exception):
    """A mistake of one recognizer, at one of its keys."""

    def __init__(self, problem: str, key: str = "", fix: str = "see docs/how-to/add_a_recognizer.md") -> None:
        self.problem, self.key, self.fix = problem, key, fix
        super().__init__(problem)


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


def values_of(entry: Any) -> dict[str, Any]:
    """The fields of a `Recognizer` from one entry of a file. Wrong names the key that is."""
    if not isinstance(entry, Mapping):
        raise Wrong("expected keys and values", fix="start with '- key: ...' and indent what follows")
    if unknown := sorted(str(k) for k in set(entry) - _KNOWN):
        raise Wrong(f"unknown keys {', '.join(unknown)}", unknown[0], nearest(unknown[0], _KNOWN, "take it out"))
    if missing := sorted({"key", "reads", "strength", "match"} - {k for k, v in entry.items() if v not in (None, [])}):
        raise Wrong(f"missing {', '.join(missing)}", fix="a recognizer has at least key, category, reads, strength, patterns and match")
    if ("category" in entry) == ("thing" in entry):
        raise Wrong("say either its category, or which thing it is when it is not personal", "category")
    if "category" in entry and str(entry["category"]) not in CATEGORIES:
        raise Wrong("its category is no key of the default taxonomy", "category",
                    nearest(str(entry["category"]), CATEGORIES, "see governance/domain/taxonomy.py for the keys"))
    if not entry.get("patterns") and not entry.get("stems"):
        raise Wrong("missing patterns, or stems of the words that tell it", fix="patterns: ['[A-Z]{2}-[0-9]{6}']")
    for name, known in (("check", tuple(VALIDATORS)), ("measure", tuple(MEASURES)), ("strength", tuple(Strength))):
        if entry.get(name) is not None and str(entry[name]) not in known:
            raise Wrong(f"`{name}` is none that there is", name, nearest(str(entry[name]), known, f"one of {', '.join(known)}"))
    beside = dict(_mapping(entry, "beside"))
    if set(beside) - set(CONTEXTS) or set(beside.values()) - set(BESIDE):
        raise Wrong("`beside` names what does not stand beside, or says what it does not do", "beside",
                    f"one of {', '.join(CONTEXTS)}, with one of {', '.join(BESIDE)}")
    if unknown := sorted(set(map(str, _list(entry, "families", ["text"]))) - set(Family)):
        raise Wrong(f"there are no values of the family {unknown[0]}", "families", f"one of {', '.join(Family)}")
    flags = re.IGNORECASE | re.DOTALL if entry.get("ignore_case") else re.DOTALL
    words = entry.get("words") or {}
    languages = words.values() if isinstance(words, Mapping) else [words]
    said = [w for language in languages for w in _texts(language, "words")]
    families = frozenset(map(Family, _list(entry, "families", ["text"])))
    floor, full, shape_full = (_share(entry, name, unset) for name, unset in (("floor", 0.5), ("full", 0.9), ("shape_full", 0.85)))
    if floor >= full:
        raise Wrong("`floor` is not below `full`", "floor", "floor says nothing, full says everything")
    return {
        "key": str(entry["key"]),
        "category": entry.get("category") or THING + str(entry["thing"]),
        "reads": str(entry["reads"]),
        "strength": Strength(entry["strength"]),
        "pattern": re.compile("|".join(f"(?:{p})" for p in _patterns(entry)), flags),
        "check": entry.get("check"),
        "measure": entry.get("measure"),
        "floor": floor,
        "full": full,
        "shape_full": shape_full,
        "families": families | {Family.OTHER} if Family.TEXT in families else families,
        "beside": tuple(sorted(beside.items())),
        "alone": bool(entry.get("alone")),
        "words": _phrases(said),
        "hints": _phrases(_list(entry, "hints")),
        "silent": bool(entry.get("silent")),
        "needs_space": bool(entry.get("needs_space")),
        "needs_mark": bool(entry.get("needs_mark")),
        "demands_header": bool(entry.get("demands_header")),
        "token": bool(entry.get("token")),
        "match": tuple(map(str, _list(entry, "match"))),
        "reject": tuple(map(str, _list(entry, "reject"))),
        "stems": _stems(entry["stems"]) if entry.get("stems") else None,
    }


def _list(entry: Mapping[str, Any], name: str, unset: Iterable[str] = ()) -> list[Any]:
    return _texts(entry[name], name) if entry.get(name) is not None else list(unset)


def _texts(given: Any, name: str) -> list[Any]:
    if not isinstance(given, list) or any(isinstance(v, (list, dict)) or v is None for v in given):
        raise Wrong(f"`{name}` is not a list of texts", name, f"{name}: ['...', '...']")
    return given


def _mapping(entry: Mapping[str, Any], name: str) -> Mapping[str, str]:
    given = entry.get(name) or {}
    if not isinstance(given, Mapping) or any(isinstance(v, (list, dict)) for v in given.values()):
        raise Wrong(f"`{name}` has no keys and values", name, f"{name}: {{person: helps}}")
    return given


def _share(entry: Mapping[str, Any], name: str, unset: float) -> float:
    given = entry.get(name, unset)
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= 1:
        raise Wrong(f"`{name}` is not a share between 0 and 1", name, f"{name}: {unset}")
    return float(given)


def _patterns(entry: Mapping[str, Any]) -> list[str]:
    found = list(map(str, _list(entry, "patterns", [_WORDS])))
    for n, pattern in enumerate(found, 1):
        try:
            re.compile(pattern)
        except re.error as error:
            raise Wrong(f"its pattern {n} is no regular expression: {error.msg}", "patterns",
                        "write it as Python's re reads it, in single quotes") from None
    return found


def _stems(entries: Any) -> re.Pattern[str]:
    """Beginnings of words, in the folded spelling; one that ends with a full stop is the whole word."""
    said = [w for language in (entries.values() if isinstance(entries, Mapping) else [entries]) for w in _texts(language, "stems")]
    folded = sorted({f for w in said for f in _foldings(str(w))}, key=lambda w: (-len(w), w))
    beginnings = (re.escape(w[:-1]) + r"(?![^\W_])" if w.endswith(".") else re.escape(w) for w in folded)
    return re.compile(r"(?<![^\W_])(?:" + "|".join(beginnings) + ")")


def _foldings(word: str) -> set[str]:
    return {latin(word), latin(ascii_spelling(word))}


def _phrases(entries: Iterable[Any]) -> frozenset[Words]:
    return frozenset().union(*(phrases(str(e)) for e in entries))
