"""A declared release beside the live schema: every column resolved to the table it is read from, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from governance.depersonalization.hierarchy import Ladder, date_ladder, geo_ladder, interval_ladder, prefix_ladder
from governance.depersonalization.hierarchy_file import file_ladder
from governance.domain.canonical import digest
from governance.domain.errors import PlanRefused, TargetMissing
from governance.domain.names import TableRef
from governance.domain.schema import Column, Family, Schema, Table
from governance.policy.load import LoadedPolicy
from governance.policy.model import SubjectPath
from governance.policy.release_check import QUASI, role_of
from governance.policy.releases import Release, ReleaseColumn, Step

_NUMBERS = (Family.INTEGER, Family.NUMBER)
_DAYS = (Family.DATE, Family.TIMESTAMP, Family.MOMENT)
_NEEDS = {"interval": _NUMBERS, "code": _NUMBERS, "round": _NUMBERS, "geo": _NUMBERS, "date": _DAYS, "shift": _DAYS}


@dataclass(frozen=True, slots=True)
class Resolved:
    """One column of the dataset and the live column behind it. `longitude` only for geo cells."""

    declared: ReleaseColumn
    table: Table
    live: Column
    role: str

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def kind(self) -> str:
        return self.declared.transform.kind

    @property
    def is_quasi(self) -> bool:
        return self.role == QUASI


@dataclass(frozen=True)
class Source:
    """What a release is made of."""

    release: Release
    loaded: LoadedPolicy
    schema: Schema
    table: Table
    path: SubjectPath
    columns: tuple[Resolved, ...]

    @property
    def quasi(self) -> tuple[Resolved, ...]:
        return tuple(c for c in self.columns if c.is_quasi)

    @property
    def sensitive(self) -> Resolved | None:
        return next((c for c in self.columns if c.name == self.release.model.sensitive), None)

    @property
    def pseudonym_of_subject(self) -> Resolved | None:
        """The column that holds the people's own pseudonyms, if one does."""
        return next((c for c in self.columns if c.kind == "pseudonymize" and not c.declared.through and not self.path.through
                     and c.live.name == self.path.key), None)

    @cached_property
    def reads(self) -> tuple[Table, ...]:
        """Every table the release reads."""
        refs = {self.table.ref, *(c.table.ref for c in self.columns), *(s.table for c in self.columns for s in c.declared.through),
                *(hop.table for hop in self.path.through)}
        return tuple(t for t in self.schema.tables if t.ref in refs)

    @cached_property
    def digest(self) -> str:
        """Changes with the tables it reads; what happens to other tables is none of its business."""
        return Schema(self.reads).digest

    @cached_property
    def ladders(self) -> tuple[Ladder, ...]:
        """One per quasi-identifier, in their order. PolicyError with file and line when a hierarchy is not monotone."""
        return tuple(ladder_of(c, self.loaded.folder, self.release.key) for c in self.quasi)


def resolve(loaded: LoadedPolicy, schema: Schema, release: Release) -> Source:
    """The release beside the schema. TargetMissing for tables and columns that are not there, PlanRefused for what cannot leave."""
    table = _table(schema, release.source)
    governed = loaded.governed(release.source)
    path = governed.collection.governance.subjects.get(release.subject) if governed else None
    if path is None:
        raise PlanRefused(f"{release.source} has no subject {release.subject}", where=f"release {release.key}",
                          fix="governance policy check")
    columns = tuple(_resolved(loaded, schema, release, c) for c in release.leaving)
    _refuse_repeating(schema, release, table.ref, [Step(table=h.table, where=h.where) for h in path.through])
    for column in columns:
        _refuse_repeating(schema, release, table.ref, column.declared.through)
        _refuse_type(release, column)
        if column.kind == "keep" and column.live.name in column.table.primary_key:
            raise PlanRefused(f"{column.name} is the key of {column.table.ref} and leads back to its rows", where=f"release {release.key}",
                              fix="pseudonymize it in a domain of its own, or drop it")
    if any(c.kind == "redact" for c in columns) and not table.primary_key:
        raise PlanRefused(f"{table.ref} has no primary key, so redacted text cannot be put back beside its row",
                          where=f"release {release.key}", fix="drop the text, or declare a key")
    return Source(release, loaded, schema, table, path, columns)


