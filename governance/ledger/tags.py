"""Tags that files of other tools declare: kept beside what people decide here, and never in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from governance.domain.names import ColumnRef
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append


@dataclass(frozen=True, slots=True)
class TagRecord:
    """`origin` is the format and the name of the file (``dbt:schema.yml``). `categories` are keys of a taxonomy; none of them
    within ``user`` says that the column is not personal. `by` and `at`: who imported it and when."""

    origin: str
    column: ColumnRef
    categories: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    by: str = ""
    at: datetime | None = None

    @property
    def personal(self) -> tuple[str, ...]:
        """Its kinds of personal data."""
        return tuple(c for c in self.categories if c.split(".")[0] == "user")


class Tags(Core):
    def save_tags(self, origin: str, tags: Iterable[TagRecord], by: str) -> None:
        """Replace everything that `origin` declared before."""
        now, table = self.clock(), models.declared_tag
        rows = {str(tag.column): {"origin": origin, "column": str(tag.column), "categories": list(tag.categories),
                                  "purposes": list(tag.purposes), "by": by, "at": now} for tag in tags}
        with self.writing() as connection:
            connection.execute(delete(table).where(table.c.origin == origin))
            if rows:
                connection.execute(insert(table), [rows[name] for name in sorted(rows)])
            append(connection, "tags.declared", {"origin": origin, "by": by, "columns": {n: r["categories"] for n, r in rows.items()}}, now)

    def tags(self) -> list[TagRecord]:
        """Every declared tag, by column and origin."""
        table = models.declared_tag
        with self.reading() as connection:
            found = connection.execute(select(table).order_by(table.c.column, table.c.origin)).mappings()
            return [_record(row) for row in found]


def _record(row: Mapping[Any, Any]) -> TagRecord:
    return TagRecord(row["origin"], ColumnRef.parse(row["column"]), tuple(row["categories"]), tuple(row["purposes"]), row["by"], row["at"])
