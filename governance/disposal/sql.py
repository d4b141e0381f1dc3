"""Every statement disposal can run, as pure functions. Nothing executes here.

The work set says which rows; these statements never judge lifetimes again, so a row frozen is a row done, held or gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    FromClause,
    Insert,
    Integer,
    Select,
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
    union_all,
    update,
)

from governance.disposal.endstates import end_expression, type_of
from governance.disposal.lifetimes import Context, Scope
from governance.disposal.settled import both
from governance.disposal.sql_work import in_batch, match, of_batch, of_steps
from governance.disposal.targets import Group, Target
from governance.domain.names import TableRef
from governance.domain.schema import Column, Family, ForeignKey, OnDelete, Table
from governance.warehouse.bundles import each_key
from governance.warehouse.control import census, fence, receipt, work
from governance.warehouse.functions import as_text, table_of

FENCE = "disposal"


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


def together(queries: Sequence[Select[Any]]) -> Select[Any]:
    """One statement for `queries` that give one row of counts each: the number of the query, then its counts, then nulls."""
    widest = max(len(query.selected_columns) for query in queries)
    parts = []
    for n, query in enumerate(queries):
        counts = query.subquery()
        missing = [cast(null(), BigInteger).label(f"none{k}") for k in range(widest - len(counts.c))]
        parts.append(select(literal(n, Integer()).label("query"), *counts.c, *missing))
    return select(union_all(*parts).subquery())


def concerned_rows(scope: Scope) -> ColumnElement[bool]:
    """The rows a plan has to look at: all by schedule; on request those of the people who asked, found over indexes."""
    if not scope.context.by_request:
        return true()
    if scope.given:
        return scope.looked_up(scope.given[0])
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
            mine = scope.looked_up(path)
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



def mask_of(scope: Scope, groups: Sequence[Group]) -> ColumnElement[int]:
    """Which of `groups` are due for the row, as the sum of their bits."""
    bits: ColumnElement[int] = literal(0, BigInteger())
    for group in groups:
        bits = bits + case((scope.due(group), literal(group.bit, BigInteger())), else_=literal(0, BigInteger()))
    return bits


def any_due(scope: Scope, groups: Sequence[Group]) -> ColumnElement[bool]:
    return or_(false(), *(scope.due(group) for group in groups))


# ---- acts ----------------------------------------------------------------------------------------------------------

def delete_rows(target: Target, plan: str, step: int, batch: int, cascading: Sequence[tuple[Table, ForeignKey]]) -> Delete:
    """Delete the rows of a batch. Rows that a cascade would reach are left: a cascade removes what no count shows."""
    row = table_of(target.table)
    statement = delete(row).where(in_batch(row, target, plan, step, batch))
    for child, key in cascading:
        other = table_of(child).alias()
        same = and_(*(other.c[here] == row.c[there] for here, there in zip(key.columns, key.referred, strict=True)))
        statement = statement.where(~exists(select(literal(1)).select_from(other).where(same).correlate(row)))
    return statement


def end_cells(target: Target, groups: Sequence[Group], plan: str, step: int, batch: int) -> Update:
    """One UPDATE per row with all its end states."""
    row = table_of(target.table)
    values = {row.c[c.name]: end_expression(row.c[c.name], c, g.end) for g in groups if g.end for c in g.columns}
    return update(row).values(values).where(in_batch(row, target, plan, step, batch))


def null_cells(target: Target, columns: Sequence[str], plan: str, step: int, batch: int) -> Update:
    row = table_of(target.table)
    return update(row).values({row.c[name]: null() for name in columns}).where(
        in_batch(row, target, plan, step, batch))


def rewrite_cells(target: Target, columns: Sequence[Column], staged: FromClause) -> Update:
    """New values from staged rows: key_int, key_text and v0, v1, ... in the order of `columns`."""
    row = table_of(target.table)
    values = {row.c[c.name]: cast(staged.c[f"v{n}"], type_of(c)) for n, c in enumerate(columns)}
    return update(row).values(values).where(match(row, target.key, staged))


def cells_of_batch(target: Target, columns: Sequence[str], plan: str, step: int, batch: int) -> Select[Any]:
    """The cells of a batch as they stand, JSON as its text."""
    row = table_of(target.table)
    json = {c.name for c in target.table.columns if c.family is Family.JSON}
    cells = [as_text(row.c[name]) if name in json else row.c[name] for name in columns]
    keys = each_key(of_batch(plan, step, batch))
    return select(keys.c.key_int, keys.c.key_text, keys.c.mask, *cells).select_from(row.join(keys, match(row, target.key, keys)))


def files_wanted_elsewhere(target: Target, column: str, staged: FromClause, plan: str, step: int) -> Select[Any]:
    """Files of this batch that a row outside the step, or one that is held, still points to: their bytes stay."""
    row = table_of(target.table)
    keys = each_key(of_steps(plan, [step]), ~work.c.held)
    mine = exists(select(literal(1)).select_from(keys).where(match(row, target.key, keys)).correlate(row))
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


# ---- counting around a plan -----------------------------------------------------------------------------------------

def count_all(table: Table) -> Select[Any]:
    return select(func.count()).select_from(table_of(table))


def note_census(plan: str, moment: str, rows: Mapping[str, int]) -> Insert:
    return insert(census).values([{"plan": plan, "table_name": t, "moment": moment, "rows": n} for t, n in rows.items()])


def read_census(plan: str) -> Select[Any]:
    return select(census.c.table_name, census.c.moment, census.c.rows).where(census.c.plan == plan)


def due_groups(mask: int, groups: Sequence[Group]) -> list[Group]:
    return [g for g in groups if g.bit & mask]


