"""Findings of checks, kept per run and source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, func, insert, select

from governance.domain.findings import Finding, Status
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append

_FIELDS = ("status", "rule", "table", "column", "message", "remedy", "rows", "owner")


class Findings(Core):
    def save_findings(self, run: str, source: str, findings: Iterable[Finding]) -> None:
        """Keep what `source` (``validate``, ``drift``, ``dispose``) found in a run, none included; again replaces it."""
        found, now = list(findings), self.clock()
        sets, table = models.finding_set, models.finding
        with self.writing() as connection:
            old = connection.scalar(select(sets.c.id).where(sets.c.run == run, sets.c.source == source))
            if old is not None:
                connection.execute(delete(table).where(table.c.set == old))
                connection.execute(delete(sets).where(sets.c.id == old))
            number = connection.scalar(insert(sets).values(run=run, source=source, at=now).returning(sets.c.id))
            if found:
                connection.execute(insert(table), [
                    {"set": number, "number": n, **{f: getattr(finding, f) for f in _FIELDS}, "status": finding.status.value}
                    for n, finding in enumerate(found, 1)])
            counts = Counter(finding.status.value for finding in found)
            append(connection, "findings", {"run": run, "source": source, **counts}, now)

    def findings(self, run: str | None = None, source: str | None = None) -> list[Finding]:
        """Findings of a run, or of the latest run of each source (of `source` where given)."""
        sets, table = models.finding_set, models.finding
        if run is None:
            chosen = select(func.max(sets.c.id)).group_by(sets.c.source)
        else:
            chosen = select(sets.c.id).where(sets.c.run == run)
        if source is not None:
            chosen = chosen.where(sets.c.source == source)
        query = (select(*(table.c[f] for f in _FIELDS)).join(sets, table.c.set == sets.c.id)
                 .where(sets.c.id.in_(chosen)).order_by(sets.c.source, table.c.number))
        with self.reading() as connection:
            return [_finding(row) for row in connection.execute(query).mappings()]


def _finding(row: Mapping[Any, Any]) -> Finding:
    return Finding(**{**row, "status": Status(row["status"])})
