"""Whether a table is the one that was looked at before: its declaration and all its content, in one pass without patterns."""

from __future__ import annotations

from dataclasses import dataclass

from governance.discovery import sql_fingerprint
from governance.domain.canonical import digest
from governance.domain.schema import Table
from governance.warehouse import Warehouse

FEWEST = 50  # rows below which looking costs nothing, and a digest might tell what the rows are


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`digest` is empty for a table that is always looked at, because it has few rows."""

    digest: str
    rows: int


def fingerprint(warehouse: Warehouse, table: Table) -> Fingerprint:
    """Equal fingerprints: the same columns, keys, references and rows, in whatever order. One statement."""
    [(rows, total)] = warehouse.few(sql_fingerprint.content(table), name="discovery.fingerprint")
    if int(rows) < FEWEST:
        return Fingerprint("", int(rows))
    declared = [table.ref, table.kind, [[c.name, c.type, c.nullable, c.comment] for c in table.columns], table.primary_key,
                table.foreign_keys, sorted(table.uniques)]
    return Fingerprint(digest([declared, int(rows), str(int(total or 0))]), int(rows))
