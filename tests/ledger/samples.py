"""Values that several tests of the ledger need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from governance.domain.findings import Finding, Status
from governance.domain.names import TableRef
from governance.domain.plan import Action, CellGroup, Ended, Kept, Kind, Plan, Reason, Step
from governance.domain.receipt import Receipt

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ORDERS = TableRef("shop", "orders")


class Clock:
    """A clock that tests move by hand."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def make_plan(*rows: int, name: str = "", kind: Kind = Kind.RETENTION) -> Plan:
    """A plan with one step per number of rows."""
    reason = Reason(Ended.ACHIEVED, "fulfilment", "orders@3", "delivered_at", "2026-03-03")
    steps = tuple(
        Step(n, 1, ORDERS, Action.END, (CellGroup(1, ("phone", "address"), "null", "recipient", (reason,), count),),
             count, 10 * count)
        for n, count in enumerate(rows, 1))
    return Plan(kind, name, NOON, "b" * 64, "2026-05", "c" * 64, steps, (Kept(ORDERS, (), "referenced by shop.payments", 3),),
                (Finding(Status.GAP, "disposal.no_trigger", "shop.orders", "phone", "no trigger", "declare one", 4, "ops"),))


def receipt(plan: Plan | str, step: int = 1, batch: int = 1, changed: int = 10, gone: int = 0, fence: int = 1) -> Receipt:
    digest = plan if isinstance(plan, str) else plan.digest
    return Receipt(digest, step, batch, changed + gone, changed, gone, fence, NOON + timedelta(seconds=batch))


def result(step: int, planned: int, done: int, gone: int = 0, held: int = 0, left: int = 0) -> dict[str, Any]:
    return {"step": step, "table": "shop.orders", "outcome": "depersonalized", "planned": planned, "done": done, "gone": gone,
            "held": held, "left": left, "residual": 0}
