"""Plans, their states, receipts and verification."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal, TypeVar, get_args

from sqlalchemy import Connection, func, insert, select, update

from governance.domain.canonical import plain, restore
from governance.domain.errors import EvidenceBroken, GovernanceError
from governance.domain.plan import Kind, Plan
from governance.domain.receipt import Receipt
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append

State = Literal["planned", "waiting", "approved", "rejected", "expired", "stale", "applying", "applied", "verified", "residual",
                "failed", "closed"]
STATES: tuple[str, ...] = get_args(State)
_SHOW = "governance plan list"
_DIGITS = re.compile(r"[0-9a-f]{4,64}\Z")
_AT_ONCE = 1_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan without its steps. `rows` is the planned total over all steps."""

    digest: str
    kind: Kind
    name: str
    as_of: datetime
    state: str
    created_at: datetime
    rows: int
    detail: str


_RECORD = [models.plan.c[name] for name in PlanRecord.__slots__]


class Plans(Core):
    def save_plan(self, plan: Plan) -> None:
        """Keep a plan under its digest, in state planned. The same plan again changes nothing."""
        now = self.clock()
        with self.writing() as connection:
            if connection.scalar(select(models.plan.c.digest).where(models.plan.c.digest == plan.digest)) is not None:
                return
            saved = append(connection, "plan.saved", {
                "plan": plan.digest, "kind": plan.kind, "name": plan.name, "as_of": plan.as_of, "policy": plan.policy_digest,
                "steps": len(plan.steps), "rows": plan.rows}, now)
            connection.execute(insert(models.plan).values(
                digest=plan.digest, kind=plan.kind.value, name=plan.name, as_of=plan.as_of, policy_digest=plan.policy_digest,
                rows=plan.rows, state="planned", detail="", created_at=now, seq=saved.seq, body=plan))

    def plan(self, digest: str) -> Plan:
        """The plan with this digest or unique beginning of one (4 digits or more).

        GovernanceError when none or several match, EvidenceBroken when the stored plan is not the one that was saved.
        """
        with self.reading() as connection:
            full = find(connection, digest)
            body = connection.scalar(select(models.plan.c.body).where(models.plan.c.digest == full))
        return _restored(full, body)

    def plan_record(self, digest: str) -> PlanRecord:
        """State and counts of one plan, named as in `plan`."""
        with self.reading() as connection:
            full = find(connection, digest)
            return _record(connection.execute(select(*_RECORD).where(models.plan.c.digest == full)).mappings().one())

    def plans(self, kind: Kind | str | None = None, name: str | None = None, state: str | None = None) -> list[PlanRecord]:
        """Latest first, in the order of the evidence that says they were saved; clocks may stand still."""
        table = models.plan
        query = select(*_RECORD).order_by(table.c.seq.desc(), table.c.created_at.desc(), table.c.digest)
        for column, value in ((table.c.kind, kind), (table.c.name, name), (table.c.state, state)):
            if value is not None:
                query = query.where(column == str(value))
        with self.reading() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def set_state(self, digest: str, state: str, detail: str = "") -> None:
        """Move a plan to `state`; recorded as evidence unless state and detail are what they were. `detail` names no person."""
        if state not in STATES:
            raise GovernanceError(f"there is no plan state {state!r}", fix="one of " + ", ".join(STATES))
        now, table = self.clock(), models.plan
        with self.writing() as connection:
            full = find(connection, digest)
            was = connection.execute(select(table.c.state, table.c.detail).where(table.c.digest == full)).one()
            if (was.state, was.detail) == (state, detail):
                return
            connection.execute(update(table).where(table.c.digest == full).values(state=state, detail=detail))
            append(connection, "plan.state", {"plan": full, "from": was.state, "to": state, "detail": detail}, now)

    # ---- receipts and verification

    def copy_receipts(self, receipts: Iterable[Receipt]) -> int:
        """Copy receipts of the warehouse; those known by (plan, step, batch) are left alone. Number of new ones.

        New ones are sealed into the chain as they stand. EvidenceBroken when a known receipt now says something else.
        """
        by_plan: dict[str, list[Receipt]] = {}
        for receipt in sorted(set(receipts)):
            by_plan.setdefault(receipt.plan, []).append(receipt)
        if not by_plan:
            return 0
        now = self.clock()
        with self.writing() as connection:
            return sum(copy(connection, plan, of_plan, now) for plan, of_plan in by_plan.items())

    def receipts(self, plan: str) -> list[Receipt]:
        """Ordered by step and batch; `plan` is a full digest."""
        with self.reading() as connection:
            return _receipts(connection, plan)

    def save_verification(self, plan: str, results: Sequence[Mapping[str, Any]]) -> None:
        """Keep what a look at the data found. Each result is one step: `step`, `outcome` and the counts `planned`, `done`,
        `gone`, `held`, `left`, `residual` where they apply. No value of a person."""
        now, body = self.clock(), plain([dict(result) for result in results])
        with self.writing() as connection:
            connection.execute(insert(models.verification).values(plan=plan, at=now, results=body))
            append(connection, "verification", {"plan": plan, "results": body}, now)

    def verification(self, plan: str) -> list[dict[str, Any]] | None:
        """The last verification of a plan, None when nobody looked yet."""
        table = models.verification
        query = select(table.c.results).where(table.c.plan == plan).order_by(table.c.id.desc()).limit(1)
        with self.reading() as connection:
            results: list[dict[str, Any]] | None = connection.scalar(query)
            return results


