"""Legal holds. A hold is in force for every lease taken after it was placed; the ledger decides what "after" means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from governance.domain.errors import GovernanceError
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append, commit
from governance.ledger.leases import Lease, last_number, open_leases


@dataclass(frozen=True, slots=True)
class HoldRecord:
    """`members` counts subjects; who they are stands in the warehouse. Leases up to `last_lease` could not know of it."""

    id: str
    name: str
    reason: str
    scope: str
    members: int
    placed_by: str
    placed_at: datetime
    last_lease: int
    lifted_by: str | None
    lifted_at: datetime | None

    @property
    def hold_id(self) -> str:
        return self.id


class Holds(Core):
    def place_hold(self, hold_id: str, name: str, reason: str, placed_by: str, scope_text: str,
                   members: int) -> tuple[Lease, ...]:
        """Put a legal hold in force and return the leases open at that moment: only those may still remove its members.

        Every later lease carries `hold_id`. Placing it again changes nothing and returns which of those are open still.
        """
        now = self.clock()
        with self.writing() as connection:
            known = connection.execute(select(models.hold.c.last_lease, models.hold.c.lifted_at)
                                       .where(models.hold.c.id == hold_id)).first()
            if known is not None:
                if known.lifted_at is not None:
                    raise GovernanceError("this legal hold was lifted", where=hold_id, fix="place it under a new id")
                return open_leases(connection, known.last_lease)
            last = last_number(connection)
            connection.execute(insert(models.hold).values(
                id=hold_id, name=name, reason=reason, scope=scope_text, members=members, placed_by=placed_by, placed_at=now,
                last_lease=last))
            found = open_leases(connection, last)
            append(connection, "hold.placed", {
                "hold": hold_id, "by": placed_by, "members": members, "name": commit(connection, name),
                "reason": commit(connection, reason), "scope": commit(connection, scope_text), "last_lease": last,
                "open_leases": [lease.number for lease in found]}, now)
            return found

    def lift_hold(self, hold_id: str, by: str) -> None:
        """End a legal hold for all later leases; again is harmless. GovernanceError for an unknown one."""
        table, now = models.hold, self.clock()
        with self.writing() as connection:
            lifted = connection.execute(update(table).where(table.c.id == hold_id, table.c.lifted_at.is_(None)).values(
                lifted_by=by, lifted_at=now))
            if lifted.rowcount:
                append(connection, "hold.lifted", {"hold": hold_id, "by": by, "last_lease": last_number(connection)}, now)
            elif connection.scalar(select(table.c.id).where(table.c.id == hold_id)) is None:
                raise GovernanceError("there is no such legal hold", where=hold_id, fix="governance hold list")

    def holds(self, in_force: bool = True) -> list[HoldRecord]:
        """Legal holds, oldest first; all of them with in_force=False."""
        query = select(models.hold).order_by(models.hold.c.placed_at, models.hold.c.id)
        if in_force:
            query = query.where(models.hold.c.lifted_at.is_(None))
        with self.reading() as connection:
            return [HoldRecord(**row) for row in connection.execute(query).mappings()]
