"""Look at the data again after reconciling: every record of a file is stored, rejected or counted as erased, and nobody of the
do-not-return list is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from governance.domain.findings import Finding, Status
from governance.domain.plan import Action, Plan, Step
from governance.domain.receipt import Receipt
from governance.policy.sources import Source
from governance.reconciliation import sql
from governance.reconciliation.apply import copy_receipts
from governance.reconciliation.judge import RECORD, objects
from governance.reconciliation.read import BATCH
from governance.reconciliation.suppression import erased
from governance.reconciliation.tables import SOURCE_RECORD
from governance.reconciliation.tools import Tools, file_of


@dataclass(frozen=True, slots=True)
class Verified:
    """One result per step with counts, and what is wrong. planned = done + gone + left; gone: rejected, not stored."""

    results: tuple[dict[str, int | str], ...]
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        return not self.findings and all(r["left"] == 0 for r in self.results)


def verify(tools: Tools, plan: Plan) -> Verified:
    source = tools.source(plan.name)
    receipts = copy_receipts(tools, plan)
    results = tuple(_result(step, [r for r in receipts if r.step == step.number]) for step in plan.steps)
    findings = [*_missing(tools, plan, source, receipts), *_returned(tools, source)]
    return Verified(results, tuple(findings))


def _result(step: Step, receipts: list[Receipt]) -> dict[str, int | str]:
    matched, done, gone = (sum(getattr(r, n) for r in receipts) for n in ("matched", "changed", "gone"))
    # Linking and writing find their rows when they start: what was planned for them is what was to come.
    planned = step.rows if step.action is Action.LOAD and step.table == SOURCE_RECORD else matched
    left = planned - done - gone
    outcome = "failed" if left or not receipts else "done" if done else "nothing_found"
    return {"step": step.number, "table": str(step.table), "action": str(step.action), "outcome": outcome, "planned": planned,
            "done": done, "gone": gone, "left": left, "held": 0, "residual": 0}


def _missing(tools: Tools, plan: Plan, source: Source, receipts: list[Receipt]) -> Iterator[Finding]:
    """Files of which more or fewer records are there than were stored. Those that disposal ended since are no loss."""
    for step in plan.steps:
        file = file_of(step)
        if file is None:
            continue
        stored = sum(r.changed for r in receipts if r.step == step.number)
        accepted, waiting = tools.warehouse.few(sql.count_stored(source.key, file), name="reconcile.count")[0]
        if accepted + waiting > stored:
            yield Finding(Status.VIOLATION, "reconcile.doubled", str(SOURCE_RECORD), "",
                          f"{accepted + waiting:,} records of file {file[:12]} are there, {stored:,} were stored", "find who wrote them",
                          accepted + waiting - stored, source.owner)


def _returned(tools: Tools, source: Source) -> Iterator[Finding]:
    """Records of people who were erased. They were stored before the erasure; a request that reaches them removes them."""
    found = 0
    rows = list(tools.warehouse.rows(sql.stored_of(source.key), name="reconcile.stored"))
    for start in range(0, len(rows), BATCH):
        part = pl.DataFrame(rows[start:start + BATCH], schema=[RECORD, "clean"], orient="row",
                            schema_overrides={RECORD: pl.String, "clean": pl.String}).drop_nulls()
        found += len(erased(tools, source, objects(part["clean"], [f.field for f in source.fields]).with_columns(part[RECORD])))
    if found:
        yield Finding(Status.VIOLATION, "reconcile.erased_person_back", str(SOURCE_RECORD), "",
                      f"{found:,} records are about people of the do-not-return list", "open a request for each, then look again",
                      found, source.owner)


def stored_counts(tools: Tools, plan: Plan) -> dict[str, tuple[int, int, int]]:
    """File -> (accepted, quarantined, rejected) as they were stored, from the data and the receipts."""
    found: dict[str, tuple[int, int, int]] = {}
    receipts = copy_receipts(tools, plan)
    for step in plan.steps:
        file = file_of(step)
        if file is not None:
            _, waiting = tools.warehouse.few(sql.count_stored(plan.name, file), name="reconcile.count")[0]
            stored = sum(r.changed for r in receipts if r.step == step.number)
            found[file] = (stored - waiting, waiting, step.rows - stored)
    return found
