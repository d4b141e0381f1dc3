"""What is known of one column before it is judged. Values live in memory only and are never printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from governance.discovery.headers import Words, tokens
from governance.domain.names import TableRef
from governance.domain.schema import Column, Family


@dataclass(frozen=True)
class Sample:
    """`values`: distinct values as text without surrounding space, bounded. `rows`, `filled`, `distinct`: counts over the
    whole column. `shortest`, `longest`, `mean_length`: characters. `key`: it is its table's primary key or unique.
    `suspects`: values of a long text that hold an @ or many digits, wherever in the table they stand."""

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
    suspects: tuple[str, ...] = field(default=(), repr=False)

    @property
    def family(self) -> Family:
        return self.column.family

    @cached_property
    def header(self) -> Words:
        return tokens(self.column.name)

    @cached_property
    def table_words(self) -> Words:
        return tokens(self.table.table)

    @property
    def uniqueness(self) -> float:
        """Distinct values per filled row, 0..1."""
        return self.distinct / self.filled if self.filled else 0.0


@dataclass(frozen=True)
class TableScan:
    """The samples of one table, in the order of its columns; columns of bytes are left out. `statements` were run."""

    table: TableRef
    rows: int
    samples: tuple[Sample, ...]
    statements: int
