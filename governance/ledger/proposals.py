"""What discovery proposes, what people decide about it, and which columns were seen. Decisions are never overwritten."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from governance.domain.errors import GovernanceError
from governance.domain.names import ColumnRef, TableRef
from governance.domain.proposal import Decision, Proposal, Role
from governance.ledger import models
from governance.ledger.engine import Core
from governance.ledger.evidence import append


@dataclass(frozen=True, slots=True)
class ProposalRecord:
    """A proposal and what was decided. `category` is the decided one: that which a person named, or which was proposed when it was
    decided; of an open proposal the proposed one.

    `current`: the last run of discovery still proposes it. `decided_about`: what was proposed when it was decided, None for an
    open one and where that was not recorded yet.
    """

    proposal: Proposal
    decision: Decision
    category: str
    by: str | None
    decided_at: datetime | None
    run: str
    current: bool
    decided_about: str | None = None

    @property
    def stands(self) -> bool:
        """Whether the column counts as found: proposed by the last run, or confirmed by a person though its values are gone."""
        return self.current or self.decision is Decision.CONFIRMED


class Drift(NamedTuple):
    """Columns new, gone, and of another type: (column, type before, type now)."""

    appeared: tuple[ColumnRef, ...]
    vanished: tuple[ColumnRef, ...]
    retyped: tuple[tuple[ColumnRef, str, str], ...]


class Proposals(Core):
    def save_proposals(self, run: str, proposals: Iterable[Proposal], columns_seen: Iterable[tuple[ColumnRef, str]], *,
                       tables: Collection[TableRef] | None = None, unchanged: Collection[TableRef] = ()) -> None:
        """Replace what discovery believed before this run and remember the columns it saw with their types.

        `tables`: what an earlier run believed of these and of columns that are gone does not count any more; None: of any table.
        What it believed of tables that are `unchanged` is taken over as it is. A run may save in parts, one call per group of tables;
        saving a part again is harmless.
        """
        found, seen, now = list(proposals), dict(columns_seen), self.clock()
        table = models.proposal
        with self.writing() as connection:
            believed = connection.execute(select(table.c.column, table.c.run, table.c.current)).all()
            known = {row.column for row in believed}
            earlier = {row.column: row.run for row in believed if row.current}
            rows = {str(p.column): _row(p, run, now) for p in found}
            for column, by in earlier.items():
                ref = ColumnRef.parse(column)
                if ref.table in unchanged:
                    connection.execute(update(table).where(table.c.column == column).values(run=run))
                elif by != run and (tables is None or ref.table in tables or (seen and ref not in seen)):
                    connection.execute(update(table).where(table.c.column == column).values(current=False))
            again = known & rows.keys()
            for column in sorted(again):
                connection.execute(update(table).where(table.c.column == column).values(**rows[column]))
            if rows.keys() - again:
                connection.execute(insert(table), [rows[column] for column in sorted(rows.keys() - again)])
            _remember(connection, run, seen, now)
            append(connection, "proposals", {"run": run, "columns": len(seen), "personal": len(rows)}, now)

    def proposals(self, decision: Decision | str | None = None) -> list[ProposalRecord]:
        """Proposals of the last run and those a person decided about, by column; `decision` narrows it."""
        table, decided = models.proposal, models.decision
        query = (select(table, decided.c.decision, decided.c.category.label("chosen"), decided.c.by,
                        decided.c.at.label("decided_at"), decided.c.proposed)
                 .join(decided, table.c.column == decided.c.column, isouter=True)
                 .where(table.c.current | decided.c.decision.is_not(None)).order_by(table.c.column))
        with self.reading() as connection:
            found = [_record(row) for row in connection.execute(query).mappings()]
        return [record for record in found if decision is None or record.decision == Decision(decision)]

    def decide_proposal(self, column: ColumnRef | str, decision: Decision | str, by: str, category: str | None = None) -> None:
        """Confirm, reject or reopen one proposal. GovernanceError when discovery never proposed the column."""
        self.decide_proposals([(column, decision, category)], by)

    def decide_proposals(self, decisions: Sequence[tuple[ColumnRef | str, Decision | str, str | None]], by: str) -> None:
        """Many decisions of one person, all or none."""
        now, table = self.clock(), models.decision
        chosen = {str(column): (Decision(decision), category) for column, decision, category in decisions}
        with self.writing() as connection:
            known = {row.column: row.category for row in connection.execute(
                select(models.proposal.c.column, models.proposal.c.category))}
            for column in chosen:
                if column not in known:
                    raise GovernanceError("discovery has no proposal for this column", where=column, fix="governance discover")
            for column in chosen:
                connection.execute(delete(table).where(table.c.column == column))
            kept = [{"column": column, "decision": decision.value, "category": category, "by": by, "at": now,
                     "proposed": known[column]}
                    for column, (decision, category) in sorted(chosen.items()) if decision is not Decision.OPEN]
            if kept:
                connection.execute(insert(table), kept)
            append(connection, "proposals.decided", {"by": by, "decisions": {
                column: [decision, category] for column, (decision, category) in chosen.items()}}, now)

    def columns_seen(self) -> dict[ColumnRef, str]:
        """The columns that the last run of discovery saw, with their types; empty before the first."""
        sets, table = models.seen_set, models.seen_column
        last = select(sets.c.id).order_by(sets.c.id.desc()).limit(1).scalar_subquery()
        with self.reading() as connection:
            return {ColumnRef.parse(row.column): row.type for row in connection.execute(
                select(table.c.column, table.c.type).where(table.c.set == last).order_by(table.c.column))}

    def drift(self, columns_seen: Iterable[tuple[ColumnRef, str]], run: str | None = None) -> Drift:
        """What changed against the columns seen before (before `run`, where given, so that another try of it says the same).
        Nothing on the first run."""
        now = {str(column): (column, type_) for column, type_ in columns_seen}
        sets, table = models.seen_set, models.seen_column
        with self.reading() as connection:
            query = select(sets.c.id).order_by(sets.c.id.desc()).limit(1)
            if run is not None:
                mine = connection.scalar(select(sets.c.id).where(sets.c.run == run))
                query = query if mine is None else query.where(sets.c.id < mine)
            last = connection.scalar(query)
            if last is None:
                return Drift((), (), ())
            before: dict[str, str] = {row.column: row.type for row in connection.execute(
                select(table.c.column, table.c.type).where(table.c.set == last))}
        return Drift(
            tuple(now[name][0] for name in sorted(now.keys() - before.keys())),
            tuple(ColumnRef.parse(name) for name in sorted(before.keys() - now.keys())),
            tuple((now[name][0], before[name], now[name][1]) for name in sorted(now.keys() & before.keys())
                  if now[name][1] != before[name]))


def _remember(connection: Connection, run: str, seen: Mapping[ColumnRef, str], now: datetime) -> None:
    sets, table = models.seen_set, models.seen_column
    number = connection.scalar(select(sets.c.id).where(sets.c.run == run))
    if number is None:
        number = connection.scalar(insert(sets).values(run=run, at=now).returning(sets.c.id))
    connection.execute(delete(table).where(table.c.set == number))
    if seen:
        connection.execute(insert(table), [{"set": number, "column": str(c), "type": t} for c, t in seen.items()])
    # The last two are enough to say what changed, also for another try of the last run.
    old = connection.scalars(select(sets.c.id).order_by(sets.c.id.desc()).offset(2)).all()
    if old:
        connection.execute(delete(table).where(table.c.set.in_(old)))
        connection.execute(delete(sets).where(sets.c.id.in_(old)))


def _row(proposal: Proposal, run: str, now: datetime) -> dict[str, Any]:
    return {"column": str(proposal.column), "category": proposal.category, "also": list(proposal.also),
            "role": proposal.role.value, "confidence": proposal.confidence, "explanation": proposal.explanation,
            "proved": proposal.proved, "run": run, "at": now, "current": True}


def _record(row: Mapping[Any, Any]) -> ProposalRecord:
    proposal = Proposal(ColumnRef.parse(row["column"]), row["category"], tuple(row["also"]), Role(row["role"]),
                        row["confidence"], row["explanation"], row["proved"])
    decided = row["chosen"] or row["proposed"]
    return ProposalRecord(proposal, Decision(row["decision"] or "open"), decided or proposal.category, row["by"],
                          row["decided_at"], row["run"], row["current"], row["proposed"])
