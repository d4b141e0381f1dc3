"""What policy and schema together say of each governed table: the targets of disposal. Pure; no statement runs here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from governance.domain.errors import TargetMissing
from governance.domain.names import TableRef
from governance.domain.schema import Column, Family, ForeignKey, Schema, Table
from governance.policy.load import LoadedPolicy
from governance.policy.model import Collection, Dataset, DatasetField, EndState, Purpose, Schedule

KeyKind = Literal["integer", "text", "spelled", "digest"]

# End states that need Python: the new value cannot be computed by the engine.
_REWRITTEN = frozenset({"pseudonymize"})


@dataclass(frozen=True, slots=True)
class RowKey:
    """How a row is recognized again. `digest`: the table declares no key, so the whole row is compared."""

    kind: KeyKind
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What decides how long a cell lives. Columns with equal lifetimes live and end together."""

    subject: str | None
    record_class: str
    purposes: tuple[tuple[Purpose, Schedule], ...]
    derived_from: str | None
    unjudged: bool

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal lifetimes."""
        return (self.subject, self.record_class, tuple(p.key for p, _ in self.purposes), self.derived_from, self.unjudged)


@dataclass(frozen=True, slots=True)
class Group:
    """Columns of one table with the same lifetime and the same end state. `bit` is their place in a row's mask."""

    bit: int
    columns: tuple[Column, ...]
    end: EndState | None
    lifetime: Lifetime

    @property
    def in_sql(self) -> bool:
        """The engine can compute the end state itself."""
        return self.end is not None and self.end.kind not in _REWRITTEN and self.end.kind != "file" and not self.end.paths

    @property
    def is_file(self) -> bool:
        return self.end is not None and self.end.kind == "file"

    @property
    def rewritten(self) -> bool:
        return self.end is not None and not self.in_sql and not self.is_file

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)


@dataclass(frozen=True)
class Target:
    """One governed table. `enforced` is false while its dataset is in observe."""

    table: Table
    dataset: Dataset
    collection: Collection
    groups: tuple[Group, ...]
    key: RowKey

    @property
    def ref(self) -> TableRef:
        return self.table.ref

    @property
    def enforced(self) -> bool:
        return self.dataset.governance.mode.is_ == "enforce"

    @property
    def deletable(self) -> bool:
        return self.collection.governance.deletable is True

    @property
    def goes_with(self) -> TableRef | None:
        """The table whose rows take this table's rows along."""
        value = self.collection.governance.deletable
        return value["with"] if isinstance(value, dict) else None

    @property
    def owner(self) -> str:
        return self.dataset.governance.owner

    def group_of(self, column: str) -> Group | None:
        return next((g for g in self.groups if column in g.names), None)

    def keys_to(self, parent: TableRef) -> Iterator[ForeignKey]:
        return (fk for fk in self.table.foreign_keys if fk.references == parent)


def targets(loaded: LoadedPolicy, schema: Schema, engine: str) -> dict[TableRef, Target]:
    """Every governed table of `engine`, ordered by name. TargetMissing when one is declared and not there."""
    found: dict[TableRef, Target] = {}
    purposes = {p.key: p for p in loaded.policy.purposes}
    schedules = {rc.key: {s.purpose: s for s in rc.schedules} for rc in loaded.policy.record_classes}
    for dataset in loaded.policy.dataset:
        if dataset.governance.engines and engine not in dataset.governance.engines:
            continue
        for collection in dataset.collections:
            if collection.governance.retired:
                continue
            ref = dataset.ref(collection)
            table = schema.get(ref)
            if table is None:
                raise TargetMissing("is declared and not in the warehouse", where=ref,
                                    fix="create it, or mark it `retired: true` in the policy")
            groups = _groups(table, collection, purposes, schedules)
            found[ref] = Target(table, dataset, collection, groups, row_key(table, collection))
    return dict(sorted(found.items()))


def row_key(table: Table, collection: Collection) -> RowKey:
    """The declared primary key, else the policy's `row_key`, else the whole row."""
    columns = table.primary_key or collection.governance.row_key
    if not columns:
        return RowKey("digest", table.names)
    families = [c.family for name in columns if (c := table.column(name))]
    if families == [Family.INTEGER]:
        return RowKey("integer", columns)
    return RowKey("text" if families == [Family.TEXT] else "spelled", columns)


def _groups(table: Table, collection: Collection, purposes: Mapping[str, Purpose],
            schedules: Mapping[str, Mapping[str, Schedule]]) -> tuple[Group, ...]:
    alike: dict[tuple[object, ...], tuple[Lifetime, EndState | None, list[Column]]] = {}
    for field in collection.fields:
        if not field.is_personal:
            continue
        column = table.column(field.name)
        if column is None:
            raise TargetMissing("is declared and not in the table", where=table.ref.column(field.name),
                                fix="correct the policy, or add the column")
        end = field.governance.end_state
        lifetime = _lifetime(field, collection, purposes, schedules)
        alike.setdefault((*lifetime.key, end.words if end else ""), (lifetime, end, []))[2].append(column)
    return tuple(Group(1 << place, tuple(columns), end, lifetime)
                 for place, (lifetime, end, columns) in enumerate(alike.values()))


def _lifetime(field: DatasetField, collection: Collection, purposes: Mapping[str, Purpose],
              schedules: Mapping[str, Mapping[str, Schedule]]) -> Lifetime:
    declared = field.governance
    record_class = declared.record_class or collection.governance.record_class or ""
    unjudged = declared.purposes == "unjudged"
    keys = () if isinstance(declared.purposes, str) else declared.purposes
    known = schedules.get(record_class, {})
    return Lifetime(
        subject=declared.subject,
        record_class=record_class,
        purposes=tuple((purposes[k], known[k]) for k in sorted(keys)),
        derived_from=str(declared.derived_from) if declared.derived_from else None,
        unjudged=unjudged,
    )
