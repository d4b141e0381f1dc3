"""Approvals of plans and policies: who was asked, who answered, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from governance.domain.errors import GovernanceError, PlanRefused
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append, commit

ApprovalState = Literal["waiting", "approved", "rejected", "expired"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said. `via` is where (``airflow``, ``console``, ``shell``)."""

    user: str
    approved: bool
    authenticated: bool
    via: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """`people` different approvers must agree before `expires_at`; one no is a no."""

    digest: str
    what: str
    why: str
    approvers: tuple[str, ...]
    people: int
    asked_at: datetime
    expires_at: datetime
    deciders: tuple[Answer, ...]
    state: ApprovalState


class Approvals(Core):
    def ask(self, digest: str, what: str, why: str, approvers: Sequence[str], people: int,
            expires_at: datetime) -> ApprovalRecord:
        """Ask for approval of a plan or policy digest. Asking again changes nothing, unless the question had expired: then it
        is asked anew and earlier answers no longer count. PlanRefused when so many approvers do not exist."""
        now, names = self.clock(), sorted(set(approvers))
        if people < 1 or len(names) < people:
            raise PlanRefused(f"needs {people} approvers, and policy names {len(names)}", where=f"{what} {digest[:12]}",
                              fix="name them under approvals in the policy folder")
        with self.writing() as connection:
            known = _approval(connection, digest, now)
            if known is not None and known.state != "expired":
                return known
            values = {"what": what, "why": why, "approvers": names, "people": people, "asked_at": now, "expires_at": expires_at}
            if known is None:
                connection.execute(insert(models.approval).values(digest=digest, round=1, **values))
            else:
                connection.execute(update(models.approval).where(models.approval.c.digest == digest).values(
                    round=models.approval.c.round + 1, **values))
            append(connection, "approval.asked", {"digest": digest, "what": what, "approvers": names, "people": people,
                                                  "expires_at": expires_at}, now)
            return _need(connection, digest, now)

    def decide(self, digest: str, approved: bool, user: str, authenticated: bool, via: str, note: str = "", *,
               accept_unauthenticated: bool = False, delivery: str = "") -> ApprovalRecord:
        """Record one person's answer and return where the approval stands.

        PlanRefused for a user who is not among the approvers, answers twice, is not authenticated (unless accepted), or
        answers too late. `delivery` names the message that brought the answer (a task of a DAG run): the same message again
        is the same answer and changes nothing.
        """
        now = self.clock()
        with self.writing() as connection:
            known = _need(connection, digest, now)
            if delivery and _delivered(connection, digest, user, approved, delivery):
                return known
            _refuse(known, user, authenticated or accept_unauthenticated)
            number = connection.scalar(select(models.approval.c.round).where(models.approval.c.digest == digest))
            connection.execute(insert(models.answer).values(
                digest=digest, round=number, user=user, approved=approved, authenticated=authenticated, via=via, note=note,
                delivery=delivery, at=now))
            decided = _need(connection, digest, now)
            append(connection, "approval.answered", {
                "digest": digest, "what": known.what, "user": user, "approved": approved, "authenticated": authenticated,
                "via": via, "note": commit(connection, note), "state": decided.state}, now)
            return decided

    def approval(self, digest: str) -> ApprovalRecord | None:
        """Where the approval of a digest stands now, None when nobody was asked."""
        with self.reading() as connection:
            return _approval(connection, digest, self.clock())

    def approvals(self, state: str | None = None) -> list[ApprovalRecord]:
        """All questions, latest first."""
        now = self.clock()
        query = select(models.approval.c.digest).order_by(models.approval.c.asked_at.desc(), models.approval.c.digest)
        with self.reading() as connection:
            found = [_need(connection, digest, now) for digest in connection.scalars(query).all()]
        return [record for record in found if state in (None, record.state)]

    def policy_approved(self, digest: str) -> bool:
        """Whether enough people agreed to this version of the policy."""
        known = self.approval(digest)
        return known is not None and known.what == "policy" and known.state == "approved"


def state(answers: Sequence[Answer], people: int, expires_at: datetime, now: datetime) -> ApprovalState:
    """One no rejects; enough yes approve for good; otherwise time decides."""
    if any(not a.approved for a in answers):
        return "rejected"
    if len({a.user for a in answers}) >= people:
        return "approved"
    return "expired" if now >= expires_at else "waiting"


def _refuse(known: ApprovalRecord, user: str, accepted: bool) -> None:
    where = f"{known.what} {known.digest[:12]}"
    if any(answer.user == user for answer in known.deciders):
        raise PlanRefused(f"{user} has already answered", where=where, fix="another approver must answer")
    if known.state != "waiting":
        raise PlanRefused(f"the approval is {known.state}, no answer is expected", where=where, fix="make a new plan")
    if user not in known.approvers:
        raise PlanRefused(f"{user} is not among its approvers", where=where, fix="ask " + " or ".join(known.approvers))
    if not accepted:
        raise PlanRefused(f"{user} is not authenticated, and policy does not accept that", where=where,
                          fix="answer in Airflow, or set approvals.accept_unauthenticated in the policy")


def _delivered(connection: Connection, digest: str, user: str, approved: bool, delivery: str) -> bool:
    # Of any round: a message from before the question expired does not answer the one asked since.
    table = models.answer
    query = select(table.c.user).where(table.c.digest == digest, table.c.user == user, table.c.approved == approved,
                                       table.c.delivery == delivery)
    return connection.execute(query).first() is not None


def _need(connection: Connection, digest: str, now: datetime) -> ApprovalRecord:
    known = _approval(connection, digest, now)
    if known is None:
        raise GovernanceError("nobody was asked to approve this digest", where=digest[:64], fix="governance plan ...")
    return known


def _approval(connection: Connection, digest: str, now: datetime) -> ApprovalRecord | None:
    row = connection.execute(select(models.approval).where(models.approval.c.digest == digest)).mappings().first()
    if row is None:
        return None
    table = models.answer
    query = (select(table.c.user, table.c.approved, table.c.authenticated, table.c.via, table.c.note, table.c.at)
             .where(table.c.digest == digest, table.c.round == row["round"]).order_by(table.c.at, table.c.user))
    answers = tuple(Answer(**found) for found in connection.execute(query).mappings())
    return ApprovalRecord(digest, row["what"], row["why"], tuple(row["approvers"]), row["people"], row["asked_at"],
                          row["expires_at"], answers, state(answers, row["people"], row["expires_at"], now))
