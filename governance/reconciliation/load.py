"""Take the records of a planned file in, batch by batch. The file is judged again, so that what is stored is what stands there
now: another file under the planned name makes the plan stale.

Order of writes: a lease in the ledger -> one warehouse transaction per batch with its records and its receipt -> the receipt
copied to the ledger. Batches end at the same records every time, so a batch with a receipt is never done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import polars as pl

from governance.domain.errors import Locked, PlanStale
from governance.domain.plan import Plan, Step
from governance.domain.receipt import Receipt
from governance.ledger.leases import Lease
from governance.policy.sources import Source
from governance.reconciliation import judge as by
from governance.reconciliation import sql
from governance.reconciliation.files import listed, spooled, store_of
from governance.reconciliation.judge import ACCEPTED, QUARANTINED, RECORD, REJECTED, STATUS, concluded, examine, judge, without
from governance.reconciliation.read import BATCH, LINE, read
from governance.reconciliation.sql_link import fence_minimum, pass_fence
from governance.reconciliation.suppression import erased, identifiers, subject_kind
from governance.reconciliation.tools import Tools
from governance.stores import StoredFile
from governance.warehouse import Warehouse

Progress = Callable[[Step, Receipt], None]


@dataclass(frozen=True, slots=True)
class Loading:
    """Where the file of a step is, and until when its records stay. Times are naive, in UTC."""

    plan: Plan
    step: Step
    source: Source
    file: str

    @property
    def now(self) -> datetime:
        return self.plan.as_of.replace(tzinfo=None)

    def until(self, period: Any) -> datetime:
        return datetime.combine(period.after(self.now.date()), self.now.time())


def batches_of(rows: int) -> int:
    """Batches with records; one more ends what was replaced."""
    return -(-rows // BATCH)


def load(tools: Tools, loading: Loading, done: set[int], on_batch: Progress) -> list[Receipt]:
    """Do what is left of one file; `done` are the batches that have receipts."""
    step, last = loading.step, batches_of(loading.step.rows) + 1
    written: list[Receipt] = []
    if set(range(1, last)) - done:
        for number, judged in _batches(tools, loading):
            if number not in done:
                written.append(commit(tools, loading, number, judged.height, partial(store, tools, loading, judged)))
                on_batch(step, written[-1])
    if last not in done:
        written.append(commit(tools, loading, last, 0, partial(_end, tools.warehouse, loading)))
    return written


def _batches(tools: Tools, loading: Loading) -> Iterator[tuple[int, pl.DataFrame]]:
    source = loading.source
    store_ = store_of(tools.stores, source)
    for file in _candidates(tools, loading):
        with spooled(store_, file, source) as content:
            if content.digest != loading.file:
                continue
            arrived = min(file.changed_at.replace(tzinfo=None), loading.now)
            verdicts = examine(content, source, tools.suite(source), loading.now).verdicts
            for number, batch in enumerate(read(content, source), 1):
                yield number, concluded(judge(batch, source, loading.file, arrived, loading.now), verdicts)
            return
    raise PlanStale("the file is not there any more", where=f"plan {loading.plan.digest[:12]} step {loading.step.number}",
                    fix="make a new plan; put the file back if it should be taken in")


def _candidates(tools: Tools, loading: Loading) -> list[StoredFile]:
    """Files that may be the planned one: the one of its name first, then those of its size (it may have been moved)."""
    known = tools.ledger.feed(loading.source.key, loading.file)
    ready, later = listed(store_of(tools.stores, loading.source), loading.source)
    found = [f for f in (*ready, *later) if known is not None and f.size == known.size]
    return sorted(found, key=lambda f: (known is None or f.ref != known.name, f.ref))


def commit(tools: Tools, loading: Loading, number: int, matched: int, change: Callable[[], int]) -> Receipt:
    """One batch: lease, transaction with receipt, copy. `change` runs behind the fence: whoever is being erased is on the list by
    then, or their erasure waits for this batch and sees its rows."""
    plan, step = loading.plan, loading.step
    lease = tools.ledger.open_lease(plan.digest, step.number, number)
    try:
        with tools.warehouse.transaction():
            if not _passes(tools.warehouse, lease):
                raise Locked("an erasure or a hold came in while this batch was starting; it may not write any more",
                             where=f"plan {plan.digest[:12]} step {step.number} batch {number}", fix="run the same command again")
            changed = change()
            at = datetime.now(UTC)
            row = {"plan": plan.digest, "step": step.number, "batch": number, "matched": matched, "changed": changed if matched else 0,
                   "gone": matched - changed if matched else 0, "fence": lease.number, "at": at.replace(tzinfo=None)}
            tools.warehouse.execute(sql.write_receipt(row), name="reconcile.write_receipt")
    except BaseException:
        tools.ledger.end_lease(lease.number)
        raise
    receipt = Receipt(plan.digest, step.number, number, matched, row["changed"], row["gone"], lease.number, at)  # type: ignore[arg-type]
    tools.ledger.conclude([receipt], lease.number)
    return receipt


def _passes(warehouse: Warehouse, lease: Lease) -> bool:
    if not warehouse.capabilities.row_locks:
        return warehouse.execute(pass_fence(lease.number), name="reconcile.fence") == 1
    minimum = warehouse.scalar(fence_minimum(), name="reconcile.fence")
    return minimum is not None and lease.number >= int(minimum)


def store(tools: Tools, loading: Loading, judged: pl.DataFrame) -> int:
    """Store accepted and quarantined records of a judged batch; the number stored. Who is erased is asked now, not when the plan
    was made: a person who was erased in between does not come back."""
    judged = without(judged, erased(tools, loading.source, judged))
    kept = judged.filter(pl.col(STATUS) != REJECTED)
    warehouse = tools.warehouse
    owner = owners(tools, loading.source, kept)
    stored = 0
    for status, columns, statement in ((ACCEPTED, sql.RECORD_COLUMNS, sql.store_records),
                                       (QUARANTINED, sql.QUARANTINE_COLUMNS, sql.store_quarantined)):
        part = kept.filter(pl.col(STATUS) == status)
        if part.is_empty():
            continue
        rows = record_rows(loading, part, owner, status).select([c.name for c in columns])
        with warehouse.stage(columns, rows.iter_rows()) as staged:
            warehouse.execute(statement(staged), name=f"reconcile.store_{status}")
        stored += part.height
    return stored


def record_rows(loading: Loading, part: pl.DataFrame, owner: pl.DataFrame, status: str) -> pl.DataFrame:
    keep = loading.source.keep if status == ACCEPTED else loading.source.keep_quarantined
    file = pl.col("_file") if "_file" in part.columns else pl.lit(loading.file)
    return part.join(owner, left_on=RECORD, right_on="record", how="left").select(
        pl.col(RECORD).alias("record"), pl.lit(loading.source.key).alias("source"), pl.col(by.RECORD_KEY).alias("record_key"),
        file.alias("file"), pl.col(LINE).alias("line"), pl.lit(loading.plan.digest).alias("plan"), "subject_key",
        pl.col(by.RAW).alias("raw"), pl.col(by.CLEAN).alias("clean"), pl.col(by.KEYS).alias("keys"), pl.col(by.FLAGS).alias("flags"),
        pl.col(by.REASONS).alias("reasons"), pl.col(by.OBSERVED).alias("observed_at"), pl.lit(loading.now).alias("stored_at"),
        pl.lit(loading.until(keep)).alias("keep_until"))


def owners(tools: Tools, source: Source, kept: pl.DataFrame) -> pl.DataFrame:
    """(record, subject_key) of records with an identifier that only one subject has, so that a request reaches them unlinked."""
    nobody = pl.DataFrame(schema={"record": pl.String, "subject_key": pl.String})
    kind, warehouse = subject_kind(tools, source), tools.warehouse
    table = warehouse.schema().get(kind.identity.table)
    unique = {i.form: i.column for i in kind.identifiers if i.unique}
    given = [pl.DataFrame({"record": kept[RECORD], "form": [form] * kept.height, "value": values}).drop_nulls()
             for form, values in identifiers(kept, source) if form in unique]
    rows = pl.concat(given) if given else nobody
    if table is None or rows.is_empty():
        return nobody
    columns = [(form, column) for form, column in unique.items() if table.column(column) is not None]
    with warehouse.stage(sql.IDENTIFIER_COLUMNS, rows.iter_rows()) as staged:
        found = list(warehouse.rows(sql.owners(table, kind.identity.key, columns, staged), name="reconcile.owners"))
    return pl.DataFrame(found, schema=nobody.schema, orient="row") if found else nobody


def _end(warehouse: Warehouse, loading: Loading) -> int:
    """Records that this file replaced, or, of a snapshot, that it does not have any more, go on no longer."""
    source = loading.source
    ended = warehouse.execute(sql.end_replaced(source.key, loading.now), name="reconcile.end_replaced")
    if source.delivers == "snapshot":
        ended += warehouse.execute(sql.end_absent(source.key, loading.file, loading.now), name="reconcile.end_absent")
    return ended


