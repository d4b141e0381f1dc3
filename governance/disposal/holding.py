"""Legal holds against a frozen work set: which rows are left alone, and the placing of a hold while batches run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from governance.disposal import sql, sql_work
from governance.disposal.lifetimes import blockers
from governance.disposal.work import Job
from governance.domain.errors import GovernanceError, Locked, WarehouseError
from governance.domain.plan import Action, Step
from governance.ledger import Ledger
from governance.warehouse import Warehouse
from governance.warehouse.control import RECONCILE_FENCE, hold_member


def mark(warehouse: Warehouse, job: Job, steps: Iterable[Step], holds: Sequence[str], *, referred: bool = False) -> None:
    """Mark the work rows that `holds` cover, rows that rows under hold refer to, and rows that go with those.

    One transaction. `referred` looks for referring rows even when no hold is in force.
    """
    steps = tuple(steps)
    numbers = [s.number for s in steps]
    if not numbers:
        return
    plan = job.plan.digest
    with warehouse.transaction():
        if not referred:
            warehouse.execute(sql_work.free_work(plan, numbers), name="disposal.free_work")
        if holds:
            _hold(warehouse, plan, numbers, sql_work.of_members(holds), "disposal.hold_work")
        if holds or referred:
            while _spread(warehouse, job, steps):
                pass


def _hold(warehouse: Warehouse, plan: str, steps: Sequence[int], covered: sql_work.Covered, name: str) -> bool:
    """Mark the free work rows that are `covered`; whether there were any."""
    if not warehouse.execute(sql_work.set_apart(plan, steps, covered), name=name):
        return False
    warehouse.execute(sql_work.divide(plan, steps, covered), name=name)
    warehouse.execute(sql_work.drop_divided(plan, steps), name=name)
    return True


def _spread(warehouse: Warehouse, job: Job, steps: Sequence[Step]) -> bool:
    """One round along the foreign keys; whether rows were newly marked."""
    plan, context = job.plan.digest, job.context
    deletes = {s.table: s.number for s in steps if s.action is Action.DELETE}
    marked = False
    for ref, number in deletes.items():
        target = context.targets[ref]
        for child, key, _ in blockers(context, target):
            if child.ref == ref:
                continue
            covered = sql_work.referred_by_staying(target, child, key, context.targets.get(child.ref), deletes.get(child.ref), plan)
            marked |= _hold(warehouse, plan, [number], covered, "disposal.hold_parents")
        if target.goes_with in deletes:
            parent = context.targets[target.goes_with]
            for key in target.keys_to(parent.ref):
                covered = sql_work.going_with_staying(target, parent, deletes[parent.ref], key, plan)
                marked |= _hold(warehouse, plan, [number], covered, "disposal.hold_followers")
    return marked


@dataclass(frozen=True, slots=True)
class Placed:
    """What `hold place` can say when it returns. `removed` counts frozen rows of the members that open batches had already
    taken, `waiting` those that stay untouched."""

    hold: str
    members: int
    removed: int
    waiting: int


def place(warehouse: Warehouse, ledger: Ledger, *, hold: str, name: str, reason: str, placed_by: str,
          members: Sequence[tuple[str, str]], wait: float = 30.0) -> Placed:
    """Put a legal hold in force for the `members` (kind, subject key) and return once no batch that missed it can write.

    In force at once for every batch that starts later. Batches already under way may end; one that does not end within
    `wait` seconds is fenced out, so that it can never commit afterwards. Placing the same again is harmless; other members
    need a hold of their own, because batches under way know only which holds are in force.
    """
    _refuse_other_members(warehouse, ledger, hold, members)
    with warehouse.transaction():
        warehouse.execute(delete(hold_member).where(hold_member.c.hold == hold), name="hold.clear")
        rows = [{"hold": hold, "kind": kind, "subject_key": key} for kind, key in dict.fromkeys(members)]
        if rows:
            warehouse.execute(insert(hold_member).values(rows), name="hold.members")
    before = int(warehouse.scalar(sql_work.work_of_members([hold]), name="hold.before"))
    leases = ledger.place_hold(hold, name, reason, placed_by, f"{len(rows)} subjects", len(rows))
    deadline = time.monotonic() + wait
    ours = {lease.number for lease in leases}
    while ours & {lease.number for lease in ledger.open_leases()} and time.monotonic() < deadline:
        time.sleep(0.05)
    if ours & {lease.number for lease in ledger.open_leases()}:
        _fence_out(warehouse, max(ours) + 1)
    after = int(warehouse.scalar(sql_work.work_of_members([hold]), name="hold.after"))
    removed = max(0, before - after)
    ledger.record("hold.placed", {"hold": hold, "members": len(rows), "removed_before": removed, "waiting": after,
                                  "at": datetime.now(UTC).isoformat(timespec="seconds")})
    return Placed(hold, len(rows), removed, after)


def _refuse_other_members(warehouse: Warehouse, ledger: Ledger, hold: str, members: Sequence[tuple[str, str]]) -> None:
    known = next((h for h in ledger.holds(in_force=False) if h.id == hold), None)
    if known is None:
        return
    if known.lifted_at is not None:
        raise GovernanceError("this legal hold was lifted", where=hold, fix="place it under a new id")
    query = select(hold_member.c.kind, hold_member.c.subject_key).where(hold_member.c.hold == hold)
    covered = {(kind, key) for kind, key in warehouse.rows(query, name="hold.covered")}
    if covered != set(members):
        raise GovernanceError("this legal hold is in force and covers other subjects", where=hold,
                              fix="place a second legal hold under a new id")


def wait_for_writers(warehouse: Warehouse, ledger: Ledger, name: str) -> None:
    """Let no transaction that takes in or writes what feeds say, and began before this call, write after it: those under way are
    waited for, those that have not begun to write are refused and begin again. What they wrote can be seen when this returns."""
    lease = ledger.open_lease(name, 0, 0)
    try:
        _fence_out(warehouse, lease.number, RECONCILE_FENCE)
    finally:
        ledger.end_lease(lease.number)


def _fence_out(warehouse: Warehouse, minimum: int, name: str = sql.FENCE) -> None:
    """Refuse leases below `minimum`. Waits for transactions that hold the fence's lock; where the engine has no row locks
    it answers with a conflict while such a transaction is open, so ask again."""
    for _ in range(600):
        try:
            warehouse.execute(sql.raise_fence(minimum, name), name="hold.fence")
        except WarehouseError as error:
            if not error.retryable:
                raise
            time.sleep(0.05)
        else:
            return
    raise Locked("a batch under way does not end, so the hold cannot be confirmed", where="hold place",
                 fix="the hold is in force for all later batches; end the hanging task, then run the same command again")


def lift(warehouse: Warehouse, ledger: Ledger, hold: str, by: str) -> None:
    """End a hold. Exactly the rows it kept back are done by the next apply of their plans."""
    ledger.lift_hold(hold, by)
    forget_lifted(warehouse, ledger)


def forget_lifted(warehouse: Warehouse, ledger: Ledger) -> int:
    """Purge members of lifted holds, once no unfinished plan was made under them; number of members.

    Only of holds that the ledger knows as lifted: the members of one that is just being placed stand here before it does there.
    """
    lifted = {h.id for h in ledger.holds(in_force=False) if h.lifted_at is not None}
    for state in ("waiting", "approved", "applying", "applied", "residual"):
        for record in ledger.plans(state=state):
            lifted -= set(ledger.plan(record.digest).holds)
    return warehouse.execute(delete(hold_member).where(hold_member.c.hold.in_(sorted(lifted))), name="hold.forget") if lifted else 0