def find(connection: Connection, digest: str) -> str:
    """The full digest that begins with `digest`."""
    if not _DIGITS.match(digest):
        raise GovernanceError("is not the digest of a plan or its first 4 digits", where=digest[:64], fix=_SHOW)
    table = models.plan
    query = select(table.c.digest).where(func.substr(table.c.digest, 1, len(digest)) == digest).limit(2)
    match connection.scalars(query).all():
        case [one]:
            return str(one)
        case []:
            raise GovernanceError("there is no such plan", where=digest, fix=_SHOW)
        case _:
            raise GovernanceError("several plans begin like this", where=digest, fix="give more digits of the digest")


def sealed(receipt: Receipt) -> list[Any]:
    """A receipt as it stands in the chain: step, batch, matched, changed, gone, fence, at."""
    return [receipt.step, receipt.batch, receipt.matched, receipt.changed, receipt.gone, receipt.fence, plain(receipt.at)]


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def copy(connection: Connection, plan: str, receipts: Sequence[Receipt], now: datetime) -> int:
    """Copy receipts of one plan inside the caller's write transaction; number of new ones. See `Plans.copy_receipts`."""
    known = {(r.step, r.batch): r for r in _receipts(connection, plan, receipts)}
    before = set(known)
    for receipt in receipts:
        if known.setdefault((receipt.step, receipt.batch), receipt) != receipt:
            raise EvidenceBroken("a receipt in the warehouse is not the one copied before",
                                 where=f"plan {plan[:12]}, step {receipt.step}, batch {receipt.batch}",
                                 fix="compare governance.receipt with: governance evidence export")
    new = [r for r in receipts if (r.step, r.batch) not in before]
    for part in chunks(new, _AT_ONCE):
        connection.execute(insert(models.receipt), [asdict(r) for r in part])
        append(connection, "receipts", {"plan": plan, "receipts": [sealed(r) for r in part]}, now)
    return len(new)


def _receipts(connection: Connection, plan: str, near: Sequence[Receipt] = ()) -> list[Receipt]:
    """The receipts of a plan; with `near` only those between the first and the last of these, so that one asks for one."""
    table = models.receipt
    query = select(table).where(table.c.plan == plan).order_by(table.c.step, table.c.batch)
    if near:
        steps, numbers = [r.step for r in near], [r.batch for r in near]
        query = query.where(table.c.step.between(min(steps), max(steps)), table.c.batch.between(min(numbers), max(numbers)))
    return [Receipt(**row) for row in connection.execute(query).mappings()]


def _record(row: Mapping[Any, Any]) -> PlanRecord:
    return PlanRecord(**{**row, "kind": Kind(row["kind"])})


def _restored(digest: str, body: Any) -> Plan:
    try:
        plan = restore(Plan, body)
    except (KeyError, TypeError, ValueError):
        raise _altered(digest) from None
    if plan.digest != digest:
        raise _altered(digest)
    return plan


def _altered(digest: str) -> EvidenceBroken:
    return EvidenceBroken("the stored plan is not the one that was saved", where=f"plan {digest[:12]}",
                          fix="make the plan again; find out who wrote to the ledger")
