"""The queue of records that only a person can decide, and the undoing of links. The person is named and it is evidence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from governance.domain.errors import GovernanceError, Locked
from governance.policy.sources import Source
from governance.reconciliation import sql_link, sql_write
from governance.reconciliation.link import append_links, link_id
from governance.reconciliation.steps import Work, passes
from governance.reconciliation.tools import Tools

_LIST = "governance conflicts list"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Ids only; `candidates` are subject keys, the likeliest first, with the model's probability (None: by identifiers)."""

    id: str
    source: str
    record: str
    reason: str
    since: datetime
    candidates: tuple[tuple[str, float | None], ...] = field(repr=False)


def waiting(tools: Tools) -> list[Conflict]:
    """Conflicts that nobody has decided, the oldest first."""
    rows = list(tools.warehouse.rows(sql_link.open_conflicts(), name="conflicts.open"))
    return [Conflict(number, source, record, reason, at, _candidates(tools, number)) for number, source, record, reason, _, at in rows]


def _candidates(tools: Tools, conflict: str) -> tuple[tuple[str, float | None], ...]:
    return tuple((str(row[0]), row[1]) for row in tools.warehouse.rows(sql_link.candidates_of(conflict), name="conflicts.candidates"))


def decided(tools: Tools, source: Source) -> int:
    """Records of a source that people decided about and that the next run has to write."""
    return int(tools.warehouse.scalar(sql_write.decided(source.key, source.signals is not None), name="conflicts.decided") or 0)


def gates(tools: Tools, plan: str) -> list[dict[str, object]]:
    """What each gate let through or stopped under a plan, in the order of the gates. Numbers and reasons only."""
    return [{"step": int(step), "gate": gate, "reason": reason, "number": int(number)}
            for step, gate, reason, number in tools.warehouse.rows(sql_link.tallied(plan), name="conflicts.gates")]


def settle(tools: Tools, conflict: str, subject: str | None, by: str, now: datetime) -> str:
    """Decide a conflict: `subject` is the key of a candidate, None says that it is none of them. "linked" or "nobody".

    The evidence comes first, then one transaction with the decision and the link. Again with the same answer changes nothing;
    GovernanceError for another answer than the one given, for a key that is no candidate, and for no such conflict.
    """
    rows = list(tools.warehouse.rows(sql_link.candidates_of(conflict), name="conflicts.candidates"))
    if not rows:
        raise GovernanceError("there is no such conflict", where=conflict, fix=_LIST)
    if subject is not None and subject not in {str(row[0]) for row in rows}:
        raise GovernanceError("is not a candidate of this conflict", where="--subject", fix=f"{_LIST} names the candidates")
    record, source, decided = rows[0][2], rows[0][3], {str(row[0]): row[5] for row in rows}
    if any(decided.values()):
        mine = (decided.get(subject) == "subject") if subject is not None else set(decided.values()) == {"nobody"}
        if mine:
            return "nobody" if subject is None else "linked"
        raise GovernanceError("the conflict has been decided otherwise", where=conflict,
                              fix="governance conflicts unlink takes a link back")
    tools.ledger.record("conflict.decided", {"conflict": conflict, "source": source, "outcome": "nobody" if subject is None else "subject",
                                             "by": by})
    work = Work(tools, tools.source(source), rows[0][6], now)
    with _transaction(work, f"conflict:{conflict}") as stack:
        changed = tools.warehouse.execute(sql_link.settle(conflict, subject, by, work.naive), name="conflicts.settle")
        if changed and subject is not None:
            number = f"{link_id(record, work.plan)}#decided"
            append_links(work, stack, [(number, record, source, subject, f"decided by {by}", None, 1.0, None, work.plan, work.naive)])
    return "nobody" if subject is None else "linked"


def unlink(tools: Tools, record: str, by: str, now: datetime) -> int:
    """End the link of a record. What its values and signals were shows no more, as if it had never been linked, and no later run
    links it again. Links ended: 0 or 1."""
    links = list(tools.warehouse.rows(sql_link.standing_links(record), name="conflicts.links"))
    if not links:
        return 0
    tools.ledger.record("link.ended", {"record": record, "links": len(links), "by": by})
    work = Work(tools, tools.source(links[0][2]), f"unlink {record}", now)
    with _transaction(work, f"unlink:{record}"):
        for number, _, _ in links:
            tools.warehouse.execute(sql_write.remember_unlinked(record, number, by, work.naive), name="unlink.remember")
            tools.warehouse.execute(sql_write.forget_signals(number), name="unlink.signals")
            tools.warehouse.execute(sql_write.end_link(record, number, by, work.naive), name="unlink.end")
        tools.warehouse.execute(sql_write.lead_nowhere(record), name="unlink.record")
    return len(links)


@contextmanager
def _transaction(work: Work, name: str) -> Iterator[ExitStack]:
    """A transaction under a lease, so that an erasure that begins meanwhile waits for it or stops it."""
    lease = work.ledger.open_lease(name, 0, 0)
    try:
        with work.warehouse.lock(name), ExitStack() as stack, work.warehouse.transaction():
            if not passes(work.warehouse, lease):
                raise Locked("an erasure or a hold came in meanwhile", where=name, fix="run the same command again")
            yield stack
            stack.close()
    finally:
        work.ledger.end_lease(lease.number)


