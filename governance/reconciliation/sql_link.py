"""Statements of linking, as pure functions: subjects and their tokens, candidates, links, conflicts. Nothing executes here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    FromClause,
    Insert,
    Integer,
    Select,
    Text,
    Update,
    and_,
    case,
    cast,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from governance.domain.schema import Table
from governance.reconciliation.golden import compared, conflict, link, tally, token
from governance.reconciliation.tables import source_record
from governance.warehouse.bundles import SIZE, each_key, write
from governance.warehouse.control import RECONCILE_FENCE, fence, frozen, receipt, request_subject, work
from governance.warehouse.functions import as_text, row_digest, table_of, whole_part

# ---- subjects and their tokens -----------------------------------------------------------------------------------------


def subjects(identity: Table, key: str, columns: Sequence[str], salt: str) -> Select[Any]:
    """`subject_key`, `digest` and the cells that records are compared with. `salt` is of the forms: other forms, other digests."""
    row = table_of(identity)
    cells = [as_text(row.c[name]) for name in columns]
    found: list[Any] = [as_text(row.c[key]).label("subject_key"), row_digest([literal(salt, Text()), *cells]).label("digest"),
                        *(cell.label(f"c{n}") for n, cell in enumerate(cells))]
    chosen: Select[Any] = select(*found)
    return chosen.where(row.c[key].is_not(None), or_(*(cell.is_not(None) for cell in cells)))


def changed(people: Select[Any]) -> Select[Any]:
    """The subjects that were never seen, or look otherwise than when they were."""
    now = people.subquery()
    return select(now).select_from(now.outerjoin(compared, compared.c.subject_key == now.c.subject_key)).where(
        or_(compared.c.digest.is_(None), compared.c.digest != now.c.digest)).order_by(now.c.subject_key)


def gone(people: Select[Any], table: Any) -> Delete:
    """Forget subjects that are no longer there."""
    now = people.with_only_columns(people.selected_columns[0]).subquery()
    return delete(table).where(~exists(select(literal(1)).select_from(now).where(now.c.subject_key == table.c.subject_key)))


def forget(table: Any, staged: FromClause) -> Delete:
    return delete(table).where(table.c.subject_key.in_(select(staged.c.subject_key)))


def remember_tokens(staged: FromClause, at: datetime) -> Insert:
    return insert(token).from_select(["subject_key", "token", "seen_at"],
                                     select(staged.c.subject_key, staged.c.token, literal(at, token.c.seen_at.type)))


def remember_compared(staged: FromClause, at: datetime) -> Insert:
    return insert(compared).from_select(["subject_key", "digest", "seen_at"],
                                        select(staged.c.subject_key, staged.c.digest, literal(at, compared.c.seen_at.type)))


def count_subjects() -> Select[Any]:
    return select(func.count()).select_from(compared)


def sharing(staged: FromClause, most: int) -> Select[Any]:
    """record, form, subject_key for every subject with one of the staged tokens; tokens of more than `most` subjects say nothing."""
    frequent = select(token.c.token).where(token.c.token.in_(select(staged.c.token))).group_by(token.c.token).having(
        func.count() <= most).subquery()
    return select(staged.c.record, staged.c.form, token.c.subject_key).distinct().select_from(
        staged.join(frequent, frequent.c.token == staged.c.token).join(token, token.c.token == staged.c.token))


def numbers(staged: FromClause) -> Select[Any]:
    """How many subjects have each staged token."""
    return select(token.c.token, func.count().label("number")).where(
        token.c.token.in_(select(staged.c.token))).group_by(token.c.token)


def cells_of(people: Select[Any], staged: FromClause) -> Select[Any]:
    now = people.subquery()
    return select(now).where(now.c.subject_key.in_(select(staged.c.subject_key)))


# ---- work --------------------------------------------------------------------------------------------------------------

def unended(row: Any, table: Any) -> ColumnElement[bool]:
    """Whether `row` of `table` (or of an alias of it) is none that ends another, and no later row ends it."""
    later = table.alias()
    name = table.primary_key.columns.keys()[0]
    ended = exists(select(literal(1)).select_from(later).where(later.c.ends == row.c[name]).correlate(row))
    return and_(row.c.ends.is_(None), ~ended)


def linked(record: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a link of the record stands."""
    mine = link.alias()
    return exists(select(literal(1)).select_from(mine).where(mine.c.record == record, unended(mine, link)))


