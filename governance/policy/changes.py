"""One difference between two policies: in words, with what it does to data and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from governance.domain.names import TableRef
from governance.policy.words import joined

# (table, columns) -> rows due today under the second policy that were not due under the first; None when it cannot be counted.
Counts = Callable[[TableRef, Sequence[str]], int | None]
Touched = tuple[TableRef, tuple[str, ...]]
COLUMNS = "{columns}"  # stands in a sentence for the columns that share it


class Effect(StrEnum):
    """What a change does to data. `either`: it deletes more of some and less of other data, or nobody can say before counting."""

    MORE = "deletes more"
    LESS = "deletes less"
    EITHER = "may delete more or less"
    NEITHER = "deletes neither more nor less"


@dataclass(frozen=True, order=True, slots=True)
class Change:
    """`what` is one sentence. `touches` lists the tables and columns it concerns. `loosened`: somebody has to agree to less, or
    less is promised to people. `rows` newly due today, None when not counted."""

    what: str
    effect: Effect
    touches: tuple[Touched, ...] = ()
    loosened: bool = False
    rows: int | None = None

    @property
    def deletes_more(self) -> bool:
        return self.effect in (Effect.MORE, Effect.EITHER)

    @property
    def deletes_less(self) -> bool:
        return self.effect in (Effect.LESS, Effect.EITHER)

    def __str__(self) -> str:
        today = "" if self.rows is None else f": {self.rows:,} row{'' if self.rows == 1 else 's'} today"
        return self.what + today + (" (loosened)" if self.loosened else "")


def counted(change: Change, counts: Counts | None) -> Change:
    """The change with today's rows, where it may delete more."""
    if counts is None or not change.touches or not change.deletes_more:
        return change
    found = [counts(table, columns) for table, columns in change.touches]
    known = [n for n in found if n is not None]
    return replace(change, rows=sum(known)) if known else change


def together(table: TableRef, said: Iterable[tuple[str, str, Effect, bool]]) -> list[Change]:
    """(column, sentence, effect, loosened) of one table: columns that share a sentence share a change, in declared order."""
    alike: dict[tuple[str, Effect, bool], list[str]] = {}
    for column, sentence, effect, loosened in said:
        alike.setdefault((sentence, effect, loosened), []).append(column)
    return [Change(sentence.replace(COLUMNS, joined(columns)), effect, ((table, tuple(columns)),), loosened)
            for (sentence, effect, loosened), columns in alike.items()]
