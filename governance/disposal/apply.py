"""Carry out a frozen plan, batch by batch, so that a kill at any statement loses nothing and doubles nothing.

Order of writes for a batch: a lease in the ledger (the intent, committed; no hold can slip in between) -> one warehouse
transaction that changes the data, takes the rows out of the work set and writes the receipt -> the receipt copied to the
ledger and the lease ended, in one transaction with the next batch's lease. The warehouse's receipt is the truth about the
act: a rerun first copies what is missing. Small batches that follow one another share the lease and the transaction of the
first; each has its own receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from governance.disposal import sql, sql_work
from governance.disposal.acts import act
from governance.disposal.holding import mark
from governance.disposal.work import Job, freeze, freeze_late, frozen_steps, is_frozen, left
from governance.domain.errors import Locked, PlanStale, WarehouseError
from governance.domain.names import TableRef
from governance.domain.plan import Action, Plan, Step
from governance.domain.receipt import Receipt
from governance.domain.schema import Schema
from governance.keys import Keys
from governance.ledger import Ledger
from governance.ledger.leases import Lease
from governance.stores import Stores
from governance.warehouse import Warehouse

Progress = Callable[[Step, Receipt], None]
TOGETHER = 5_000  # rows; more in one transaction save no more commits and hold locks for longer


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one step that share a mask, to be done in one transaction."""

    step: Step
    number: int
    mask: int
    rows: int

    @property
    def pair(self) -> tuple[int, int]:
        return self.step.number, self.number

    @property
    def alone(self) -> bool:
        """Whether the batch removes files or reads its cells before the transaction, and shares none."""
        return self.step.action in (Action.FILE, Action.REWRITE)


@dataclass(frozen=True)
class Tools:
    """What a batch needs besides its job."""

    warehouse: Warehouse
    ledger: Ledger
    stores: Stores
    keys: Keys | None = None


def start(tools: Tools, job: Job) -> dict[int, int]:
    """First start or resume: returns frozen rows per step.

    PlanStale when policy or schema changed since the plan was made, or, on first start, when more is due than planned.
    """
    refuse_changed(job)
    warehouse, plan = tools.warehouse, job.plan
    if is_frozen(warehouse, plan):  # appears whole or not at all, so parallel tasks need not wait for each other's look
        return frozen_steps(warehouse, plan)
    with warehouse.lock(f"disposal:{plan.digest}"):
        if is_frozen(warehouse, plan):
            return frozen_steps(warehouse, plan)
        tools.ledger.set_state(plan.digest, "applying", "freezing the work set")
        count(warehouse, job, "before")
        return freeze(warehouse, job)


def refuse_changed(job: Job) -> None:
    plan, context = job.plan, job.context
    where = f"plan {plan.digest[:12]}"
    if plan.schema_digest != context.schema.digest:
        raise PlanStale("the warehouse's schema changed since the plan was made", where=where,
                        fix="make a new plan; rows already done keep their receipts")


def apply(tools: Tools, job: Job, chunk: int | None = None, *, on_batch: Progress = lambda step, receipt: None) -> list[Receipt]:
    """Do what is left of `chunk` (of all chunks when None) and return this call's receipts. Safe to repeat at any time."""
    chunks = job.plan.chunks if chunk is None else (chunk,)
    written: list[Receipt] = []
    for number in chunks:
        with tools.warehouse.lock(f"disposal:{job.plan.digest}:{number}"):
            written += _apply_chunk(tools, job, number, on_batch)
    return written


def copy_receipts(tools: Tools, plan: Plan) -> list[Receipt]:
    """Bring the ledger up to what the warehouse says was done."""
    rows = tools.warehouse.few(sql.receipts(plan.digest), name="disposal.receipts")
    found = [Receipt(plan.digest, step, batch, matched, changed, gone, fence, at.replace(tzinfo=UTC))
             for step, batch, matched, changed, gone, fence, at in rows]
    tools.ledger.copy_receipts(found)
    return found


