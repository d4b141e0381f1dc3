"""Measure a published table by looking at it alone: sizes of its classes, spread of sensitive values, what could lead back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.depersonalization import sql_published as sql
from governance.depersonalization.source import Source
from governance.domain.names import ColumnRef, TableRef
from governance.domain.schema import Table
from governance.policy.release_check import subject_keys
from governance.warehouse import Warehouse
from governance.warehouse.functions import table_of

if TYPE_CHECKING:
    import pandas as pd

_MAY_CARRY = ("pseudonymize", "redact", "keep")  # transforms after which a value of the source could still stand there


@dataclass(frozen=True, slots=True)
class Measures:
    """`k`: fewest people in a class; `l`: fewest sensitive values in one, None without l. `columns`: name -> (nulls, distinct values,
    cells that are to the letter a value of an identifier column of the source). `unique_rows`: rows nobody else has over everything
    but pseudonyms. `in_several_classes`: people with rows in more than one class."""

    rows: int
    classes: int
    k: int
    l: int | None  # noqa: E741 - the name the model has everywhere
    columns: Mapping[str, tuple[int, int, int]]
    unique_rows: int
    in_several_classes: int

    @property
    def source_values(self) -> int:
        return sum(found for _, _, found in self.columns.values())


def measure(warehouse: Warehouse, source: Source, published: TableRef) -> Measures:
    """What `published` shows. TargetMissing is the caller's to say: the table has to be there."""
    live = warehouse.schema().get(published)
    assert live is not None, "asked about a table that is there"
    table, names = table_of(live), [c.name for c in source.quasi]
    aggregate, pseudonym = source.release.aggregate, source.pseudonym_of_subject
    shown = [c.name for c in live.columns]
    rows, *told = (int(number) for number in _row(warehouse, sql.facts_of(table, shown)))
    facts = dict(zip(shown, zip(told[::2], told[1::2], strict=True), strict=True))  # name -> (nulls, distinct values)
    # Where nobody has two rows, rows are people.
    people = pseudonym.name if pseudonym and facts[pseudonym.name] != (0, rows) else None
    unique = several = 0
    if aggregate is not None:
        classes, least = _row(warehouse, sql.least(table, aggregate.subjects))
        rows, smallest, diversity = int(classes), int(least or 0), None
    else:
        sensitive = source.sensitive.name if source.sensitive else None
        classes, _, smallest, diversity = _row(warehouse, sql.classes_of(table, names, people, sensitive))
        tokens = {c.name for c in source.columns if c.kind == "pseudonymize"}
        unique = int(warehouse.scalar(sql.unique_rows(table, [name for name in shown if name not in tokens]), name="release.unique"))
        if people is not None:
            several = int(warehouse.scalar(sql.in_several_classes(table, names, people), name="release.several"))
    columns = {name: (*fact, _source_values(warehouse, source, live, name)) for name, fact in facts.items()}
    return Measures(rows, int(classes), int(smallest or 0), None if diversity is None else int(diversity), columns, unique, several)


def _source_values(warehouse: Warehouse, source: Source, live: Table, name: str) -> int:
    """Cells of a published column that are to the letter a value of an identifier column of the source."""
    table, found = table_of(live), 0
    column = next((c for c in source.columns if c.name == name), None)
    if column is not None and column.kind in _MAY_CARRY and not column.is_quasi and _is_text(live, name):
        for known in identifiers(source):
            values = table_of(source.schema.get(known.table) or source.table)
            found += int(warehouse.scalar(sql.count_equal(table, name, values, values.c[known.name]), name="release.source_values"))
    return found


def identifiers(source: Source) -> Iterator[ColumnRef]:
    """Columns of the tables read whose values say who somebody is: identifiers as declared, and keys of people."""
    for table in source.reads:
        governed = source.loaded.governed(table.ref)
        if governed is None:
            continue
        named = {f.name for f in governed.collection.fields if f.is_personal and f.governance.role == "identifier"}
        for name in sorted((named | subject_keys(governed.collection)) & set(table.names)):
            yield table.ref.column(name)


def frame(source: Source, measures: Measures, suppressed_share: float, subjects: int) -> pd.DataFrame:
    """One row per published column, for the suite of expectations of the release."""
    import pandas as pd

    known = {c.name: (c.role, c.kind) for c in source.columns}
    known |= {f"{c.name}_{end}": (c.role, "bound") for c in source.quasi for end in ("low", "high")}
    rows = []
    for name, (nulls, distinct, found) in measures.columns.items():
        role, transform = known.get(name, ("other", "count"))
        rows.append({"column": name, "role": role, "transform": transform, "nulls": nulls, "distinct": distinct, "source_values": found,
                     "rows": measures.rows, "classes": measures.classes, "k": measures.k, "l": measures.l, "subjects": subjects,
                     "suppressed_share": suppressed_share, "unique_share": measures.unique_rows / measures.rows if measures.rows else 0.0})
    return pd.DataFrame(rows)


def _is_text(live: Table, name: str) -> bool:
    column = live.column(name)
    return column is not None and column.family == "text"


def _row(warehouse: Warehouse, query: Any) -> Sequence[Any]:
    [row] = warehouse.few(query, name="release.measure")
    return row