def waits(record: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a conflict of the record is open, or a person said that it is about nobody we know."""
    return exists(select(literal(1)).where(conflict.c.record == record, conflict.c.decided.in_(("", "nobody"))))


def open_records(source: str) -> ColumnElement[bool]:
    row = source_record.c
    return and_(row.source == source, row.ended_at.is_(None), ~linked(row.record), ~waits(row.record))


def freeze(plan: str, step: int, query: Select[Any], size: int) -> Insert:
    """Freeze the records of `query` (its column `record`) in batches of `size`."""
    rows = query.subquery()
    record = rows.c.record
    number = (func.row_number().over(order_by=record) - 1).label("number")
    numbered = select(record.label("record"), number).subquery()
    batch, part = whole_part(numbered.c.number, size), whole_part(numbered.c.number, min(size, SIZE))
    return write(batch, part, plan=literal(plan, Text()), step=literal(step, Integer()), batch=cast(batch, Integer), part=part,
                 mask=literal(0, BigInteger()), held=false(), rows=func.count(), keys_text=func.array_agg(numbered.c.record))


def note_frozen(plan: str, step: int, planned: int, at: datetime) -> Insert:
    return insert(frozen).values(plan=plan, step=step, planned=planned, at=at)


def is_frozen(plan: str, step: int) -> Select[Any]:
    return select(frozen.c.planned).where(frozen.c.plan == plan, frozen.c.step == step)


def left(plan: str, step: int) -> Select[Any]:
    """Batches that are not done, in order."""
    return select(work.c.batch).where(work.c.plan == plan, work.c.step == step).distinct().order_by(work.c.batch)


def count_work(plan: str, step: int) -> Select[Any]:
    return select(func.coalesce(func.sum(work.c.rows), 0)).where(work.c.plan == plan, work.c.step == step)


def take(plan: str, step: int, batch: int) -> Delete:
    return delete(work).where(work.c.plan == plan, work.c.step == step, work.c.batch == batch)


def records(plan: str, step: int, batches: Sequence[int]) -> Select[Any]:
    """batch, record, source, record_key, keys, clean, observed_at, ended_at of what is to do and still there."""
    row = source_record.c
    keys = each_key(work.c.plan == plan, work.c.step == step, work.c.batch.in_(list(batches)))
    return select(keys.c.batch, row.record, row.source, row.record_key, row["keys"], row.clean, row.observed_at, row.ended_at).select_from(
        keys.join(source_record, row.record == keys.c.key_text)).order_by(keys.c.batch, row.record)


def write_receipt(plan: str, step: int, batch: int, matched: int, changed: int, fence_number: int, at: datetime) -> Insert:
    return insert(receipt).values(plan=plan, step=step, batch=batch, matched=matched, changed=changed, gone=matched - changed,
                                  fence=fence_number, at=at)


def receipts(plan: str) -> Select[Any]:
    c = receipt.c
    return select(c.step, c.batch, c.matched, c.changed, c.gone, c.fence, c.at).where(c.plan == plan).order_by(c.step, c.batch)


def write_tally(plan: str, step: int, batch: int, counts: Mapping[tuple[str, str], int]) -> Insert:
    return insert(tally).values([{"plan": plan, "step": step, "batch": batch, "gate": gate, "reason": reason, "number": n}
                                 for (gate, reason), n in sorted(counts.items())])


def tallied(plan: str) -> Select[Any]:
    """step, gate, reason and how many, over all batches of a plan."""
    c = tally.c
    return select(c.step, c.gate, c.reason, func.sum(c.number).label("number")).where(c.plan == plan).group_by(
        c.step, c.gate, c.reason).order_by(c.step, c.gate, c.reason)


def fence_minimum() -> Select[Any]:
    return select(fence.c.minimum).where(fence.c.name == RECONCILE_FENCE).with_for_update(read=True)


def pass_fence(lease: int) -> Update:
    return update(fence).where(fence.c.name == RECONCILE_FENCE, fence.c.minimum <= lease).values(minimum=lease + 1)


def make_fence() -> Insert:
    there = exists(select(literal(1)).where(fence.c.name == RECONCILE_FENCE))
    return insert(fence).from_select(["name", "minimum"], select(literal(RECONCILE_FENCE, Text()), literal(0, BigInteger())).where(~there))


# ---- links and conflicts -----------------------------------------------------------------------------------------------

LINKS = ("link", "record", "source", "subject_key", "how", "weight", "probability", "ends", "plan", "at")
CONFLICTS = ("conflict", "subject_key", "record", "source", "reason", "probability", "plan", "at", "decided")


def append(table: Any, columns: Sequence[str], staged: FromClause) -> Insert:
    """Staged rows into one of our tables, by the names of `columns`."""
    return insert(table).from_select(list(columns), select(*(cast(staged.c[c], table.c[c].type) for c in columns)))


def move_records(staged: FromClause) -> Update:
    """Let stored records lead to the subject they were linked to, so that a request reaches them."""
    return update(source_record).where(source_record.c.record == staged.c.record).values(subject_key=staged.c.subject_key)


def asking(kind: str, staged: FromClause) -> Select[Any]:
    """Which of the staged subjects are in a request that is not closed."""
    return select(request_subject.c.subject_key).distinct().where(
        request_subject.c.kind == kind, request_subject.c.subject_key.in_(select(staged.c.subject_key)))


def open_conflicts() -> Select[Any]:
    """conflict, source, record, reason, candidates and since when, oldest first."""
    c = conflict.c
    return select(c.conflict, c.source, c.record, c.reason, func.count().label("candidates"), func.min(c.at).label("at")).where(
        c.decided == "").group_by(c.conflict, c.source, c.record, c.reason).order_by(func.min(c.at), c.conflict)


def candidates_of(conflict_id: str) -> Select[Any]:
    c = conflict.c
    return select(c.subject_key, c.probability, c.record, c.source, c.reason, c.decided, c.plan).where(
        c.conflict == conflict_id).order_by(c.probability.desc().nulls_last(), c.subject_key)


def settle(conflict_id: str, chosen: str | None, by: str, at: datetime) -> Update:
    """`chosen` is the subject's key, None: nobody. The other candidates are decided with it."""
    c = conflict.c
    state: ColumnElement[str] | str = "nobody" if chosen is None else case((c.subject_key == chosen, "subject"), else_="other")
    return update(conflict).where(c.conflict == conflict_id, c.decided == "").values(decided=state, decided_by=by, decided_at=at)


def standing_links(record: str) -> Select[Any]:
    mine = link.alias()
    return select(mine.c.link, mine.c.subject_key, mine.c.source).where(mine.c.record == record, unended(mine, link))
