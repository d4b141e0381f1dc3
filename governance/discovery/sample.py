"""What is known of one column before it is judged. Values live in memory only and are never printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from governance.discovery.headers import Words, tokens
from governance.domain.fold import latin
from governance.domain.names import TableRef
from governance.domain.schema import Column, Family

SAMPLED = 400  # distinct values per column that are compared with what recognizers know
WORDS_READ = 120  # values that are compared with lists of words
_COMMENT_WORDS = 8


class Mode(StrEnum):
    """How closely a table is looked at: a bounded part of its rows, or every value of it."""

    QUICK = "quick"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found inside texts by the engine, in `cells` cells. `cell` is what stands around it in one of them: the whole text where
    it is a document."""

    text: str = field(repr=False)
    cells: int
    cell: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Sample:
    """`values`: distinct values as text without surrounding space, bounded, in the order they were met. `rows` are the table's;
    `filled` and `distinct` count over the whole column in full mode, over the rows looked at in quick mode. `shortest`, `longest`,
    `mean_length`: characters. `key`: it is its table's primary key or unique. `texts`: values in which to look for rare things, more
    of them than `values`. In full mode `ats` cells hold an @ and `runs` something like a number of somebody, `hits` and `names` are
    what the engine found inside all texts of the column, and `documents` those of its JSON documents with a key that few have."""

    column: Column
    table: TableRef
    values: tuple[str, ...] = field(repr=False)
    rows: int
    filled: int
    distinct: int
    shortest: int = 0
    longest: int = 0
    mean_length: float = 0.0
    key: bool = False
    refers: bool = False
    texts: tuple[str, ...] = field(default=(), repr=False)
    ats: int = 0
    runs: int = 0
    hits: tuple[Hit, ...] = field(default=(), repr=False)
    names: tuple[Hit, ...] = field(default=(), repr=False)
    documents: tuple[str, ...] = field(default=(), repr=False)

    @property
    def family(self) -> Family:
        return self.column.family

    @cached_property
    def header(self) -> Words:
        return tokens(self.column.name)

    @cached_property
    def comment(self) -> Words:
        """The first words of the column's comment in the database, where what it holds is named before it is explained."""
        return tokens(self.column.comment or "")[:_COMMENT_WORDS]

    @cached_property
    def table_words(self) -> Words:
        return tokens(self.table.table)

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The first values in the spelling that lists of words are kept in."""
        return tuple(latin(v) for v in self.values[:WORDS_READ])

    @property
    def uniqueness(self) -> float:
        """Distinct values per filled row, 0..1."""
        return min(1.0, self.distinct / self.filled) if self.filled else 0.0


@dataclass(frozen=True)
class TableScan:
    """The samples of one table, in the order of its columns; columns of bytes are left out. `rows` are the table's (in quick
    mode an estimate where the engine counts slowly), `looked` how many of them were read cell by cell, `statements` were run.
    `more`: how many rows there are is not known, and there may be more than were read."""

    table: TableRef
    rows: int
    samples: tuple[Sample, ...]
    statements: int
    mode: Mode = Mode.FULL
    looked: int = 0
    more: bool = False

    @property
    def look(self) -> Look:
        return Look(self.table, self.mode, self.rows, self.looked, self.more)


@dataclass(frozen=True, order=True, slots=True)
class Look:
    """How closely one table was looked at. `more`: `rows` is what was read, and nobody knows how many there are."""

    table: TableRef
    mode: Mode
    rows: int
    looked: int
    more: bool = False

    @property
    def is_whole(self) -> bool:
        return self.mode is Mode.FULL or (self.looked >= self.rows and not self.more)

    def missed(self, rate: float) -> float:
        """How probably something that stands in `rate` (0..1) of the rows, anywhere among them, was not seen: (1 - rate) to the power
        of the rows looked at. In full mode every cell was searched for numbers, addresses and names: 0."""
        return 0.0 if self.is_whole else (1.0 - rate) ** self.looked

    @property
    def words(self) -> str:
        if self.is_whole:
            return f"{self.table}: every one of {self.rows:,} rows was looked at"
        of = f"the first {self.looked:,} rows" if self.more else f"{self.looked:,} of about {self.rows:,} rows"
        return (f"{self.table}: {of} were looked at; what stands in one of a thousand rows was "
                f"missed with a probability of {self.missed(0.001):.1%}, in one of a hundred {self.missed(0.01):.1%}")