def _apply_chunk(tools: Tools, job: Job, chunk: int, on_batch: Progress) -> list[Receipt]:
    plan, warehouse = job.plan, tools.warehouse
    steps = plan.steps_of(chunk)
    numbers = {s.number for s in steps}
    # The chunk's lock is ours, so whoever held these leases is dead and their transactions are rolled back.
    for lease in tools.ledger.open_leases(plan.digest):
        if lease.step in numbers:
            tools.ledger.end_lease(lease.number)
    receipts, remaining = copy_receipts(tools, plan), left(warehouse, plan)
    begun = {receipt.step for receipt in receipts} & numbers & remaining.keys()
    early = tuple(s for s in steps if not s.late)
    marks = Marks(job, early, None if any(held for n, (_, held) in remaining.items() if n in numbers) else ())
    if marks.holds is None:
        # Marked rows open no batch, so a hold that was lifted has to be noticed here.
        marks.bring(warehouse, tuple(h.id for h in tools.ledger.holds(in_force=True)))
    written: list[Receipt] = []
    if any(s.number in remaining for s in early):
        written += _apply_steps(tools, job, early, marks, begun, on_batch)
    late = tuple(s for s in steps if s.late)
    began = frozen_steps(warehouse, plan) if late else {}
    for step in late:
        if step.number not in began:
            freeze_late(warehouse, job, step)
        written += _apply_steps(tools, job, (step,), Marks(job, (step,)), begun, on_batch)
    return written


def renumber(warehouse: Warehouse, plan: Plan, steps: Iterable[int]) -> None:
    """Give rows left by an earlier batch (held then, free now) batch numbers of their own."""
    for step in sorted(steps):
        last = warehouse.scalar(sql_work.last_batch(plan.digest, step), name="disposal.last_batch")
        if last is not None:
            warehouse.execute(sql_work.renumber(plan.digest, step, int(last) + 1), name="disposal.renumber")


class Marks:
    """Which holds the work rows of some steps were last marked by. None: not known yet."""

    def __init__(self, job: Job, steps: Iterable[Step], holds: tuple[str, ...] | None = None) -> None:
        self.job, self.steps, self.holds = job, tuple(steps), holds

    def bring(self, warehouse: Warehouse, holds: tuple[str, ...]) -> bool:
        """Mark by `holds` unless that was done; whether anything had to be marked anew."""
        if self.holds is not None and set(self.holds) == set(holds):
            return False
        mark(warehouse, self.job, self.steps, holds)
        self.holds = holds
        return True


def _apply_steps(tools: Tools, job: Job, steps: Sequence[Step], marks: Marks, begun: set[int],
                 on_batch: Progress) -> list[Receipt]:
    """Batch after batch, step after step. `begun` are steps that had receipts before this call."""
    plan, warehouse, ledger = job.plan, tools.warehouse, tools.ledger
    named = {s.number: s for s in steps}
    written: list[Receipt] = []
    retried: set[int] = set()
    begun = begun & named.keys()
    while True:
        renumber(warehouse, plan, begun)
        todo = together([Batch(named[int(step)], int(batch), int(mask), int(rows)) for step, batch, mask, rows in
                         warehouse.few(sql_work.batches(plan.digest, sorted(named)), name="disposal.batches")],
                        job.context.schema, related=warehouse.capabilities.related_writes)
        again, lease = False, None
        for place, group in enumerate(todo):
            lease = lease or ledger.open_lease(plan.digest, *group[0].pair)
            if marks.bring(warehouse, lease.holds):
                # Marking may have emptied these batches: look again before writing anything.
                ledger.end_lease(lease.number)
                again = True
                break
            try:
                receipts = _apply_group(tools, job, group, lease)
            except WarehouseError as error:
                ledger.end_lease(lease.number)
                deletes = {b.step.number for b in group if b.step.action is Action.DELETE}
                if deletes <= retried or getattr(error, "sqlstate", None) != "23503":
                    raise
                # A row that came after freezing refers to one of these: leave what is referred to and go on.
                mark(warehouse, job, marks.steps, lease.holds, referred=True)
                retried |= deletes
                again = True
                break
            lease = ledger.conclude(receipts, lease.number, todo[place + 1][0].pair if place + 1 < len(todo) else None)
            written += receipts
            begun |= {b.step.number for b in group}
            try:
                for batch, receipt in zip(group, receipts, strict=True):
                    on_batch(batch.step, receipt)
            except BaseException:
                if lease is not None:
                    ledger.end_lease(lease.number)
                raise
        if not again:
            return written


