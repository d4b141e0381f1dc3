"""What files of other tools say of columns, as they say it: values, and what of it could not be taken over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.domain.names import ColumnRef, TableRef
from governance.policy.explain import place_of
from governance.policy.mistakes import Mistake, Place
from governance.policy.read import Joined, Where

KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*\Z")  # a dotted key of a taxonomy; nothing else of a file is kept


@dataclass(frozen=True, order=True, slots=True)
class Annotation:
    """`categories` as the file has them; empty: it says that the column is not personal."""

    column: ColumnRef
    categories: tuple[str, ...]
    purposes: tuple[str, ...] = ()


@dataclass
class Annotations:
    """Collects what a file says. `passed_over` names places that speak of more than a column, with what to do."""

    joined: Joined
    name: str
    found: dict[ColumnRef, Annotation] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    passed_over: list[Mistake] = field(default_factory=list)

    def place(self, path: Where) -> Place:
        return place_of(path, self.joined.places, self.name)

    def wrong(self, path: Where, problem: str, fix: str) -> None:
        self.mistakes.append(Mistake(self.place(path), problem, fix))

    def over(self, path: Where, problem: str, fix: str) -> None:
        self.passed_over.append(Mistake(self.place(path), problem, fix))

    def add(self, table: TableRef, column: str, categories: Iterable[str], purposes: Iterable[str] = ()) -> None:
        """What is said twice of a column counts together."""
        ref = table.column(column)
        before = self.found.get(ref, Annotation(ref, (), ()))
        self.found[ref] = Annotation(ref, _joined(before.categories, categories), _joined(before.purposes, purposes))

    def keys(self, path: Where, given: Any) -> tuple[str, ...]:
        """The keys at `path`: one or a list. What is none is a mistake, and is not quoted: it may be anything."""
        entries = [given] if isinstance(given, str) else given
        if not isinstance(entries, Sequence):
            self.wrong(path, "is neither a key of a taxonomy nor a list of them", "write for example user.contact.email")
            return ()
        for n, entry in enumerate(entries):
            if not isinstance(entry, str) or not KEY.match(entry):
                self.wrong((*path, n) if entries is given else path, "is no key of a taxonomy",
                           "write a dotted key such as user.contact.email")
        return tuple(e for e in entries if isinstance(e, str) and KEY.match(e))

    def entries(self, path: Where, given: Any, what: str) -> list[tuple[Where, Mapping[str, Any], str]]:
        """(path, entry, its name) of a list of named things; what has no name is a mistake."""
        if given is None:
            return []
        if not isinstance(given, Sequence) or isinstance(given, str):
            self.wrong(path, f"`{path[-1]}` is not a list of {what}", "begin every entry with a dash")
            return []
        found = []
        for n, entry in enumerate(given):
            if isinstance(entry, Mapping) and isinstance(entry.get("name"), str) and entry["name"]:
                found.append(((*path, n), entry, entry["name"]))
            else:
                self.wrong((*path, n), f"an entry of {what} without a name", "give it `name:`")
        return found


def _joined(before: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *more)))


def mapping(given: Any) -> Mapping[str, Any]:
    """`given`, or nothing where it is not a mapping."""
    return given if isinstance(given, Mapping) else {}
