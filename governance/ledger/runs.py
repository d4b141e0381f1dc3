"""Runs of jobs, the people of the staff, and the switch that stops everything."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from governance.domain.errors import GovernanceError
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append, commit


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one job. `outcome` and `ended_at` are None while it runs or when it was killed."""

    id: str
    job: str
    dag_id: str
    dag_run_id: str
    as_of: datetime
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    detail: str


class Runs(Core):
    def start_run(self, job: str, dag_id: str, dag_run_id: str, as_of: datetime) -> str:
        """The id of the run. Another try of the same job in the same DAG run gets the same id and opens it again."""
        table, now = models.run, self.clock()
        with self.writing() as connection:
            found = None
            if dag_run_id:
                found = connection.scalar(select(table.c.id).where(
                    table.c.job == job, table.c.dag_id == dag_id, table.c.dag_run_id == dag_run_id))
            run = found or uuid.uuid4().hex
            if found:
                connection.execute(update(table).where(table.c.id == run).values(ended_at=None, outcome=None, detail=""))
            else:
                connection.execute(insert(table).values(id=run, job=job, dag_id=dag_id, dag_run_id=dag_run_id, as_of=as_of,
                                                        started_at=now, detail=""))
            append(connection, "run.started", {"run": run, "job": job, "as_of": as_of, "again": bool(found)}, now)
        return str(run)

    def end_run(self, run: str, outcome: str, detail: str = "") -> None:
        """Say how a run ended, in a word and a plain sentence. GovernanceError for an unknown run."""
        now = self.clock()
        with self.writing() as connection:
            ended = connection.execute(update(models.run).where(models.run.c.id == run).values(
                ended_at=now, outcome=outcome, detail=detail))
            if not ended.rowcount:
                raise GovernanceError("there is no such run", where=run)
            append(connection, "run.ended", {"run": run, "outcome": outcome, "detail": commit(connection, detail)}, now)

    def runs(self, since: datetime | None = None, limit: int = 100) -> list[Run]:
        """Latest first; `since` compares with the start."""
        table = models.run
        query = select(table).order_by(table.c.started_at.desc(), table.c.id).limit(limit)
        if since is not None:
            query = query.where(table.c.started_at >= since)
        with self.reading() as connection:
            return [Run(**row) for row in connection.execute(query).mappings()]


class Staff(Core):
    """Names of staff. Everything else refers to user ids, so a name can go without touching anything."""

    def name_person(self, user: str, name: str) -> None:
        with self.writing() as connection:
            connection.execute(delete(models.person).where(models.person.c.user == user))
            connection.execute(insert(models.person).values(user=user, name=name))

    def person(self, user: str) -> str | None:
        """The name of a user id, None when it was never given or was erased."""
        with self.reading() as connection:
            name: str | None = connection.scalar(select(models.person.c.name).where(models.person.c.user == user))
            return name

    def erase_person(self, user: str) -> bool:
        with self.writing() as connection:
            return connection.execute(delete(models.person).where(models.person.c.user == user)).rowcount > 0


class Control(Core):
    """`governance stop`: honoured when a lease is opened, so between batches."""

    def stop(self, reason: str, by: str) -> None:
        now = self.clock()
        with self.writing() as connection:
            connection.execute(update(models.control).values(stopped=reason or "no reason given", stopped_by=by, stopped_at=now))
            append(connection, "control.stopped", {"by": by, "reason": commit(connection, reason)}, now)

    def go(self, by: str) -> None:
        """Let work begin again; nothing happens when nothing was stopped."""
        now = self.clock()
        with self.writing() as connection:
            if stopped(connection) is not None:
                connection.execute(update(models.control).values(stopped=None, stopped_by=None, stopped_at=None))
                append(connection, "control.resumed", {"by": by}, now)

    def stopped(self) -> str | None:
        """Why everything stands still, None when it does not."""
        with self.reading() as connection:
            return stopped(connection)


def stopped(connection: Connection) -> str | None:
    reason: str | None = connection.scalar(select(models.control.c.stopped))
    return reason
