"""Circular orders, each named as ``a -> b -> a``: rows that go with each other, copies of copies, foreign keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from governance.domain.names import ColumnRef, TableRef
from governance.policy.known import Known
from governance.policy.load import GovernedTable
from governance.policy.mistakes import Mistake
from governance.policy.order import N, cycle, in_words
from governance.policy.read import Where


def cycles(known: Known, engine: str | None) -> Iterator[Mistake]:
    """Every independent loop once, at the first table of its name. Foreign keys are those of the live schema."""
    tables = {t.ref: t for t in reversed(known.loaded.tables(engine))}
    goes: dict[TableRef, set[TableRef]] = {}
    copies: dict[ColumnRef, set[ColumnRef]] = {}
    places: dict[ColumnRef, Where] = {}
    for ref, table in tables.items():
        if isinstance(table.collection.governance.deletable, dict):
            goes[ref] = {table.collection.governance.deletable["with"]}
        for path, field in table.fields():
            if field.governance.derived_from is not None:
                copies[ref.column(field.name)] = {field.governance.derived_from}
                places[ref.column(field.name)] = (*path, "meta", "governance", "derived_from")
    for loop in _loops(goes):
        path = (*tables[loop[0]].path, "meta", "governance", "deletable")
        yield known.mistake(path, f"rows go with each other in a circle: {in_words(loop)}",
                            "let one of these tables decide by itself")
    for copied in _loops(copies):
        yield known.mistake(places[copied[0]], f"a copy of its own copy: {in_words(copied)}", "name the column it all began with")
    for loop in _loops(_references(known, tables)):
        yield known.mistake((*tables[loop[0]].path, "name"), f"foreign keys refer to each other in a circle: {in_words(loop)}",
                            "no order of disposal can keep them all: drop one of the foreign keys, or retire a table")


def _references(known: Known, tables: Mapping[TableRef, GovernedTable]) -> dict[TableRef, set[TableRef]]:
    """Governed table -> the governed tables its rows refer to, where rows of both may go: cells end in any order. A table that
    refers to itself is no loop of tables."""
    if known.schema is None:
        return {}
    going = {ref for ref, table in tables.items() if table.collection.governance.deletable}
    return {t.ref: {k.references for k in t.foreign_keys if k.references in going and k.references != t.ref}
            for t in known.schema.tables if t.ref in going}


def _loops(waits_for: Mapping[N, set[N]]) -> Iterator[tuple[N, ...]]:
    """Loops until none is left: after each one its first edge is taken out."""
    left = {node: set(others) for node, others in waits_for.items()}
    while loop := cycle(left):
        yield loop
        left[loop[0]].discard(loop[1])
