"""Notices: what recipients of data have to be told after an erasure or a withdrawal. Who it is about never comes here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from governance.domain.errors import GovernanceError
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append

_SHOW = "governance notices list"


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing a recipient has to be told. `cause` is erasure or withdrawal; `source` the request, or the plan's digest for a
    withdrawal; `tables` are those whose data went to the recipient and ended."""

    id: str
    cause: str
    source: str
    plan: str
    recipient: str
    tables: tuple[str, ...]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeRecord(Owed):
    """`state` is due or sent."""

    state: str
    created_at: datetime
    sent_at: datetime | None = None
    sent_by: str | None = None


class Notices(Core):
    def owe(self, notices: Iterable[Owed]) -> int:
        """Enter notices in state due; those known by id stay as they are. Number of new ones."""
        wanted = list(notices)
        if not wanted:
            return 0
        now, table = self.clock(), models.notice
        with self.writing() as connection:
            known = set(connection.scalars(select(table.c.id).where(table.c.id.in_([n.id for n in wanted]))))
            new = [n for n in wanted if n.id not in known]
            for one in new:
                connection.execute(insert(table).values(**asdict(one), state="due", created_at=now))
                append(connection, "notice.owed", asdict(one), now)
        return len(new)

    def notices(self, *, source: str | None = None, plan: str | None = None, state: str | None = None) -> list[NoticeRecord]:
        """Notices, the one due first in front. `plan` is a full digest."""
        table = models.notice
        query = select(table).order_by(table.c.due_at, table.c.id)
        for column, value in ((table.c.source, source), (table.c.plan, plan), (table.c.state, state)):
            if value is not None:
                query = query.where(column == value)
        with self.reading() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def notice(self, notice_id: str) -> NoticeRecord:
        """One notice. GovernanceError when there is none with this id."""
        with self.reading() as connection:
            row = connection.execute(select(models.notice).where(models.notice.c.id == notice_id)).mappings().first()
        if row is None:
            raise GovernanceError("there is no such notice", where=notice_id, fix=_SHOW)
        return _record(row)

    def notice_sent(self, notice_id: str, user: str) -> NoticeRecord:
        """`user` says that the recipient was told. Saying it again changes nothing; who said it first stands."""
        table, now = models.notice, self.clock()
        with self.writing() as connection:
            changed = connection.execute(update(table).where(table.c.id == notice_id, table.c.state == "due").values(
                state="sent", sent_at=now, sent_by=user)).rowcount
            if changed:
                append(connection, "notice.sent", {"notice": notice_id, "by": user}, now)
        return self.notice(notice_id)


def _record(row: Mapping[Any, Any]) -> NoticeRecord:
    return NoticeRecord(**{**row, "tables": tuple(row["tables"])})
