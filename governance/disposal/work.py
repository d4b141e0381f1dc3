"""The frozen work set of a plan: what is to be done is written down in the warehouse before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, literal

from governance.disposal import sql, sql_work
from governance.disposal.lifetimes import Context, Scope
from governance.disposal.redactions import Terms, rows_with_terms
from governance.disposal.targets import Group
from governance.domain.errors import PlanStale
from governance.domain.plan import Action, Kind, Plan, Step
from governance.domain.receipt import Tally
from governance.domain.schema import Family
from governance.warehouse import StagedColumn, Warehouse


@dataclass(frozen=True)
class Job:
    """A plan about to be carried out: with the context that its rows were judged by."""

    plan: Plan
    context: Context
    terms: Terms | None = None

    def groups(self, step: Step) -> tuple[Group, ...]:
        """The step's groups as the policy declares them."""
        bits = {g.bit for g in step.groups}
        return tuple(g for g in self.context.targets[step.table].groups if g.bit in bits)

    def by_terms(self, step: Step) -> bool:
        """Whether the step cuts one person's words out of text."""
        return step.action is Action.REWRITE and self.plan.kind is Kind.REQUEST and all(
            g.end_state == "redact" for g in step.groups)


def is_frozen(warehouse: Warehouse, plan: Plan) -> bool:
    return bool(frozen_steps(warehouse, plan))


def frozen_steps(warehouse: Warehouse, plan: Plan) -> dict[int, int]:
    """Step number to rows frozen; late steps stand here only once they have begun."""
    return {int(step): int(planned) for step, planned in warehouse.few(sql_work.frozen_rows(plan.digest), name="disposal.frozen")}


def freeze(warehouse: Warehouse, job: Job) -> dict[int, int]:
    """First start: freeze every step that is not late, in one transaction. PlanStale when more is due than was planned.

    Returns rows frozen per step. Steps with no rows get their receipt at once: nothing was found, counted.
    """
    steps = [s for s in job.plan.steps if not s.late]
    with warehouse.transaction():
        planned = _frozen(warehouse, job, steps)
        more = [f"{s.table} {s.action}: {planned[s.number]:,} rows are due, {s.rows:,} were planned" for s in steps
                if planned[s.number] > s.rows]
        if more:
            raise PlanStale("more is due than was planned: " + "; ".join(more), where=f"plan {job.plan.digest[:12]}",
                            fix="make a new plan and have it approved")
        _note(warehouse, job.plan, planned)
    return planned


def freeze_late(warehouse: Warehouse, job: Job, step: Step) -> int:
    """A late step's rows are those that stand there once the steps that write into its table are done."""
    with warehouse.transaction():
        planned = _frozen(warehouse, job, [step])
        _note(warehouse, job.plan, planned)
    return planned[step.number]


def _frozen(warehouse: Warehouse, job: Job, steps: Sequence[Step]) -> dict[int, int]:
    """Freeze `steps`; rows frozen for each."""
    for step in steps:
        _freeze_step(warehouse, job, step)
    rows = left(warehouse, job.plan)
    return {s.number: rows.get(s.number, (0, 0))[0] for s in steps}


def _note(warehouse: Warehouse, plan: Plan, planned: Mapping[int, int]) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    if planned:
        warehouse.execute(sql_work.note_frozen(plan.digest, planned, now), name="disposal.note_frozen")
    empty = [{"step": s, "batch": 0, "matched": 0, "changed": 0, "gone": 0, "fence": 0, "at": now}
             for s, rows in planned.items() if not rows]
    if empty:
        warehouse.execute(sql.write_receipts(plan.digest, empty), name="disposal.write_receipts")


def _freeze_step(warehouse: Warehouse, job: Job, step: Step) -> None:
    context, target = job.context, job.context.targets[step.table]
    scope = Scope.concerned(context, target)
    groups = job.groups(step)
    if job.by_terms(step):
        _freeze_texts(warehouse, job, step)
        return
    mask: ColumnElement[int]
    match step.action:
        case Action.DELETE:
            mask, condition = literal(0), scope.deletes
        case Action.UNLINK:
            _, condition = sql.unlinking(scope, context.targets)
            mask, condition = literal(1), condition & ~scope.deletes
        case Action.FILE:
            mask = sql.mask_of(scope, groups)
            condition = sql.any_due(scope, groups)
        case _:
            mask = sql.mask_of(scope, groups)
            condition = sql.any_due(scope, groups) & ~scope.deletes
    size = warehouse.capabilities.batch_rows
    if size is not None and step.rows <= size and not step.late:
        size = None  # more rows than planned are stale anyhow
    if context.by_request:
        condition = sql.concerned_rows(scope) & condition
    warehouse.execute(sql_work.freeze(scope, job.plan.digest, step.number, mask, condition, size), name="disposal.freeze")


def _freeze_texts(warehouse: Warehouse, job: Job, step: Step) -> None:
    scope = Scope(job.context, job.context.targets[step.table])
    found = rows_with_terms(warehouse, scope, job.terms) if job.terms else []
    if not found:
        return
    columns = (StagedColumn("key_int", Family.INTEGER), StagedColumn("key_text", Family.TEXT),
               StagedColumn("mask", Family.INTEGER), StagedColumn("subjects", Family.TEXT))
    with warehouse.stage(columns, [(r.key_int, r.key_text, r.mask, r.subjects) for r in found]) as staged:
        warehouse.execute(sql_work.freeze_staged(staged, job.plan.digest, step.number), name="disposal.freeze_texts")


def left(warehouse: Warehouse, plan: Plan) -> dict[int, tuple[int, int]]:
    """Per step that still has work: its rows, and of them those held."""
    return {int(step): (int(rows), int(held)) for step, rows, held in warehouse.few(sql_work.tally(plan.digest), name="disposal.tally")}


def books(warehouse: Warehouse, plan: Plan, done: Mapping[int, tuple[int, int]]) -> dict[int, Tally]:
    """Every step's tally. `done` is (changed, gone) per step from receipts."""
    planned, remaining = frozen_steps(warehouse, plan), left(warehouse, plan)
    tallies = {}
    for step in plan.steps:
        rows, held = remaining.get(step.number, (0, 0))
        changed, gone = done.get(step.number, (0, 0))
        tallies[step.number] = Tally(planned.get(step.number, 0), changed, rows - held, held, gone)
    return tallies