def _table(schema: Schema, ref: TableRef) -> Table:
    found = schema.get(ref)
    if found is None or found.is_released:
        raise TargetMissing("is read by a release and is not in the warehouse", where=ref, fix="correct the release, or load the table")
    return found


def _resolved(loaded: LoadedPolicy, schema: Schema, release: Release, declared: ReleaseColumn) -> Resolved:
    table = _table(schema, release.table_of(declared))
    live = table.column(declared.source)
    for name in (declared.source, declared.transform.longitude):
        if name is not None and table.column(name) is None:
            raise TargetMissing(f"is read by the release {release.key} and is not in the table", where=table.ref.column(name),
                                fix="correct `from:` of the column, or leave it out")
    assert live is not None
    return Resolved(declared, table, live, role_of(loaded, release, declared))


def _refuse_repeating(schema: Schema, release: Release, start: TableRef, steps: list[Step] | tuple[Step, ...]) -> None:
    """Every step must lead to one row at most, or rows of people would be counted and published several times."""
    for step in steps:
        table = _table(schema, step.table)
        if not any(set(key) <= set(step.where) for key in (table.primary_key, *table.uniques) if key):
            raise PlanRefused(f"a step leads to several rows of {step.table}, and rows would be published several times",
                              where=f"release {release.key}", fix="lead over a primary or unique key")


def _refuse_type(release: Release, column: Resolved) -> None:
    wanted = _NEEDS.get(column.kind)
    if wanted is not None and column.live.family not in wanted:
        what = column.table.ref.column(column.live.name)
        raise PlanRefused(f"{column.kind} needs {' or '.join(wanted)}, and {what} is {column.live.family}",
                          where=f"release {release.key}", fix="choose another transform for this column")


def ladder_of(column: Resolved, folder: Path, release: str) -> Ladder:
    """The levels of one quasi-identifier. What is kept, rounded or coded has none above its value."""
    transform = column.declared.transform
    low, high = transform.lowest or 0, transform.highest
    where = f"release {release}, column {column.name}"
    match transform.kind:
        case "hierarchy":
            return file_ladder(column.name, folder / str(transform.file), lowest=low, highest=high)
        case "interval":
            widths, origin = [_whole(w) for w in transform.widths], _whole(transform.origin or 0)
            return interval_ladder(column.name, widths, origin=origin, where=where, lowest=low, highest=high)
        case "prefix":
            return prefix_ladder(column.name, transform.lengths, where=where, lowest=low, highest=high)
        case "date":
            return date_ladder(column.name, transform.units, where=where, lowest=low, highest=high)
        case "geo":
            return geo_ladder(column.name, [str(w) for w in transform.widths], where=where, lowest=low, highest=high)
    return Ladder(column.name, "kept", (), (), numeric=column.live.family in _NUMBERS)


def _whole(number: float) -> int | str:
    return int(number) if number == int(number) else str(number)


def words(column: Resolved, level: int | None, ladder: Ladder | None, folder: Path) -> str:
    """What is done to a column, as it stands in plans and on cards. A hierarchy is named with the digest of its file."""
    transform = column.declared.transform
    if ladder is not None and transform.climbs:
        what = {"hierarchy": f"by {transform.file}", "interval": "to intervals", "prefix": "to a prefix", "date": "to a unit of time",
                "geo": "to a cell"}[transform.kind]
        told = f"generalize {what}, level {level} of {ladder.height}" if level else f"keep what is known of it, level 0 of {ladder.height}"
        return told + (f" ({_of_file(folder / str(transform.file))})" if transform.kind == "hierarchy" else f" ({_rungs(column)})")
    match transform.kind:
        case "pseudonymize":
            return f"pseudonymize in domain {transform.domain}"
        case "shift":
            return f"shift by up to {transform.days} days, the same for one person, and cut to the day"
        case "code":
            parts = [f"{word} {limit:g}" for word, limit in (("below", transform.bottom), ("above", transform.top)) if limit is not None]
            return f"code what is {' or '.join(parts)}"
        case "round":
            return f"round to {transform.to:g}"
        case "redact":
            return "redact identifiers in the text"
    return "keep"


def _rungs(column: Resolved) -> str:
    transform = column.declared.transform
    return ", ".join(f"{r:g}" if isinstance(r, float) else str(r) for r in transform.widths or transform.lengths or transform.units)


def _of_file(path: Path) -> str:
    return "file " + digest(path.read_bytes().hex())[:12]


