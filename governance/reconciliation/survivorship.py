"""Which of several values a golden record shows, decided when it is read. Ties are settled the same way everywhere.

`survive` says it in words of Python and is what tests hold against the SQL; `ranked` is the SQL that the view uses.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Text, case, func, literal

from governance.policy.linking import GoldenField

OWN = "own"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value that stands. `confidence` is that of its link (1 for exact tokens and for our own values)."""

    value: str = field(repr=False)
    source: str
    record: str
    observed_at: datetime
    confidence: float = 1.0


def survive(strategy: GoldenField, candidates: Sequence[Candidate]) -> Candidate | None:
    """The candidate that wins; the order in which they come never matters."""
    often = Counter(c.value for c in candidates)
    trust = {source: place for place, source in enumerate(strategy.sources)}

    def place(c: Candidate) -> tuple[Any, ...]:
        first: tuple[Any, ...]
        match strategy.strategy:
            case "source":
                first = (trust.get(c.source, len(trust)),)
            case "most_frequent":
                first = (-often[c.value],)
            case "longest":
                first = (-len(c.value),)
            case "highest_confidence":
                first = (-c.confidence,)
            case _:
                first = ()
        seen = c.observed_at - datetime(1970, 1, 1)
        return (*first, -seen, _mixed(c.value), _mixed(c.source), _mixed(c.record))

    return min(candidates, key=place, default=None)


def _mixed(text: str) -> str:
    """An order of texts that no language has a say in. Not a secret and never kept."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def ranked(row: FromClause, strategy: GoldenField) -> ColumnElement[int]:
    """1 for the value that wins among the rows of one subject, as `survive` says. `row` has subject_key, value, source, record,
    observed_at, confidence and, from `counted`, often."""
    first: list[ColumnElement[Any]] = []
    match strategy.strategy:
        case "source":
            places = {source: literal(place, Integer()) for place, source in enumerate(strategy.sources)}
            first = [case(places, value=row.c.source, else_=literal(len(places), Integer()))]
        case "most_frequent":
            first = [row.c.often.desc()]
        case "longest":
            first = [func.length(row.c.value).desc()]
        case "highest_confidence":
            first = [row.c.confidence.desc()]
    mixed = [func.md5(row.c[name], type_=Text()) for name in ("value", "source", "record")]
    return func.row_number().over(partition_by=row.c.subject_key, order_by=[*first, row.c.observed_at.desc(), *mixed])


def counted(row: FromClause) -> ColumnElement[int]:
    """How many rows of the subject have the same value."""
    return func.count().over(partition_by=[row.c.subject_key, row.c.value]).label("often")
