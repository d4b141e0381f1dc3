"""Every statement disposal can run, as pure functions. Nothing executes here.

The work set says which rows; these statements never judge lifetimes again, so a row frozen is a row done, held or gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    union,
    update,
)

from governance.disposal.endstates import end_expression, type_of
from governance.disposal.lifetimes import Context, Scope, key_text
from governance.disposal.settled import both
from governance.disposal.targets import Group, RowKey, Target
from governance.domain.names import TableRef
from governance.domain.schema import Column, Family, ForeignKey, OnDelete, Table
from governance.warehouse.control import census, fence, frozen, hold_member, receipt, work
from governance.warehouse.functions import as_text, contains, table_of

FENCE = "disposal"
MASK_STRIDE = 100_000
WORK_COLUMNS = ["plan", "step", "batch", "key_int", "key_text", "mask", "copies", "subjects", "held"]


# ---- measuring -----------------------------------------------------------------------------------------------------

def measure(scope: Scope, unlinked: ColumnElement[bool], *, free_only: bool = False) -> Select[Any]:
    """One row of counts for a table: every row once, in one pass. `free_only` leaves out rows under a legal hold.

    total, deletes, referred (over and declared deletable, but kept by a row that refers to it), unlinks, ends, files,
    rewrites, held, and for each group due_<bit> (rows whose cells end in place) and kept_<bit> (by schedule: cells
    nobody can judge; on request: cells of those who asked that an obligation keeps). On request only rows of the people who
    asked are looked at, so total is theirs.
    """
    target = scope.target
    flags: list[ColumnElement[Any]] = [scope.deletes.label("d"), over_rows(scope).label("c"), unlinked.label("u"),
                                       scope.held.label("h")]
    for group in target.groups:
        flags.append(scope.due(group).label(f"due_{group.bit}"))
        kept = scope.kept(group) if scope.context.by_request else scope.gap(group)
        flags.append(kept.label(f"kept_{group.bit}"))
    concerned = and_(concerned_rows(scope), ~scope.held) if free_only else concerned_rows(scope)
    inner = select(*flags).select_from(scope.joined).where(concerned).subquery()

    def rows(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(condition)

    def any_of(groups: Sequence[Group]) -> ColumnElement[bool]:
        return or_(false(), *(inner.c[f"due_{g.bit}"] for g in groups))

    stays = ~inner.c.d
    ends, rewrites, files = ([g for g in target.groups if kind(g)] for kind in (
        lambda g: ends_in_sql(scope, g), lambda g: rewrites_by_schedule(scope, g), lambda g: g.is_file))
    counts: list[ColumnElement[Any]] = [
        func.count().label("total"),
        rows(inner.c.d).label("deletes"),
        rows(inner.c.c & stays).label("referred"),
        rows(inner.c.u & stays).label("unlinks"),
        rows(stays & any_of(ends)).label("ends"),
        rows(stays & any_of(rewrites)).label("rewrites"),
        rows(any_of(files)).label("files"),
        rows(inner.c.h & (inner.c.d | any_of(target.groups))).label("held"),
    ]
    for group in target.groups:
        due = inner.c[f"due_{group.bit}"]
        counts.append(rows(due if group.is_file else stays & due).label(f"due_{group.bit}"))
        counts.append(rows(stays & inner.c[f"kept_{group.bit}"]).label(f"kept_{group.bit}"))
    return select(*counts).select_from(inner)


def concerned_rows(scope: Scope) -> ColumnElement[bool]:
    """The rows a plan has to look at: all by schedule; on request those of the people who asked, found over indexes."""
    if not scope.context.by_request:
        return true()
    if scope.given:
        return scope.is_asked(scope.given[0])
    found = _keys_asked(scope.context, scope.target)
    # A copy without a path to a subject has to be compared with its source, row by row.
    copies = [scope.due(g) for g in scope.target.groups if g.lifetime.derived_from is not None and g.lifetime.subject is None]
    if found is not None and not copies:
        key = scope.row.c[scope.target.key.columns[0]]
        return key.in_(found[0] if len(found) == 1 else union(*found)) if found else false()
    touched = [scope.asked_by_any, *copies]
    if scope.target.goes_with is not None:
        touched.append(scope.deletes)
    return or_(*touched)


def _keys_asked(context: Context, target: Target) -> list[Select[Any]] | None:
    """Keys of the rows that lead to the people who asked, one query per path; None where rows have no key of one column."""
    if target.key.kind == "digest" or len(target.key.columns) != 1:
        return None
    assert context.subjects is not None
    found: list[Select[Any]] = []
    for path in target.collection.governance.subjects.values():
        if context.subjects(path.kind) is not None:
            scope = Scope(context, target)
            mine = scope.is_asked(path)
            found.append(select(scope.row.c[target.key.columns[0]]).select_from(scope.joined).where(mine))
    if target.goes_with is not None:
        parents = _keys_asked(context, context.targets[target.goes_with])
        if parents is None:
            return None
        for key in target.keys_to(target.goes_with):
            if len(key.columns) != 1:
                return None
            row = table_of(target.table).alias()
            for parent in parents:
                found.append(select(row.c[target.key.columns[0]]).where(row.c[key.columns[0]].in_(parent)))
    return found


def ends_in_sql(scope: Scope, group: Group) -> bool:
    """Whether the group ends by an SQL expression in this plan. On request, text is redacted for one person only."""
    by_terms = scope.context.by_request and group.end is not None and group.end.kind == "redact"
    return group.in_sql and not by_terms


def rewrites_by_schedule(scope: Scope, group: Group) -> bool:
    return group.rewritten


def over_rows(scope: Scope) -> ColumnElement[bool]:
    """Rows that nothing in themselves keeps; one that is not deleted all the same is referred to by a row that stays."""
    if not (scope.target.deletable and scope.target.enforced):
        return false()
    return both(scope.asked_by_any, scope.all_over) if scope.context.by_request else scope.all_over


def unlinking(scope: Scope, parents: Mapping[TableRef, Target]) -> tuple[list[ForeignKey], ColumnElement[bool]]:
    """ON DELETE SET NULL keys whose row goes in this plan: their cells are nulled as a step of their own."""
    keys: list[ForeignKey] = []
    conditions: list[ColumnElement[bool]] = []
    for key in scope.target.table.foreign_keys:
        parent = parents.get(key.references)
        if key.on_delete != OnDelete.SET_NULL or parent is None or key.references == scope.target.ref:
            continue
        if not (parent.deletable or parent.goes_with):
            continue
        other = Scope(scope.context, parent)
        conditions.append(scope.has(other, key.referred, key.columns, other.deletes))
        keys.append(key)
    return keys, or_(false(), *conditions)


# ---- freezing ------------------------------------------------------------------------------------------------------

def mask_of(scope: Scope, groups: Sequence[Group]) -> ColumnElement[int]:
    """Which of `groups` are due for the row, as the sum of their bits."""
    bits: ColumnElement[int] = literal(0, BigInteger())
    for group in groups:
        bits = bits + case((scope.due(group), literal(group.bit, BigInteger())), else_=literal(0, BigInteger()))
    return bits


def any_due(scope: Scope, groups: Sequence[Group]) -> ColumnElement[bool]:
    return or_(false(), *(scope.due(group) for group in groups))


def freeze(scope: Scope, plan: str, step: int, mask: ColumnElement[int], condition: ColumnElement[bool],
           batch_rows: int | None) -> Insert:
    """Put the keys of all rows under `condition` into the work set, in batches that share one mask.

    Rows of a table without any key are frozen once per distinct row, with the number of copies. `batch_rows` None: as many
    batches as there are masks.
    """
    one_mask = isinstance(mask, BindParameter)
    mask = cast(mask, BigInteger)
    concerned = condition
    if scope.context.by_request:
        concerned = and_(concerned_rows(scope), condition)
    columns = [scope.key_int.label("key_int"), scope.key_text.label("key_text"), mask.label("mask"),
               scope.subjects_text.label("subjects")]
    rows = select(*columns).select_from(scope.joined).where(concerned).subquery()
    if scope.target.key.kind == "digest":
        rows = select(rows.c.key_int, rows.c.key_text, rows.c.mask, func.min(rows.c.subjects).label("subjects"),
                      func.count().label("copies")).group_by(rows.c.key_int, rows.c.key_text, rows.c.mask).subquery()
        copies: ColumnElement[int] = cast(rows.c.copies, Integer)
    else:
        copies = literal(1, Integer())
    batch: ColumnElement[int] = literal(0, Integer())
    if batch_rows is not None:
        order = rows.c.key_int if scope.target.key.kind == "integer" else rows.c.key_text
        number = func.row_number().over(partition_by=None if one_mask else rows.c.mask, order_by=order) - 1
        batch = cast(func.floor(number / float(batch_rows)), Integer)
    if not one_mask:
        rank = func.dense_rank().over(order_by=rows.c.mask) - 1
        batch = cast(rank, Integer) * MASK_STRIDE + batch
    source = select(literal(plan, Text()), literal(step, Integer()), batch, rows.c.key_int, rows.c.key_text, rows.c.mask,
                    copies, rows.c.subjects, false()).select_from(rows)
    return insert(work).from_select(WORK_COLUMNS, source)


def freeze_staged(staged: FromClause, plan: str, step: int) -> Insert:
    """Work rows that were found outside SQL: staged key_int, key_text, mask, subjects."""
    source = select(literal(plan, Text()), literal(step, Integer()), literal(0, Integer()), staged.c.key_int, staged.c.key_text,
                    staged.c.mask, literal(1, Integer()), staged.c.subjects, false())
    return insert(work).from_select(WORK_COLUMNS, source)


def note_frozen(plan: str, planned: Mapping[int, int], at: datetime) -> Insert:
    return insert(frozen).values([{"plan": plan, "step": s, "planned": n, "at": at} for s, n in planned.items()])


def frozen_rows(plan: str) -> Select[Any]:
    return select(frozen.c.step, frozen.c.planned).where(frozen.c.plan == plan)


def copies_frozen(plan: str, step: int) -> Select[Any]:
    return select(func.coalesce(func.sum(work.c.copies), 0)).where(work.c.plan == plan, work.c.step == step)


# ---- the work set --------------------------------------------------------------------------------------------------

def match(row: FromClause, key: RowKey) -> ColumnElement[bool]:
    """Joins a row of the data with its work row."""
    if key.kind == "integer":
        return row.c[key.columns[0]] == work.c.key_int
    return key_text(row, key) == work.c.key_text


def of_batch(plan: str, step: int, batch: int) -> ColumnElement[bool]:
    return and_(work.c.plan == plan, work.c.step == step, work.c.batch == batch, ~work.c.held)


def batches(plan: str, steps: Sequence[int]) -> Select[Any]:
    """Step, batch and mask of all batches that still have free rows, in order."""
    return select(work.c.step, work.c.batch, func.min(work.c.mask).label("mask")).where(
        work.c.plan == plan, work.c.step.in_(steps), ~work.c.held).group_by(work.c.step, work.c.batch).order_by(
        work.c.step, work.c.batch)


def tally(plan: str) -> Select[Any]:
    """Per step: rows left in the work set, and of them rows held."""
    held = func.coalesce(func.sum(work.c.copies).filter(work.c.held), 0)
    return select(work.c.step, func.sum(work.c.copies).label("rows"), held.label("held")).where(
        work.c.plan == plan).group_by(work.c.step)


def take_work(plan: str, step: int, batch: int) -> Delete:
    return delete(work).where(of_batch(plan, step, batch))


def copies_in_batch(plan: str, step: int, batch: int) -> Select[Any]:
    return select(func.coalesce(func.sum(work.c.copies), 0)).where(of_batch(plan, step, batch))


def renumber(plan: str, step: int, beyond: int) -> Update:
    """Rows left behind by a batch that has its receipt (a hold was lifted) become batches of their own."""
    done = select(receipt.c.batch).where(receipt.c.plan == plan, receipt.c.step == step)
    left = and_(work.c.plan == plan, work.c.step == step, work.c.batch.in_(done))
    return update(work).where(left).values(batch=work.c.batch + beyond)


def last_batch(plan: str, step: int) -> Select[Any]:
    return select(func.max(receipt.c.batch)).where(receipt.c.plan == plan, receipt.c.step == step)


def purge_work(plan: str) -> Delete:
    return delete(work).where(work.c.plan == plan)


# ---- acts ----------------------------------------------------------------------------------------------------------

def delete_rows(target: Target, plan: str, step: int, batch: int, cascading: Sequence[tuple[Table, ForeignKey]]) -> Delete:
    """Delete the rows of a batch. Rows that a cascade would reach are left: a cascade removes what no count shows."""
    row = table_of(target.table)
    statement = delete(row).where(of_batch(plan, step, batch), match(row, target.key))
    for child, key in cascading:
        other = table_of(child).alias()
        same = and_(*(other.c[here] == row.c[there] for here, there in zip(key.columns, key.referred, strict=True)))
        statement = statement.where(~exists(select(literal(1)).select_from(other).where(same).correlate(row)))
    return statement


def end_cells(target: Target, groups: Sequence[Group], plan: str, step: int, batch: int) -> Update:
    """One UPDATE per row with all its end states."""
    row = table_of(target.table)
    values = {row.c[c.name]: end_expression(row.c[c.name], c, g.end) for g in groups if g.end for c in g.columns}
    return update(row).values(values).where(of_batch(plan, step, batch), match(row, target.key))


def null_cells(target: Target, columns: Sequence[str], plan: str, step: int, batch: int) -> Update:
    row = table_of(target.table)
    return update(row).values({row.c[name]: null() for name in columns}).where(
        of_batch(plan, step, batch), match(row, target.key))


def rewrite_cells(target: Target, columns: Sequence[Column], staged: FromClause) -> Update:
    """New values from staged rows: key_int, key_text and v0, v1, ... in the order of `columns`."""
    row = table_of(target.table)
    values = {row.c[c.name]: cast(staged.c[f"v{n}"], type_of(c)) for n, c in enumerate(columns)}
    key = target.key
    same = row.c[key.columns[0]] == staged.c.key_int if key.kind == "integer" else key_text(row, key) == staged.c.key_text
    return update(row).values(values).where(same)


def cells_of_batch(target: Target, columns: Sequence[str], plan: str, step: int, batch: int) -> Select[Any]:
    """The cells of a batch as they stand, JSON as its text."""
    row = table_of(target.table)
    json = {c.name for c in target.table.columns if c.family is Family.JSON}
    cells = [as_text(row.c[name]) if name in json else row.c[name] for name in columns]
    return select(work.c.key_int, work.c.key_text, work.c.mask, *cells).select_from(
        row.join(work, match(row, target.key))).where(of_batch(plan, step, batch))


def files_wanted_elsewhere(target: Target, column: str, staged: FromClause, plan: str, step: int) -> Select[Any]:
    """Files of this batch that a row outside the step, or one that is held, still points to: their bytes stay."""
    row = table_of(target.table)
    mine = exists(select(literal(1)).where(work.c.plan == plan, work.c.step == step, ~work.c.held,
                                           match(row, target.key)).correlate(row))
    return select(row.c[column]).distinct().where(row.c[column].in_(select(staged.c.ref)), ~mine)


def write_receipts(plan: str, rows: Sequence[Mapping[str, Any]]) -> Insert:
    return insert(receipt).values([{"plan": plan, **row} for row in rows])


def receipts(plan: str) -> Select[Any]:
    c = receipt.c
    chosen = select(c.step, c.batch, c.matched, c.changed, c.gone, c.fence, c.at)
    return chosen.where(receipt.c.plan == plan).order_by(receipt.c.step, receipt.c.batch)


def fence_minimum() -> Select[Any]:
    """The lowest lease that may still write. Sharing the row's lock makes raising it wait for this transaction."""
    return select(fence.c.minimum).where(fence.c.name == FENCE).with_for_update(read=True)


