"""Recognizers: a few declarative lines per kind of personal data, the built-in ones and a company's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from governance.discovery.headers import Words
from governance.discovery.recognizer_entry import CONTEXTS, THING, Wrong, values_of
from governance.discovery.validators import VALIDATORS
from governance.discovery.weights import Strength
from governance.domain.fold import latin
from governance.domain.schema import Family
from governance.policy.mistakes import Mistake, Place, PolicyMistakes

__all__ = ["CONTEXTS", "THING", "Recognizer", "built_in", "combined", "examine", "examine_folder", "load", "parse", "version"]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Recognizer:
    """One way in which one kind of data looks. The fields are described in ``recognizers/README.md``."""

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


FILES = ("people", "documents", "payment", "devices", "accounts", "files", "special", "places", "things")


@cache
def built_in() -> tuple[Recognizer, ...]:
    """The recognizers of this package."""
    folder = files("governance.discovery").joinpath("recognizers")
    return tuple(recognizer for name in FILES
                 for recognizer in parse(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), f"recognizers/{name}.yaml"))


def load(folder: Path) -> tuple[Recognizer, ...]:
    """A company's own recognizers: every YAML file of `folder` in order of name. An absent folder has none.

    PolicyMistakes (a PolicyError) names all mistakes of all files at once. A recognizer whose key is built in replaces it.
    """
    found, mistakes = examine_folder(folder)
    if mistakes:
        raise PolicyMistakes(mistakes, where=folder)
    return found


def examine_folder(folder: Path) -> tuple[tuple[Recognizer, ...], list[Mistake]]:
    """The recognizers in `folder` that are right, and the mistakes of the others; files are spelled from the policy folder's name."""
    found: dict[str, tuple[Recognizer, str]] = {}
    mistakes: list[Mistake] = []
    for path in sorted(p for p in folder.glob("*") if p.suffix in (".yaml", ".yml")):
        name = f"{folder.resolve().parent.name}/{folder.name}/{path.name}"
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            mistakes.append(Mistake(Place(name, 1), "is not UTF-8 text", "save the file as UTF-8"))
            continue
        recognizers, wrong = examine(text, name)
        mistakes += wrong
        for recognizer in recognizers:
            if recognizer.key in found:
                problem = f"{recognizer.key}: stands in {found[recognizer.key][1]} already"
                mistakes.append(Mistake(Place(name, _line_of(text, recognizer.key)), problem, "give one of the two another key"))
            found[recognizer.key] = (recognizer, name)
    return tuple(r for r, _ in found.values()), mistakes


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
    """The recognizers of one YAML file. PolicyMistakes lists every mistake; an example that its own recognizer gets wrong is one."""
    found, mistakes = examine(text, where)
    if mistakes:
        raise PolicyMistakes(mistakes, where=where)
    return found


def examine(text: str, where: str) -> tuple[tuple[Recognizer, ...], list[Mistake]]:
    """The recognizers of one YAML file that are right, and the mistakes of the others with line and remedy."""
    try:
        entries = yaml.load(text, Loader=_LOADER) or []
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        fix = "correct indentation, colons and quotes near this line; a pattern stands in single quotes"
        return (), [Mistake(Place(where, mark.line + 1 if mark else 1), "this is not YAML", fix)]
    if not isinstance(entries, list):
        return (), [Mistake(Place(where, 1), "expected a list of recognizers", "start each with '- key: ...'")]
    found: list[Recognizer] = []
    wrong: list[tuple[int, str, Wrong]] = []
    for position, entry in enumerate(entries, 1):
        name = str(entry["key"]) if isinstance(entry, dict) and entry.get("key") else f"entry {position}"
        try:
            recognizer = Recognizer(**values_of(entry))
        except Wrong as error:
            wrong.append((position, name, error))
            continue
        if any(r.key == recognizer.key for r in found):
            wrong.append((position, name, Wrong("stands twice in this file", "key", "give one of the two another key")))
        of = {True: "match", False: "reject"}
        wrong += [(position, name, Wrong(f"its example {k} of `{of[right]}` is {'not ' if right else ''}accepted", of[right],
                               "correct the patterns or the example: examples are the recognizer's tests"))
                  for right, examples in ((True, recognizer.match), (False, recognizer.reject))
                  for k, v in enumerate(examples, 1) if recognizer.accepts(v) is not right]
        found.append(recognizer)
    lines = _lines(text) if wrong else []
    return tuple(found), [Mistake(Place(where, lines[n - 1].get(w.key, lines[n - 1][""])), f"{name}: {w.problem}", w.fix)
                          for n, name, w in wrong]


def _line_of(text: str, key: str) -> int:
    entries = yaml.load(text, Loader=_LOADER)
    return next(at["key"] for entry, at in zip(entries, _lines(text), strict=True) if str(entry.get("key")) == key)


def _lines(text: str) -> list[dict[str, int]]:
    """Of each entry the lines of its keys; "" for the whole. Read only where there is a mistake to place."""
    root = yaml.compose(text, Loader=_LOADER)
    return [{"": node.start_mark.line + 1, **{str(k.value): k.start_mark.line + 1 for k, _ in
                                              (node.value if isinstance(node, yaml.MappingNode) else ())}}
            for node in getattr(root, "value", ())]
