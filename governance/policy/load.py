"""Load the declared policy: a folder of YAML files to frozen values, a digest, and the line of every declared thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_origin

from pydantic import ValidationError

from governance.domain.canonical import digest, dumps
from governance.domain.errors import PolicyError
from governance.domain.names import ColumnRef, TableRef
from governance.policy.explain import explain, place_of
from governance.policy.mistakes import Mistake, Place, PolicyMistakes
from governance.policy.model import (
    Collection,
    Dataset,
    DatasetField,
    Person,
    Policy,
    Purpose,
    Recipient,
    RecordClass,
    Regime,
    Schedule,
    Store,
    SubjectKind,
)
from governance.policy.read import Joined, Where, files, read

LISTS = frozenset(name for name, info in Policy.model_fields.items() if get_origin(info.annotation) is tuple)


@dataclass(frozen=True, slots=True)
class GovernedTable:
    """One declared table; `path` leads to it in the policy, for `LoadedPolicy.where`."""

    ref: TableRef
    dataset: Dataset
    collection: Collection
    path: Where

    def record_class(self, field: DatasetField) -> str | None:
        """The field's own record class, else its table's."""
        return field.governance.record_class or self.collection.governance.record_class

    def fields(self) -> Iterator[tuple[Where, DatasetField]]:
        for number, field in enumerate(self.collection.fields):
            yield (*self.path, "fields", number), field


@dataclass(frozen=True)
class LoadedPolicy:
    """`digest` is of the content: 64 hexadecimal digits, the same whatever the files are called, ordered or formatted."""

    policy: Policy
    digest: str
    places: Mapping[Where, Place]
    folder: Path

    def where(self, *path: str | int) -> Place:
        """File and line of what stands at `path` in the policy (``"dataset", 0, "name"``), else of what is around it."""
        return place_of(path, self.places, self.folder.resolve().name)

    # ---- what is declared by key ---------------------------------------------------------------------------------

    @cached_property
    def _purposes(self) -> dict[str, Purpose]:
        return {p.key: p for p in self.policy.purposes}

    @cached_property
    def _record_classes(self) -> dict[str, RecordClass]:
        return {r.key: r for r in self.policy.record_classes}

    @cached_property
    def _tables(self) -> tuple[GovernedTable, ...]:
        found = [GovernedTable(d.ref(c), d, c, ("dataset", i, "collections", j))
                 for i, d in enumerate(self.policy.dataset) for j, c in enumerate(d.collections)]
        return tuple(sorted(found, key=lambda t: (t.ref, t.path)))

    @cached_property
    def _by_ref(self) -> dict[TableRef, list[GovernedTable]]:
        found: dict[TableRef, list[GovernedTable]] = {}
        for table in self._tables:
            found.setdefault(table.ref, []).append(table)
        return found

    def purpose(self, key: str) -> Purpose | None:
        return self._purposes.get(key)

    def record_class(self, key: str) -> RecordClass | None:
        return self._record_classes.get(key)

    def subject_kind(self, key: str) -> SubjectKind | None:
        return next((k for k in self.policy.subject_kinds if k.key == key), None)

    def regime(self, key: str) -> Regime | None:
        return next((r for r in self.policy.regimes if r.key == key), None)

    def recipient(self, key: str) -> Recipient | None:
        return next((r for r in self.policy.recipients if r.key == key), None)

    def store(self, key: str) -> Store | None:
        return next((s for s in self.policy.stores if s.key == key), None)

    def person(self, user: str) -> Person | None:
        return next((p for p in self.policy.people if p.user == user), None)

    # ---- tables and columns --------------------------------------------------------------------------------------

    def datasets(self, engine: str | None = None) -> tuple[Dataset, ...]:
        """Datasets that `engine` has; all for None."""
        return tuple(d for d in self.policy.dataset if _has(d, engine))

    def tables(self, engine: str | None = None, *, retired: bool = False) -> tuple[GovernedTable, ...]:
        """Declared tables that `engine` has (all for None), ordered by name, retired ones only when asked for."""
        return tuple(t for t in self._tables if _has(t.dataset, engine) and (retired or not t.collection.governance.retired))

    def governed(self, ref: TableRef, engine: str | None = None) -> GovernedTable | None:
        return next((t for t in self._by_ref.get(ref, ()) if _has(t.dataset, engine)), None)

    def table(self, ref: TableRef, engine: str | None = None) -> tuple[Dataset, Collection] | None:
        found = self.governed(ref, engine)
        return (found.dataset, found.collection) if found else None

    def field(self, column: ColumnRef, engine: str | None = None) -> DatasetField | None:
        found = self.governed(column.table, engine)
        return found.collection.field(column.name) if found else None

    def personal_columns(self, engine: str | None = None) -> Iterator[tuple[ColumnRef, DatasetField]]:
        """Every personal column of the tables in use, ordered by table, then as declared."""
        for table in self.tables(engine):
            for field in table.collection.fields:
                if field.is_personal:
                    yield table.ref.column(field.name), field

    def record_class_of(self, column: ColumnRef, engine: str | None = None) -> RecordClass | None:
        """The record class of a column: the field's own, else its table's."""
        table = self.governed(column.table, engine)
        field = table.collection.field(column.name) if table else None
        if table is None or field is None:
            return None
        return self.record_class(table.record_class(field) or "")

    def schedules(self, column: ColumnRef, engine: str | None = None) -> tuple[tuple[Purpose, Schedule], ...]:
        """The purposes of a column, each with its schedule, ordered by purpose. Those without a schedule are left out."""
        field, record_class = self.field(column, engine), self.record_class_of(column, engine)
        if field is None or record_class is None or isinstance(field.governance.purposes, str):
            return ()
        known = {s.purpose: s for s in record_class.schedules}
        return tuple((self._purposes[k], known[k]) for k in sorted(set(field.governance.purposes))
                     if k in known and k in self._purposes)


def load_policy(folder: Path) -> LoadedPolicy:
    """Load the policy in `folder`. PolicyMistakes (a PolicyError) tells every mistake of all files at once."""
    loaded, mistakes = load_leniently(folder)
    if mistakes or loaded is None:
        raise PolicyMistakes(mistakes, where=folder.resolve().name)
    return loaded


def load_leniently(folder: Path) -> tuple[LoadedPolicy | None, list[Mistake]]:
    """The policy as far as it can be read, and its mistakes. None when it cannot be judged as a whole.

    Keys nobody knows are left out, so that one misspelled word does not hide the mistakes that `check` finds.
    PolicyError when there is no folder or no file in it.
    """
    if not folder.is_dir():
        raise PolicyError("is not a folder", where=folder.name or str(folder),
                          fix="point GOVERNANCE_POLICY_DIR at the policy folder")
    if next(files(folder), None) is None:
        raise PolicyError("holds no YAML file", where=folder.resolve().name,
                          fix="declare the policy there, or point GOVERNANCE_POLICY_DIR at it")
    joined = read(folder, LISTS)
    try:
        policy = Policy.model_validate(joined.data)
    except ValidationError as error:
        mistakes = [*joined.mistakes, *explain(error, Policy, joined.data, joined.places, folder.resolve().name,
                                               absent_matters=not joined.unread)]
        return _without_unknown_keys(folder, joined, error), mistakes
    return loaded_from(policy, joined.places, folder), joined.mistakes


def loaded_from(policy: Policy, places: Mapping[Where, Place], folder: Path) -> LoadedPolicy:
    return LoadedPolicy(policy, policy_digest(policy), MappingProxyType(dict(places)), folder)


def policy_digest(policy: Policy) -> str:
    """SHA-256 over what jobs act on. The order of top-level lists, which follows file names, does not count.

    Left out are the controls: they say how each sentence of the text is kept and by whom that was attested, and no job reads
    them. Renewing an attestation leaves plans and the approval of the policy as they are (docs/adr/0011).
    """
    content: dict[str, Any] = policy.model_dump(by_alias=True, exclude={"controls"})
    return digest({key: sorted(value, key=dumps) if key in LISTS else value for key, value in content.items()})


def _without_unknown_keys(folder: Path, joined: Joined, error: ValidationError) -> LoadedPolicy | None:
    found = error.errors(include_url=False)
    if any(one["type"] != "extra_forbidden" for one in found):
        return None
    for one in found:
        *path, last = one["loc"]
        around: Any = joined.data
        for part in path:
            around = around[part]
        around.pop(last, None)
    try:
        return loaded_from(Policy.model_validate(joined.data), joined.places, folder)
    except ValidationError:
        return None


def _has(dataset: Dataset, engine: str | None) -> bool:
    return engine is None or not dataset.governance.engines or engine in dataset.governance.engines
