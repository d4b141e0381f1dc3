"""Every statement that loading runs, as pure functions. Nothing executes here; records come staged, never in SQL text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Delete,
    FromClause,
    Insert,
    Select,
    Text,
    Update,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from governance.domain.schema import Family, Table
from governance.reconciliation.tables import quarantine, source_record
from governance.warehouse import StagedColumn
from governance.warehouse.control import receipt
from governance.warehouse.functions import as_text, digits, table_of

RECORD_COLUMNS = (
    StagedColumn("record", Family.TEXT), StagedColumn("source", Family.TEXT), StagedColumn("record_key", Family.TEXT),
    StagedColumn("file", Family.TEXT), StagedColumn("line", Family.INTEGER), StagedColumn("plan", Family.TEXT),
    StagedColumn("subject_key", Family.TEXT), StagedColumn("raw", Family.TEXT), StagedColumn("clean", Family.TEXT),
    StagedColumn("keys", Family.TEXT), StagedColumn("flags", Family.TEXT), StagedColumn("observed_at", Family.TIMESTAMP),
    StagedColumn("stored_at", Family.TIMESTAMP), StagedColumn("keep_until", Family.TIMESTAMP))
QUARANTINE_COLUMNS = (
    StagedColumn("record", Family.TEXT), StagedColumn("source", Family.TEXT), StagedColumn("record_key", Family.TEXT),
    StagedColumn("file", Family.TEXT), StagedColumn("line", Family.INTEGER), StagedColumn("plan", Family.TEXT),
    StagedColumn("subject_key", Family.TEXT), StagedColumn("raw", Family.TEXT), StagedColumn("reasons", Family.TEXT),
    StagedColumn("observed_at", Family.TIMESTAMP), StagedColumn("stored_at", Family.TIMESTAMP),
    StagedColumn("keep_until", Family.TIMESTAMP))
IDENTIFIER_COLUMNS = (StagedColumn("record", Family.TEXT), StagedColumn("form", Family.TEXT), StagedColumn("value", Family.TEXT))
RECORDS_ONLY = (StagedColumn("record", Family.TEXT),)


def store_records(staged: FromClause) -> Insert:
    """Accepted records. One that stands there already stays as it is: a record is stored once."""
    names = [c.name for c in RECORD_COLUMNS]
    new = select(*(staged.c[n] for n in names)).where(~exists().where(source_record.c.record == staged.c.record))
    return insert(source_record).from_select(names, new)


def store_quarantined(staged: FromClause) -> Insert:
    names = [c.name for c in QUARANTINE_COLUMNS]
    new = select(*(staged.c[n] for n in names)).where(~exists().where(quarantine.c.record == staged.c.record))
    return insert(quarantine).from_select(names, new)


def forget_quarantined(staged: FromClause) -> Delete:
    """Records that were replayed leave the quarantine."""
    return delete(quarantine).where(quarantine.c.record.in_(select(staged.c.record)))


def forget_records(staged: FromClause) -> tuple[Delete, Delete]:
    """Records of people who must not return leave both tables."""
    listed = select(staged.c.record)
    return delete(source_record).where(source_record.c.record.in_(listed)), delete(quarantine).where(quarantine.c.record.in_(listed))


def owners(identity: Table, key: str, columns: Sequence[tuple[str, str]], staged: FromClause) -> Select[Any]:
    """(record, subject key) of records with an identifier that stands in the identity table. `columns` are (form, column) of
    identifiers that only one subject has; `staged` has record, form and folded value."""
    row = table_of(identity)
    found = []
    for form, name in columns:  # one join each: engines join on equality quickly, and on "one of these" slowly
        cell = as_text(row.c[name])
        folded = func.right(digits(cell), 9) if form == "phone" else func.lower(func.trim(cell)) if form == "email" else func.trim(cell)
        found.append(select(staged.c.record, as_text(row.c[key]).label("owner")).select_from(
            staged.join(row, and_(staged.c.form == literal(form, Text()), folded == staged.c.value))))
    every = union_all(*found).subquery()
    return (select(every.c.record, func.min(every.c.owner)).group_by(every.c.record)
            .having(func.count(every.c.owner.distinct()) == 1))


def end_replaced(source: str, at: datetime) -> Update:
    """Of the records of one key only the one observed last goes on; of two observed at once the one stored last."""
    later = source_record.alias("later")
    newer = or_(later.c.observed_at > source_record.c.observed_at,
                and_(later.c.observed_at == source_record.c.observed_at,
                     or_(later.c.stored_at > source_record.c.stored_at,
                         and_(later.c.stored_at == source_record.c.stored_at, later.c.record > source_record.c.record))))
    return update(source_record).where(
        source_record.c.source == source, source_record.c.ended_at.is_(None),
        exists().where(later.c.source == source, later.c.record_key == source_record.c.record_key, newer)).values(ended_at=at)


def end_absent(source: str, file: str, at: datetime) -> Update:
    """Records that a later snapshot does not have any more, neither accepted nor in quarantine."""
    there = select(source_record.c.record_key).where(source_record.c.source == source, source_record.c.file == file)
    waits = select(quarantine.c.record_key).where(quarantine.c.source == source, quarantine.c.file == file)
    return update(source_record).where(
        source_record.c.source == source, source_record.c.ended_at.is_(None), source_record.c.file != file,
        source_record.c.record_key.not_in(there), source_record.c.record_key.not_in(waits)).values(ended_at=at)


# ---- reading -------------------------------------------------------------------------------------------------------------

def stored_of(source: str, file: str | None = None) -> Select[Any]:
    """(record, clean) of accepted records of a source, or of one file of it."""
    query = select(source_record.c.record, source_record.c.clean).where(source_record.c.source == source)
    return query if file is None else query.where(source_record.c.file == file)


def quarantined_of(source: str, file: str | None = None) -> Select[Any]:
    """Everything replaying needs, in the order of the records."""
    query = select(quarantine.c.record, quarantine.c.record_key, quarantine.c.file, quarantine.c.line, quarantine.c.raw,
                   quarantine.c.reasons, quarantine.c.observed_at, quarantine.c.repaired_at).where(quarantine.c.source == source)
    return (query if file is None else query.where(quarantine.c.file == file)).order_by(quarantine.c.record)


def count_stored(source: str, file: str) -> Select[Any]:
    """How many records of a file are there: accepted, in quarantine."""
    counts = [select(func.count()).select_from(t).where(t.c.source == source, t.c.file == file).scalar_subquery()
              for t in (source_record, quarantine)]
    return select(*counts)


def waiting(source: str | None) -> Select[Any]:
    """Quarantined records without anything of the record itself."""
    query = select(quarantine.c.record, quarantine.c.source, quarantine.c.line, quarantine.c.reasons, quarantine.c.keep_until,
                   quarantine.c.repaired_at, quarantine.c.repaired_by).order_by(quarantine.c.record)
    return query if source is None else query.where(quarantine.c.source == source)


def quarantined(record: str) -> Select[Any]:
    return select(quarantine.c.source, quarantine.c.raw, quarantine.c.reasons).where(quarantine.c.record == record)


def repair(record: str, raw: str, at: datetime, by: str) -> Update:
    return update(quarantine).where(quarantine.c.record == record).values(raw=raw, repaired_at=at, repaired_by=by)


# ---- receipts ------------------------------------------------------------------------------------------------------------

def receipts(plan: str) -> Select[Any]:
    return select(receipt.c.step, receipt.c.batch, receipt.c.matched, receipt.c.changed, receipt.c.gone, receipt.c.fence,
                  receipt.c.at).where(receipt.c.plan == plan).order_by(receipt.c.step, receipt.c.batch)


def write_receipt(row: Mapping[str, Any]) -> Insert:
    return insert(receipt).values(**row)


