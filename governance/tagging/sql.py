"""SQL of validation, as pure functions: how many rows hold data whose only reason is a consent that nobody gave or that ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    Date,
    FromClause,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
)

from governance.domain.clock import Cutoff, Period, cutoff
from governance.domain.errors import PolicyError, TargetMissing
from governance.domain.names import ColumnRef, TableRef
from governance.domain.schema import Column, Family, Schema, Table
from governance.policy.model import Collection, ConsentLedger, EndState, Hop, Organization, SubjectPath
from governance.warehouse.functions import as_text, table_of

# Whether a cell already is what it should become, so that it no longer counts as data.
Ended = Callable[[ColumnElement[Any], Column, EndState | None], ColumnElement[bool]]


def is_null(cell: ColumnElement[Any], column: Column, end: EndState | None) -> ColumnElement[bool]:
    return cell.is_(None)


@dataclass(frozen=True, slots=True)
class Consented:
    """A column that rests on consent alone: the preferences that could keep it and how long each outlasts its withdrawal."""

    column: Column
    path: SubjectPath | None
    end: EndState | None
    preferences: tuple[tuple[str, Period], ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """`as_of` and the clocks of the company, as values of a column's own kind."""

    as_of: datetime
    organization: Organization

    def now(self, family: Family, where: ColumnRef) -> ColumnElement[Any]:
        match family:
            case Family.DATE:
                return literal(self.as_of.astimezone(ZoneInfo(self.organization.time_zone)).date(), Date())
            case Family.TIMESTAMP:
                zone = ZoneInfo(self.organization.warehouse_time_zone)
                return literal(self.as_of.astimezone(zone).replace(tzinfo=None), TIMESTAMP())
            case Family.MOMENT:
                return literal(self.as_of, TIMESTAMP(timezone=True))
        raise _no_date(where)

    def start(self, keep: Period, family: Family, where: ColumnRef) -> ColumnElement[Any]:
        """The start of the day `keep` before `as_of`."""
        limit: Cutoff = cutoff(self.as_of, keep, self.organization.time_zone)
        match family:
            case Family.DATE:
                return literal(limit.day, Date())
            case Family.TIMESTAMP:
                return literal(limit.naive(self.organization.warehouse_time_zone), TIMESTAMP())
            case Family.MOMENT:
                return literal(limit.moment, TIMESTAMP(timezone=True))
        raise _no_date(where)


def count_unconsented(schema: Schema, table: Table, columns: Sequence[Consented], ledgers: Sequence[ConsentLedger],
                      moment: Moment, ended: Ended = is_null) -> Select[Any]:
    """One row: per column of `columns`, in order, ``data_n`` (rows with data) and ``without_n`` (no living consent).

    A row of an unknown subject has no consent. Paths and consents are joined once, whatever the number of columns.
    """
    row = table_of(table).alias()
    joined: FromClause = row
    keys: dict[str, ColumnElement[Any]] = {}  # by the path's spelling: a path holds mappings and has no hash
    living: dict[tuple[str, str, str, Period], ColumnElement[bool]] = {}
    totals: list[ColumnElement[Any]] = []
    for place, consented in enumerate(columns):
        path = consented.path
        consents: list[ColumnElement[bool]] = []
        if path is not None:
            spelled = repr(path)
            if spelled not in keys:
                joined, keys[spelled] = join_path(schema, joined, row, path)
            for preference, keep in consented.preferences:
                for ledger in ledgers:
                    if ledger.subject.kind != path.kind or preference not in ledger.preferences:
                        continue
                    which = (spelled, ledger.key, preference, keep)
                    if which not in living:
                        consents_of = living_consents(schema, ledger, preference, keep, moment).subquery()
                        joined = joined.outerjoin(consents_of, consents_of.c.subject_key == as_text(keys[spelled]))
                        living[which] = consents_of.c.subject_key.is_not(None)
                    consents.append(living[which])
        data = ~ended(row.c[consented.column.name], consented.column, consented.end)
        alone = and_(data, ~(or_(*consents) if consents else false()))
        totals += [func.count(case((data, 1))).label(f"data_{place}"), func.count(case((alone, 1))).label(f"without_{place}")]
    return select(*totals).select_from(joined)


def living_consents(schema: Schema, ledger: ConsentLedger, preference: str, keep: Period, moment: Moment) -> Select[Any]:
    """Keys (text, distinct, column ``subject_key``) of subjects whose consent lives: granted by now and not withdrawn, or
    withdrawn no longer than `keep` ago."""
    table = _table(schema, ledger.table)
    consents = table_of(table).alias()
    start: FromClause = consents
    start, key = join_path(schema, start, consents, ledger.subject, outer=False)
    granted = consents.c[ledger.granted_at]
    withdrawn = consents.c[ledger.withdrawn_at]
    when = _family(table, ledger.withdrawn_at)
    where = ledger.table.column(ledger.withdrawn_at)
    lasting = withdrawn > moment.now(when, where) if keep == Period() else withdrawn >= moment.start(keep, when, where)
    return select(as_text(key).label("subject_key")).select_from(start).where(
        consents.c[ledger.preference_column] == ledger.preferences[preference],
        granted <= moment.now(_family(table, ledger.granted_at), ledger.table.column(ledger.granted_at)),
        or_(withdrawn.is_(None), lasting), key.is_not(None)).distinct()


def join_path(schema: Schema, joined: FromClause, row: FromClause, path: SubjectPath,
               outer: bool = True) -> tuple[FromClause, ColumnElement[Any]]:
    """`joined` with the tables the path leads over, and the subject's key at its end."""
    here: FromClause = row
    for hop in path.through:
        there = table_of(_table(schema, hop.table)).alias()
        link = _link(here, there, hop)
        joined = joined.outerjoin(there, link) if outer else joined.join(there, link)
        here = there
    return joined, here.c[path.key]


def _link(here: FromClause, there: FromClause, hop: Hop) -> ColumnElement[bool]:
    return and_(*(there.c[left] == here.c[right] for left, right in hop.where.items()))


def repeats_rows(schema: Schema, path: SubjectPath) -> bool:
    """Whether a row may appear several times over `path`, because a hop does not lead to a primary or unique key."""
    for hop in path.through:
        table = _table(schema, hop.table)
        if not any(set(key) <= set(hop.where) for key in (table.primary_key, *table.uniques) if key):
            return True
    return False


def consented_columns(collection: Collection, table: Table,
                      preferences: Mapping[str, tuple[tuple[str, Period], ...]]) -> list[Consented]:
    """What `count_unconsented` needs for the columns named in `preferences`, in the table's order."""
    found = []
    for column in table.columns:
        declared = collection.field(column.name)
        if declared is None or column.name not in preferences:
            continue
        subject = declared.governance.subject
        path = collection.governance.subjects.get(subject) if subject else None
        found.append(Consented(column, path, declared.governance.end_state, preferences[column.name]))
    return found


def _table(schema: Schema, ref: TableRef) -> Table:
    table = schema.get(ref)
    if table is None:
        raise TargetMissing("is named by a path or a consent ledger and is not in the warehouse", where=ref,
                            fix="correct the path in the policy")
    return table


def _family(table: Table, name: str) -> Family:
    column = table.column(name)
    if column is None:
        raise TargetMissing("is named by a consent ledger and is not in the table", where=table.ref.column(name),
                            fix="correct the consent ledger in the policy")
    return column.family


def _no_date(where: ColumnRef) -> PolicyError:
    return PolicyError("is not a date or a moment", where=where, fix="name a date or timestamp column in the consent ledger")
