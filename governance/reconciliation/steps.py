"""A step of linking or writing, batch by batch: frozen work, a lease, one warehouse transaction with its receipt, the copy in
the ledger. The same order of writes as in disposal, so a kill at any statement loses nothing and doubles nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import Select
from sqlalchemy.sql.expression import FromClause

from governance.domain.errors import Locked, WarehouseError
from governance.domain.names import TableRef
from governance.domain.plan import Action, Step
from governance.domain.receipt import Receipt
from governance.domain.schema import Family
from governance.ledger import Ledger
from governance.ledger.leases import Lease
from governance.policy.model import Policy
from governance.policy.sources import Source
from governance.reconciliation import sql_link as sql
from governance.reconciliation.gates import Counts
from governance.reconciliation.golden import FRAUD
from governance.reconciliation.judge import RECORD
from governance.reconciliation.suppression import erased
from governance.reconciliation.tables import SCHEMA
from governance.reconciliation.tools import Tools
from governance.warehouse import StagedColumn, Warehouse

Progress = Callable[[Step, Receipt], None]
SLAB = 25  # batches that are thought about together
_ONE_PASS = 50_000


@dataclass(frozen=True)
class Work:
    """What carries out steps of one plan about one source. `now` is the moment consents are asked for and rows are stamped."""

    tools: Tools
    source: Source
    plan: str
    now: datetime

    @property
    def warehouse(self) -> Warehouse:
        return self.tools.warehouse

    @property
    def ledger(self) -> Ledger:
        return self.tools.ledger

    @property
    def policy(self) -> Policy:
        return self.tools.loaded.policy

    @property
    def naive(self) -> datetime:
        return self.now.astimezone(UTC).replace(tzinfo=None)

    def stage(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], **families: Family) -> AbstractContextManager[FromClause]:
        return self.warehouse.stage([StagedColumn(c, families.get(c, Family.TEXT)) for c in columns], rows)

    def erased(self, records: Sequence[tuple[str, str | None]]) -> set[str]:
        """Which of `records` (id, JSON of tidied values) are about somebody on the do-not-return list now."""
        told = [json.loads(clean or "{}") for _, clean in records]
        frame = pl.DataFrame({RECORD: pl.Series([r for r, _ in records], dtype=pl.String),
                              **{f.field: pl.Series([t.get(f.field) for t in told], dtype=pl.String) for f in self.source.fields}})
        return set(erased(self.tools, self.source, frame))


@dataclass(frozen=True)
class Batch:
    """One batch, thought through: `write` changes the data inside the transaction and gives the gates' counts and how many of its
    records changed something."""

    number: int
    records: int
    write: Callable[[ExitStack], tuple[Counts, int]]


def steps_after(source: Source, number: int, chunk: int, records: int) -> tuple[Step, Step]:
    """The steps that follow the loading of a feed: link, then write field values or signals. Both freeze when they start."""
    written = TableRef(FRAUD, "signal") if source.signals is not None else TableRef(SCHEMA, "field_value")
    return (Step(number, chunk, TableRef(SCHEMA, "link"), Action.LINK, (), records, 0, True, f"records of {source.key} to subjects"),
            Step(number + 1, chunk, written, Action.WRITE, (), records, 0, True, f"what records of {source.key} say"))


def carry_out(work: Work, step: Step, due: Select[Any], think: Callable[[Work, Step, Sequence[Any]], Sequence[Batch]],
              on_batch: Progress = lambda step, receipt: None) -> list[Receipt]:
    """Freeze `due` (once), then do every batch that is left; this call's receipts. Safe to repeat at any time."""
    warehouse = work.warehouse
    with warehouse.lock(f"reconcile:{work.plan}:{step.number}"):
        done = copy_receipts(work)
        for lease in work.ledger.open_leases(work.plan):
            if lease.step == step.number:  # the lock is ours, so whoever held it is dead
                work.ledger.end_lease(lease.number)
        if warehouse.scalar(sql.is_frozen(work.plan, step.number), name="link.frozen") is None:
            with warehouse.transaction():
                size = warehouse.capabilities.batch_rows or _ONE_PASS
                warehouse.execute(sql.freeze(work.plan, step.number, due, size), name="link.freeze")
                planned = int(warehouse.scalar(sql.count_work(work.plan, step.number), name="link.frozen"))
                warehouse.execute(sql.note_frozen(work.plan, step.number, planned, work.naive), name="link.note_frozen")
        left = [int(row[0]) for row in warehouse.rows(sql.left(work.plan, step.number), name="link.left")]
        if not left and not any(r.step == step.number for r in done):
            left = [0]  # nothing was due: that is counted too
        written: list[Receipt] = []
        for start in range(0, len(left), SLAB):
            rows = list(warehouse.rows(sql.records(work.plan, step.number, left[start:start + SLAB]), name="link.records"))
            there = {batch.number: batch for batch in think(work, step, rows)}
            for number in left[start:start + SLAB]:
                batch = there.get(number) or Batch(number, 0, lambda stack: (Counts(), 0))
                receipt = _do(work, step, batch)
                work.ledger.copy_receipts([receipt])
                work.ledger.end_lease(receipt.fence)
                written.append(receipt)
                on_batch(step, receipt)
        return written


def make_fence(warehouse: Warehouse) -> bool:
    """The fence that writers pass; whether it was made now."""
    return warehouse.execute(sql.make_fence(), name="golden.fence") == 1


def _do(work: Work, step: Step, batch: Batch) -> Receipt:
    warehouse = work.warehouse
    lease = work.ledger.open_lease(work.plan, step.number, batch.number)
    try:
        # Staged rows of a batch live as long as its transaction; the stack drops them whatever ends it.
        with ExitStack() as stack, warehouse.transaction():
            if not passes(warehouse, lease):
                raise Locked("an erasure or a hold came in while this batch was starting; it may not write any more",
                             where=f"plan {work.plan[:12]} step {step.number} batch {batch.number}", fix="run the same command again")
            counts, changed = batch.write(stack)
            matched = warehouse.execute(sql.take(work.plan, step.number, batch.number), name="link.take")
            if counts:
                warehouse.execute(sql.write_tally(work.plan, step.number, batch.number, counts), name="link.tally")
            at = datetime.now(UTC)
            warehouse.execute(sql.write_receipt(work.plan, step.number, batch.number, matched, min(changed, matched), lease.number,
                                                at.replace(tzinfo=None)), name="link.write_receipt")
            stack.close()
    except (WarehouseError, Locked):
        work.ledger.end_lease(lease.number)
        raise
    return Receipt(work.plan, step.number, batch.number, matched, min(changed, matched), matched - min(changed, matched), lease.number, at)


def passes(warehouse: Warehouse, lease: Lease) -> bool:
    """Whether the lease may still write. From here to the commit nobody can raise the fence, so what an erasure enters on the
    do-not-return list is either read by this transaction, or waits for it and then sees its rows."""
    if not warehouse.capabilities.row_locks:
        return warehouse.execute(sql.pass_fence(lease.number), name="link.fence") == 1
    minimum = warehouse.scalar(sql.fence_minimum(), name="link.fence")
    return minimum is not None and lease.number >= int(minimum)


def copy_receipts(work: Work) -> list[Receipt]:
    """Bring the ledger up to what the warehouse says was done."""
    found = [Receipt(work.plan, step, batch, matched, changed, gone, fence, at.replace(tzinfo=UTC)) for step, batch, matched, changed,
             gone, fence, at in work.warehouse.rows(sql.receipts(work.plan), name="link.receipts")]
    work.ledger.copy_receipts(found)
    return found
