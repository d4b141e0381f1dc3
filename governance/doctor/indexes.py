"""Columns by which a disposal looks rows up, and that no index begins with: 177 ms a subject instead of 3 where it was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from governance.domain.names import TableRef, quote
from governance.domain.schema import Schema, Table
from governance.policy.load import LoadedPolicy
from governance.policy.model import SubjectPath


@dataclass(frozen=True, order=True, slots=True)
class Unindexed:
    """`for_every_row`: the whole table is read for every row deleted, not once for a statement."""

    table: TableRef
    columns: tuple[str, ...]
    why: str
    for_every_row: bool = False


def unindexed(loaded: LoadedPolicy | None, schema: Schema) -> list[Unindexed]:
    """Each table and columns once: foreign keys of governed tables' rows, and the steps of their paths to subjects."""
    found: dict[tuple[TableRef, tuple[str, ...]], Unindexed] = {}
    for one in (*_foreign_keys(loaded, schema), *(_paths(loaded, schema) if loaded else ())):
        found.setdefault((one.table, one.columns), one)
    return sorted(found.values())


def _foreign_keys(loaded: LoadedPolicy | None, schema: Schema) -> Iterator[Unindexed]:
    """A deleted row is looked for in every table that refers to it."""
    for table in schema.tables:
        for key in table.foreign_keys:
            parent = loaded.governed(key.references) if loaded else None
            goes = loaded is None or (parent is not None and bool(parent.collection.governance.deletable))
            if goes and not key.indexed:
                yield Unindexed(table.ref, key.columns, f"{table.ref} ({_names(key.columns)}) refers to {key.references} without an "
                                "index: deleting there reads the whole table for every row", True)


def _paths(loaded: LoadedPolicy, schema: Schema) -> Iterator[Unindexed]:
    """From a subject's key back to the rows: the last table of a path by its key, each table before it by its join."""
    for governed in loaded.tables():
        live = schema.get(governed.ref)
        if live is None:
            continue
        for path in governed.collection.governance.subjects.values():
            for table, columns in _steps(live, path, schema):
                if not _indexed(table, columns):
                    yield Unindexed(table.ref, columns, f"{table.ref} ({_names(columns)}) leads to a {path.kind} without an index: a "
                                    "request reads the whole table")


def _steps(start: Table, path: SubjectPath, schema: Schema) -> Iterator[tuple[Table, tuple[str, ...]]]:
    at: Table | None = start
    for hop in path.through:
        if at is not None:
            yield at, tuple(hop.where.values())
        at = schema.get(hop.table)
    if at is not None:
        yield at, (path.key,)


def _indexed(table: Table, columns: tuple[str, ...]) -> bool:
    wanted = set(columns)
    keys = (table.primary_key, *table.uniques, *table.indexes)
    return any(len(key) >= len(wanted) and set(key[:len(wanted)]) == wanted for key in keys)


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(map(quote, columns))
