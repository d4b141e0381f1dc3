"""Carry out a plan to reconcile: files, quarantine, links, values, in this order. Safe to repeat at any time."""

from __future__ import annotations

from datetime import UTC

from governance.domain.errors import PlanRefused, PlanStale
from governance.domain.plan import Action, Plan
from governance.domain.receipt import Receipt
from governance.policy.sources import Source
from governance.reconciliation import sql
from governance.reconciliation.link import link_records
from governance.reconciliation.load import Loading, Progress, load
from governance.reconciliation.replay import replay
from governance.reconciliation.steps import Work
from governance.reconciliation.tools import Tools, file_of


def apply(tools: Tools, plan: Plan, on_batch: Progress = lambda step, receipt: None) -> list[Receipt]:
    """Do what is left; this call's receipts. PlanStale when policy or schema changed since the plan was made."""
    source = tools.source(plan.name)
    refuse_changed(tools, plan)
    written: list[Receipt] = []
    with tools.warehouse.lock(f"reconcile:{source.key}"):
        for lease in tools.ledger.open_leases(plan.digest):
            tools.ledger.end_lease(lease.number)  # the lock is ours, so whoever held it is dead
        tools.ledger.set_state(plan.digest, "applying", "taking records in")
        for step in plan.steps:
            done = {r.batch for r in copy_receipts(tools, plan) if r.step == step.number}
            match step.action:
                case Action.LOAD:
                    file = file_of(step)
                    loading = Loading(plan, step, source, file or "")
                    written += load(tools, loading, done, on_batch) if file else replay(tools, loading, done, on_batch)
                case Action.LINK:
                    written += link_records(work_of(tools, source, plan), step, on_batch)
                case Action.WRITE:
                    from governance.reconciliation.write import write_values

                    written += write_values(work_of(tools, source, plan), step, on_batch)
                case other:
                    raise PlanRefused(f"a step that is to {other} is not one of reconciling", where=f"plan {plan.digest[:12]}",
                                      fix="make a new plan")
    return written


def refuse_changed(tools: Tools, plan: Plan) -> None:
    where = f"plan {plan.digest[:12]}"
    if plan.policy_digest != tools.loaded.digest:
        raise PlanStale("the policy changed since the plan was made", where=where, fix="make a new plan")
    if plan.schema_digest != tools.warehouse.schema().digest:
        raise PlanStale("the warehouse's schema changed since the plan was made", where=where, fix="make a new plan")


def work_of(tools: Tools, source: Source, plan: Plan) -> Work:
    return Work(tools, source, plan.digest, plan.as_of)


def copy_receipts(tools: Tools, plan: Plan) -> list[Receipt]:
    """Bring the ledger up to what the warehouse says was done."""
    rows = tools.warehouse.rows(sql.receipts(plan.digest), name="reconcile.receipts")
    found = [Receipt(plan.digest, step, batch, matched, changed, gone, fence, at.replace(tzinfo=UTC))
             for step, batch, matched, changed, gone, fence, at in rows]
    tools.ledger.copy_receipts(found)
    return found