def pass_fence(lease: int) -> Update:
    """For engines without row locks: one row if `lease` may write, none if not. It always changes the value, because an
    update to the same value is no write to DuckDB, and only a write makes a raising of the fence conflict with this
    transaction."""
    return update(fence).where(fence.c.name == FENCE, fence.c.minimum <= lease).values(minimum=lease + 1)


def raise_fence(minimum: int, name: str = FENCE) -> Update:
    return update(fence).where(fence.c.name == name, fence.c.minimum < minimum).values(minimum=minimum)


# ---- holds ---------------------------------------------------------------------------------------------------------

def free_work(plan: str, steps: Sequence[int]) -> Update:
    return update(work).where(work.c.plan == plan, work.c.step.in_(steps), work.c.held).values(held=False)


def hold_work(plan: str, steps: Sequence[int], holds: Sequence[str]) -> Update:
    """Mark the work rows of subjects under a hold."""
    key = literal("|", Text()) + hold_member.c.kind + ":" + hold_member.c.subject_key + "|"
    covered = exists(select(literal(1)).select_from(hold_member).where(
        hold_member.c.hold.in_(holds), contains(work.c.subjects, key)).correlate(work))
    return update(work).where(work.c.plan == plan, work.c.step.in_(steps), ~work.c.held, covered).values(held=True)


