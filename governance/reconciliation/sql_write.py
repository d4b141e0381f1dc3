"""Statements of writing, as pure functions: what is due, links that stand, values, signals and their ends. Nothing executes here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    Delete,
    FromClause,
    Insert,
    Select,
    Text,
    Update,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from governance.reconciliation.golden import conflict, field_value, link, signal
from governance.reconciliation.sql_link import unended
from governance.reconciliation.tables import source_record

VALUES = ("field_value", "subject_key", "field", "value", "consented", "source", "record", "link", "purposes", "consent", "confidence",
          "observed_at", "written_at", "plan", "ends", "because")
SIGNALS = ("signal", "subject_key", "kind", "score", "source", "record", "link", "observed_at", "written_at", "expires_at", "plan")


def due(source: str, signals: bool) -> Select[Any]:
    """Records to write: linked ones of which nothing was written under that link, and ended ones of which a value still stands."""
    row = source_record.c
    written = signal if signals else field_value
    mine = link.alias()
    unwritten = exists(select(literal(1)).select_from(mine).where(
        mine.c.record == row.record, unended(mine, link),
        ~exists(select(literal(1)).select_from(written).where(written.c.link == mine.c.link).correlate(mine))))
    chosen = and_(row.ended_at.is_(None), unwritten)
    if not signals:
        old = field_value.alias()
        stands = exists(select(literal(1)).select_from(old).where(old.c.record == row.record, unended(old, field_value)))
        chosen = or_(chosen, and_(row.ended_at.is_not(None), stands))
    return select(row.record).where(row.source == source, chosen)


def decided(source: str, signals: bool) -> Select[Any]:
    """How many records a person has decided about since, of which nothing was written yet."""
    chosen = and_(conflict.c.source == source, conflict.c.decided == "subject", conflict.c.record.in_(due(source, signals)))
    return select(func.count()).select_from(conflict).where(chosen)


def standing(staged: FromClause) -> Select[Any]:
    """record, link, subject_key, probability of the links that stand for the staged `record`s."""
    mine = link.alias()
    return select(mine.c.record, mine.c.link, mine.c.subject_key, mine.c.probability).where(
        mine.c.record.in_(select(staged.c.record)), mine.c.subject_key.is_not(None), unended(mine, link))


def end_values(staged: FromClause, plan: str, because: str, at: datetime) -> Insert:
    """Append an end to every value that stands of the staged `record`s. The end has an empty text where the value stood and a later
    moment: it lives as long as the value at least, so that disposal never takes the end alone and lets the value stand again."""
    old = field_value.alias()
    c = old.c
    moment = literal(at, TIMESTAMP())
    emptied = [case((column.is_not(None), literal("", Text())), else_=cast(null(), Text())) for column in (c.value, c.consented)]
    query = select(c.field_value + literal("#end", Text()), c.subject_key, c.field, *emptied, c.source, c.record, c.link,
                   literal("", Text()), literal("", Text()), c.confidence, moment, moment, literal(plan, Text()), c.field_value,
                   literal(because, Text())).where(c.record.in_(select(staged.c.record)), unended(old, field_value))
    return insert(field_value).from_select(list(VALUES), query)


def end_link(record: str, ended: str, by: str, at: datetime) -> Insert:
    """Append the end of a link; nothing is taken away."""
    old = link.alias()
    query = select(old.c.link + literal("#end", Text()), old.c.record, old.c.source, old.c.subject_key,
                   literal(f"unlinked by {by}", Text()),
                   cast(null(), link.c.weight.type), cast(null(), link.c.probability.type), old.c.link, old.c.plan,
                   literal(at, TIMESTAMP())).where(old.c.link == ended, old.c.record == record)
    columns = ["link", "record", "source", "subject_key", "how", "weight", "probability", "ends", "plan", "at"]
    return insert(link).from_select(columns, query)


def remember_unlinked(record: str, ended: str, by: str, at: datetime) -> Insert:
    """A person said that the record is not about that subject: no later run links it again."""
    old = link.alias()
    moment = literal(at, TIMESTAMP())
    query = select(old.c.link + literal("#unlinked", Text()), old.c.subject_key, old.c.record, old.c.source,
                   literal("unlinked by a person", Text()), cast(null(), conflict.c.probability.type), old.c.plan, moment,
                   literal("nobody", Text()), literal(by, Text()), moment).where(old.c.link == ended, old.c.record == record)
    columns = ["conflict", "subject_key", "record", "source", "reason", "probability", "plan", "at", "decided", "decided_by", "decided_at"]
    return insert(conflict).from_select(columns, query)


def forget_signals(ended: str) -> Delete:
    return delete(signal).where(signal.c.link == ended)


def lead_nowhere(record: str) -> Update:
    return update(source_record).where(source_record.c.record == record).values(subject_key=null())


def values_of(subjects: Sequence[str] | None = None) -> Select[Any]:
    """Every value that stands, over every link that stands: subject_key, field, value and where it comes from."""
    row, mine = field_value.alias(), link.alias()
    c = row.c
    value = func.coalesce(c.value, c.consented, type_=Text())
    stands = exists(select(literal(1)).select_from(mine).where(mine.c.link == c.link, unended(mine, link)).correlate(row))
    query = select(c.field_value, c.subject_key, c.field, value.label("value"), c.source, c.record, c.link, c.purposes, c.consent,
                   c.confidence, c.observed_at, c.written_at).where(value.is_not(None), c.subject_key.is_not(None),
                                                                     unended(row, field_value), stands)
    return query if subjects is None else query.where(c.subject_key.in_(list(subjects)))
