"""Leases of batches: taken before a warehouse transaction, numbered so that a later one always has the greater number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from governance.domain.errors import GovernanceError, Paused
from governance.domain.receipt import Receipt
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.plans import copy
from governance.ledger.runs import stopped


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to carry out a batch, and those that share its transaction. `holds` are the legal holds in force when it was
    taken: it must spare their members.

    `number` is the fence: the warehouse refuses a batch whose number is below the fence.
    """

    number: int
    holds: tuple[str, ...]
    plan: str
    step: int
    batch: int
    opened_at: datetime


class Leases(Core):
    def open_lease(self, plan: str, step: int, batch: int) -> Lease:
        """Take the next lease: it knows of every hold placed before it. Paused when everything is stopped."""
        now = self.clock()
        with self.writing() as connection:
            reason = stopped(connection)
            if reason is not None:
                raise Paused(f"everything is stopped: {reason}", where=f"plan {plan[:12]}", fix="governance go")
            return take(connection, plan, step, batch, now)

    def conclude(self, receipts: Sequence[Receipt], lease: int, then: tuple[int, int] | None = None) -> Lease | None:
        """In one transaction: copy the receipts of batches of one plan, end their lease and take the one for `then`, the next step
        and batch.

        None when there is no next one or everything is stopped: then what was done is copied all the same.
        """
        now = self.clock()
        with self.writing() as connection:
            copy(connection, receipts[0].plan, receipts, now)
            connection.execute(_END, {"ended": lease, "now": now})
            if then is None or stopped(connection) is not None:
                return None
            return take(connection, receipts[0].plan, *then, now)

    def end_lease(self, number: int) -> None:
        """The batch committed or gave up. Again is harmless; GovernanceError for a number never given out."""
        table = models.lease
        with self.writing() as connection:
            ended = connection.execute(update(table).where(table.c.number == number, table.c.ended_at.is_(None)).values(
                ended_at=self.clock()))
            if not ended.rowcount and connection.scalar(select(table.c.number).where(table.c.number == number)) is None:
                raise GovernanceError("no such lease was given out", where=f"lease {number}")

    def end_leases(self, plan: str, up_to: int) -> int:
        """End what a dead try left open, up to and with number `up_to`. Only with the plan's lock, after raising the fence."""
        table = models.lease
        with self.writing() as connection:
            return connection.execute(update(table).where(
                table.c.plan == plan, table.c.number <= up_to, table.c.ended_at.is_(None)).values(ended_at=self.clock())).rowcount

    def open_leases(self, plan: str | None = None) -> tuple[Lease, ...]:
        """Leases not ended, in order. One of a killed batch stays here until `end_lease` or `end_leases`."""
        with self.reading() as connection:
            found = open_leases(connection)
        return tuple(lease for lease in found if plan in (None, lease.plan))


_END = update(models.lease).where(models.lease.c.number == bindparam("ended"), models.lease.c.ended_at.is_(None)).values(
    ended_at=bindparam("now"))


def take(connection: Connection, plan: str, step: int, batch: int, now: datetime) -> Lease:
    """The next lease, with the holds in force, inside the caller's write transaction."""
    number = 1 + last_number(connection)
    holds = tuple(connection.scalars(
        select(models.hold.c.id).where(models.hold.c.lifted_at.is_(None)).order_by(models.hold.c.id)))
    connection.execute(update(models.control).values(lease=number))
    connection.execute(insert(models.lease).values(
        number=number, plan=plan, step=step, batch=batch, holds=list(holds), opened_at=now))
    return Lease(number, holds, plan, step, batch, now)


def last_number(connection: Connection) -> int:
    return int(connection.scalar(select(models.control.c.lease)) or 0)


def open_leases(connection: Connection, up_to: int | None = None) -> tuple[Lease, ...]:
    table = models.lease
    query = select(table).where(table.c.ended_at.is_(None)).order_by(table.c.number)
    if up_to is not None:
        query = query.where(table.c.number <= up_to)
    return tuple(_lease(row) for row in connection.execute(query).mappings())


def _lease(row: Mapping[Any, Any]) -> Lease:
    return Lease(row["number"], tuple(row["holds"]), row["plan"], row["step"], row["batch"], row["opened_at"])