def together(batches: Sequence[Batch], schema: Schema, *, related: bool) -> list[list[Batch]]:
    """Batches in their order, those that can share a transaction in one list: up to `TOGETHER` rows, nothing that removes files or
    reads cells beforehand. Unless `related`, no two whose tables are one or a foreign key connects."""
    groups: list[list[Batch]] = []
    for batch in batches:
        last = groups[-1] if groups else []
        fits = last and last[0].alone is batch.alone is False and sum(b.rows for b in last) + batch.rows <= TOGETHER
        if fits and (related or not any(_related(schema, batch.step.table, b.step.table) for b in last)):
            last.append(batch)
        else:
            groups.append([batch])
    return groups


def _related(schema: Schema, one: TableRef, other: TableRef) -> bool:
    return one == other or any(key.references == there for here, there in ((one, other), (other, one))
                               for table in schema.tables if table.ref == here for key in table.foreign_keys)


def _apply_group(tools: Tools, job: Job, group: Sequence[Batch], lease: Lease) -> list[Receipt]:
    """Carry out `group` in one transaction; its receipts in the same order."""
    warehouse, plan = tools.warehouse, job.plan
    prepared = [act(warehouse, tools.stores, tools.keys, job, b.step, b.number, b.mask) for b in group]
    pairs = [b.pair for b in group]
    with warehouse.transaction():
        if not _passes_fence(warehouse, lease):
            first = group[0]
            raise Locked("a hold was placed while this batch was starting; it may not write any more",
                         where=f"plan {plan.digest[:12]} step {first.step.number} batch {first.number}", fix="run the same command again")
        matched = {(step, batch): int(rows) for step, batch, rows in
                   warehouse.few(sql_work.rows_in(plan.digest, pairs), name="disposal.rows_in")}
        changed = [run(warehouse) for run in prepared]
        warehouse.execute(sql_work.take_work(plan.digest, pairs), name="disposal.take_work")
        at = datetime.now(UTC)
        receipts = [Receipt(plan.digest, *pair, matched.get(pair, 0), done, matched.get(pair, 0) - done, lease.number, at)
                    for pair, done in zip(pairs, changed, strict=True)]
        rows = [{"step": r.step, "batch": r.batch, "matched": r.matched, "changed": r.changed, "gone": r.gone, "fence": r.fence,
                 "at": at.replace(tzinfo=None)} for r in receipts]
        warehouse.execute(sql.write_receipts(plan.digest, rows), name="disposal.write_receipts")
    return receipts


def _passes_fence(warehouse: Warehouse, lease: Lease) -> bool:
    """Whether the lease may still write. From here to the commit nobody can raise the fence."""
    if not warehouse.capabilities.row_locks:
        return warehouse.execute(sql.pass_fence(lease.number), name="disposal.fence") == 1
    minimum = warehouse.scalar(sql.fence_minimum(), name="disposal.fence")
    return minimum is not None and lease.number >= int(minimum)


def count(warehouse: Warehouse, job: Job, moment: str) -> dict[str, int]:
    """Rows of every table that a foreign key connects with the plan's tables, noted once per moment.

    A request looks at few rows of large tables; there the engine's own foreign keys are counted as steps instead.
    """
    if job.context.by_request:
        return {}
    noted = census(warehouse, job.plan, moment)
    if noted:
        return noted
    rows = {str(ref): int(warehouse.scalar(sql.count_all(job.context.table(ref)), name="disposal.count"))
            for ref in connected(job)}
    if rows:
        warehouse.execute(sql.note_census(job.plan.digest, moment, rows), name="disposal.note_census")
    return rows


def census(warehouse: Warehouse, plan: Plan, moment: str) -> dict[str, int]:
    """Rows per table as counted at `moment`, empty when that was not done."""
    rows = warehouse.rows(sql.read_census(plan.digest), name="disposal.read_census")
    return {str(name): int(count) for name, when, count in rows if when == moment}


def connected(job: Job) -> list[TableRef]:
    """Every table that foreign keys lead to from tables of the plan, in either direction."""
    schema = job.context.schema
    reached = {s.table for s in job.plan.steps if s.rows}
    while True:
        more = {key.references for t in schema.tables for key in t.foreign_keys if t.ref in reached}
        more |= {t.ref for t in schema.tables for key in t.foreign_keys if key.references in reached}
        if more <= reached:
            return sorted(reached)
        reached |= more