def hold_parents(parent: Target, parent_step: int, child: Table, key: ForeignKey, child_target: Target | None,
                 child_step: int | None, plan: str) -> Update:
    """Mark rows to be deleted that a row that stays (held, or in no step) refers to."""
    row, other, own = table_of(parent.table).alias(), table_of(child).alias(), work.alias()
    same = and_(*(other.c[here] == row.c[there] for here, there in zip(key.columns, key.referred, strict=True)))
    stays: ColumnElement[bool] = true()
    if child_target is not None and child_step is not None:
        stays = ~exists(select(literal(1)).select_from(own).where(
            own.c.plan == plan, own.c.step == child_step, ~own.c.held, _same_key(other, child_target.key, own)).correlate(other))
    refers = row.join(other, same)
    referring = exists(select(literal(1)).select_from(refers).where(match(row, parent.key), stays).correlate(work))
    return update(work).where(work.c.plan == plan, work.c.step == parent_step, ~work.c.held, referring).values(held=True)


def hold_followers(child: Target, child_step: int, parent: Target, parent_step: int, key: ForeignKey, plan: str) -> Update:
    """Mark rows that go with a row which is held."""
    row, other, own = table_of(child.table).alias(), table_of(parent.table).alias(), work.alias()
    same = and_(*(row.c[here] == other.c[there] for here, there in zip(key.columns, key.referred, strict=True)))
    goes = exists(select(literal(1)).select_from(own).where(
        own.c.plan == plan, own.c.step == parent_step, ~own.c.held, _same_key(other, parent.key, own)).correlate(other))
    staying = exists(select(literal(1)).select_from(row.join(other, same)).where(match(row, child.key), ~goes).correlate(work))
    return update(work).where(work.c.plan == plan, work.c.step == child_step, ~work.c.held, staying).values(held=True)


