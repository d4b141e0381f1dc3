"""Which column refers to which table: declared foreign keys, and those only the names and the values tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from governance.domain.names import TableRef
from governance.domain.proposal import Proposal
from governance.domain.schema import Column, Family, Schema, Table
from governance.proposing import sql
from governance.proposing.names import is_generic, spoken_of, stem
from governance.warehouse import Warehouse

ALIKE = .95  # share of compared values the other table has to know
SHARED = .3  # the same for an identifier of people, which not everybody has left there
FEWEST = 3  # compared values below which only a name that is the key's own counts
_PARENTS = 4  # tables asked about for one column
_KEYS = (Family.INTEGER, Family.TEXT, Family.UUID, Family.NUMBER)
_SAME = {Family.INTEGER: "number", Family.NUMBER: "number"}
# Identifiers by which two tables may be about the same person.
_IDENTIFIERS = ("user.contact.email", "user.account.username", "user.unique_id", "user.government_id")


@dataclass(frozen=True, order=True, slots=True)
class Reference:
    """Rows of `table` refer to rows of `parent`. `one`: at most one row refers to each. `compared` and `found` count distinct
    values looked at and known to `parent`; 0 where the database declares the reference."""

    table: TableRef
    columns: tuple[str, ...]
    parent: TableRef
    referred: tuple[str, ...]
    declared: bool
    one: bool = False
    compared: int = 0
    found: int = 0


Keys = Mapping[TableRef, tuple[str, ...]]
Progress = Callable[[TableRef], None]


def declared(schema: Schema) -> list[Reference]:
    """The foreign keys of the schema, to other tables."""
    return [Reference(t.ref, k.columns, k.references, k.referred, True, identifies(t, k.columns))
            for t in schema.tables for k in t.foreign_keys if k.references != t.ref]


def identifies(table: Table, columns: Sequence[str]) -> bool:
    """Whether the database itself lets at most one row have the same values in `columns`."""
    return any(set(key) <= set(columns) for key in (table.primary_key, *table.uniques) if key)


def suspected(schema: Schema, keys: Keys, known: Sequence[Reference], personal: Mapping[TableRef, Sequence[Proposal]],
              ) -> Iterator[Reference]:
    """References that names speak of, nothing compared yet. `keys` are key columns found where none is declared."""
    taken = {(r.table, c) for r in known for c in r.columns}
    by_table, by_key, by_category = _parents(schema, keys, personal)
    for table in schema.tables:
        if table.kind in ("view", "materialized view"):
            continue
        kinds = {p.column.name: p.category for p in personal.get(table.ref, ())}
        for column in table.columns:
            if (table.ref, column.name) in taken or column.family not in _KEYS:
                continue
            found = [p for word in spoken_of(column.name) for p in by_table.get(word, ())]
            if not is_generic(column.name):
                found += by_key.get(column.name.casefold(), ())
            if kinds.get(column.name, "").startswith(_IDENTIFIERS):
                found += by_category.get(kinds[column.name], ())
            fitting = dict.fromkeys((p.ref, k) for p, k in found if p.ref != table.ref and _comparable(column, p.column(k)))
            near = sorted(fitting, key=lambda f: f[0].schema != table.ref.schema)
            for parent, key in near[:_PARENTS]:
                yield Reference(table.ref, (column.name,), parent, (key,), False, identifies(table, [column.name]))


def compared(warehouse: Warehouse, suspects: Sequence[Reference], personal: Mapping[TableRef, Sequence[Proposal]],
             on_reference: Progress = lambda table: None) -> list[Reference]:
    """The suspects whose values bear them out, one per column: the parent that knows most of its values."""
    best: dict[tuple[TableRef, str], Reference] = {}
    for suspect in suspects:
        on_reference(suspect.table)
        [column], [key] = suspect.columns, suspect.referred
        query = sql.overlap(suspect.table, column, suspect.parent, key)
        looked_at, found = warehouse.few(query, name="init.overlap")[0]
        reference = Reference(suspect.table, suspect.columns, suspect.parent, suspect.referred, False, suspect.one,
                              int(looked_at), int(found))
        kinds = {p.column.name: p.category for p in personal.get(suspect.table, ())}
        if not borne_out(reference, kinds.get(column, "")):
            continue
        other = best.get((suspect.table, column))
        if other is None or reference.found / reference.compared > other.found / other.compared:
            best[suspect.table, column] = reference
    return sorted(best.values())


def borne_out(reference: Reference, category: str) -> bool:
    """Whether enough of the values compared are known to the parent."""
    if not reference.compared:
        return False
    share = reference.found / reference.compared
    if category.startswith(_IDENTIFIERS) and not is_generic(reference.referred[0]):
        return reference.found >= FEWEST and share >= SHARED
    exactly = reference.columns[0].casefold() == reference.referred[0].casefold() and not is_generic(reference.columns[0])
    return share >= ALIKE and (reference.compared >= FEWEST or exactly)


def _parents(schema: Schema, keys: Keys, personal: Mapping[TableRef, Sequence[Proposal]],
             ) -> tuple[Mapping[str, list[tuple[Table, str]]], ...]:
    """Tables with their key columns: by the table's name, by the key's name, and by the kind of identifier the key is."""
    by_table: dict[str, list[tuple[Table, str]]] = defaultdict(list)
    by_key: dict[str, list[tuple[Table, str]]] = defaultdict(list)
    by_category: dict[str, list[tuple[Table, str]]] = defaultdict(list)
    for table in schema.tables:
        singles = [k[0] for k in dict.fromkeys((table.primary_key, keys.get(table.ref, ()), *table.uniques)) if len(k) == 1]
        kinds = {p.column.name: p.category for p in personal.get(table.ref, ())}
        for key in singles:
            column = table.column(key)
            if column is None or column.family not in _KEYS:
                continue
            words = stem(table.ref.table)
            # The last word alone too: app_customer is spoken of as customer. A person's identifier is no number of a table.
            for word in dict.fromkeys(("".join(words), words[-1]) if words and key not in kinds else ()):
                by_table[word].append((table, key))
            if not is_generic(key):
                by_key[key.casefold()].append((table, key))
            if key in kinds:
                by_category[kinds[key]].append((table, key))
    return by_table, by_key, by_category


def _comparable(one: Column, other: Column | None) -> bool:
    return other is not None and _SAME.get(one.family, one.family) == _SAME.get(other.family, other.family)
