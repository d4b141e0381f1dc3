"""Statements over the frozen work set of disposal, as pure functions. Nothing executes here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Delete,
    FromClause,
    Insert,
    Integer,
    Select,
    Subquery,
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
    null,
    or_,
    select,
    true,
    update,
)

from governance.disposal.lifetimes import Scope, key_text
from governance.disposal.targets import RowKey, Target
from governance.domain.schema import ForeignKey, Table
from governance.warehouse.bundles import SIZE, each_key, keys_only, listed, write
from governance.warehouse.control import frozen, hold_member, receipt, work
from governance.warehouse.functions import among, contains, is_listable, table_of, whole_part

MASK_STRIDE = 100_000
Covered = Callable[[Subquery], ColumnElement[bool]]  # a condition on the rows of `each_key`


# ---- freezing ------------------------------------------------------------------------------------------------------

def freeze(scope: Scope, plan: str, step: int, mask: ColumnElement[int], condition: ColumnElement[bool],
           batch_rows: int | None) -> Insert:
    """Put the keys of all rows under `condition` into the work set, in batches that share one mask.

    Rows of a table without any key are frozen once per distinct row, with the number of copies. `batch_rows` None: as many
    batches as there are masks.
    """
    one_mask = isinstance(mask, BindParameter)
    kind = scope.target.key.kind
    name, key = ("key_int", scope.key_int) if kind == "integer" else ("key_text", scope.key_text)
    has_subjects = bool(scope.target.collection.governance.subjects)
    columns: list[ColumnElement[Any]] = [key.label(name)]
    if not one_mask:
        columns.append(cast(mask, BigInteger).label("mask"))
    if has_subjects:
        columns.append(scope.subjects_text.label("subjects"))
    rows = select(*columns).select_from(scope.joined).where(condition).subquery()
    masks = [] if one_mask else [rows.c.mask]
    if kind == "digest":
        first = [func.min(rows.c.subjects).label("subjects")] if has_subjects else []
        rows = select(rows.c.key_text, *masks, *first, cast(func.count(), Integer).label("copies")).group_by(
            rows.c.key_text, *masks).subquery()
        masks = [] if one_mask else [rows.c.mask]
    number = func.row_number().over(partition_by=masks or None, order_by=rows.c[name] if batch_rows is not None else None) - 1
    rank = [] if one_mask else [(func.dense_rank().over(order_by=rows.c.mask) - 1).label("rank")]
    numbered = select(*rows.c, number.label("number"), *rank).subquery()
    part = whole_part(numbered.c.number, SIZE if batch_rows is None else min(SIZE, batch_rows))
    batch: ColumnElement[int] = literal(0, Integer()) if batch_rows is None else cast(whole_part(numbered.c.number, batch_rows), Integer)
    groups: list[ColumnElement[Any]] = [part] if batch_rows is None else [batch, part]
    if not one_mask:
        batch = cast(numbered.c.rank, Integer) * MASK_STRIDE + batch
        groups += [numbered.c.rank, numbered.c.mask]
    copies: ColumnElement[Any] = null()
    count: ColumnElement[Any] = func.count()
    if kind == "digest":
        copies, count = func.array_agg(numbered.c.copies), func.sum(numbered.c.copies)
    return write(
        *groups, plan=literal(plan, Text()), step=literal(step, Integer()), batch=batch, part=part,
        mask=literal(0, BigInteger()) if one_mask else numbered.c.mask, held=false(), rows=cast(count, BigInteger), copies=copies,
        subjects=func.array_agg(numbered.c.subjects) if has_subjects else null(),
        **{"keys_int" if name == "key_int" else "keys_text": func.array_agg(numbered.c[name])})


def freeze_staged(staged: FromClause, plan: str, step: int) -> Insert:
    """Work rows that were found outside SQL: staged key_int, key_text, mask, subjects. One batch for each mask."""
    c = staged.c
    numbered = select(c.key_int, c.key_text, c.mask, c.subjects,
                      (func.row_number().over(partition_by=c.mask) - 1).label("number"),
                      (func.dense_rank().over(order_by=c.mask) - 1).label("rank")).subquery()
    n = numbered.c
    part = whole_part(n.number, SIZE)
    return write(
        n.rank, n.mask, part, plan=literal(plan, Text()), step=literal(step, Integer()), batch=cast(n.rank, Integer) * MASK_STRIDE,
        part=part, mask=n.mask, held=false(), rows=func.count(), keys_int=listed(n.key_int), keys_text=listed(n.key_text),
        subjects=listed(n.subjects))


def note_frozen(plan: str, planned: Mapping[int, int], at: datetime) -> Insert:
    return insert(frozen).values([{"plan": plan, "step": s, "planned": n, "at": at} for s, n in planned.items()])


def frozen_rows(plan: str) -> Select[Any]:
    return select(frozen.c.step, frozen.c.planned).where(frozen.c.plan == plan)


# ---- the work set --------------------------------------------------------------------------------------------------

def match(row: FromClause, key: RowKey, keys: FromClause) -> ColumnElement[bool]:
    """Joins a row of the data with its key in the work set, or in staged rows that have such a key."""
    if key.kind == "integer":
        return row.c[key.columns[0]] == keys.c.key_int
    return key_text(row, key) == keys.c.key_text


def of_steps(plan: str, steps: Sequence[int]) -> ColumnElement[bool]:
    return and_(work.c.plan == plan, work.c.step.in_(steps))


def of_batch(plan: str, step: int, batch: int) -> ColumnElement[bool]:
    return and_(work.c.plan == plan, work.c.step == step, work.c.batch == batch, ~work.c.held)


def in_batch(row: FromClause, target: Target, plan: str, step: int, batch: int) -> ColumnElement[bool]:
    """Whether a row of `target` is among the free ones of a batch."""
    key = target.key
    keys = keys_only("key_int" if key.kind == "integer" else "key_text", of_batch(plan, step, batch))
    if key.kind in ("integer", "text") and key.columns == target.table.primary_key and is_listable(target.table.column(key.columns[0])):
        return among(row.c[key.columns[0]], select(keys.c[0]))
    return match(row, key, keys)


def batches(plan: str, steps: Sequence[int]) -> Select[Any]:
    """Step, batch, mask and rows of all batches that still have free rows, in order."""
    return select(work.c.step, work.c.batch, func.min(work.c.mask).label("mask"), func.sum(work.c.rows).label("rows")).where(
        of_steps(plan, steps), ~work.c.held).group_by(work.c.step, work.c.batch).order_by(work.c.step, work.c.batch)


def tally(plan: str) -> Select[Any]:
    """Per step: rows left in the work set, and of them rows held."""
    held = func.coalesce(func.sum(work.c.rows).filter(work.c.held), 0)
    return select(work.c.step, func.sum(work.c.rows).label("rows"), held.label("held")).where(
        work.c.plan == plan).group_by(work.c.step)


def rows_in(plan: str, pairs: Sequence[tuple[int, int]]) -> Select[Any]:
    """Step, batch and free rows of the batches `pairs` (step, batch) as they stand now."""
    return select(work.c.step, work.c.batch, func.sum(work.c.rows)).where(_of_pairs(plan, pairs)).group_by(work.c.step, work.c.batch)


def take_work(plan: str, pairs: Sequence[tuple[int, int]]) -> Delete:
    return delete(work).where(_of_pairs(plan, pairs))


def _of_pairs(plan: str, pairs: Sequence[tuple[int, int]]) -> ColumnElement[bool]:
    return and_(work.c.plan == plan, or_(*(and_(work.c.step == s, work.c.batch == b) for s, b in pairs)), ~work.c.held)


def renumber(plan: str, step: int, beyond: int) -> Update:
    """Rows left behind by a batch that has its receipt (a hold was lifted) become batches of their own."""
    done = select(receipt.c.batch).where(receipt.c.plan == plan, receipt.c.step == step)
    left = and_(work.c.plan == plan, work.c.step == step, work.c.batch.in_(done))
    return update(work).where(left).values(batch=work.c.batch + beyond)


def last_batch(plan: str, step: int) -> Select[Any]:
    return select(func.max(receipt.c.batch)).where(receipt.c.plan == plan, receipt.c.step == step)


def purge_work(plan: str) -> Delete:
    return delete(work).where(work.c.plan == plan)


# ---- holds ---------------------------------------------------------------------------------------------------------
# A bundle of which a hold covers some keys is set apart, written again as one that is held and one that is free, and removed:
# three statements of one transaction.

def free_work(plan: str, steps: Sequence[int]) -> Update:
    return update(work).where(of_steps(plan, steps), work.c.held).values(held=False)


def set_apart(plan: str, steps: Sequence[int], covered: Covered) -> Update:
    """Give the free bundles that have a covered key a negative part; how many there are."""
    keys = each_key(of_steps(plan, steps), ~work.c.held)
    hit = select(keys.c.step, keys.c.batch, keys.c.part).where(covered(keys)).distinct().subquery()
    return update(work).where(of_steps(plan, steps), ~work.c.held, work.c.step == hit.c.step, work.c.batch == hit.c.batch,
                              work.c.part == hit.c.part).values(part=-1 - work.c.part)


def divide(plan: str, steps: Sequence[int], covered: Covered) -> Insert:
    """Write the bundles that were set apart again, covered keys in a held bundle and the others in a free one."""
    keys = each_key(of_steps(plan, steps), work.c.part < 0)
    flagged = select(*keys.c, case((covered(keys), true()), else_=false()).label("hit")).subquery()
    c = flagged.c
    return write(
        c.plan, c.step, c.batch, c.part, c.mask, c.hit, plan=c.plan, step=c.step, batch=c.batch, part=-1 - c.part, mask=c.mask,
        held=c.hit, rows=cast(func.sum(func.coalesce(c.copies, 1)), BigInteger), keys_int=listed(c.key_int),
        keys_text=listed(c.key_text), copies=listed(c.copies), subjects=listed(c.subjects))


def drop_divided(plan: str, steps: Sequence[int]) -> Delete:
    return delete(work).where(of_steps(plan, steps), work.c.part < 0)


def of_members(holds: Sequence[str]) -> Covered:
    """Keys of subjects under a hold."""
    key = literal("|", Text()) + hold_member.c.kind + ":" + hold_member.c.subject_key + "|"
    return lambda keys: exists(select(literal(1)).select_from(hold_member).where(
        hold_member.c.hold.in_(holds), contains(keys.c.subjects, key)).correlate(keys))


def referred_by_staying(parent: Target, child: Table, key: ForeignKey, child_target: Target | None, child_step: int | None,
                        plan: str) -> Covered:
    """Keys of rows to be deleted that a row that stays (held, or in no step) refers to."""
    row, other = table_of(parent.table).alias(), table_of(child).alias()
    same = and_(*(other.c[here] == row.c[there] for here, there in zip(key.columns, key.referred, strict=True)))
    stays: ColumnElement[bool] = true()
    if child_target is not None and child_step is not None:
        stays = ~_in_work(other, child_target.key, plan, child_step)
    refers = row.join(other, same)
    return lambda keys: exists(select(literal(1)).select_from(refers).where(match(row, parent.key, keys), stays).correlate(keys))


def going_with_staying(child: Target, parent: Target, parent_step: int, key: ForeignKey, plan: str) -> Covered:
    """Keys of rows that go with a row which is held."""
    row, other = table_of(child.table).alias(), table_of(parent.table).alias()
    same = and_(*(row.c[here] == other.c[there] for here, there in zip(key.columns, key.referred, strict=True)))
    goes = _in_work(other, parent.key, plan, parent_step)
    return lambda keys: exists(select(literal(1)).select_from(row.join(other, same)).where(
        match(row, child.key, keys), ~goes).correlate(keys))


def _in_work(row: FromClause, key: RowKey, plan: str, step: int) -> ColumnElement[bool]:
    """Whether the row is among the free ones of a step."""
    own = keys_only("key_int" if key.kind == "integer" else "key_text", of_steps(plan, [step]), ~work.c.held)
    return exists(select(literal(1)).select_from(own).where(match(row, key, own)).correlate(row))


def work_of_members(holds: Sequence[str]) -> Select[Any]:
    """How many frozen rows the members of `holds` still have, over all plans."""
    keys = each_key()
    return select(func.coalesce(func.sum(func.coalesce(keys.c.copies, 1)), 0)).where(of_members(holds)(keys))
