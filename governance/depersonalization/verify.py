"""Look at a published version again: the table as it stands, its files byte by byte, and who stands in it now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from governance.depersonalization import sql
from governance.depersonalization import sql_published as published
from governance.depersonalization.apply import copy_receipts, least_people
from governance.depersonalization.files import wrong_files
from governance.depersonalization.measures import Measures, measure
from governance.depersonalization.outside import Asked, outside
from governance.depersonalization.pseudonyms import DomainKey, name_of, tokens
from governance.depersonalization.source import Source
from governance.depersonalization.tools import Tools
from governance.domain.errors import TargetMissing
from governance.domain.findings import Finding, Status
from governance.domain.names import TableRef
from governance.domain.plan import Plan
from governance.domain.receipt import Outcome, done
from governance.ledger.releases import ReleaseRecord
from governance.warehouse.functions import table_of


@dataclass(frozen=True, slots=True)
class Verified:
    """`rows` stand in the table, `receipts` say how many were published. No findings: the version keeps its promise."""

    rows: int
    receipts: int
    k: int
    l: int | None  # noqa: E741 - the name the model has everywhere
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        return Outcome.RESIDUAL if self.findings else Outcome.DEPERSONALIZED


def verify(tools: Tools, source: Source, plan: Plan, as_of: datetime, asked: Asked) -> Verified:
    """Look at the version of `plan` as it stands now. TargetMissing when its table is not there any more."""
    record = tools.ledger.release_of(plan.digest)
    changed, _ = done(copy_receipts(tools, plan))
    shown = TableRef.parse(record.table)
    if tools.warehouse.schema().get(shown) is None:
        raise TargetMissing("is the table of a published version and not in the warehouse", where=shown,
                            fix="a later version has replaced it, or somebody dropped it: plan and apply the release again")
    measures = measure(tools.warehouse, source, shown)
    findings = [*_model(source, measures, changed), *_files(tools, source, record, measures.rows),
                *_people(tools, source, record, as_of, asked)]
    return Verified(measures.rows, changed, measures.k, measures.l, tuple(findings))


def _violation(source: Source, rule: str, message: str, remedy: str, column: str = "", rows: int | None = None) -> Finding:
    return Finding(Status.VIOLATION, f"release.{rule}", str(source.release.target), column, message, remedy, rows, source.release.owner)


def _model(source: Source, measures: Measures, receipts: int) -> Iterator[Finding]:
    model, again = source.release.model, "plan and apply the release again"
    if measures.rows != receipts:
        yield _violation(source, "rows", f"{measures.rows:,} rows stand there, receipts say {receipts:,}", again, rows=measures.rows)
    if measures.k < least_people(source):
        yield _violation(source, "k", f"a class has {measures.k} people, the model wants {model.k}", again)
    if model.l is not None and (measures.l or 0) < model.l:
        yield _violation(source, "l", f"a class has {measures.l} values of {model.sensitive}, the model wants {model.l}", again)
    for name, (_, _, found) in measures.columns.items():
        if found:
            yield _violation(source, "source_values", f"{found:,} cells hold a value of an identifier column", again, name, found)


def _files(tools: Tools, source: Source, record: ReleaseRecord, rows: int) -> Iterator[Finding]:
    if source.release.store is not None:
        for wrong in wrong_files(tools.stores.named(source.release.store), record, rows):
            yield _violation(source, "files", wrong, "plan and apply the release again")


def _people(tools: Tools, source: Source, record: ReleaseRecord, as_of: datetime, asked: Asked) -> Iterator[Finding]:
    """People in the version who may not stand in it now: erased since, without consent since, or unknown."""
    column = source.pseudonym_of_subject
    if column is None or source.release.aggregate is not None:
        return
    domain = str(column.declared.transform.domain)
    version = int(record.body["keys"][domain])
    if not tools.keys.exists(f"{name_of(domain)}/v{version}"):
        return  # nobody can say any more who it is, which is what destroying the key is for
    key = DomainKey(domain, version, tools.keys.read(f"{name_of(domain)}/v{version}"))
    live = tools.warehouse.schema().get(TableRef.parse(record.table))
    assert live is not None, "looked at before"
    with outside(tools, source, as_of, asked) as out:
        found = sql.eligible(sql.rows(source, out).subquery("f"))
        people = list(tools.warehouse.batches(sql.subjects(found), name="release.subjects"))
    may = pa.chunked_array([tokens(key, batch.column(0)) for batch in people])
    query = published.tokens(table_of(live), column.name)
    there = pa.chunked_array([batch.column(0) for batch in tools.warehouse.batches(query, name="release.tokens")])
    gone = len(there) - (pc.sum(pc.is_in(there, may)).as_py() or 0)
    if gone:
        yield _violation(source, "people", f"{gone:,} people stand in it who may not any more", "run the release again: the next version "
                         "leaves them out", column.name, gone)
