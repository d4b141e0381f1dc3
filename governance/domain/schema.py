"""What a warehouse says about its own tables: columns, keys, references and everything that may act behind our back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from governance.domain.canonical import digest
from governance.domain.names import ColumnRef, TableRef


class Family(StrEnum):
    """What kind of value a column holds, whatever the engine calls its type."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"  # without time zone
    MOMENT = "moment"  # timestamp with time zone
    JSON = "json"
    UUID = "uuid"
    BINARY = "binary"
    OTHER = "other"


class OnDelete(StrEnum):
    """What the database does to the rows that refer when the row they refer to is deleted."""

    REFUSE = "refuse"  # no action, restrict
    CASCADE = "cascade"
    SET_NULL = "set null"
    SET_DEFAULT = "set default"


class HazardKind(StrEnum):
    """Things in a database that copy, change or hide rows without being asked."""

    TRIGGER = "trigger"
    RULE = "rule"
    ROW_SECURITY = "row security"
    MATERIALIZED_VIEW = "materialized view"
    REPLICATION = "replication"


@dataclass(frozen=True, order=True, slots=True)
class Column:
    """`type` is the engine's own spelling; `length` the declared maximum in characters, None for no limit."""

    name: str
    type: str
    family: Family
    nullable: bool
    generated: bool = False
    length: int | None = None
    comment: str | None = None


@dataclass(frozen=True, order=True, slots=True)
class ForeignKey:
    """Columns of this table that refer to `references`. `indexed`: an index starts with exactly these columns."""

    name: str
    columns: tuple[str, ...]
    references: TableRef
    referred: tuple[str, ...]
    on_delete: OnDelete = OnDelete.REFUSE
    indexed: bool = True


@dataclass(frozen=True, order=True, slots=True)
class Hazard:
    """`name` is unique in its table; `detail` says in words what it does."""

    kind: HazardKind
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`kind` is table, view, materialized view or partitioned. Partitions are rows of their parent and are not listed.
    `indexes`: the columns of each whole index in its order, where the engine looks rows up by indexes."""

    ref: TableRef
    kind: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    checks: tuple[str, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    comment: str | None = None
    indexes: tuple[tuple[str, ...], ...] = ()

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    @property
    def is_released(self) -> bool:
        return (self.comment or "").startswith(RELEASED)


RELEASED = "governance: a release"  # how the comments of what was published from here begin


@dataclass(frozen=True)
class Schema:
    """All tables an account can see, ordered by name.

    What was published as a release stands apart in `releases`: it is declared column by column in the policy's releases, is
    rebuilt and never disposed of, and publishing must not make plans about the sources stale.
    """

    tables: tuple[Table, ...]
    releases: tuple[Table, ...] = ()

    @classmethod
    def of(cls, tables: Iterable[Table]) -> Schema:
        """`tables` sorted, those published as releases apart."""
        ordered = sorted(tables, key=lambda t: t.ref)
        return cls(tuple(t for t in ordered if not t.is_released), tuple(t for t in ordered if t.is_released))

    @cached_property
    def _by_ref(self) -> dict[TableRef, Table]:
        return {t.ref: t for t in (*self.tables, *self.releases)}

    @cached_property
    def digest(self) -> str:
        """Changes when a table, column, type, key, reference or hazard does; not with comments, rows or releases."""
        return digest([[t.ref, t.kind, [[c.name, c.type, c.nullable] for c in t.columns], t.primary_key,
                        t.foreign_keys, sorted(t.uniques), sorted(t.checks), sorted(t.hazards)] for t in self.tables])

    def get(self, ref: TableRef) -> Table | None:
        return self._by_ref.get(ref)

    def column(self, ref: ColumnRef) -> Column | None:
        table = self.get(ref.table)
        return table.column(ref.name) if table else None

    def referring(self, ref: TableRef) -> Iterator[tuple[Table, ForeignKey]]:
        """Every table and foreign key that refers to `ref`, the table itself included."""
        for table in self.tables:
            for key in table.foreign_keys:
                if key.references == ref:
                    yield table, key
