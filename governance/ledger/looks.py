"""How closely each table was looked at for personal data, and what singles people out there. Counts and digests only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from governance.domain.names import TableRef
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append


@dataclass(frozen=True, slots=True)
class LookRecord:
    """The last look at one table. `mode`: quick or full. `rows` of the table, `looked` of them read cell by cell, `more`: there may be
    more rows than that. `fingerprint`, `recognizers`, `person` and `linked` (both 0..1) are of the last full look, empty without one.
    `run` looked at it or found it unchanged; its values were read in run `read_in` at `at`, None where that is now."""

    table: TableRef
    mode: str
    rows: int
    looked: int
    more: bool = False
    fingerprint: str = ""
    recognizers: str = ""
    person: float = 0.0
    linked: float = 0.0
    run: str = ""
    read_in: str = ""
    at: datetime | None = None

    @property
    def unchanged(self) -> bool:
        """Whether the run that vouches for it did not read it, because nothing had changed."""
        return self.read_in != self.run


@dataclass(frozen=True, slots=True)
class UniquenessRecord:
    """`single` of `total` people of subject kind `kind` (rows, where it is empty) are alone with their values of `columns`."""

    table: TableRef
    columns: tuple[str, ...]
    kind: str
    total: int
    single: int
    run: str = ""

    @property
    def share(self) -> float:
        """0..1; 0 where there is nobody."""
        return self.single / self.total if self.total else 0.0


class Looks(Core):
    def save_looks(self, run: str, looks: Iterable[LookRecord]) -> None:
        """Replace what was known of how these tables were looked at; saving again is harmless."""
        now, table = self.clock(), models.look
        rows = {str(look.table): _row(look, run, now) for look in looks}
        if not rows:
            return
        with self.writing() as connection:
            for name in sorted(rows):
                connection.execute(delete(table).where(table.c.table == name))
            connection.execute(insert(table), [rows[name] for name in sorted(rows)])
            counts = Counter(row["mode"] for row in rows.values())
            append(connection, "looks", {"run": run, "tables": len(rows), "modes": dict(counts),
                                         "unchanged": sum(row["read_in"] != run for row in rows.values())}, now)

    def looks(self, run: str | None = None) -> list[LookRecord]:
        """The last look at each table, by table; of `run` only where given."""
        table = models.look
        query = select(table).order_by(table.c.table)
        with self.reading() as connection:
            found = [_record(row) for row in connection.execute(query).mappings()]
        return [look for look in found if run is None or look.run == run]

    def forget_looks(self, tables: Iterable[TableRef]) -> None:
        """Nothing is known any more of how these tables, which are gone, were looked at and of what singles people out there."""
        names = sorted(map(str, tables))
        with self.writing() as connection:
            for name in names:
                for table in (models.look, models.uniqueness):
                    connection.execute(delete(table).where(table.c.table == name))

    def save_uniqueness(self, run: str, measured: Mapping[TableRef, Sequence[UniquenessRecord]]) -> None:
        """Replace what was measured of these tables; a table with nothing to measure has none."""
        now, table = self.clock(), models.uniqueness
        rows = [{"table": str(ref), "place": n, "columns": list(m.columns), "kind": m.kind, "total": m.total, "single": m.single,
                 "run": run, "at": now} for ref, found in sorted(measured.items()) for n, m in enumerate(found)]
        with self.writing() as connection:
            for ref in sorted(measured):
                connection.execute(delete(table).where(table.c.table == str(ref)))
            if rows:
                connection.execute(insert(table), rows)

    def uniqueness(self) -> list[UniquenessRecord]:
        """What was last measured, by table: single columns first, then combinations."""
        table = models.uniqueness
        with self.reading() as connection:
            found = connection.execute(select(table).order_by(table.c.table, table.c.place)).mappings()
            return [UniquenessRecord(TableRef.parse(row["table"]), tuple(row["columns"]), row["kind"], row["total"], row["single"],
                                     row["run"]) for row in found]


def _row(look: LookRecord, run: str, now: datetime) -> dict[str, Any]:
    return {"table": str(look.table), "run": run, "read_in": look.read_in or run, "mode": look.mode, "rows": look.rows,
            "looked": look.looked, "more": look.more, "at": look.at or now, "fingerprint": look.fingerprint,
            "recognizers": look.recognizers, "person": look.person, "linked": look.linked}


def _record(row: Mapping[Any, Any]) -> LookRecord:
    return LookRecord(TableRef.parse(row["table"]), row["mode"], row["rows"], row["looked"], row["more"], row["fingerprint"],
                      row["recognizers"], row["person"], row["linked"], row["run"], row["read_in"], row["at"])