def _same_key(row: FromClause, key: RowKey, own: FromClause) -> ColumnElement[bool]:
    if key.kind == "integer":
        return row.c[key.columns[0]] == own.c.key_int
    return key_text(row, key) == own.c.key_text


def work_of_members(holds: Sequence[str]) -> Select[Any]:
    """How many frozen rows the members of `holds` still have, over all plans."""
    key = literal("|", Text()) + hold_member.c.kind + ":" + hold_member.c.subject_key + "|"
    covered = exists(select(literal(1)).select_from(hold_member).where(
        hold_member.c.hold.in_(holds), contains(work.c.subjects, key)).correlate(work))
    return select(func.count()).select_from(work).where(covered)


# ---- counting around a plan -----------------------------------------------------------------------------------------

def count_all(table: Table) -> Select[Any]:
    return select(func.count()).select_from(table_of(table))


def note_census(plan: str, moment: str, rows: Mapping[str, int]) -> Insert:
    return insert(census).values([{"plan": plan, "table_name": t, "moment": moment, "rows": n} for t, n in rows.items()])


def read_census(plan: str) -> Select[Any]:
    return select(census.c.table_name, census.c.moment, census.c.rows).where(census.c.plan == plan)


def due_groups(mask: int, groups: Sequence[Group]) -> list[Group]:
    return [g for g in groups if g.bit & mask]


