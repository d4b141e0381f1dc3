"""Publish a planned version: built beside the old one, measured, judged, and shown with its rights and receipt in one transaction.

Order of writes: the version's number and card in the ledger (the intent) -> one warehouse transaction that switches the view,
grants and writes the receipt -> the files, manifest last, and their receipt -> receipts and state in the ledger. Until the switch
readers see the version before; a rerun goes on behind the last receipt it finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from governance.depersonalization import sql
from governance.depersonalization import sql_published as published
from governance.depersonalization.body import body_of
from governance.depersonalization.files import write_files
from governance.depersonalization.measures import Measures, frame, measure
from governance.depersonalization.outside import Asked
from governance.depersonalization.plan import Prepared, levels_of, plan_of, prepared
from governance.depersonalization.source import Source
from governance.depersonalization.staging import staged
from governance.depersonalization.tools import Tools
from governance.domain.errors import PlanStale, ViolationFound
from governance.domain.names import TableRef
from governance.domain.plan import Plan
from governance.domain.receipt import Receipt
from governance.ledger.leases import Lease
from governance.ledger.releases import ReleaseRecord
from governance.suites.judge import run_suite
from governance.suites.suite import load_suite
from governance.warehouse import Publication

SHOWN, FILED = 1, 2  # batches: the table and its view, then the files


def apply(tools: Tools, source: Source, plan: Plan, now: datetime, asked: Asked) -> ReleaseRecord:
    """Publish the version of `plan`, or what is left of it. Safe to repeat at any time.

    PlanStale when the source, the keys or the people who stay out `now` are not those the plan was made with; ViolationFound when the
    version does not meet its model or its suite of expectations. In both cases readers keep what they had.
    """
    with tools.warehouse.lock(f"release:{plan.name}"):
        for lease in tools.ledger.open_leases(plan.digest):
            tools.ledger.end_lease(lease.number)  # the lock is ours, so whoever held it is dead
        if SHOWN not in {r.batch for r in copy_receipts(tools, plan)}:
            _refuse_changed(source, plan)
            with prepared(tools, source, now, asked, levels_of(plan, source)) as ready:
                _refuse_stale(ready, plan)
                _show(tools, ready, plan)
            copy_receipts(tools, plan)
        record = tools.ledger.release_of(plan.digest)
        if source.release.store is not None and FILED not in {r.batch for r in copy_receipts(tools, plan)}:
            _file(tools, source, plan, record)
            copy_receipts(tools, plan)
        return tools.ledger.finish_release(plan.digest)


def _refuse_changed(source: Source, plan: Plan) -> None:
    where = f"plan {plan.digest[:12]}"
    if plan.policy_digest != source.loaded.digest:
        raise PlanStale("the policy changed since the plan was made", where=where, fix="make a new plan")
    if plan.schema_digest != source.digest:
        raise PlanStale("a table the release reads changed since the plan was made", where=where, fix="make a new plan")


def _refuse_stale(ready: Prepared, plan: Plan) -> None:
    now = plan_of(ready, plan.as_of)
    if now.digest != plan.digest:
        was, is_ = plan.rows, now.rows
        what = f"{was:,} rows were planned and {is_:,} would be published now" if was != is_ else "who stands in which class changed"
        raise PlanStale(f"the source changed since the plan was made: {what}", where=f"plan {plan.digest[:12]}", fix="make a new plan")


def _show(tools: Tools, ready: Prepared, plan: Plan) -> None:
    source, ledger, warehouse = ready.source, tools.ledger, tools.warehouse
    lease = ledger.open_lease(plan.digest, 1, SHOWN)
    try:
        found = sql.eligible(ready.found)
        with staged(warehouse, source, found, ready.counted, ready.keys) as given:
            publication = Publication(ledger.next_version(plan.name, plan.digest), source.release.roles,
                                      lambda: _write_receipt(tools, plan, SHOWN, plan.rows, lease))
            with warehouse.publish(source.release.target, sql.published(source, found, given), publication) as version:
                measures = measure(warehouse, source, version)
                judge(tools, ready, measures)
                body = body_of(ready, measures, plan.as_of, ledger.shown_release(plan.name))
                ledger.begin_release(plan.name, plan.digest, str(version), body)
    finally:
        ledger.end_lease(lease.number)


def judge(tools: Tools, ready: Prepared, measures: Measures) -> None:
    """ViolationFound unless the version meets its model, counted in the version itself, and its suite of expectations."""
    source, model = ready.source, ready.source.release.model
    counted = ready.counted
    wrong = []
    if measures.rows != ready.rows:
        wrong.append(f"{measures.rows:,} rows instead of {ready.rows:,}")
    if measures.k < least_people(source):
        wrong.append(f"a class has {measures.k} people, the model wants {model.k}")
    if model.l is not None and (measures.l or 0) < model.l:
        wrong.append(f"a class has {measures.l} values of {model.sensitive}, the model wants {model.l}")
    if measures.source_values:
        wrong.append(f"{measures.source_values:,} cells hold a value of an identifier column")
    suite = load_suite(tools.suites / "releases" / f"{source.release.key}.yaml")
    measured = frame(source, measures, counted.solution.suppressed_subjects / counted.subjects, counted.subjects)
    for result in run_suite(suite, measured):
        if not result.holds and result.expectation.otherwise == "violation":
            columns = ", ".join(str(measured.iloc[n]["column"]) for n in result.broken[:5])
            wrong.append(f"{result.expectation.rule}: {result.expectation.message}" + (f" ({columns})" if columns else ""))
    if wrong:
        raise ViolationFound("the version is not fit to be shown, and readers keep the one before: " + "; ".join(wrong),
                             where=f"release {source.release.key}", fix="correct the release or its expectations, then make a new plan")


def least_people(source: Source) -> int:
    """What the smallest class must show: k, or k rounded down as counts are published."""
    aggregate, k = source.release.aggregate, source.release.model.k
    return k - k % aggregate.round_to if aggregate else k


def _file(tools: Tools, source: Source, plan: Plan, record: ReleaseRecord) -> None:
    lease = tools.ledger.open_lease(plan.digest, 1, FILED)
    try:
        live = tools.warehouse.schema().get(TableRef.parse(record.table))
        if live is None:
            raise PlanStale("a later version has replaced the one whose files were to be written", where=f"plan {plan.digest[:12]}",
                            fix="make a new plan")
        write_files(tools, record, live, str(source.release.store))
        with tools.warehouse.transaction():
            _write_receipt(tools, plan, FILED, 0, lease)
    finally:
        tools.ledger.end_lease(lease.number)


def _write_receipt(tools: Tools, plan: Plan, batch: int, rows: int, lease: Lease) -> None:
    at = datetime.now(UTC).replace(tzinfo=None)
    tools.warehouse.execute(published.write_receipt(plan.digest, 1, batch, rows, lease.number, at), name="release.write_receipt")


def copy_receipts(tools: Tools, plan: Plan) -> Sequence[Receipt]:
    """Bring the ledger up to what the warehouse says was done."""
    rows = tools.warehouse.rows(published.receipts(plan.digest), name="release.receipts")
    found = [Receipt(plan.digest, step, batch, matched, changed, gone, fence, at.replace(tzinfo=UTC))
             for step, batch, matched, changed, gone, fence, at in rows]
    tools.ledger.copy_receipts(found)
    return found
